"""Drawing what moves: a person, an animal or a vehicle at one place, in that place's light, behind what hides it."""

import math
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from msgspec import Struct

from simulators.cameras.drawing.animals import BUILDS, animal, draw_bird, eyes
from simulators.cameras.drawing.glow import add_glow
from simulators.cameras.drawing.people import WARM, Cloth, Stance, draw_person, in_infrared
from simulators.cameras.drawing.projection import Colour, Lens, Pixels
from simulators.cameras.drawing.screen import Window
from simulators.cameras.drawing.solids import FRACTION_BITS, Solid, box, fixed_point, joined, paint
from simulators.cameras.drawing.stage import Stage
from simulators.cameras.drawing.vehicles import HOT, Vehicle, painted, vehicle
from simulators.cameras.vocabulary import Lighting, Shape

_FAR_PX_PER_M = 9.0
_PERSON_M = (0.45, 1.85)
_WARM_COAT: Colour = (226, 226, 226)
_RETRO_M = 70.0
"""So far an infrared lamp shows in eyes and reflectors."""


class Body(Struct, frozen=True):
    """What is drawn of something that moves: `colour` is its body or coat; `vest` is a reflecting one."""

    shape: Shape
    colour: Colour = (96, 92, 88)
    vest: bool = False


class Place(NamedTuple):
    """Where it is: on the ground and above it, heading (radians, 0 = away from the camera), and metres gone."""

    x: float
    z: float
    heading_rad: float
    walked_m: float
    up_m: float = 0.0


def draw_body(picture: Pixels, stage: Stage, body: Body, place: Place) -> None:
    """Paint one body at one place with its shadow and its lamps; far away, only what shows."""
    if body.shape is Shape.BIRD:
        colour = stage.toned(np.array([body.colour], np.float32), place.x, place.z)[0].tolist()
        draw_bird(picture, stage.lens, (place.x, place.up_m, place.z), place.walked_m, colour)
    elif body.shape is Shape.PERSON:
        _draw_person(picture, stage, body, place)
    elif body.shape in BUILDS:
        _draw_animal(picture, stage, body, place)
    else:
        _draw_vehicle(picture, stage, body, place)


def _draw_person(picture: Pixels, stage: Stage, body: Body, place: Place) -> None:
    window = _window(stage.lens, place, *_PERSON_M)
    if _is_outside(window, stage.lens):
        return
    cloth = _cloth(body, stage.grading.lighting)
    if stage.lens.scale(place.z) < _FAR_PX_PER_M:
        _draw_blocks(picture, stage, place, (0.24, 1.75, 0.3), (cloth.trousers, cloth.coat))
    else:
        _draw_shadow(picture, stage, place, 0.35, 0.22)
        colours = stage.toned(np.array(cloth, np.float32), place.x, place.z)
        if stage.grading.lighting is Lighting.INFRARED and place.z < _RETRO_M:
            colours[-1] = 250.0
        stance = Stance(place.x, place.up_m, place.z, place.heading_rad, place.walked_m)
        draw_person(picture, stage.lens, stance, colours, vest=body.vest)
    stage.hide(picture, window, place.z)


def _cloth(body: Body, lighting: Lighting) -> Cloth:
    match lighting:
        case Lighting.HEAT:
            return WARM
        case Lighting.INFRARED:
            return in_infrared(Cloth(body.colour))
        case _:
            return Cloth(body.colour)


def _draw_animal(picture: Pixels, stage: Stage, body: Body, place: Place) -> None:
    build = BUILDS[body.shape]
    reach = build.half_length + 0.4
    window = _window(stage.lens, place, reach, build.back * 1.5)
    if _is_outside(window, stage.lens):
        return
    warm = stage.grading.lighting is Lighting.HEAT
    colour = _WARM_COAT if warm else body.colour
    if stage.lens.scale(place.z) < _FAR_PX_PER_M:
        _draw_blocks(picture, stage, place, (build.half_width, build.back * 1.1, build.half_length), (colour, colour))
    else:
        _draw_shadow(picture, stage, place, build.half_width + 0.12, build.half_length + 0.06)
        solid = animal(body.shape, colour, place.walked_m, warm=warm)
        _paint(picture, stage, solid, place)
    if stage.grading.lighting is Lighting.INFRARED and place.z < _RETRO_M and math.cos(place.heading_rad) < -0.2:
        for x, y, z in eyes(body.shape):
            _draw_spark(picture, stage, (_turned(place, x, z)[0], y, _turned(place, x, z)[1]), 0.035)
    stage.hide(picture, window, place.z - 0.5 * build.half_length * abs(math.cos(place.heading_rad)))


def _draw_vehicle(picture: Pixels, stage: Stage, body: Body, place: Place) -> None:
    paints = HOT if stage.grading.lighting is Lighting.HEAT else painted(body.colour)
    drawn = vehicle(body.shape, paints)
    height = float(drawn.solid.vertices[:, 1].max())
    window = _window(stage.lens, place, drawn.half_length + 1.0, height)
    if _is_outside(window, stage.lens):
        return
    if stage.lens.scale(place.z) < _FAR_PX_PER_M and drawn.half_length < 8.0:
        upper = paints.load if body.shape is Shape.TRUCK else paints.glass
        _draw_blocks(picture, stage, place, (drawn.half_width, height, drawn.half_length), (paints.body, upper))
    else:
        _draw_shadow(picture, stage, place, drawn.half_width + 0.25, drawn.half_length + 0.15)
        _paint(picture, stage, drawn.solid, place)
    stage.hide(picture, window, place.z - drawn.half_length * abs(math.cos(place.heading_rad)))
    if body.shape is not Shape.WAGON:
        _draw_lamps(picture, stage, place, drawn)


def _paint(picture: Pixels, stage: Stage, solid: Solid, place: Place) -> None:
    moved = solid.moved(place.x, place.z, place.heading_rad)
    paint(picture, stage.lens, moved, stage.shading(place.x, place.z))


def _draw_blocks(
    picture: Pixels, stage: Stage, place: Place, size: tuple[float, float, float], colours: tuple[Colour, Colour]
) -> None:
    """What shows from afar: two blocks of colour; `size` is half the width, the height and half the length."""
    _paint(picture, stage, _blocks(size, colours), place)


@lru_cache(maxsize=128)
def _blocks(size: tuple[float, float, float], colours: tuple[Colour, Colour]) -> Solid:
    wide, height, long = size
    middle = height / 2
    parts = (
        box((-wide, wide), (0.0, middle), (-long, long), colours[0]),
        box((-wide, wide), (middle, height), (-long, long), colours[1]),
    )
    return joined(parts)


def _draw_shadow(picture: Pixels, stage: Stage, place: Place, half_width: float, half_length: float) -> None:
    if stage.grading.lighting is Lighting.HEAT or place.up_m > 0:
        return
    lean = stage.grading.shadow_lean_m if stage.grading.has_shadows else 0.0
    corners = [
        (-half_width, -half_length),
        (half_width, -half_length),
        (half_width, half_length),
        (-half_width, half_length),
    ]
    ground = np.array(
        [(x + lean, 0.02, z + lean / 2) for x, z in (_turned(place, u, v) for u, v in corners)], np.float32
    )
    if ground[:, 2].min() < 1.5:
        return
    seen = stage.lens.project(ground)
    if lean > 1.0:  # a long shadow begins at the feet
        feet = ground - np.array((lean, 0.0, lean / 2), np.float32)
        around = cv2.convexHull(np.concatenate((seen, stage.lens.project(feet))))
        seen = np.asarray(around[:, 0], np.float32)
    left, top = np.maximum(np.floor(seen.min(axis=0)).astype(int) - 1, 0)
    right, bottom = np.maximum(np.ceil(seen.max(axis=0)).astype(int) + 2, 0)
    part = picture[top:bottom, left:right]
    if part.size == 0:
        return
    dark = part >> 1 if stage.grading.has_shadows else part - (part >> 2)
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(mask, [fixed_point(seen - (left, top))], 255, cv2.LINE_8, FRACTION_BITS)
    cv2.copyTo(dark, mask, part)


def _draw_lamps(picture: Pixels, stage: Stage, place: Place, drawn: Vehicle) -> None:
    lighting = stage.grading.lighting
    if lighting is Lighting.HEAT:
        return
    coming = math.cos(place.heading_rad) < 0
    colour: Colour = (214, 238, 246) if coming else (40, 36, 196)
    if lighting is Lighting.INFRARED:
        colour = (255, 255, 255) if coming else (200, 200, 200)
    glows = coming and (stage.grading.lamps_burn or lighting is Lighting.INFRARED)
    for side in (-0.72, 0.72):
        x, z = _turned(place, side * drawn.half_width, drawn.half_length if coming else -drawn.half_length)
        z -= 0.05
        column, row = stage.lens.point(x, 0.72, z)
        if z < 1.0 or stage.screen.hides(column, row, z):
            continue
        radius = max(1.0, 0.11 * stage.lens.scale(z))
        cv2.circle(picture, (int(column * 16), int(row * 16)), int(radius * 16), colour, -1, cv2.LINE_AA, 4)
        if glows:
            add_glow(picture, column, row, 9 * radius, 0.85)


def _draw_spark(picture: Pixels, stage: Stage, at: tuple[float, float, float], radius_m: float) -> None:
    """Light that comes straight back."""
    column, row = stage.lens.point(*at)
    radius = max(0.6, radius_m * stage.lens.scale(at[2]))
    cv2.circle(picture, (int(column * 16), int(row * 16)), int(radius * 16), (250, 250, 250), -1, cv2.LINE_AA, 4)


def _turned(place: Place, u: float, v: float) -> tuple[float, float]:
    """Where on the ground is what lies `u` to the right and `v` before a body's middle."""
    cosine, sine = math.cos(place.heading_rad), math.sin(place.heading_rad)
    return place.x + u * cosine + v * sine, place.z - u * sine + v * cosine


def _window(lens: Lens, place: Place, reach: float, height: float) -> Window:
    """The part of the picture that a body can cover."""
    near = max(place.z - reach, 1.0)
    columns = [lens.point(place.x + side * reach, 0.0, z)[0] for side in (-1, 1) for z in (near, place.z + reach)]
    top = min(lens.point(place.x, place.up_m + height, z)[1] for z in (near, place.z + reach))
    bottom = lens.point(place.x, place.up_m, near)[1]
    rows = slice(max(0, int(top) - 2), max(0, int(bottom) + 3))
    return rows, slice(max(0, int(min(columns)) - 2), max(0, int(max(columns)) + 3))


def _is_outside(window: Window, lens: Lens) -> bool:
    """Whether nothing of a window is in the picture."""
    rows, columns = window
    return bool(rows.start >= min(rows.stop, lens.height) or columns.start >= min(columns.stop, lens.width))
