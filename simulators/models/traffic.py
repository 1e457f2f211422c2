"""What stands on the road: barriers, counters, weighbridge, radiation portal."""

from datetime import datetime
from random import Random

from simulators.models.model import Model, Values
from simulators.world.troubles import Trouble
from simulators.world.world import World

_TRUCKS, _BUSES = 0.16, 0.02
"""Shares of all vehicles."""
_LEGAL_T = 44.0
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
        if not self.happens(self.around.vehicles_per_hour(now) * _TRUCKS * 3):
            drift = max(0.0, self.near(0.01, 0.01, 2))
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
    """Counts of a second with their Poisson noise; rain lifts the background, a vehicle's body lowers it."""

    def sample(self, now: datetime) -> Values:
        """Counts, occupancy and the portal's own alarms."""
        gamma_s = self.around.since(Trouble.GAMMA, self.device, now)
        neutrons = self.around.since(Trouble.NEUTRON, self.device, now) is not None
        background = 2_050.0 * (1.0 + 0.06 * self.around.weather(now).rain_mmph)
        occupied = gamma_s is not None or self.happens(self.around.vehicles_per_hour(now) * 4)
        gamma = background * (_BODY_SHADOW if occupied else 1.0) * (3.4 if gamma_s is not None else 1.0)
        return {
            "gamma": self.count(gamma),
            "neutron": self.count(9.0 * (14.0 if neutrons else 1.0)),
            "background": round(background, 1),
            "occupied": occupied,
            "speed": self.near(6.0, 2.0) if occupied and gamma_s is None else 0.0,
            "gamma_alarm": gamma_s is not None,
            "neutron_alarm": neutrons,
        }
