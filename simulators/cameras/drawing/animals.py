"""Animals: four-legged ones as solid things with their nose to +z, and birds."""

import math
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from simulators.cameras.drawing.projection import Colour, Lens, Pixels
from simulators.cameras.drawing.solids import FRACTION_BITS, Solid, box, fixed_point, joined
from simulators.cameras.vocabulary import Shape

_STEPS = 12


class Build(NamedTuple):
    """Half width, height of belly and back, half length, and how far a step goes, all in metres; dark legs or not."""

    half_width: float
    belly: float
    back: float
    half_length: float
    step_m: float
    dark_legs: bool = False
    tail: float = 0.5


BUILDS: dict[Shape, Build] = {
    Shape.DOG: Build(0.13, 0.32, 0.60, 0.38, 0.9),
    Shape.SHEEP: Build(0.21, 0.36, 0.80, 0.46, 0.8, dark_legs=True, tail=0.15),
    Shape.COW: Build(0.30, 0.66, 1.34, 0.85, 1.3, tail=0.1),
    Shape.HORSE: Build(0.25, 0.84, 1.50, 0.80, 1.5, dark_legs=True, tail=0.2),
}


def animal(shape: Shape, colour: Colour, walked_m: float, *, warm: bool = False) -> Solid:
    """An animal after so many metres, with its legs where they then are; `warm` makes legs and head like the rest."""
    dark = BUILDS[shape].dark_legs and not warm
    legs = (colour[0] // 3, colour[1] // 3, colour[2] // 3) if dark else colour
    return _animal(shape, colour, legs, int(walked_m / BUILDS[shape].step_m * _STEPS) % _STEPS)


def eyes(shape: Shape) -> tuple[tuple[float, float, float], ...]:
    """Where its eyes are."""
    build = BUILDS[shape]
    y, z = build.back + 0.30 * (build.back - build.belly), build.half_length + 0.24
    return tuple((side * 0.06, y, z) for side in (-1, 1))


@lru_cache(maxsize=256)
def _animal(shape: Shape, colour: Colour, legs_colour: Colour, step: int) -> Solid:
    wide, belly, back, long, step_m, _, tail = BUILDS[shape]
    stride = 0.14 * step_m * math.sin(step * 2 * math.pi / _STEPS)
    thick = wide * 0.28
    legs = [
        box(
            (side * wide * 0.7 - thick, side * wide * 0.7 + thick),
            (0.0, belly + 0.02),
            (z + side * sign * stride - thick, z + side * sign * stride + thick),
            legs_colour,
        )
        for side in (-1, 1)
        for z, sign in ((-0.8 * long, 1), (0.8 * long, -1))
    ]
    deep = back - belly
    trunk = box((-wide, wide), (belly, back), (-long, long), colour)
    head = box(
        (-wide * 0.7, wide * 0.7), (back - 0.15 * deep, back + 0.60 * deep), (long * 0.9, long + 0.24), legs_colour
    )
    rump = box((-0.03, 0.03), (back - tail * deep, back), (-long - 0.22, -long + 0.02), colour)
    return joined([*legs, trunk, head, rump])


def draw_bird(picture: Pixels, lens: Lens, at: tuple[float, float, float], flown_m: float, colour: Colour) -> None:
    """Two wings that beat."""
    x, y, z = at
    lift = 0.22 * math.sin(flown_m * 1.3)
    for side in (-1, 1):
        wing = np.array([(x, y, z), (x + side * 0.28, y + 0.10 + lift, z), (x + side * 0.62, y + lift, z)], np.float32)
        cv2.polylines(picture, [fixed_point(lens.project(wing))], False, colour, 1, cv2.LINE_AA, FRACTION_BITS)
