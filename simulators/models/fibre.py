"""A buried fibre that listens along all of its length. Wind in the ground cover, animals and traffic are most of it."""

from datetime import datetime
from random import Random
from typing import NamedTuple

from simulators.models.model import Model, Values
from simulators.models.perimeter import is_storm
from simulators.world.actors import ActorKind, Figure
from simulators.world.senses import reach_m
from simulators.world.troubles import Trouble
from simulators.world.weather import Weather
from simulators.world.world import World

_GAUGE_M = 10.0
"""Between two points that are told apart."""
_CLASSES = {
    ActorKind.PERSON: "person",
    ActorKind.GROUP: "person",
    ActorKind.VEHICLE: "vehicle",
    ActorKind.TRAIN: "train",
    ActorKind.HERD: "animal",
}
_LOUDEST = ("digging", "person", "train", "vehicle", "animal")
"""What is told of several that are heard at once: what needs a human first."""
_SURE = {"digging": 0.95, "person": 0.93, "vehicle": 0.96, "train": 0.98, "animal": 0.80}
_WIND_FROM_GUST_MPS = 14.0
_WIND_M_PER_MPS = 25.0
_STORM_STEPS_PER_HOUR = 30.0
_ANIMALS_PER_HOUR = 1.0
_LOSS_DB_PER_KM, _JOINTS_DB = 0.25, 1.5
"""There is 0.2 dB in a kilometre of good fibre; joints and connectors lose the rest (our own figures)."""


class _Heard(NamedTuple):
    what: str
    confidence: float = 0.0
    distance_m: float = 0.0
    extent_m: float = 0.0


class Das(Model):
    """One interrogator and its fibre, from the place where it stands along the line."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._events_total = random.randrange(500, 20_000)
        self._place = world.places[device]
        self._before = "none"

    def sample(self, now: datetime) -> Values:
        """What is heard and where, and how the fibre is."""
        broken = self.around.since(Trouble.BROKEN, self.device, now) is not None
        length_m = self._place.length_m * (0.5 if broken else 1.0)
        heard = self._listen(now, length_m)
        self._events_total += heard.what not in ("none", self._before)
        self._before = heard.what
        return {
            "class": heard.what,
            "confidence": round(min(1.0, max(0.0, heard.confidence)), 2),
            "distance": round(heard.distance_m, 1),
            "extent": round(min(length_m, heard.extent_m), 1),
            "events_total": self._events_total,
            "fibre_loss": self.near(_JOINTS_DB + _LOSS_DB_PER_KM * length_m / 1_000.0, 0.05, 2),
            "fibre_length": round(length_m, 1),
            "fibre_broken": broken,
        }

    def _listen(self, now: datetime, length_m: float) -> _Heard:
        diggers = {actor.id for actor in self.around.at_work(self.device, now)}
        told: dict[str, list[Figure]] = {}
        for figure in self.around.sensed_by(self.device, now):
            what = _CLASSES[figure.kind] if figure.speed_mps else "digging" if figure.actor in diggers else None
            if what is not None and self._place.reached_m(figure.spot) <= length_m:
                told.setdefault(what, []).append(figure)
        for what in _LOUDEST:
            if what in told:
                return self._heard(what, told[what])
        return self._nobody(self.around.weather(now), length_m)

    def _heard(self, what: str, figures: list[Figure]) -> _Heard:
        """The nearest of them, and how much of the fibre all of them shake."""
        nearest = min(figures, key=lambda figure: self._place.distance_m(figure.spot))
        reach = reach_m("das", nearest.kind)
        away_m = self._place.distance_m(nearest.spot)
        along_m = [self._place.reached_m(figure.spot) for figure in figures]
        extent_m = max(along_m) - min(along_m) + max(_GAUGE_M, 2.0 * (reach - away_m))
        confidence = _SURE[what] - 0.2 * away_m / reach + self.random.uniform(-0.02, 0.02)
        at_m = self._place.reached_m(nearest.spot) + self.random.uniform(-0.5, 0.5) * _GAUGE_M
        return _Heard(what, confidence, max(0.0, at_m), extent_m)

    def _nobody(self, weather: Weather, length_m: float) -> _Heard:
        """Wind shakes whole stretches; a storm may sound like steps; a hare is an animal too."""
        at_m = self.random.uniform(0.0, length_m)
        if is_storm(weather) and self.happens(_STORM_STEPS_PER_HOUR):
            return _Heard("person", self.near(0.6, 0.1, 2), at_m, _GAUGE_M)
        if weather.gust_mps > _WIND_FROM_GUST_MPS:
            extent_m = _WIND_M_PER_MPS * (weather.gust_mps - _WIND_FROM_GUST_MPS)
            return _Heard("wind", self.near(0.5, 0.2, 2), at_m, extent_m)
        if self.happens(_ANIMALS_PER_HOUR):
            return _Heard("animal", self.near(0.6, 0.15, 2), at_m, _GAUGE_M)
        return _Heard("none")
