"""What moves through a scene: people, vehicles and animals, each on a path that closes with the loop of the clip.

A mover that needs longer than one loop is in the picture more than once, so that the last frame leads to the first.
"""

import math
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from msgspec import Struct

from simulators.cameras.backdrop import Colour
from simulators.cameras.projection import Lens, Pixels
from simulators.cameras.solids import FRACTION_BITS, Solid, box, extrusion, fixed_point, joined, paint

_FAR_PX_PER_M = 9.0
_TROUSERS: Colour = (58, 54, 50)
_TRAILER: Colour = (206, 204, 198)
_STEPS = 12
_DOG_STEP_M = 0.9


class Shape(StrEnum):
    """What a mover looks like."""

    PERSON = "person"
    CAR = "car"
    JEEP = "jeep"
    TRUCK = "truck"
    BUS = "bus"
    DOG = "dog"


_SIZES_M: dict[Shape, tuple[float, float]] = {
    Shape.PERSON: (0.24, 1.75),
    Shape.CAR: (0.9, 1.42),
    Shape.JEEP: (0.95, 1.9),
    Shape.TRUCK: (1.3, 3.95),
    Shape.BUS: (1.28, 3.05),
    Shape.DOG: (0.15, 0.7),
}
"""Half width and height."""


class Path(Struct, frozen=True):
    """From one point of the ground to another, starting at a moment of the loop; `pacing` goes to and fro."""

    start: tuple[float, float]
    end: tuple[float, float]
    speed_mps: float
    enter_s: float = 0.0
    pacing: bool = False


class Mover(Struct, frozen=True):
    """One thing on one path. `colour` is its body or coat; `vest` is a reflecting one."""

    shape: Shape
    path: Path
    colour: Colour = (96, 92, 88)
    vest: bool = False


class Place(NamedTuple):
    """Where a mover is: ground position, heading (radians, 0 = away from the camera), and metres walked."""

    x: float
    z: float
    heading_rad: float
    walked_m: float


def places(path: Path, at_s: float, loop_s: float) -> Iterator[Place]:
    """Where a mover is at a moment of the loop; none when it is out of the picture."""
    (x0, z0), (x1, z1) = path.start, path.end
    length = math.hypot(x1 - x0, z1 - z0)
    heading = math.atan2(x1 - x0, z1 - z0)
    since_s = (at_s - path.enter_s) % loop_s
    if path.pacing:
        swing = 1 - abs(2 * since_s / loop_s - 1)
        back = math.pi if since_s > loop_s / 2 else 0.0
        yield Place(x0 + (x1 - x0) * swing, z0 + (z1 - z0) * swing, heading + back, 2 * length * since_s / loop_s)
        return
    while (walked := since_s * path.speed_mps) < length:
        part = walked / length
        yield Place(x0 + (x1 - x0) * part, z0 + (z1 - z0) * part, heading, walked)
        since_s += loop_s


def draw_mover(picture: Pixels, lens: Lens, mover: Mover, place: Place, light: float, *, night: bool) -> None:
    """Paint one mover at one place, its shadow by day or its lamps by night with it; far away, only what shows."""
    if lens.scale(place.z) < _FAR_PX_PER_M:
        _draw_far(picture, lens, mover, place, light, night=night)
        return
    if mover.shape is Shape.PERSON:
        _draw_shadow(picture, lens, place, 0.35, 0.22, night=night)
        _draw_person(picture, lens, mover, place, light)
        return
    if mover.shape is Shape.DOG:
        _draw_shadow(picture, lens, place, 0.30, 0.45, night=night)
        step = int(place.walked_m / _DOG_STEP_M * _STEPS) % _STEPS
        paint(picture, lens, _dog(mover.colour, step).moved(place.x, place.z, place.heading_rad), light)
        return
    solid, half_width, half_length = vehicle(mover.shape, mover.colour)
    _draw_shadow(picture, lens, place, half_width + 0.25, half_length + 0.15, night=night)
    paint(picture, lens, solid.moved(place.x, place.z, place.heading_rad), light)
    _draw_lamps(picture, lens, place, half_width, half_length, night=night)


def _draw_far(picture: Pixels, lens: Lens, mover: Mover, place: Place, light: float, *, night: bool) -> None:
    half_width, height = _SIZES_M[mover.shape]
    half_length = 0.3
    if mover.shape not in (Shape.PERSON, Shape.DOG):
        _, half_width, half_length = vehicle(mover.shape, mover.colour)
    lower, upper = mover.colour, _GLASS
    if mover.shape is Shape.PERSON:
        lower, upper = _TROUSERS, mover.colour
    elif mover.shape is Shape.TRUCK:
        upper = _TRAILER
    parts = (
        box((-half_width, half_width), (0.0, height / 2), (-half_length, half_length), lower),
        box((-half_width, half_width), (height / 2, height), (-half_length, half_length), upper),
    )
    paint(picture, lens, joined(parts).moved(place.x, place.z, place.heading_rad), light)
    if half_length > 1.0:
        _draw_lamps(picture, lens, place, half_width, half_length, night=night)


def _draw_shadow(
    picture: Pixels, lens: Lens, place: Place, half_width: float, half_length: float, *, night: bool
) -> None:
    corners = [
        (-half_width, -half_length),
        (half_width, -half_length),
        (half_width, half_length),
        (-half_width, half_length),
    ]
    cosine, sine = math.cos(place.heading_rad), math.sin(place.heading_rad)
    lean = 0.0 if night else 0.35
    ground = np.array(
        [
            (place.x + u * cosine + v * sine + lean, 0.02, place.z - u * sine + v * cosine + lean / 2)
            for u, v in corners
        ],
        np.float32,
    )
    if ground[:, 2].min() < 1.5:
        return
    seen = lens.project(ground)
    left, top = np.maximum(np.floor(seen.min(axis=0)).astype(int) - 1, 0)
    right, bottom = np.ceil(seen.max(axis=0)).astype(int) + 2
    part = picture[top:bottom, left:right]
    if part.size == 0:
        return
    dark = part >> 1
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(mask, [fixed_point(seen - (left, top))], 255, cv2.LINE_8, FRACTION_BITS)
    cv2.copyTo(dark, mask, part)


def _draw_person(picture: Pixels, lens: Lens, mover: Mover, place: Place, light: float) -> None:
    column, row = lens.point(place.x, 0.0, place.z)
    size = lens.scale(place.z)
    across = math.sin(place.heading_rad)
    stride = math.sin(place.walked_m * math.pi / 0.75)
    broad = 0.17 + 0.07 * (1 - abs(across))

    def part(points: tuple[tuple[float, float], ...], colour: Colour, shade: float = 1.0) -> None:
        corners = np.array([(int((column + x * size) * 16), int((row - y * size) * 16)) for x, y in points])
        lit = light * shade
        dimmed = (min(colour[0] * lit, 255), min(colour[1] * lit, 255), min(colour[2] * lit, 255))
        cv2.fillPoly(picture, [corners], dimmed, cv2.LINE_AA, FRACTION_BITS)

    skin: Colour = (128, 156, 196)
    for side in (-1, 1):
        swing = side * stride
        foot = swing * 0.34 * across + side * 0.10 * (1 - abs(across))
        lift = max(0.0, swing * 0.10) if abs(across) < 0.5 else 0.0
        hip = side * 0.07 * (1 - abs(across))
        part(
            ((hip - 0.085, 0.90), (hip + 0.085, 0.90), (foot + 0.075, 0.05 + lift), (foot - 0.075, 0.05 + lift)),
            _TROUSERS,
            0.82 if side < 0 else 1.0,
        )
        toe = 0.12 * across
        part(
            ((foot - 0.08, lift), (foot + 0.08 + toe, lift), (foot + 0.07, 0.09 + lift), (foot - 0.07, 0.09 + lift)),
            (34, 32, 30),
        )
    part(((-broad, 0.84), (broad, 0.84), (broad + 0.03, 1.44), (-broad - 0.03, 1.44)), mover.colour)
    if mover.vest:
        part(((-broad, 0.92), (broad, 0.92), (broad + 0.02, 1.40), (-broad - 0.02, 1.40)), (60, 214, 206))
        for y in (1.02, 1.20):
            part(((-broad, y), (broad, y), (broad, y + 0.06), (-broad, y + 0.06)), (226, 230, 228), 1.05)
    for side in (-1, 1):
        swing = -side * stride
        hand = swing * 0.26 * across + side * (broad + 0.06) * (1 - abs(across))
        shoulder = side * (broad + 0.02) * (1 - abs(across))
        part(
            ((shoulder - 0.06, 1.42), (shoulder + 0.06, 1.42), (hand + 0.05, 0.86), (hand - 0.05, 0.86)),
            mover.colour,
            0.78,
        )
    part(tuple((0.105 * math.sin(a / 4 * math.pi), 1.60 + 0.135 * math.cos(a / 4 * math.pi)) for a in range(8)), skin)
    part(((-0.125, 1.64), (0.125, 1.64), (0.11, 1.77), (-0.11, 1.77)), mover.colour, 0.62)
    part(((0.02, 1.63), (0.02 + 0.17 * across, 1.63), (0.10, 1.68), (-0.10, 1.68)), mover.colour, 0.5)


@lru_cache(maxsize=64)
def _dog(colour: Colour, step: int) -> Solid:
    """A four-legged animal with its nose to +z, in one of `_STEPS` positions of its legs."""
    stride = 0.12 * math.sin(step * 2 * math.pi / _STEPS)
    legs = [
        box(
            (side * 0.09 - 0.035, side * 0.09 + 0.035),
            (0.0, 0.34),
            (z + side * sign * stride - 0.04, z + side * sign * stride + 0.04),
            colour,
        )
        for side in (-1, 1)
        for z, sign in ((-0.30, 1), (0.30, -1))
    ]
    body = box((-0.13, 0.13), (0.32, 0.60), (-0.38, 0.38), colour)
    head = box((-0.09, 0.09), (0.56, 0.78), (0.34, 0.62), colour)
    tail = box((-0.03, 0.03), (0.52, 0.60), (-0.62, -0.36), colour)
    return joined([*legs, body, head, tail])


_GLASS: Colour = (78, 66, 54)
_RUBBER: Colour = (30, 28, 28)
_SEDAN = (
    (2.20, 0.32), (2.20, 0.66), (1.15, 0.90), (0.45, 1.38), (-0.95, 1.42), (-1.65, 0.98), (-2.20, 0.92), (-2.20, 0.32),
)  # fmt: skip
_JEEP = ((2.05, 0.45), (2.05, 1.02), (0.85, 1.12), (0.45, 1.86), (-1.95, 1.90), (-2.05, 1.05), (-2.05, 0.45))


def _wheels(half_width: float, axles: tuple[float, ...], radius: float) -> list[Solid]:
    return [
        box((side * half_width - 0.10, side * half_width + 0.10), (0.0, 2 * radius), (z - radius, z + radius), _RUBBER)
        for side in (-1, 1)
        for z in axles
    ]


@lru_cache(maxsize=64)
def vehicle(shape: Shape, colour: Colour) -> tuple[Solid, float, float]:
    """A vehicle with its nose to +z, and half its width and length."""
    dark: Colour = (colour[0] // 2, colour[1] // 2, colour[2] // 2)
    match shape:
        case Shape.CAR:
            strips = (dark, colour, _GLASS, colour, _GLASS, colour, dark, _RUBBER)
            body = extrusion(_SEDAN, 0.88, strips, colour)
            windows = _both_sides(0.89, (0.95, 1.32), (-1.30, 0.55), _GLASS)
            return joined([*_wheels(0.80, (-1.35, 1.40), 0.31), body, *windows]), 0.90, 2.25
        case Shape.JEEP:
            body = extrusion(_JEEP, 0.92, (dark, colour, _GLASS, colour, _GLASS, dark, _RUBBER), colour)
            windows = _both_sides(0.93, (1.22, 1.72), (-1.75, 0.45), _GLASS)
            return joined([*_wheels(0.84, (-1.25, 1.30), 0.38), body, *windows]), 0.95, 2.10
        case Shape.BUS:
            body = box((-1.25, 1.25), (0.45, 3.05), (-5.6, 5.6), colour, (220, 222, 222))
            windows = _both_sides(1.26, (1.45, 2.45), (-5.2, 5.2), _GLASS)
            screens = [box((-1.10, 1.10), (1.30, 2.65), (z - 0.02, z + 0.02), _GLASS) for z in (-5.61, 5.61)]
            return joined([*_wheels(1.15, (-3.4, 3.6), 0.48), body, *windows, *screens]), 1.28, 5.65
        case _:
            cab = box((-1.22, 1.22), (0.55, 2.95), (3.9, 6.0), colour, dark)
            screen = box((-1.10, 1.10), (1.75, 2.65), (5.99, 6.02), _GLASS)
            grille = box((-0.85, 0.85), (0.75, 1.45), (5.99, 6.02), dark)
            trailer = box((-1.27, 1.27), (1.15, 3.95), (-6.4, 3.5), _TRAILER, (222, 222, 218))
            stripe = _both_sides(1.28, (1.9, 2.6), (-5.9, 3.0), colour)
            frame = box((-1.10, 1.10), (0.55, 1.10), (-6.4, 5.5), (52, 50, 48))
            glass = _both_sides(1.23, (1.75, 2.55), (4.7, 5.8), _GLASS)
            wheels = _wheels(1.12, (-5.3, -4.2, -3.1, 2.6, 5.0), 0.48)
            return joined([*wheels, frame, cab, screen, grille, *glass, trailer, *stripe]), 1.30, 6.4


def _both_sides(at: float, y: tuple[float, float], z: tuple[float, float], colour: Colour) -> list[Solid]:
    return [box((side * at - 0.01, side * at + 0.01), y, z, colour) for side in (-1, 1)]


def _draw_lamps(
    picture: Pixels, lens: Lens, place: Place, half_width: float, half_length: float, *, night: bool
) -> None:
    coming = math.cos(place.heading_rad) < 0
    reach = -half_length if coming else half_length
    for side in (-0.72, 0.72):
        u = side * half_width
        x = place.x + u * math.cos(place.heading_rad) - abs(reach) * math.sin(place.heading_rad) * (-1 if coming else 1)
        z = place.z - half_length * abs(math.cos(place.heading_rad)) - 0.05
        column, row = lens.point(x, 0.72, z)
        size = lens.scale(z)
        colour = (214, 238, 246) if coming else (40, 36, 196)
        radius = max(1.0, 0.11 * size)
        centre = (int(column * 16), int(row * 16))
        cv2.circle(picture, centre, int(radius * 16), colour, -1, cv2.LINE_AA, 4)
        if night and coming:
            _add_glow(picture, column, row, 9 * radius, 0.85)


def _add_glow(picture: Pixels, column: float, row: float, radius: float, strength: float) -> None:
    reach = int(min(radius, picture.shape[1] / 14)) + 1
    x, y = int(column), int(row)
    left, top = max(0, x - reach), max(0, y - reach)
    part = picture[top : max(top, y + reach + 1), left : max(left, x + reach + 1)]
    if part.size == 0:
        return
    halo = _halo(reach, strength)[top - y + reach :, left - x + reach :]
    cv2.add(part, halo[: part.shape[0], : part.shape[1]], dst=part)


@lru_cache(maxsize=256)
def _halo(reach: int, strength: float) -> Pixels:
    across = np.arange(-reach, reach + 1, dtype=np.float32) / reach
    fall = np.clip(1 - np.hypot(across[:, None], across[None, :]), 0, 1) ** 2.6 * strength * 235
    return np.repeat(fall[:, :, None], 3, axis=2).astype(np.uint8)


def add_lamp_glow(picture: Pixels, lens: Lens, at: tuple[float, float, float], radius_m: float) -> None:
    """The halo of a burning lamp."""
    column, row = lens.point(*at)
    _add_glow(picture, column, row, radius_m * lens.scale(at[2]), 0.9)
