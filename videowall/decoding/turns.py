"""Whose picture is decoded next. Pure: how long pictures took is an argument."""

import threading
from collections import deque
from typing import Final
from weakref import WeakKeyDictionary

from videowall.capture.channel import Channel

_AHEAD_S: Final = 0.1
"""Spots that always wait may take so much more than the others, who lose whole groups of pictures from 0.4 s on."""


class Turns:
    """Channels that wait to be worked on, in the order they came, but spots before all others. From any thread.

    Who has just taken long gives way, until others have been worked on for as long or none is left that need not: else
    one whose pictures take ten times longer would leave the others no more pictures than it has itself.

    A spot too heavy for who decodes it would leave the others nothing for ever. So from `_AHEAD_S` on they may take as
    long after each of its pictures as it took, until no spot waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spots: deque[Channel] = deque()
        self._others: deque[Channel] = deque()
        self._worked_s = 0.0
        self._give_way: WeakKeyDictionary[Channel, float] = WeakKeyDictionary()
        """Until so much has been worked in all."""
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
            return self._next_of(queue) if queue else None

    def spent(self, channel: Channel, spent_s: float) -> None:
        """One that was taken was worked on for so long."""
        with self._lock:
            self._worked_s += spent_s
            self._give_way[channel] = self._worked_s + spent_s
            if not channel.goes_first:
                self._ahead_s = max(0.0, self._ahead_s - spent_s)
            elif self._others:
                self._ahead_s = min(self._ahead_s, _AHEAD_S) + spent_s

    def _next_of(self, queue: deque[Channel]) -> Channel:
        for place, channel in enumerate(queue):
            if self._give_way.get(channel, 0.0) <= self._worked_s:
                del queue[place]
                return channel
        return queue.popleft()

    def __len__(self) -> int:
        return len(self._spots) + len(self._others)
