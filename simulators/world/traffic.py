"""Traffic through a post: about 2,000 vehicles a day, with peaks in the morning and in the evening."""

import math
from datetime import datetime

from simulators.world.noise import Noise
from simulators.world.sun import local_hour

_BASE_PER_H = 28.0
_PEAKS = ((9.5, 2.2, 95.0), (17.5, 2.8, 110.0))
"""Hour, spread in hours, vehicles an hour on top of the base."""


def usual_vehicles_per_hour(noise: Noise, now: datetime) -> float:
    """Both directions together, on a day like any other."""
    hour = local_hour(now)
    peaks = sum(height * math.exp(-(((hour - at) / spread) ** 2)) for at, spread, height in _PEAKS)
    return (_BASE_PER_H + peaks) * (1.0 + 0.15 * noise.slow("traffic", now))
