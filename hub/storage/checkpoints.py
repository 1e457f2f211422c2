"""Moves what was committed from the log of the readings into their file, beside the pipeline and not in its way.

SQLite would do it in the commit that fills the log, and on a slow disk that commit takes most of a second: nothing is
acknowledged, shown or judged meanwhile.
"""

import random
import threading
from typing import Protocol

import structlog

from hub.backoff import Backoff
from hub.health import Health
from sensors.clock import Clock
from sensors.errors import ShekaraError

PART = "checkpoints"
EVERY_S = 2.0
_log = structlog.get_logger("hub.checkpoints")


class Logged(Protocol):
    """`hub.storage.readings.ReadingsStore`, as far as it has a log."""

    def checkpoint(self) -> None:
        """Move what is committed into the file."""


class Checkpoints:
    """One thread between `start` and `stop`, which tries for ever."""

    def __init__(self, store: Logged, health: Health, clock: Clock) -> None:
        self._store = store
        self._health = health
        self._backoff = Backoff(clock, random.Random())  # noqa: S311 - spreads load, keeps no secret
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="checkpoints", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """End after the step at hand; False when that took longer."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        return not self._thread.is_alive()

    def run(self) -> None:
        """Checkpoint until stopped, through every trouble of the disk."""
        pause_s = EVERY_S
        while not self._stopping.wait(pause_s):
            try:
                self._store.checkpoint()
            except ShekaraError as error:
                if self._health.report(PART, error.text):
                    _log.warning("the log is not moved into the file", problem=error.text)
                pause_s = max(EVERY_S, self._backoff.failed())
            else:
                self._backoff.succeeded()
                self._health.clear(PART)
                pause_s = EVERY_S
