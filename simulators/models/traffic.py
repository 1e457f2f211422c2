"""What stands on the road: barriers, counters, weighbridge, radiation portal."""

import math
from datetime import datetime
from random import Random

from simulators.models.model import Model, Values
from simulators.world.actors import ActorKind, Cargo
from simulators.world.troubles import Trouble
from simulators.world.world import World

_TRUCKS, _BUSES = 0.16, 0.02
"""Shares of all vehicles."""
_LEGAL_T = 44.0
_GAMMA_CPS, _NEUTRON_CPS = 2_050.0, 9.0
_MOST_WASHED_OUT = 2.0
"""Three times the background (the maker of one portal says up to 300 %)."""
_WASH_OUT_S, _MEAN_S = 600.0, 60.0
_SIGMAS = 5.3
_SURELY_SIGMAS = 4.0
"""Beyond the portal's own bound: one count in thirty thousand stays below."""
_TIMES, _NEUTRON_TIMES, _WIDTH_M = 3.4, 14.0, 1.5
_NORM_TIMES, _NORM_WIDTH_M = 2.1, 4.0
"""How many times the background right before the panels, and how far away half of it is left."""
_BODY_SHADOW = 0.72
"""A vehicle's body keeps part of the gamma background off the panels (up to 40 %)."""


class Barrier(Model):
    """Opens for a vehicle, closes after it."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._cycles_total = random.randrange(20_000, 300_000)
        self._open_s = 0.0

    def sample(self, now: datetime) -> Values:
        """Position, for how long open, and cycles."""
        if self.around.since(Trouble.STUCK, self.device, now) is not None:
            position = "fault"
        elif (left_open_s := self.around.since(Trouble.LEFT_OPEN, self.device, now)) is not None:
            self._open_s, position = max(self._open_s, left_open_s), "open"
        elif self._open_s > 0.0:
            self._open_s = 0.0 if self._open_s > 10.0 else self._open_s + self.period_s
            position = "open" if self._open_s else "moving"
        elif self.happens(self.around.vehicles_per_hour(now) / 2):
            self._open_s, position = self.period_s, "open"
            self._cycles_total += 1
        else:
            position = "closed"
        return {"position": position, "open_time": round(self._open_s, 1), "cycles_total": self._cycles_total}


class VehicleCounter(Model):
    """Counts one direction, and estimates the queue before it."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._cars_total = random.randrange(100_000, 900_000)
        self._trucks_total = self._cars_total // 5
        self._buses_total = self._cars_total // 50

    def sample(self, now: datetime) -> Values:
        """Totals by class, flow, queue and wait."""
        flow = self.around.vehicles_per_hour(now) / 2
        passed = flow * self.period_s / 3600.0
        self._trucks_total += self.count(passed * _TRUCKS)
        self._buses_total += self.count(passed * _BUSES)
        self._cars_total += self.count(passed * (1.0 - _TRUCKS - _BUSES))
        queue = max(0, round(flow * 0.35 * (1.0 + 0.5 * self.around.slow(f"queue-{self.device}", now))))
        return {
            "cars_total": self._cars_total,
            "trucks_total": self._trucks_total,
            "buses_total": self._buses_total,
            "flow": round(flow, 1),
            "queue": queue,
            "wait": round(60.0 * queue / 75.0, 1),
        }


class Weighbridge(Model):
    """Empty most of the time; a legal truck now and then."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._vehicles_total = random.randrange(10_000, 90_000)

    def sample(self, now: datetime) -> Values:
        """Weight and axles of what stands on it, zero when nothing does."""
        if self.around.since(Trouble.OVERLOAD, self.device, now) is not None:
            gross = self.near(_LEGAL_T + 7.0, 0.05, 2)
            return {
                "gross": gross, "axles": 5, "axle_load": round(gross / 4.2, 2), "overload": True,
                "vehicles_total": self._vehicles_total,
            }  # fmt: skip
        if not self.happens(self.around.vehicles_per_hour(now) * _TRUCKS * 3):
            ice_t = 0.15 if self.around.weather(now).temperature_c < 0.0 else 0.0
            drift = round(max(0.0, self.near(0.01, 0.01, 2)) + ice_t, 2)
            return {
                "gross": drift, "axles": 0, "axle_load": 0.0, "overload": False, "vehicles_total": self._vehicles_total,
            }  # fmt: skip
        self._vehicles_total += 1
        axles = self.random.choice((2, 3, 5, 5, 6))
        gross = min(_LEGAL_T - 1.0, self.near(5.6 * axles, 2.6, 2))
        return {
            "gross": gross,
            "axles": axles,
            "axle_load": round(min(10.0, gross / axles * self.random.uniform(1.0, 1.25)), 2),
            "overload": False,
            "vehicles_total": self._vehicles_total,
        }


class RadiationPortal(Model):
    """Counts of a second with their Poisson noise, against a running mean of the empty portal.

    Rain washes radon out of the air and lifts the background, a vehicle's body keeps part of it off. A point source is
    a narrow peak, naturally radioactive goods a wide bump: the alarm is the same, and with goods a nuisance.
    """

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._mean = self._level = _GAMMA_CPS

    def sample(self, now: datetime) -> Values:
        """Counts, occupancy and the portal's own alarms."""
        weather = self.around.weather(now)
        washed_out = _GAMMA_CPS * (1.0 + min(_MOST_WASHED_OUT, 0.06 * weather.rain_mmph))
        self._level += (washed_out - self._level) * min(1.0, self.period_s / _WASH_OUT_S)
        figures = self.around.sensed_by(self.device, now)
        passing = any(figure.kind is ActorKind.VEHICLE for figure in figures)
        loads = self.around.loads_at(self.device, now)
        distance_m = min((self.around.places[self.device].distance_m(one.spot) for one in figures), default=0.0)
        stands = passing and not any(figure.speed_mps for figure in figures)
        occupied = passing or self.happens(self.around.vehicles_per_hour(now) * 4)
        times = max((_peak(load, distance_m) for load in loads), default=1.0)
        neutron_times = _peak_of(_NEUTRON_TIMES, distance_m) if Cargo.NEUTRON in loads else 1.0
        gamma = self.count(self._level * (_BODY_SHADOW if occupied else 1.0) * times)
        neutron = self.count(_NEUTRON_CPS * neutron_times)
        carried = bool(loads)
        values: Values = {
            "gamma": gamma,
            "neutron": neutron,
            "background": round(self._mean, 1),
            "occupied": occupied or carried,
            "speed": self.near(6.0, 2.0) if occupied and not stands else 0.0,
            "gamma_alarm": carried and gamma > self._mean + _SIGMAS * math.sqrt(self._mean),
            "neutron_alarm": carried and neutron > _NEUTRON_CPS + _SIGMAS * math.sqrt(_NEUTRON_CPS),
        }
        if not (occupied or carried):
            self._mean += (gamma - self._mean) * min(1.0, self.period_s / _MEAN_S)
        return values


def _peak(load: Cargo, distance_m: float) -> float:
    """How many times the shadowed background a load sends at this distance from the panels."""
    return _peak_of(_NORM_TIMES, distance_m, _NORM_WIDTH_M) if load is Cargo.NORM else _peak_of(_TIMES, distance_m)


def gamma_surely_m(load: Cargo) -> float:
    """How near the panels a load must be for a count of its gamma that surely is an alarm, body and noise and all."""
    mean_sigmas = (_SIGMAS + _SURELY_SIGMAS) / math.sqrt(_GAMMA_CPS)
    least = (1.0 + mean_sigmas) / _BODY_SHADOW
    return _within_m(_NORM_TIMES, least, _NORM_WIDTH_M) if load is Cargo.NORM else _within_m(_TIMES, least)


def neutrons_surely_m() -> float:
    """How near the panels a neutron source must be for a count that surely is an alarm."""
    bound = _NEUTRON_CPS + _SIGMAS * math.sqrt(_NEUTRON_CPS)
    # Whoever counts n has noise of the root of n on it: sqrt(n) solves n - sigmas * sqrt(n) = bound.
    root = (_SURELY_SIGMAS + math.sqrt(_SURELY_SIGMAS**2 + 4.0 * bound)) / 2.0
    return _within_m(_NEUTRON_TIMES, root**2 / _NEUTRON_CPS)


def _within_m(times: float, least: float, width_m: float = _WIDTH_M) -> float:
    """The distance at which a peak has fallen to that."""
    return width_m * math.sqrt((times - 1.0) / (least - 1.0) - 1.0)


def _peak_of(times: float, distance_m: float, width_m: float = _WIDTH_M) -> float:
    return 1.0 + (times - 1.0) / (1.0 + (distance_m / width_m) ** 2)
