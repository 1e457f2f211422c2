"""What keeps a post alive: UPS, generator, link, cabinet, time server."""

from datetime import datetime
from random import Random

from simulators.faults.power import Source
from simulators.models.model import Model, Values
from simulators.world.troubles import Trouble
from simulators.world.world import World

_BATTERY_V = 54.2, 51.0, 44.0
"""Of 48 V nominal: kept charged by the mains; full and under load; empty."""

_FREE_MS_PER_S, _SPOOFED_MS = 0.01, 2_500.0


class Ups(Model):
    """On mains or generator, or on a battery that empties: the curve of simulators/faults/power.py."""

    def sample(self, now: datetime) -> Values:
        """Source, charge, load and battery."""
        supply = self.around.supply(now)
        on_battery = supply.source is Source.BATTERY
        load = 38.0 + 8.0 * self.around.slow("load", now)
        kept_v, full_v, empty_v = _BATTERY_V
        loaded_v = empty_v + (full_v - empty_v) * supply.charge_percent / 100.0
        return {
            "source": "battery" if on_battery else "mains",
            "charge": round(supply.charge_percent, 1),
            "load": self.near(load, 0.8),
            "autonomy": round(supply.charge_percent * 0.3 * 38.0 / load, 1),
            "battery": self.near(loaded_v if on_battery else kept_v, 0.1, 2),
            "temperature": self.near(23.0 + 2.0 * self.around.slow("room", now), 0.2),
        }


class Generator(Model):
    """Stands by; starts some seconds after the mains has failed, if it can."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._hours_total = random.uniform(200.0, 3_000.0)
        self._coolant_c: float | None = None

    def sample(self, now: datetime) -> Values:
        """Run state, fault, fuel and coolant."""
        supply = self.around.supply(now)
        running = supply.source is Source.GENERATOR
        rest_c = max(self.around.weather(now).temperature_c, 5.0)
        coolant_c = rest_c if self._coolant_c is None else self._coolant_c
        self._coolant_c = coolant_c + ((84.0 if running else rest_c) - coolant_c) * min(1.0, self.period_s / 90.0)
        if running:
            self._hours_total += self.period_s / 3600.0
        return {
            "running": running,
            "fault": supply.generator_fails,
            "fuel": round(supply.fuel_percent, 2),
            "coolant": self.near(self._coolant_c, 0.3),
            "hours_total": round(self._hours_total, 2),
        }


class Link(Model):
    """The way to the centre; what its path, the weather and faults make of it shows in its figures."""

    def sample(self, now: datetime) -> Values:
        """Round trip, jitter and loss."""
        busy, state = 1.0 + 0.4 * self.around.slow("link", now), self.around.link.at(now)
        rtt_ms = 14.0 * busy + 2_000.0 * state.latency_s + self.random.expovariate(0.4)
        jitter_ms = 1_000.0 * state.jitter_s * self.random.random() + self.random.expovariate(0.8)
        return {
            "up": state.passes,
            "path": self.around.path.value,
            "rtt": round(rtt_ms + jitter_ms if state.jitter_s else rtt_ms, 1),
            "jitter": round(jitter_ms, 2),
            "loss": round(100.0 * state.loss + min(1.5, self.random.expovariate(12.0)), 2),
        }


class Cabinet(Model):
    """An outdoor cabinet: a door, a shock sensor, its climate."""

    def sample(self, now: datetime) -> Values:
        """Door, tamper, temperature and humidity."""
        weather = self.around.weather(now)
        return {
            "door": self.around.since(Trouble.DOOR, self.device, now) is not None,
            "tamper": self.around.since(Trouble.TAMPER, self.device, now) is not None,
            "temperature": self.near(max(8.0, weather.temperature_c + 9.0), 0.3),
            "humidity": self.near(max(10.0, weather.humidity_percent * 0.6), 0.8),
        }


class GnssTime(Model):
    """A time server on satellite time; jammed, its clock runs free, spoofed, it jumps."""

    def sample(self, now: datetime) -> Values:
        """Fix, satellites and the clock's offset."""
        offset_ms = self.random.gauss(0.0, 0.8)
        jammed_s = self.around.since(Trouble.JAMMED, self.device, now)
        if jammed_s is not None:
            return {"fix": "none", "satellites": 0, "offset": round(offset_ms + _FREE_MS_PER_S * jammed_s, 3)}
        if self.around.since(Trouble.SPOOFED, self.device, now) is not None:
            offset_ms += _SPOOFED_MS
        return {
            "fix": "3d",
            "satellites": round(11.0 + 3.0 * self.around.slow("satellites", now) + self.random.uniform(-1, 1)),
            "offset": round(offset_ms, 3),
        }
