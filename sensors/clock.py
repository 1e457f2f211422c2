"""Time as an object that is handed in, so that tests run days in milliseconds."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for timers; the two are never mixed."""

    def now(self) -> datetime:
        """Aware UTC time."""

    def monotonic_s(self) -> float:
        """Seconds that only ever grow, from an arbitrary start."""


def until_next(period_s: float, now_s: float) -> float:
    """Seconds until the next whole multiple of a period.

    Who wait for that wake together, and a processor that wakes seldom does the same for less.
    """
    return period_s - now_s % period_s


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Aware UTC time of this machine."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """The machine's monotonic clock, in seconds."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        """The time it was last moved to."""
        return self._now

    def monotonic_s(self) -> float:
        """Seconds it was advanced by since the start."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Move both clocks forward together."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds

    def step(self, seconds: float) -> None:
        """Move wall time alone, as a corrected or jammed clock does."""
        self._now += timedelta(seconds=seconds)
