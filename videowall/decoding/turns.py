"""Whose picture is decoded next."""

from collections import deque

from videowall.capture.channel import Channel


class Turns:
    """Channels that wait to be worked on, in the order they came, but a spot's before all others. From any thread."""

    def __init__(self) -> None:
        self._waiting: deque[Channel] = deque()

    def put(self, channel: Channel) -> None:
        """This one waits too, from now on."""
        if channel.goes_first:
            self._waiting.appendleft(channel)
        else:
            self._waiting.append(channel)

    def take(self) -> Channel | None:
        """The next one, which waits no more; None when there is none."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def __len__(self) -> int:
        return len(self._waiting)
