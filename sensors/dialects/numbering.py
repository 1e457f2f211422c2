"""Sequence numbers for sources that give none: what tells two readings of one moment apart."""

from collections import Counter
from datetime import datetime, timedelta

_CLOCK_SET_BACK = timedelta(seconds=60)
"""More than any message can be late by itself, in sources whose times are those of reception."""


class Numbering:
    """Numbers for the readings of one metric. Messages that came together have the same time of reception.

    The number is 0 but for the next readings of the same moment, and for the first after the clock was set back:
    it makes that one newer than what came before it.
    """

    __slots__ = ("_at", "_number")

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._number = 0

    @property
    def begun(self) -> bool:
        """Whether any reading was numbered."""
        return self._at is not None

    def number(self, at: datetime, first: int = 0) -> int:
        """The number of the reading that is taken now; at least `first`, where lower ones of its moment are taken."""
        again = self._at is not None and (at == self._at or self._at - at > _CLOCK_SET_BACK)
        self._number = max(self._number + 1, first) if again else first
        self._at = at
        return self._number


class Arrivals:
    """How many messages of a topic came in one moment before this one; it remembers that one moment alone."""

    __slots__ = ("_at", "_counts")

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._counts: Counter[str] = Counter()

    def number(self, topic: str, at: datetime) -> int:
        """The number of the message that comes now."""
        if at != self._at:
            self._at = at
            self._counts.clear()
        number = self._counts[topic]
        self._counts[topic] = number + 1
        return number
