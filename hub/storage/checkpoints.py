"""Moves what was committed from the log of the readings into their file, beside the pipeline and not in its way.

SQLite would do it in the commit that fills the log, and on a slow disk that commit takes most of a second: nothing is
acknowledged, shown or judged meanwhile.
"""

from typing import Protocol

from hub.health import Health
from hub.storage.repeating import Repeating
from sensors.clock import Clock

EVERY_S = 2.0


class Logged(Protocol):
    """`hub.storage.readings.ReadingsStore`, as far as it has a log."""

    def checkpoint(self) -> None:
        """Move what is committed into the file."""


class Checkpoints:
    """One thread, which tries for ever."""

    def __init__(self, store: Logged, health: Health, clock: Clock) -> None:
        self._store = store
        self.thread = Repeating("checkpoints", self._work, health, clock)

    def _work(self) -> float:
        self._store.checkpoint()
        return EVERY_S
