"""What looks from afar: a ground radar over its sector, a plate reader over its lane. No plate is ever made up."""

from datetime import datetime
from random import Random

from simulators.models.model import Model, Values
from simulators.world.actors import ActorKind
from simulators.world.world import World

_CLASSES = {
    ActorKind.PERSON: "person",
    ActorKind.GROUP: "person",
    ActorKind.HERD: "animal",
    ActorKind.VEHICLE: "vehicle",
    ActorKind.TRAIN: "vehicle",
}
_CLUTTER_M = (60.0, 900.0)
_CLUTTER_FROM_GUST_MPS = 8.0
"""Leaves and branches move from here on (our own figure)."""
_USUAL_TRACKS = 0.3
_READ_PERCENT, _SPOILT_PERCENT = 96.0, 30.0


class Radar(Model):
    """Tracks what moves in its sector; wind in leaves and rain are tracks too."""

    def sample(self, now: datetime) -> Values:
        """How many tracks, how far the nearest, and what it takes that for."""
        weather, place = self.around.weather(now), self.around.places[self.device]
        moving = [figure for figure in self.around.sensed_by(self.device, now) if figure.speed_mps]
        tracks = [(place.distance_m(figure.spot), _CLASSES[figure.kind]) for figure in moving]
        clutter = _USUAL_TRACKS + 0.15 * max(0.0, weather.gust_mps - _CLUTTER_FROM_GUST_MPS) + 0.08 * weather.rain_mmph
        tracks += [(self.random.uniform(*_CLUTTER_M), "clutter") for _ in range(self.count(min(40.0, clutter)))]
        range_m, seen = min(tracks, default=(0.0, "none"))
        return {"tracks": len(tracks), "range": round(range_m, 1), "class": seen}


class PlateReader(Model):
    """Reads the plates of its lane: 85 to 98 in a hundred; snow, fog and mud spoil more."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._plates_total = random.randrange(50_000, 500_000)
        self._confidence_percent = _READ_PERCENT

    def sample(self, now: datetime) -> Values:
        """How sure the last reading was, and how many there were."""
        weather = self.around.weather(now)
        passed = self.count(self.around.vehicles_per_hour(now) / 2 * self.period_s / 3600.0)
        passed += sum(figure.kind is ActorKind.VEHICLE for figure in self.around.sensed_by(self.device, now))
        if passed:
            spoils = min(1.0, weather.snow_mmph / 5.0 + max(0.0, 1.0 - weather.visibility_m / 300.0))
            read = self.near(_READ_PERCENT - 4.5 - _SPOILT_PERCENT * spoils, 6.5)
            self._confidence_percent = min(100.0, read)
            self._plates_total += sum(self.random.random() * 100.0 < read for _ in range(passed))
        return {"confidence": self._confidence_percent, "plates_total": self._plates_total}
