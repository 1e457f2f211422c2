"""Keeps the tiers true to the readings, beside the pipeline: by a durable cursor over the readings store.

Windows are put in place before the cursor moves, and putting them there twice changes nothing: after a crash the same
windows are made again. It never waits for the pipeline nor the pipeline for it; how far it is behind is told.
"""

import random
import threading
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import structlog

from hub.backoff import Backoff
from hub.health import Health
from hub.storage.windows import Summarised, Summary
from sensors.clock import Clock
from sensors.errors import ShekaraError

CURSOR = "rollups"
PART = "rollups"
PAUSE_S = 15.0
"""A window that grows is made again at every pass; a longer pause makes it less often and tells of it later."""
_log = structlog.get_logger("hub.rollups")


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

    def summarise(self, after: int, last: int) -> Summarised:
        """The windows that new readings have changed."""


class Target(Protocol):
    """`hub.storage.rollups.RollupStore`."""

    def write(self, summaries: Sequence[Summary]) -> int:
        """Put windows in place; how many have changed."""


class Downsampler:
    """One thread between `start` and `stop`; `run_once` works and fails, the thread retries for ever."""

    def __init__(self, source: Source, windows: Summariser, target: Target, health: Health, clock: Clock) -> None:
        self._source = source
        self._windows = windows
        self._target = target
        self._health = health
        self._backoff = Backoff(clock, random.Random())  # noqa: S311 - spreads load, keeps no secret
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="downsampler", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to follow the readings."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """End after the pass at hand; False when that took longer. What was not finished is made again."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        return not self._thread.is_alive()

    def run(self) -> None:
        """Follow until stopped, through every trouble of the disk."""
        while not self._stopping.is_set():
            try:
                progress = self.run_once()
            except ShekaraError as error:
                if self._health.report(PART, error.text):
                    _log.warning("downsampling waits", problem=error.text)
                self._stopping.wait(self._backoff.failed())
            else:
                self._backoff.succeeded()
                if self._health.clear(PART):
                    _log.info("downsampling goes on")
                if not progress.pending:
                    self._stopping.wait(PAUSE_S)

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
        last, summaries = self._windows.summarise(cursor, newest)
        rollups.written_total += self._target.write(summaries)
        self._source.set_cursor(CURSOR, last)
        rollups.pending = newest - last
        return Progress(last - cursor, newest - last)
