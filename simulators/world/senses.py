"""Who is noticed by what: how far each kind of sensor reaches, and what each camera has in view."""

import math

from simulators.cameras.vocabulary import View
from simulators.world.actors import ActorKind, Figure
from simulators.world.ground import Place, Spot, heading_deg, scene_of

_METAL = frozenset({ActorKind.VEHICLE, ActorKind.TRAIN})
PERSON_REACH_M = {"ground-sensor": 15.0, "fence": 1.0, "radiation-portal": 4.0, "barrier": 6.0, "radar": 1_200.0}
METAL_REACH_M = {"ground-sensor": 76.0, "fence": 1.0, "radiation-portal": 4.0, "weighbridge": 6.0, "barrier": 6.0,
                 "vehicle-counter": 5.0, "plate-reader": 5.0, "radar": 3_000.0}  # fmt: skip
"""Metres. Ground sensors: people within 50 ft, metal within 250 ft (US Border Patrol's, 2000). Radars: our own."""
_HALF_SECTOR_DEG = 60.0
"""Of a radar; what is beside it is not seen."""
_HALF_VIEW = 0.5 / 0.86
"""Tangent of half a camera's angle of view (simulators/cameras/projection.py)."""
_NEAREST_M = 2.0
_FARTHEST_M = {View.GATE: 150.0, View.PERIMETER: 180.0, View.LANE: 120.0, View.YARD: 60.0}
_MARGIN_M = 1.0


def reach_m(kind: str, figure: ActorKind) -> float:
    """How far a kind of sensor notices a kind of body; 0 when it never does."""
    reaches = METAL_REACH_M if figure in _METAL else PERSON_REACH_M
    return reaches.get(kind, 0.0)


def notices(kind: str, place: Place, figure: Figure) -> bool:
    """Whether a sensor of a kind, at a place, has a body within its reach."""
    reach = reach_m(kind, figure.kind)
    if reach <= 0.0 or place.distance_m(figure.spot) > reach:
        return False
    return kind != "radar" or _in_sector(place, figure.spot)


def _in_sector(radar: Place, spot: Spot) -> bool:
    aside_deg = (heading_deg(radar.spot, spot) - (radar.bearing_deg or 0.0) + 180.0) % 360.0 - 180.0
    return abs(aside_deg) <= _HALF_SECTOR_DEG


def in_view(view: View, camera: Place, spot: Spot, margin_m: float = _MARGIN_M) -> bool:
    """Whether a spot lies in a camera's picture, or so little beside it, near enough to be something."""
    right_m, away_m = scene_of(camera, spot)
    return _NEAREST_M <= away_m <= _FARTHEST_M[view] and math.fabs(right_m) <= away_m * _HALF_VIEW + margin_m
