"""How those on the ground look, and where a camera's scene has them: the same body looks alike to every camera."""

import math
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from random import Random

from simulators.cameras.drawing.bodies import Body, Place
from simulators.cameras.drawing.film import Appearance
from simulators.cameras.drawing.projection import Colour
from simulators.cameras.vocabulary import Shape
from simulators.world import ground
from simulators.world.actors import ActorKind, Figure

MARGIN_M: Mapping[ActorKind, float] = {
    ActorKind.PERSON: 1.0,
    ActorKind.GROUP: 1.0,
    ActorKind.HERD: 2.0,
    ActorKind.VEHICLE: 6.0,
    ActorKind.TRAIN: 12.0,
}
"""So far beside the picture may be the middle of what reaches into it."""
_CLOTHES: tuple[Colour, ...] = ((52, 50, 46), (70, 62, 50), (48, 66, 58), (60, 60, 74), (84, 74, 66))
_PAINTS: tuple[Colour, ...] = ((206, 208, 208), (70, 66, 62), (58, 92, 66), (120, 84, 52), (60, 60, 140))
_HERDS: tuple[tuple[Shape, tuple[Colour, ...]], ...] = (
    (Shape.SHEEP, ((196, 206, 212), (176, 190, 200), (88, 92, 100))),
    (Shape.COW, ((52, 72, 112), (60, 60, 66), (150, 162, 176))),
    (Shape.HORSE, ((40, 56, 92), (44, 46, 54), (120, 134, 150))),
)
_CARS = (Shape.CAR, Shape.JEEP, Shape.TRUCK)
_HIGHEST_M, _UP_AND_DOWN_S = 1.6, 6.0
"""Of who climbs: how high his feet come on a fence of 2.6 m, and how long it takes to come there and slip back."""
_WALK_REPEATS_S = 86_400.0
"""Of the time that feet go by, so that it stays small."""


def appearance_of(figure: Figure, camera: ground.Place, at: datetime, *, climbs: bool = False) -> Appearance:
    """How a figure is drawn that a camera sees at a moment; one that climbs hangs on the wires, up and down."""
    right_m, away_m = ground.scene_of(camera, figure.spot)
    heading_rad = math.radians(figure.heading_deg - (camera.bearing_deg or 0.0))
    body = body_of(figure.actor, figure.kind, figure.number)
    if climbs:
        up_m = 0.5 * _HIGHEST_M * (1.0 - math.cos(math.tau * figure.stood_s / _UP_AND_DOWN_S))
        return body, Place(right_m, away_m, heading_rad, up_m, up_m)
    walked_m = figure.speed_mps * (at.timestamp() % _WALK_REPEATS_S + 0.3 * figure.number)
    return body, Place(right_m, away_m, heading_rad, walked_m)


@lru_cache(maxsize=512)
def body_of(actor: str, kind: ActorKind, number: int) -> Body:
    """What the body of that number of an actor looks like."""
    whole = Random(f"{actor}/looks")  # noqa: S311 - repeatable, not a secret
    own = Random(f"{actor}/{number}/looks")  # noqa: S311 - repeatable, not a secret
    match kind:
        case ActorKind.PERSON | ActorKind.GROUP:
            return Body(Shape.PERSON, own.choice(_CLOTHES))
        case ActorKind.HERD:
            shape, coats = whole.choice(_HERDS)
            return Body(shape, own.choice(coats))
        case ActorKind.VEHICLE:
            return Body(own.choice(_CARS), own.choice(_PAINTS))
        case ActorKind.TRAIN:
            return Body(Shape.WAGON if number else Shape.LOCOMOTIVE, whole.choice(_PAINTS))
