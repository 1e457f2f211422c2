"""Walks the tiers into InfluxDB, beside the readings: every window that has changed is written again, over itself."""

from typing import NamedTuple, Protocol

from hub.health import Health
from hub.storage.dead_letters import DeadLetters
from hub.storage.delivery import Delivery, Writer
from hub.storage.repeating import Repeating
from hub.storage.rollup_points import encode_rollup_line
from hub.storage.rollups import NumberedRollup
from sensors.clock import Clock

CURSOR = "influx"
PAUSE_S = 60.0
"""Windows that grow are sent once in a while, not at every change."""


class Windows(Protocol):
    """`hub.storage.rollups.RollupStore`, as it is followed."""

    def read_after(self, cursor: int, limit: int) -> list[NumberedRollup]:
        """Windows that have changed since a revision, in the order of changing."""

    def get_cursor(self, name: str) -> int:
        """How far a follower has come."""

    def set_cursor(self, name: str, last_id: int) -> None:
        """Remember how far it has come."""


class Forwarded(NamedTuple):
    """Windows confirmed, and windows refused for good."""

    written: int
    refused: int


class RollupForwarder:
    """One server, one bucket; `run_once` works and fails, the thread retries for ever."""

    def __init__(
        self,
        windows: Windows,
        writer: Writer,
        letters: DeadLetters,
        health: Health,
        clock: Clock,
        batch_lines: int,
        *,
        exercise: bool = False,
    ) -> None:
        self._windows = windows
        self._exercise = exercise
        self._letters = letters
        self._health = health
        self.thread = Repeating("influx rollups", self._work, health, clock)
        self._delivery = Delivery(writer, clock, batch_lines, self.thread.stopping)

    def run_once(self) -> Forwarded:
        """Forward one batch.

        Raises:
            BusyError: the server takes nothing now; the cursor has not moved.
            UnavailableError, ConfigError: the local disk fails; the cursor has not moved.
        """
        batch = self._windows.read_after(self._windows.get_cursor(CURSOR), self._delivery.batch_lines)
        if not batch:
            return Forwarded(0, 0)
        refused = self._delivery.deliver([encode_rollup_line(each, exercise=self._exercise) for each in batch])
        if refused:
            self._letters.add(refused)
        self._windows.set_cursor(CURSOR, batch[-1].id)
        self._health.rollups.forwarded_total += len(batch) - len(refused)
        return Forwarded(len(batch) - len(refused), len(refused))

    def _work(self) -> float:
        return 0.0 if any(self.run_once()) else PAUSE_S
