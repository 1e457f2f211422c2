"""What a post lives on: mains, the UPS's battery, the generator; and in which order its equipment dies without.

A function of the actions and of time alone: how often it is asked changes nothing. Times go forward. Figures are our
own, in the order of a UPS of 3 kVA and a generator of 20 kVA: see docs/scenarios.md.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import NamedTuple

FULL_S = 1_800.0
"""How long a new, full battery carries the post."""
WORN_HEALTH, COLLAPSES_PERCENT = 0.6, 40.0
"""A battery whose health is below this collapses when its charge is down to that."""
SHEDS_PERCENT = 25.0
"""Below this charge the UPS switches off what can wait."""
RECHARGE_PERCENT_S = 0.03
STARTS_S = 15.0
"""From the failure of the mains until the generator carries the load."""
TOO_COLD_C = -30.0
FUEL_PERCENT_S = 5.0 / 3_600.0
_FULL_PERCENT = 100.0
_NO_END_S = 1e9
_NEXT_TO_NOTHING = 1e-6
_LEAST = timedelta(microseconds=1)
_MOST_SPANS = 1_000
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Source(StrEnum):
    """What carries the load."""

    MAINS = "mains"
    BATTERY = "battery"
    GENERATOR = "generator"
    NOTHING = "nothing"


class Needs(IntEnum):
    """What a device must have to live, from the first that dies to the last."""

    MOTOR = 0
    """Mains or generator: motors and heaters."""
    SHED = 1
    """The UPS, while it is not nearly empty: cameras and portals."""
    KEPT = 2
    """The UPS, to its end: the gateway, and what it takes to know of the post."""
    CELL = 3
    """A battery of its own."""


NEEDS: dict[str, Needs] = {
    "barrier": Needs.MOTOR,
    "weighbridge": Needs.MOTOR,
    "camera": Needs.SHED,
    "radiation-portal": Needs.SHED,
    "ground-sensor": Needs.CELL,
}
"""By kind; all others are KEPT."""


class Supply(NamedTuple):
    """The power of a post at one moment."""

    source: Source
    charge_percent: float
    fuel_percent: float
    generator_fails: bool

    def feeds(self, kind: str) -> bool:
        """Whether a device of this kind has power."""
        match NEEDS.get(kind, Needs.KEPT):
            case Needs.CELL:
                return True
            case Needs.KEPT:
                return self.source is not Source.NOTHING
            case Needs.SHED:
                on_battery = self.source is Source.BATTERY
                return self.charge_percent >= SHEDS_PERCENT if on_battery else self.source is not Source.NOTHING
            case Needs.MOTOR:
                return self.source in (Source.MAINS, Source.GENERATOR)


class Dark(NamedTuple):
    """A span in which cameras had no power; `ends` None: they have none yet."""

    starts: datetime
    ends: datetime | None = None


class Power:
    """One post's. `temperature_c` decides whether a cold engine starts; `fuel_percent` is what is in the tank."""

    def __init__(self, temperature_c: Callable[[datetime], float], fuel_percent: float) -> None:
        self._temperature_c = temperature_c
        self._failed: datetime | None = None
        self._restored = self._refuses_until = _LONG_AGO
        self._by_hand = _LONG_AGO
        self._health = 1.0
        self._charge_percent = _FULL_PERCENT
        self._fuel_percent = fuel_percent
        self._reached: datetime | None = None
        self.dark: deque[Dark] = deque(maxlen=_MOST_SPANS)
        """When cameras had no power, as finely as the supply was asked for; the newest."""

    def fail(self, now: datetime, duration_s: float) -> None:
        """The mains fails; a failure that is there goes on for at least as long."""
        self.at(now)
        ends = now + timedelta(seconds=duration_s)
        if self._is_without(now):
            self._restored = max(self._restored, ends)
        else:
            self._failed, self._restored = now, ends

    def restore(self, now: datetime) -> None:
        """The mains is back."""
        self.at(now)
        self._restored = min(self._restored, now)

    def age(self, now: datetime, health: float) -> None:
        """The battery holds this share of what it held when it was new; 1 is a new one."""
        self.at(now)
        self._health = health

    def refuse(self, now: datetime, duration_s: float) -> None:
        """The generator does not start by itself, and stops if it runs."""
        self.at(now)
        self._refuses_until, self._by_hand = now + timedelta(seconds=duration_s), _LONG_AGO

    def start_by_hand(self, now: datetime) -> None:
        """Somebody mends the generator, warms it up and, if the mains is off, starts it."""
        self.at(now)
        self._refuses_until, self._by_hand = now, now

    def refuel(self, now: datetime) -> None:
        """The tank is full again."""
        self.at(now)
        self._fuel_percent = _FULL_PERCENT

    def at(self, now: datetime) -> Supply:
        """The supply at a moment, which is not before the one asked for last."""
        reached = now if self._reached is None else self._reached
        while reached < now:
            reached = self._advance(reached, now)
        self._reached = reached
        source, fails = self._state(reached)
        supply = Supply(source, self._charge_percent, self._fuel_percent, fails)
        self._note(supply.feeds("camera"), now)
        return supply

    def _note(self, fed: bool, now: datetime) -> None:  # noqa: FBT001
        was_fed = not self.dark or self.dark[-1].ends is not None
        if was_fed and not fed:
            self.dark.append(Dark(now))
        elif fed and not was_fed:
            self.dark.append(Dark(self.dark.pop().starts, now))

    @property
    def _floor_percent(self) -> float:
        return COLLAPSES_PERCENT if self._health < WORN_HEALTH else 0.0

    def _is_without(self, now: datetime) -> bool:
        return self._failed is not None and self._failed <= now < self._restored

    def _state(self, now: datetime) -> tuple[Source, bool]:
        """What carries the load, and whether the generator ought to and does not."""
        if self._failed is None or not self._is_without(now):
            return Source.MAINS, False
        due = self._failed + timedelta(seconds=STARTS_S)
        starts = now >= due and now >= self._refuses_until and self._temperature_c(due) > TOO_COLD_C
        if self._fuel_percent > 0.0 and (starts or self._by_hand >= self._failed):
            return Source.GENERATOR, False
        return (Source.BATTERY if self._charge_percent > self._floor_percent else Source.NOTHING), now >= due

    def _advance(self, reached: datetime, now: datetime) -> datetime:
        """Go on until something changes, at the latest until now."""
        source, _ = self._state(reached)
        charge_percent_s, fuel_percent_s, lasts_s = RECHARGE_PERCENT_S, 0.0, _NO_END_S
        match source:
            case Source.BATTERY:
                charge_percent_s = -_FULL_PERCENT / (FULL_S * self._health)
                lasts_s = (self._floor_percent - self._charge_percent) / charge_percent_s
            case Source.GENERATOR:
                fuel_percent_s = -FUEL_PERCENT_S
                lasts_s = self._fuel_percent / FUEL_PERCENT_S
            case Source.NOTHING:
                charge_percent_s = 0.0
        turns = [now, self._restored, self._refuses_until, reached + max(_LEAST, timedelta(seconds=lasts_s))]
        if self._failed is not None:
            turns.append(self._failed + timedelta(seconds=STARTS_S))
        until = min(turn for turn in turns if turn > reached)
        passed_s = (until - reached).total_seconds()
        self._charge_percent = min(_FULL_PERCENT, self._charge_percent + charge_percent_s * passed_s)
        self._fuel_percent = max(0.0, self._fuel_percent + fuel_percent_s * passed_s)
        if source is Source.BATTERY and self._charge_percent <= self._floor_percent + _NEXT_TO_NOTHING:
            self._charge_percent = 0.0
        if self._fuel_percent < _NEXT_TO_NOTHING:
            self._fuel_percent = 0.0
        return until
