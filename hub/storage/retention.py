"""Takes away what is older than the operator wants it kept, in small steps that stall nobody, and gives the disk back.

Readings go by when they were received, so that the oldest rows go first, and a backlog that arrives late stays as long
as anything else. Nothing goes that a follower (the tiers, InfluxDB) has not passed. One file and not one a day: a
reading is kept once whatever its time, which only one index over all of them can promise; and one that is late by a
week lands beside the others of its metric. Free pages are given back once they are more than a tenth of the file;
until then new readings use them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import structlog

from hub.config import StorageSettings
from hub.health import Health
from hub.storage.readings import Swept
from hub.storage.repeating import Repeating
from hub.storage.tiers import Tier
from sensors.clock import Clock

SWEEP_EVERY_S = 600.0
CLOCK = "clock"
MAX_STEP = timedelta(hours=1)
"""How far the wall clock may be set forward before old data is safe from it."""
CHUNK_ROWS = 2_000
CHUNK_PAGES = 256
_REST = 2.0
"""Times the length of a step that is left to others after it."""
_DAY_S = 86_400
_log = structlog.get_logger("hub.retention")


class Readings(Protocol):
    """`hub.storage.readings.ReadingsStore`, as far as it forgets."""

    def get_cursor(self, name: str) -> int:
        """How far a follower has come."""

    def last_id(self) -> int:
        """The newest id."""

    def delete_received(self, before: datetime, now: datetime, after: int, passed: int, limit: int) -> Swept:
        """Delete what was received before, among the next `limit` readings."""

    def give_back(self, pages: int) -> int:
        """Give free pages back to the disk."""


class Rollups(Protocol):
    """`hub.storage.rollups.RollupStore`, as far as it forgets."""

    def get_cursor(self, name: str) -> int:
        """How far a follower has come."""

    def last_id(self) -> int:
        """The newest revision."""

    def delete_before(self, tier: Tier, start_s: int, passed: int, limit: int) -> int:
        """Delete a tier's windows that begin before `start_s`; how many."""

    def give_back(self, pages: int) -> int:
        """Give free pages back to the disk."""


class Sweep(NamedTuple):
    """What one sweep has taken away: readings, windows, and pages given back to the disk."""

    readings: int
    windows: int
    pages: int


class Retention:
    """`run_once` works and fails; the thread retries for ever.

    `followers` and `window_followers` name the cursors that hold deletion back.
    """

    def __init__(
        self,
        readings: Readings,
        rollups: Rollups,
        kept: StorageSettings,
        followers: Sequence[str],
        window_followers: Sequence[str],
        health: Health,
        clock: Clock,
    ) -> None:
        self._readings = readings
        self._rollups = rollups
        self._kept = kept
        self._followers = followers
        self._window_followers = window_followers
        self._health = health
        self._clock = clock
        self._began = (clock.now(), clock.monotonic_s())
        self.thread = Repeating("retention", self._work, health, clock)

    def run_once(self) -> Sweep:
        """Take away all that is too old now; ends early when told to stop.

        Raises:
            UnavailableError: the disk fails; what was taken away before stays so.
        """
        return Sweep(
            self._sweep_readings(),
            sum(self._sweep_windows(tier) for tier in Tier),
            self._in_steps(lambda: self._readings.give_back(CHUNK_PAGES))
            + self._in_steps(lambda: self._rollups.give_back(CHUNK_PAGES)),
        )

    def _work(self) -> float:
        swept = self.run_once()
        if any(swept):
            _log.info("old data taken away", **swept._asdict())
        return SWEEP_EVERY_S

    def _sweep_readings(self) -> int:
        if not self._kept.keep_raw_days:
            return 0
        now = self._now()
        before = now - timedelta(days=self._kept.keep_raw_days)
        # The newest one stays, so that ids go on from it: a follower's cursor must never be ahead of them.
        passed = min([self._readings.last_id() - 1, *map(self._readings.get_cursor, self._followers)])
        after, total, done = 0, 0, False

        def step() -> int:
            nonlocal after, total, done
            swept = self._readings.delete_received(before, now, after, passed, CHUNK_ROWS)
            after, done = swept.last_id, swept.done
            total += swept.deleted
            self._health.retention.readings_total += swept.deleted
            return 0 if done else 1

        self._in_steps(step)
        return total

    def _sweep_windows(self, tier: Tier) -> int:
        days = {
            Tier.MINUTE: self._kept.keep_1min_days,
            Tier.QUARTER: self._kept.keep_15min_days,
            Tier.HOUR: self._kept.keep_1h_days,
        }[tier]
        if not days:
            return 0
        # Whole days, so that no window outlives the finer ones that it is made of.
        before_s = int(self._now().timestamp()) // _DAY_S * _DAY_S - days * _DAY_S
        passed = min([self._rollups.last_id(), *map(self._rollups.get_cursor, self._window_followers)])
        deleted = self._in_steps(lambda: self._rollups.delete_before(tier, before_s, passed, CHUNK_ROWS))
        self._health.retention.windows_total += deleted
        return deleted

    def _now(self) -> datetime:
        """The time, as far as it is plausible: a clock that is set years ahead must not delete years."""
        began_at, began_s = self._began
        latest = began_at + timedelta(seconds=self._clock.monotonic_s() - began_s) + MAX_STEP
        now = self._clock.now()
        if now > latest:
            if self._health.report(CLOCK, "the clock was set forward; old data stays until the hub is started again"):
                _log.error("the clock was set forward", by=str(now - latest + MAX_STEP))
            return latest
        self._health.clear(CLOCK)
        return now

    def _in_steps(self, step: Callable[[], int]) -> int:
        """Take steps until one does nothing, with rests between them; what all of them did."""
        total = 0
        while not self.thread.stopping.is_set():
            began_s = self._clock.monotonic_s()
            did = step()
            if not did:
                break
            total += did
            self.thread.stopping.wait(_REST * (self._clock.monotonic_s() - began_s))
        return total
