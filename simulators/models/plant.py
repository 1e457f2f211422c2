"""What keeps a post alive: UPS, generator, link, cabinet, time server."""

from datetime import datetime
from random import Random

from simulators.models.model import Model, Values
from simulators.world.troubles import Trouble
from simulators.world.world import World

_GENERATOR_STARTS_S = 15.0
_DISCHARGE_PERCENT_S = 0.06
_RECHARGE_PERCENT_S = 0.03


class Ups(Model):
    """On mains, or on a battery that empties until the generator carries the load."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._charge_percent = 100.0

    def sample(self, now: datetime) -> Values:
        """Source, charge, load and battery."""
        without_s = self.around.since(Trouble.MAINS, self.device, now)
        on_battery = without_s is not None and without_s < _GENERATOR_STARTS_S + self.period_s
        change = -_DISCHARGE_PERCENT_S if on_battery else _RECHARGE_PERCENT_S
        self._charge_percent = min(100.0, max(0.0, self._charge_percent + change * self.period_s))
        load = 38.0 + 8.0 * self.around.slow("load", now)
        return {
            "source": "battery" if on_battery else "mains",
            "charge": round(self._charge_percent, 1),
            "load": self.near(load, 0.8),
            "autonomy": round(self._charge_percent * 0.9 * 38.0 / load, 1),
            "battery": self.near(51.0 if on_battery else 54.2, 0.1, 2),
            "temperature": self.near(23.0 + 2.0 * self.around.slow("room", now), 0.2),
        }


class Generator(Model):
    """Stands by; starts some seconds after the mains has failed."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._fuel_percent = random.uniform(68.0, 94.0)
        self._hours_total = random.uniform(200.0, 3_000.0)
        self._coolant_c: float | None = None

    def sample(self, now: datetime) -> Values:
        """Run state, fuel and coolant."""
        without_s = self.around.since(Trouble.MAINS, self.device, now)
        running = without_s is not None and without_s >= _GENERATOR_STARTS_S
        rest_c = max(self.around.weather(now).temperature_c, 5.0)
        coolant_c = rest_c if self._coolant_c is None else self._coolant_c
        self._coolant_c = coolant_c + ((84.0 if running else rest_c) - coolant_c) * min(1.0, self.period_s / 90.0)
        if running:
            self._fuel_percent = max(0.0, self._fuel_percent - 5.0 * self.period_s / 3600.0)
            self._hours_total += self.period_s / 3600.0
        return {
            "running": running,
            "fault": False,
            "fuel": self.near(self._fuel_percent, 0.2),
            "coolant": self.near(self._coolant_c, 0.3),
            "hours_total": round(self._hours_total, 2),
        }


class Link(Model):
    """A fibre to the centre."""

    def sample(self, now: datetime) -> Values:
        """Round trip, jitter and loss."""
        busy = 1.0 + 0.4 * self.around.slow("link", now)
        return {
            "up": True,
            "path": "fibre",
            "rtt": round(14.0 * busy + self.random.expovariate(0.4), 1),
            "jitter": round(self.random.expovariate(0.8), 2),
            "loss": round(min(1.5, self.random.expovariate(12.0)), 2),
        }


class Cabinet(Model):
    """An outdoor cabinet: a door, a shock sensor, its climate."""

    def sample(self, now: datetime) -> Values:
        """Door, tamper, temperature and humidity."""
        weather = self.around.weather(now)
        return {
            "door": self.around.since(Trouble.DOOR, self.device, now) is not None,
            "tamper": False,
            "temperature": self.near(max(8.0, weather.temperature_c + 9.0), 0.3),
            "humidity": self.near(max(10.0, weather.humidity_percent * 0.6), 0.8),
        }


class GnssTime(Model):
    """A time server on satellite time."""

    def sample(self, now: datetime) -> Values:
        """Fix, satellites and the clock's offset."""
        return {
            "fix": "3d",
            "satellites": round(11.0 + 3.0 * self.around.slow("satellites", now) + self.random.uniform(-1, 1)),
            "offset": round(self.random.gauss(0.0, 0.8), 3),
        }
