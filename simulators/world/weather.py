"""The weather of a post: a pure function of seed and time, mild enough to raise no alarm.

Annual and daily rhythm with slow noise on top. Rhythm and ranges: southern Kazakhstan.
"""

import math
from datetime import datetime
from typing import NamedTuple

from simulators.world.noise import Noise
from simulators.world.sun import local_hour


class Weather(NamedTuple):
    """The weather at one moment. `snow_mmph` is snowfall as water; `hail` falls with heavy rain alone."""

    temperature_c: float
    humidity_percent: float
    pressure_hpa: float
    wind_mps: float
    gust_mps: float
    rain_mmph: float
    visibility_m: float
    snow_mmph: float = 0.0
    hail: bool = False
    cloud_share: float = 0.3


def mild_weather(noise: Noise, now: datetime) -> Weather:
    """Mild weather of the season and the hour."""
    day = now.timetuple().tm_yday
    hour = local_hour(now)
    season = math.sin((day - 105) / 365 * 2 * math.pi)
    daily = math.cos((hour - 15) / 24 * 2 * math.pi)
    temperature = 11.0 + 15.0 * season + 5.5 * daily + 2.5 * noise.slow("temperature", now)
    wind = max(0.2, 3.2 + 1.2 * daily + 2.0 * noise.slow("wind", now))
    wet = noise.slow("rain", now)
    rain = max(0.0, wet - 0.62) * 4.0
    humidity = min(98.0, max(12.0, 52.0 - 18.0 * season - 14.0 * daily + 9.0 * noise.slow("humidity", now) + 6 * rain))
    return Weather(
        temperature_c=round(temperature, 1),
        humidity_percent=round(humidity, 1),
        pressure_hpa=round(938.0 + 6.0 * noise.slow("pressure", now) - 2.0 * season, 1),
        wind_mps=round(wind, 1),
        gust_mps=round(wind * (1.45 + 0.15 * noise.slow("gust", now)) + 0.4, 1),
        rain_mmph=round(rain, 1),
        visibility_m=round(max(4_000.0, 21_000.0 - 90.0 * humidity - 2_500.0 * rain)),
        cloud_share=round(min(1.0, max(0.0, 0.35 + 0.9 * wet)), 2),
    )
