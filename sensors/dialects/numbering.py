"""Sequence numbers for sources that give none: what tells two readings of one moment apart."""

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

    def number(self, at: datetime) -> int:
        """The number of the reading that is taken now."""
        again = self._at is not None and (at == self._at or self._at - at > _CLOCK_SET_BACK)
        self._number = self._number + 1 if again else 0
        self._at = at
        return self._number
