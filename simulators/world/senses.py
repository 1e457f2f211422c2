"""Who is noticed by what: how far each kind of sensor reaches, and what each camera has in view."""

import math

from simulators.cameras.look import AHEAD, Look
from simulators.cameras.vocabulary import View
from simulators.world.actors import ActorKind, Figure
from simulators.world.ground import Place, Spot, heading_deg, scene_of

_METAL = frozenset({ActorKind.VEHICLE, ActorKind.TRAIN})
PERSON_REACH_M = {
    "ground-sensor": 15.0,
    "fence": 1.0,
    "das": 10.0,
    "radiation-portal": 4.0,
    "barrier": 6.0,
    "radar": 1_200.0,
}
METAL_REACH_M = {
    "ground-sensor": 76.0,
    "fence": 1.0,
    "das": 40.0,
    "radiation-portal": 4.0,
    "weighbridge": 6.0,
    "barrier": 6.0,
    "vehicle-counter": 5.0,
    "plate-reader": 5.0,
    "radar": 3_000.0,
}
"""Metres. Ground sensors: people within 50 ft, metal within 250 ft (US Border Patrol's, 2000). Others: our own."""
_HALF_SECTOR_DEG = 60.0
"""Of a radar; what is beside it is not seen."""
_HALF_VIEW = 0.5 / 0.86
"""Tangent of half a camera's angle of view (simulators/cameras/drawing/projection.py)."""
_FOCAL_HEIGHTS = 0.86 * 16 / 9
FRAMES = {View.GATE: (5.2, 0.34), View.PERIMETER: (4.4, 0.36), View.LANE: (6.6, 0.27), View.YARD: (5.4, 0.27)}
"""How high a camera hangs, in metres, and where in its height its picture has the horizon, as the scenes have it."""
_HORIZON_LOWEST = 0.9
_NEAREST_M = 2.0
_FARTHEST_M = {View.GATE: 150.0, View.PERIMETER: 180.0, View.LANE: 120.0, View.YARD: 60.0}
_MARGIN_M = 1.0
_WAIST_M = 0.8


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


def in_view(view: View, camera: Place, spot: Spot, look: Look = AHEAD, margin_m: float = _MARGIN_M) -> bool:
    """Whether a spot lies in a camera's picture, or so little beside it, near enough to be something."""
    right_m, away_m = scene_of(camera, spot)
    nearest_m, farthest_m = (_NEAREST_M, _FARTHEST_M[view]) if look == AHEAD else _reach_of(view, look, margin_m)
    aside_m = math.fabs(right_m - away_m * math.tan(math.radians(look.pan_deg)))
    return nearest_m <= away_m <= farthest_m and aside_m <= away_m * _HALF_VIEW / look.zoom + margin_m


def _reach_of(view: View, look: Look, margin_m: float) -> tuple[float, float]:
    """From where to where what stands on the ground is between the lower and the upper edge of a turned picture."""
    eye_m, level = FRAMES[view]
    focal = _FOCAL_HEIGHTS * look.zoom
    horizon = 0.5 + (level - 0.5) * look.zoom + focal * math.tan(math.radians(look.tilt_deg))
    horizon = min(horizon, _HORIZON_LOWEST)
    nearest_m = focal * (eye_m - _WAIST_M - margin_m) / (1.0 - horizon)
    farthest_m = _FARTHEST_M[view] * look.zoom
    return max(_NEAREST_M, nearest_m), min(farthest_m, math.inf if horizon >= 0.0 else focal * eye_m / -horizon)
