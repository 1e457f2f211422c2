"""Keeps the tiers true to the readings, beside the pipeline: by a durable cursor over the readings store.

Windows are put in place before the cursor moves, and putting them there twice changes nothing: after a crash the same
windows are made again. It never waits for the pipeline nor the pipeline for it; how far it is behind is told.

A pass over a border's windows is seconds of work, much of it with Python's lock. So it is done in small parts with
rests between them: what is received meanwhile is stored and shown as soon as ever.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from hub.health import Health
from hub.storage.repeating import Repeating
from hub.storage.windows import Summarised, Summary
from sensors.clock import Clock

CURSOR = "rollups"
PAUSE_S = 30.0
"""A window that grows is made again at every pass; a longer pause makes it less often and tells of it later."""
RESTS = 3.0
"""Times as long as it works, so that it takes a quarter of one processor at most."""


class Progress(NamedTuple):
    """Readings that the last pass took in, and those still to come."""

    readings: int
    pending: int


class Source(Protocol):
    """The readings store, as far as it is followed."""

    def last_id(self) -> int:
        """The newest id."""

    def get_cursor(self, name: str) -> int:
        """How far a follower has come."""

    def set_cursor(self, name: str, last_id: int) -> None:
        """Remember how far it has come."""


class Summariser(Protocol):
    """`hub.storage.windows.Windows`."""

    def summarise(self, after: int, last: int) -> AbstractContextManager[Summarised]:
        """The windows that new readings have changed."""


class Target(Protocol):
    """`hub.storage.rollups.RollupStore`."""

    def write(self, summaries: Sequence[Summary]) -> int:
        """Put windows in place; how many have changed."""


class Downsampler:
    """`run_once` works and fails; the thread retries for ever."""

    def __init__(self, source: Source, windows: Summariser, target: Target, health: Health, clock: Clock) -> None:
        self._source = source
        self._windows = windows
        self._target = target
        self._health = health
        self._clock = clock
        self.thread = Repeating("downsampler", self._work, health, clock)

    def run_once(self) -> Progress:
        """Take in readings, as many as one pass may.

        Raises:
            UnavailableError: the disk fails; the cursor has not moved.
        """
        cursor, newest = self._source.get_cursor(CURSOR), self._source.last_id()
        rollups = self._health.rollups
        rollups.pending = max(0, newest - cursor)
        if newest <= cursor:
            return Progress(0, 0)
        with self._windows.summarise(cursor, newest) as (last, parts):
            began_s = self._clock.monotonic_s()
            for part in parts:
                rollups.written_total += self._target.write(part)
                if self.thread.stopping.wait(RESTS * (self._clock.monotonic_s() - began_s)):
                    return Progress(0, newest - cursor)  # what was written is written again after the next start
                began_s = self._clock.monotonic_s()
        self._source.set_cursor(CURSOR, last)
        rollups.pending = newest - last
        return Progress(last - cursor, newest - last)

    def _work(self) -> float:
        return 0.0 if self.run_once().pending else PAUSE_S
