"""What a model of a device is."""

import math
from abc import ABC, abstractmethod
from datetime import datetime
from random import Random

from sensors.model import Value
from simulators.world.world import World

Values = dict[str, Value]


class Model(ABC):
    """A device's inside. The same seed, period and sequence of moments give the same values."""

    def __init__(self, device: str, period_s: float, world: World, random: Random) -> None:
        self.device = device
        self.period_s = period_s
        self.around = world
        self.random = random

    @abstractmethod
    def sample(self, now: datetime) -> Values:
        """The device's values at a moment, one for each metric of its kind."""

    def happens(self, per_hour: float) -> bool:
        """Whether something of that frequency happens within one period."""
        return self.random.random() < 1.0 - math.exp(-per_hour * self.period_s / 3600.0)

    def count(self, expected: float) -> int:
        """A Poisson number; above 50 its normal approximation."""
        if expected > 50.0:
            return max(0, round(self.random.gauss(expected, math.sqrt(expected))))
        bound, product, number = math.exp(-expected), self.random.random(), 0
        while product > bound:
            product *= self.random.random()
            number += 1
        return number

    def near(self, value: float, spread: float, digits: int = 1) -> float:
        """A value with even noise around it."""
        return round(value + self.random.uniform(-spread, spread), digits)
