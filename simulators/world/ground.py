"""The ground of a post: metres east and north of its position, and the way to degrees and to a camera's own metres.

A camera's scene has x to the right and z away from the lens; the ground under it is its place, turned by its bearing.
"""

import math
from typing import Annotated, NamedTuple

from msgspec import Meta

from sensors.model import Position

_EARTH_M_PER_DEG = 111_320.0
Metres = Annotated[float, Meta(ge=-50_000, le=50_000)]


class Spot(NamedTuple):
    """A point on the ground, in metres east and north of the site's position."""

    x_m: Metres
    y_m: Metres


class Place(NamedTuple):
    """Where something stands; a line such as a fence runs on to `to`; a camera or a radar looks along its bearing."""

    spot: Spot
    to: Spot | None = None
    bearing_deg: float | None = None

    def nearest(self, spot: Spot) -> Spot:
        """The point of this place that is nearest to a spot."""
        if self.to is None:
            return self.spot
        (ax, ay), (bx, by) = self.spot, self.to
        length = (bx - ax) ** 2 + (by - ay) ** 2
        share = 0.0 if not length else ((spot.x_m - ax) * (bx - ax) + (spot.y_m - ay) * (by - ay)) / length
        return along(self.spot, self.to, min(1.0, max(0.0, share)))

    @property
    def length_m(self) -> float:
        """How long the line is; 0 where there is none."""
        return 0.0 if self.to is None else distance_m(self.spot, self.to)

    def reached_m(self, spot: Spot) -> float:
        """How far along the line its nearest point to a spot lies."""
        return distance_m(self.spot, self.nearest(spot))

    def distance_m(self, spot: Spot) -> float:
        """How far a spot is from the nearest point of this place."""
        return distance_m(self.nearest(spot), spot)


def along(a: Spot, b: Spot, share: float) -> Spot:
    """The point that divides the way from `a` to `b`."""
    return Spot(a.x_m + (b.x_m - a.x_m) * share, a.y_m + (b.y_m - a.y_m) * share)


def distance_m(a: Spot, b: Spot) -> float:
    """The straight way between two spots."""
    return math.hypot(b.x_m - a.x_m, b.y_m - a.y_m)


def heading_deg(a: Spot, b: Spot) -> float:
    """Which way it is from `a` to `b`, clockwise from north, 0 to below 360."""
    return math.degrees(math.atan2(b.x_m - a.x_m, b.y_m - a.y_m)) % 360.0


def position_of(origin: Position, place: Place) -> Position:
    """The place in degrees, good for a few kilometres around the site."""
    east_m = _EARTH_M_PER_DEG * math.cos(math.radians(origin.latitude_deg))
    return Position(
        latitude_deg=round(origin.latitude_deg + place.spot.y_m / _EARTH_M_PER_DEG, 6),
        longitude_deg=round(origin.longitude_deg + place.spot.x_m / east_m, 6),
        bearing_deg=place.bearing_deg,
    )


def spot_of(origin: Position, position: Position) -> Spot:
    """The spot of a position, in metres of the site at `origin`."""
    east_m = _EARTH_M_PER_DEG * math.cos(math.radians(origin.latitude_deg))
    return Spot(
        (position.longitude_deg - origin.longitude_deg) * east_m,
        (position.latitude_deg - origin.latitude_deg) * _EARTH_M_PER_DEG,
    )


def ground_of(camera: Place, right_m: float, away_m: float) -> Spot:
    """The spot that a camera's scene calls x = `right_m`, z = `away_m`."""
    cosine, sine = _turn(camera)
    return Spot(camera.spot.x_m + right_m * cosine + away_m * sine, camera.spot.y_m - right_m * sine + away_m * cosine)


def scene_of(camera: Place, spot: Spot) -> tuple[float, float]:
    """Where a camera's scene has a spot: metres to the right of its axis, and away from it."""
    cosine, sine = _turn(camera)
    east, north = spot.x_m - camera.spot.x_m, spot.y_m - camera.spot.y_m
    return east * cosine - north * sine, east * sine + north * cosine


def _turn(camera: Place) -> tuple[float, float]:
    bearing = math.radians(camera.bearing_deg or 0.0)
    return math.cos(bearing), math.sin(bearing)
