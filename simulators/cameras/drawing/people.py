"""People on foot, drawn flat towards the camera."""

import math
from typing import NamedTuple

import cv2
import numpy as np

from simulators.cameras.drawing.projection import Colour, Floats, Lens, Pixels
from simulators.cameras.drawing.solids import FRACTION_BITS


class Cloth(NamedTuple):
    """The colours of a person's parts, in the order in which they are graded."""

    coat: Colour
    trousers: Colour = (58, 54, 50)
    boots: Colour = (34, 32, 30)
    skin: Colour = (128, 156, 196)
    vest: Colour = (60, 214, 206)
    strip: Colour = (226, 230, 228)


WARM = Cloth((196, 196, 196), (204, 204, 204), (150, 150, 150), (248, 248, 248), (190, 190, 190), (186, 186, 186))
"""A person as a thermal imager sees one: bare skin is warmest."""
_CATCHES, _PER_LEVEL = 215.0, 0.25


def in_infrared(cloth: Cloth) -> Cloth:
    """The same cloth by infrared light, which most dyes let through: dark clothes are not dark to it."""
    coat, trousers = (_undyed(colour) for colour in (cloth.coat, cloth.trousers))
    return cloth._replace(coat=coat, trousers=trousers)


def _undyed(colour: Colour) -> Colour:
    blue, green, red = (round(_CATCHES + _PER_LEVEL * level) for level in colour)
    return blue, green, red


class Stance(NamedTuple):
    """Where feet are, which way they go (radians, 0 = away from the camera), and metres walked."""

    x: float
    y: float
    z: float
    heading_rad: float
    walked_m: float


def draw_person(picture: Pixels, lens: Lens, stance: Stance, cloth: Floats, *, vest: bool) -> None:
    """Paint one person; `cloth` holds a colour of `Cloth` in each row."""
    column, row = lens.point(stance.x, stance.y, stance.z)
    size = lens.scale(stance.z)
    across = math.sin(stance.heading_rad)
    stride = math.sin(stance.walked_m * math.pi / 0.75)
    broad = 0.17 + 0.07 * (1 - abs(across))
    coat, trousers, boots, skin, reflecting, strip = cloth.tolist()

    def part(points: tuple[tuple[float, float], ...], colour: list[float], shade: float = 1.0) -> None:
        corners = np.array([(int((column + x * size) * 16), int((row - y * size) * 16)) for x, y in points])
        lit = [min(level * shade, 255.0) for level in colour]
        cv2.fillPoly(picture, [corners], lit, cv2.LINE_AA, FRACTION_BITS)

    for side in (-1, 1):
        swing = side * stride
        foot = swing * 0.34 * across + side * 0.10 * (1 - abs(across))
        lift = max(0.0, swing * 0.10) if abs(across) < 0.5 else 0.0
        hip = side * 0.07 * (1 - abs(across))
        part(
            ((hip - 0.085, 0.90), (hip + 0.085, 0.90), (foot + 0.075, 0.05 + lift), (foot - 0.075, 0.05 + lift)),
            trousers,
            0.82 if side < 0 else 1.0,
        )
        toe = 0.12 * across
        part(
            ((foot - 0.08, lift), (foot + 0.08 + toe, lift), (foot + 0.07, 0.09 + lift), (foot - 0.07, 0.09 + lift)),
            boots,
        )
    part(((-broad, 0.84), (broad, 0.84), (broad + 0.03, 1.44), (-broad - 0.03, 1.44)), coat)
    if vest:
        part(((-broad, 0.92), (broad, 0.92), (broad + 0.02, 1.40), (-broad - 0.02, 1.40)), reflecting)
        for y in (1.02, 1.20):
            part(((-broad, y), (broad, y), (broad, y + 0.06), (-broad, y + 0.06)), strip, 1.05)
    for side in (-1, 1):
        swing = -side * stride
        hand = swing * 0.26 * across + side * (broad + 0.06) * (1 - abs(across))
        shoulder = side * (broad + 0.02) * (1 - abs(across))
        part(
            ((shoulder - 0.06, 1.42), (shoulder + 0.06, 1.42), (hand + 0.05, 0.86), (hand - 0.05, 0.86)),
            coat,
            0.78,
        )
    part(tuple((0.105 * math.sin(a / 4 * math.pi), 1.60 + 0.135 * math.cos(a / 4 * math.pi)) for a in range(8)), skin)
    part(((-0.125, 1.64), (0.125, 1.64), (0.11, 1.77), (-0.11, 1.77)), coat, 0.62)
    part(((0.02, 1.63), (0.02 + 0.17 * across, 1.63), (0.10, 1.68), (-0.10, 1.68)), coat, 0.5)
