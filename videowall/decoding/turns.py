"""Whose picture is decoded next. Pure: how long pictures took is an argument."""

import threading
from collections import deque
from typing import Final

from videowall.capture.channel import Channel

_AHEAD_S: Final = 0.1
"""Spots that always wait may take so much more than the others, who lose whole groups of pictures from 0.4 s on."""


class Turns:
    """Channels that wait to be worked on, in the order they came, but spots before all others. From any thread.

    A spot too heavy for who decodes it would leave the others nothing for ever. So from `_AHEAD_S` on they may take as
    long after each of its pictures as it took, until no spot waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spots: deque[Channel] = deque()
        self._others: deque[Channel] = deque()
        self._ahead_s = 0.0
        """How much longer spots were worked on than others that waited, since no spot waited last."""

    def put(self, channel: Channel) -> None:
        """This one waits too, from now on."""
        with self._lock:
            (self._spots if channel.goes_first else self._others).append(channel)

    def take(self) -> Channel | None:
        """The next one, which waits no more; None when there is none."""
        with self._lock:
            if not self._spots:
                self._ahead_s = 0.0
            gives_way = not self._spots or self._ahead_s >= _AHEAD_S
            queue = self._others if self._others and gives_way else self._spots
            return queue.popleft() if queue else None

    def spent(self, channel: Channel, spent_s: float) -> None:
        """One that was taken was worked on for so long."""
        with self._lock:
            if not channel.goes_first:
                self._ahead_s = max(0.0, self._ahead_s - spent_s)
            elif self._others:
                self._ahead_s = min(self._ahead_s, _AHEAD_S) + spent_s

    def __len__(self) -> int:
        return len(self._spots) + len(self._others)
