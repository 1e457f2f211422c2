"""Whether confirmed points are really there: some servers confirm first and refuse later, silently.

A few readings of a batch, chosen at random, are looked for in the database a little later, once in a while. What is
not there is looked for once more, then counted and reported.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import structlog

from hub.health import Health
from hub.storage.influx_answers import BusyError
from hub.storage.influx_reader import UnreadableError
from sensors.clock import Clock
from sensors.errors import WireError
from sensors.model import Reading

PART = "influx read-back"
SAMPLE_READINGS = 8
SETTLES_S = 2.0
"""A server may show what it confirmed a moment later."""
SECOND_LOOK_S = 20.0
_UNREADABLE_PAUSE_S = 3_600.0
_log = structlog.get_logger("hub.influx")


class Finder(Protocol):
    """`hub.storage.influx_reader.InfluxReader`, as needed here."""

    def missing(self, readings: Sequence[Reading]) -> list[Reading]:
        """Those whose point is not there; or WireError, BusyError."""


class _Sample(NamedTuple):
    readings: Sequence[Reading]
    due_s: float
    looked: int = 0


class ReadBack:
    """`offer` what was confirmed and `look` now and then, on one thread; at most one small query in `every_s`."""

    def __init__(self, finder: Finder, health: Health, clock: Clock, chance: random.Random, every_s: float) -> None:
        self._finder = finder
        self._health = health
        self._clock = clock
        self._chance = chance
        self._every_s = every_s
        self._sample: _Sample | None = None
        self._next_s = 0.0

    @property
    def wants_more(self) -> bool:
        """Whether it is time for a sample."""
        return bool(self._every_s) and self._sample is None and self._clock.monotonic_s() >= self._next_s

    def offer(self, confirmed: Sequence[Reading]) -> None:
        """Take a sample of these, when it is time for one."""
        if confirmed and self.wants_more:
            now_s = self._clock.monotonic_s()
            chosen = self._chance.sample(confirmed, min(SAMPLE_READINGS, len(confirmed)))
            self._sample = _Sample(chosen, now_s + SETTLES_S)
            self._next_s = now_s + self._every_s

    def look(self) -> None:
        """Look for the sample, when it is due. No trouble of the server's leaves here."""
        sample, now_s = self._sample, self._clock.monotonic_s()
        if sample is None or now_s < sample.due_s:
            return
        self._sample = None
        try:
            missing = self._finder.missing(sample.readings)
        except UnreadableError as error:
            self._next_s = now_s + _UNREADABLE_PAUSE_S
            _log.info("confirmed points cannot be read back", reason=error.text)
            return
        except (BusyError, WireError) as error:
            _log.info("confirmed points were not read back", reason=error.text)
            return
        forwarding = self._health.forwarding
        if missing and not sample.looked:
            forwarding.read_back_total += len(sample.readings) - len(missing)
            self._sample = _Sample(missing, now_s + SECOND_LOOK_S, looked=1)
            return
        forwarding.read_back_total += len(sample.readings)
        forwarding.missing_total += len(missing)
        if not missing:
            self._health.clear(PART)
        elif self._health.report(
            PART,
            f"InfluxDB confirmed {len(missing)} readings that it does not have, of {len(sample.readings)} looked for;"
            " check the retention of its bucket, and its log",
        ):
            _log.warning("confirmed points are missing", points=len(missing), first=str(missing[0].key))
