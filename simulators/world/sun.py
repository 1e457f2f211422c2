"""The sun over a post, and the hour of its clocks."""

import math
from datetime import UTC, datetime, timedelta

from sensors.model import Position

LOCAL_OFFSET = timedelta(hours=5)


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
