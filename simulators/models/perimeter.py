"""Ground sensors and fences. Most hits are no intruders: animals, wind."""

from datetime import datetime
from random import Random

from simulators.models.model import Model, Values
from simulators.world.troubles import Trouble
from simulators.world.world import World

_ANIMALS_PER_HOUR = 1.5


class GroundSensor(Model):
    """Seismic sensor that tells people, vehicles and animals apart, with a lithium cell that dislikes frost."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        super().__init__(device, period_s, world, random)
        self._hits_total = random.randrange(2_000, 40_000)
        self._cell_v = random.uniform(3.52, 3.64)

    def sample(self, now: datetime) -> Values:
        """Confidences, class, hits, and the sensor's own health."""
        person, vehicle, seen = self.near(0.04, 0.03, 2), self.near(0.03, 0.02, 2), "none"
        if self.around.since(Trouble.PERSON, self.device, now) is not None:
            person, seen = self.near(0.94, 0.04, 2), "person"
            self._hits_total += self.random.randint(1, 4)
        elif self.around.since(Trouble.ANIMALS, self.device, now) is not None:
            person, seen = self.near(0.35, 0.15, 2), "animal"
            self._hits_total += self.random.randint(3, 9)
        elif self.happens(_ANIMALS_PER_HOUR):
            person, seen = self.near(0.20, 0.12, 2), "animal"
            self._hits_total += 1
        temperature = self.around.weather(now).temperature_c
        return {
            "person": person,
            "vehicle": vehicle,
            "class": seen,
            "hits_total": self._hits_total,
            "battery": self.near(self._cell_v + 0.003 * min(0.0, temperature), 0.005, 3),
            "temperature": self.near(temperature * 0.8 + 3.0, 0.2),
            "rssi": self.near(-84.0, 4.0),
        }


class Fence(Model):
    """Vibration cable: wind makes it hum, a climber makes it shake."""

    def sample(self, now: datetime) -> Values:
        """Energy and what the analyser makes of it."""
        climbing = self.around.since(Trouble.CLIMB, self.device, now) is not None
        hum = 5.0 + 2.4 * self.around.weather(now).gust_mps * self.random.uniform(0.5, 1.0)
        return {
            "energy": self.near(820.0, 160.0) if climbing else round(hum + self.random.expovariate(0.5), 1),
            "climb": climbing,
            "cut": False,
        }
