"""Ground sensors and fences. Most hits are no intruders: animals, rain, wind (research: nine in ten)."""

from collections.abc import Iterable
from datetime import datetime
from random import Random
from typing import NamedTuple

from simulators.models.model import Model, Values
from simulators.world.actors import ActorKind, Figure
from simulators.world.senses import reach_m
from simulators.world.weather import Weather
from simulators.world.world import World

_ANIMALS_PER_HOUR = 1.5
_HITS_PER_MM = 0.02
"""Drops on the ground shake it: hits a second for each mm/h of rain."""
_LAST_FIGURES = 20
STORM_GUST_MPS, STORM_RAIN_MMPH = 20.0, 25.0
"""From here on fences fire for nothing, and hail does it at any wind."""
_STORM_CLIMBS_PER_HOUR = 40.0
_PEOPLE = frozenset({ActorKind.PERSON, ActorKind.GROUP})
_METAL = frozenset({ActorKind.VEHICLE, ActorKind.TRAIN})


class _Heard(NamedTuple):
    person: float
    vehicle: float
    what: str
    hits: int


class GroundSensor(Model):
    """Seismic sensor that tells people, vehicles and animals apart, with a lithium cell that dislikes frost."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._hits_total = random.randrange(2_000, 40_000)
        self._cell_v = random.uniform(3.52, 3.64)

    def sample(self, now: datetime) -> Values:
        """Confidences, class, hits, and the sensor's own health."""
        weather = self.around.weather(now)
        heard = self._listen(now, weather)
        self._hits_total += heard.hits
        return {
            "person": heard.person,
            "vehicle": heard.vehicle,
            "class": heard.what,
            "hits_total": self._hits_total,
            "battery": self.near(self._cell_v + 0.003 * min(0.0, weather.temperature_c), 0.005, 3),
            "temperature": self.near(weather.temperature_c * 0.8 + 3.0, 0.2),
            "rssi": self.near(-84.0, 4.0),
        }

    def _listen(self, now: datetime, weather: Weather) -> _Heard:
        """People first, then metal, then animals; then what is nobody."""
        person, vehicle, random = self.near(0.04, 0.03, 2), self.near(0.03, 0.02, 2), self.random
        figures = self.around.sensed_by(self.device, now)[:_LAST_FIGURES]
        people = [figure for figure in figures if figure.kind in _PEOPLE]
        if people:
            confidence = 0.98 - 0.12 * self._farness(people)
            hits = sum(random.randint(1, 4) for _ in people)
            return _Heard(self.near(confidence, 0.02, 2), vehicle, "person", hits)
        if any(figure.kind in _METAL for figure in figures):
            confidence = 0.96 - 0.3 * self._farness(figures)
            return _Heard(person, self.near(confidence, 0.04, 2), "vehicle", random.randint(2, 6))
        if figures:
            hits = sum(random.randint(1, 3) for _ in range(max(3, len(figures))))
            return _Heard(self.near(0.35, 0.15, 2), vehicle, "animal", hits)
        if drops := self.count(_HITS_PER_MM * weather.rain_mmph * self.period_s):
            return _Heard(self.near(0.15, 0.1, 2), vehicle, "unknown", drops)
        if self.happens(_ANIMALS_PER_HOUR):
            return _Heard(self.near(0.20, 0.12, 2), vehicle, "animal", 1)
        return _Heard(person, vehicle, "none", 0)

    def _farness(self, figures: Iterable[Figure]) -> float:
        """How far the nearest of them is, as a share of the sensor's reach."""
        place = self.around.places[self.device]
        shares = (place.distance_m(figure.spot) / reach_m("ground-sensor", figure.kind) for figure in figures)
        return min(shares)


class Fence(Model):
    """Vibration cable: wind makes it hum, a climber shakes it, a cutter makes it ring, a storm does both for nobody."""

    def sample(self, now: datetime) -> Values:
        """Energy and what the analyser makes of it."""
        weather, at_work = self.around.weather(now), self.around.at_work(self.device, now)
        cutting = any(actor.cuts for actor in at_work)
        climbing = any(actor.climbs for actor in at_work)
        if not (climbing or cutting) and is_storm(weather):
            climbing = self.happens(_STORM_CLIMBS_PER_HOUR)
        hum = 5.0 + 2.4 * weather.gust_mps * self.random.uniform(0.5, 1.0) + 1.5 * weather.rain_mmph
        pulses = self.near(430.0, 200.0) if cutting else 0.0
        shaking = self.near(820.0, 160.0) if climbing else 0.0
        return {
            "energy": max(pulses, shaking, round(min(400.0, hum) + self.random.expovariate(0.5), 1)),
            "climb": climbing,
            "cut": cutting,
        }


def is_storm(weather: Weather) -> bool:
    """Whether fences may fire for nothing."""
    return weather.hail or weather.gust_mps >= STORM_GUST_MPS or weather.rain_mmph >= STORM_RAIN_MMPH
