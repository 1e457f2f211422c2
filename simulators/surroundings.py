"""What all devices of a post share: the weather, the traffic, the hour, and the trouble somebody has caused.

Weather and traffic are pure functions of seed and time: annual and daily rhythm with slow noise on top, mild enough
to raise no alarm. Rhythm and ranges: southern Kazakhstan, about 2,000 vehicles a day at a crossing.
"""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from random import Random
from typing import NamedTuple

from sensors.model import Position

LOCAL_OFFSET = timedelta(hours=5)
_VEHICLES_BASE_H = 28.0
_PEAKS = ((9.5, 2.2, 95.0), (17.5, 2.8, 110.0))
"""Hour, spread in hours, vehicles an hour on top of the base."""


class Trouble(Enum):
    """What can be wrong at or around a device."""

    PERSON = auto()
    ANIMALS = auto()
    CLIMB = auto()
    GAMMA = auto()
    NEUTRON = auto()
    DOOR = auto()
    STUCK = auto()
    SILENT = auto()
    MAINS = auto()


class Effect(NamedTuple):
    """A trouble of one device (None: of the whole post) over a span of time."""

    trouble: Trouble
    device: str | None
    starts: datetime
    ends: datetime


class Weather(NamedTuple):
    """The weather at one moment."""

    temperature_c: float
    humidity_percent: float
    pressure_hpa: float
    wind_mps: float
    gust_mps: float
    rain_mmph: float
    visibility_m: float


class Surroundings:
    """One post's world."""

    def __init__(self, seed: int, site: str) -> None:
        self._name = f"{seed}/{site}"
        self._effects: list[Effect] = []
        self._waves: dict[str, tuple[tuple[float, float], ...]] = {}

    def weather(self, now: datetime) -> Weather:
        """Mild weather of the season and the hour."""
        day = now.timetuple().tm_yday
        hour = local_hour(now)
        season = math.sin((day - 105) / 365 * 2 * math.pi)
        daily = math.cos((hour - 15) / 24 * 2 * math.pi)
        temperature = 11.0 + 15.0 * season + 5.5 * daily + 2.5 * self.slow("temperature", now)
        wind = max(0.2, 3.2 + 1.2 * daily + 2.0 * self.slow("wind", now))
        rain = max(0.0, self.slow("rain", now) - 0.62) * 4.0
        humidity = min(
            98.0, max(12.0, 52.0 - 18.0 * season - 14.0 * daily + 9.0 * self.slow("humidity", now) + 6 * rain)
        )
        return Weather(
            temperature_c=round(temperature, 1),
            humidity_percent=round(humidity, 1),
            pressure_hpa=round(938.0 + 6.0 * self.slow("pressure", now) - 2.0 * season, 1),
            wind_mps=round(wind, 1),
            gust_mps=round(wind * (1.45 + 0.15 * self.slow("gust", now)) + 0.4, 1),
            rain_mmph=round(rain, 1),
            visibility_m=round(max(4_000.0, 21_000.0 - 90.0 * humidity - 2_500.0 * rain)),
        )

    def vehicles_per_hour(self, now: datetime) -> float:
        """Traffic through the post, both directions."""
        hour = local_hour(now)
        peaks = sum(height * math.exp(-(((hour - at) / spread) ** 2)) for at, spread, height in _PEAKS)
        return (_VEHICLES_BASE_H + peaks) * (1.0 + 0.15 * self.slow("traffic", now))

    def slow(self, name: str, now: datetime) -> float:
        """Noise of hours and days, between -1 and 1, different for each name."""
        waves = self._waves.get(name)
        if waves is None:
            random = Random(f"{self._name}/{name}")  # noqa: S311 - repeatable noise, not a secret
            waves = tuple(
                (hours * random.uniform(0.9, 1.1), random.uniform(0, 2 * math.pi)) for hours in (61, 23, 7, 1.7)
            )
            self._waves[name] = waves
        hours = now.timestamp() / 3600
        shares = (0.4, 0.3, 0.2, 0.1)
        return sum(
            share * math.sin(2 * math.pi * hours / period + phase)
            for share, (period, phase) in zip(shares, waves, strict=True)
        )

    def cause(self, effects: Iterable[Effect]) -> None:
        """Add troubles."""
        self._effects += effects

    def relieve(self, trouble: Trouble, device: str | None) -> None:
        """End a trouble before its time."""
        self._effects = [effect for effect in self._effects if (effect.trouble, effect.device) != (trouble, device)]

    def since(self, trouble: Trouble, device: str | None, now: datetime) -> float | None:
        """For how many seconds a device, or the post, has had a trouble; None when it has not."""
        for effect in self._effects:
            if effect.trouble is trouble and effect.device in (device, None) and effect.starts <= now < effect.ends:
                return (now - effect.starts).total_seconds()
        return None

    def troubled(self, device: str, now: datetime) -> frozenset[Trouble]:
        """All troubles of a device at a moment, the post's own included; troubles that are over are forgotten."""
        self._effects = [effect for effect in self._effects if now < effect.ends]
        return frozenset(
            effect.trouble for effect in self._effects if effect.device in (device, None) and effect.starts <= now
        )


def local_hour(now: datetime) -> float:
    """Hour of the day at the posts (UTC+5 all over the country)."""
    local = now.astimezone(UTC) + LOCAL_OFFSET
    return local.hour + local.minute / 60 + local.second / 3600


def is_dark(now: datetime, position: Position) -> bool:
    """Whether the sun is below the horizon."""
    return sun_elevation_deg(now, position) < 0.0


def sun_elevation_deg(now: datetime, position: Position) -> float:
    """How high the sun stands, good to a few degrees (declination after Cooper, mean solar time)."""
    utc = now.astimezone(UTC)
    declination = math.radians(23.45 * math.sin(2 * math.pi * (284 + utc.timetuple().tm_yday) / 365))
    solar_hour = utc.hour + utc.minute / 60 + position.longitude_deg / 15
    turn = math.radians(15 * (solar_hour - 12))
    latitude = math.radians(position.latitude_deg)
    height = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(turn)
    return math.degrees(math.asin(max(-1.0, min(1.0, height))))
