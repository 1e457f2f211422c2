"""Walks the tiers into InfluxDB, beside the readings: every window that has changed is written again, over itself.

Measurements `rollup_1min`, `rollup_15min` and `rollup_1h`, tags `site`, `device` and `metric` as readings have them,
the time is the window's begin. `increase` is of a counter, with the step from the window before it.
"""

from typing import NamedTuple, Protocol

import msgspec

from hub.health import Health
from hub.storage.dead_letters import DeadLetters
from hub.storage.delivery import Delivery, Writer
from hub.storage.line_protocol import quoted, tags_of
from hub.storage.repeating import Repeating
from hub.storage.rollups import NumberedRollup
from hub.storage.tiers import step_up
from sensors.clock import Clock
from sensors.model import DeviceId, DeviceKey, SiteId

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
    ) -> None:
        self._windows = windows
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
        refused = self._delivery.deliver([encode_rollup_line(each) for each in batch])
        if refused:
            self._letters.add(refused)
        self._windows.set_cursor(CURSOR, batch[-1].id)
        self._health.rollups.forwarded_total += len(batch) - len(refused)
        return Forwarded(len(batch) - len(refused), len(refused))

    def _work(self) -> float:
        return 0.0 if any(self.run_once()) else PAUSE_S


def encode_rollup_line(numbered: NumberedRollup) -> str:
    """One window as a line, without its end."""
    series, window = numbered.series, numbered.rollup
    numbers: dict[str, float | None] = {
        "count": window.count,
        "good_fraction": window.good_fraction,
        "min": window.minimum,
        "max": window.maximum,
        "mean": window.mean,
        "first": window.first,
        "last": window.last,
        "increase": window.increase + step_up(numbered.before, window.first) if window.numbers else None,
    }
    fields = [f"{name}={float(number)!r}" for name, number in numbers.items() if number is not None]
    if window.states:
        states = {share.state: share.duration_us / 1_000_000 for share in window.states}
        fields.append(f'states_s="{quoted(msgspec.json.encode(states).decode())}"')
    if series.unit:
        fields.append(f'unit="{quoted(series.unit)}"')
    key = DeviceKey(SiteId(series.site), DeviceId(series.device))
    measurement = f"rollup_{numbered.tier.label}"
    return f"{measurement},{tags_of(key, series.metric)} {','.join(fields)} {window.start_s}000000000"
