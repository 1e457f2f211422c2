"""Vehicles and rolling stock, each a solid thing with its nose to +z."""

from functools import lru_cache
from typing import NamedTuple

from simulators.cameras.drawing.projection import Colour
from simulators.cameras.drawing.solids import Solid, box, extrusion, joined
from simulators.cameras.vocabulary import Shape


class Paint(NamedTuple):
    """The colours of a vehicle's parts; `hood` is over the engine."""

    body: Colour
    dark: Colour
    hood: Colour
    glass: Colour = (78, 66, 54)
    rubber: Colour = (30, 28, 28)
    load: Colour = (206, 204, 198)
    roof: Colour = (220, 222, 222)
    frame: Colour = (52, 50, 48)


class Vehicle(NamedTuple):
    """A vehicle, and half its width and length in metres."""

    solid: Solid
    half_width: float
    half_length: float


HOT = Paint(
    body=(122, 122, 122),
    dark=(164, 164, 164),
    hood=(206, 206, 206),
    glass=(84, 84, 84),
    rubber=(188, 188, 188),
    load=(104, 104, 104),
    roof=(112, 112, 112),
    frame=(176, 176, 176),
)
"""A running vehicle as a thermal imager sees it: engine, exhaust and tyres are warm, panes are not."""
_SEDAN = (
    (2.20, 0.32), (2.20, 0.66), (1.15, 0.90), (0.45, 1.38), (-0.95, 1.42), (-1.65, 0.98), (-2.20, 0.92), (-2.20, 0.32),
)  # fmt: skip
_JEEP = ((2.05, 0.45), (2.05, 1.02), (0.85, 1.12), (0.45, 1.86), (-1.95, 1.90), (-2.05, 1.05), (-2.05, 0.45))


def painted(colour: Colour) -> Paint:
    """A vehicle of one colour."""
    return Paint(colour, (colour[0] // 2, colour[1] // 2, colour[2] // 2), colour)


@lru_cache(maxsize=64)
def vehicle(shape: Shape, paint: Paint) -> Vehicle:
    """A vehicle of a shape; what is none is a lorry."""
    match shape:
        case Shape.CAR:
            strips = (
                paint.dark,
                paint.hood,
                paint.glass,
                paint.body,
                paint.glass,
                paint.body,
                paint.dark,
                paint.rubber,
            )
            body = extrusion(_SEDAN, 0.88, strips, paint.body)
            windows = _both_sides(0.89, (0.95, 1.32), (-1.30, 0.55), paint.glass)
            return Vehicle(joined([*_wheels(0.80, (-1.35, 1.40), 0.31, paint), body, *windows]), 0.90, 2.25)
        case Shape.JEEP:
            sides = (paint.dark, paint.hood, paint.glass, paint.body, paint.glass, paint.dark, paint.rubber)
            body = extrusion(_JEEP, 0.92, sides, paint.body)
            windows = _both_sides(0.93, (1.22, 1.72), (-1.75, 0.45), paint.glass)
            return Vehicle(joined([*_wheels(0.84, (-1.25, 1.30), 0.38, paint), body, *windows]), 0.95, 2.10)
        case Shape.BUS:
            body = box((-1.25, 1.25), (0.45, 3.05), (-5.6, 5.6), paint.body, paint.roof)
            windows = _both_sides(1.26, (1.45, 2.45), (-5.2, 5.2), paint.glass)
            screens = [box((-1.10, 1.10), (1.30, 2.65), (z - 0.02, z + 0.02), paint.glass) for z in (-5.61, 5.61)]
            return Vehicle(joined([*_wheels(1.15, (-3.4, 3.6), 0.48, paint), body, *windows, *screens]), 1.28, 5.65)
        case Shape.LOCOMOTIVE:
            return _locomotive(paint)
        case Shape.WAGON:
            return _wagon(paint)
        case _:
            return _truck(paint)


def _truck(paint: Paint) -> Vehicle:
    cab = box((-1.22, 1.22), (0.55, 2.95), (3.9, 6.0), paint.body, paint.dark)
    screen = box((-1.10, 1.10), (1.75, 2.65), (5.99, 6.02), paint.glass)
    grille = box((-0.85, 0.85), (0.75, 1.45), (5.99, 6.02), paint.hood if paint is HOT else paint.dark)
    trailer = box((-1.27, 1.27), (1.15, 3.95), (-6.4, 3.5), paint.load, paint.roof)
    stripe = _both_sides(1.28, (1.9, 2.6), (-5.9, 3.0), paint.body)
    frame = box((-1.10, 1.10), (0.55, 1.10), (-6.4, 5.5), paint.frame)
    glass = _both_sides(1.23, (1.75, 2.55), (4.7, 5.8), paint.glass)
    wheels = _wheels(1.12, (-5.3, -4.2, -3.1, 2.6, 5.0), 0.48, paint)
    return Vehicle(joined([*wheels, frame, cab, screen, grille, *glass, trailer, *stripe]), 1.30, 6.4)


def _locomotive(paint: Paint) -> Vehicle:
    frame = box((-1.45, 1.45), (0.5, 1.3), (-8.4, 8.4), paint.frame)
    hood = box((-1.15, 1.15), (1.3, 3.7), (-8.0, 4.4), paint.hood, paint.dark)
    cab = box((-1.45, 1.45), (1.3, 4.4), (4.4, 8.2), paint.body, paint.roof)
    screen = box((-1.25, 1.25), (2.8, 3.8), (8.19, 8.22), paint.glass)
    stripe = _both_sides(1.16, (1.7, 2.1), (-7.8, 4.2), (60, 190, 226) if paint is not HOT else paint.hood)
    glass = _both_sides(1.46, (2.8, 3.8), (5.0, 7.6), paint.glass)
    wheels = _wheels(1.2, (-6.4, -4.6, -2.8, 2.8, 4.6, 6.4), 0.5, paint)
    return Vehicle(joined([*wheels, frame, hood, cab, screen, *stripe, *glass]), 1.5, 8.4)


def _wagon(paint: Paint) -> Vehicle:
    frame = box((-1.3, 1.3), (0.6, 1.2), (-6.9, 6.9), paint.frame)
    body = box((-1.45, 1.45), (1.2, 4.1), (-6.7, 6.7), paint.body, paint.dark)
    ribs = [
        part for z in (-4.4, -2.2, 0.0, 2.2, 4.4) for part in _both_sides(1.46, (1.3, 4.0), (z, z + 0.18), paint.dark)
    ]
    wheels = _wheels(1.2, (-5.4, -3.7, 3.7, 5.4), 0.48, paint)
    return Vehicle(joined([*wheels, frame, body, *ribs]), 1.48, 6.9)


def _wheels(half_width: float, axles: tuple[float, ...], radius: float, paint: Paint) -> list[Solid]:
    return [
        box(
            (side * half_width - 0.10, side * half_width + 0.10),
            (0.0, 2 * radius),
            (z - radius, z + radius),
            paint.rubber,
        )
        for side in (-1, 1)
        for z in axles
    ]


def _both_sides(at: float, y: tuple[float, float], z: tuple[float, float], colour: Colour) -> list[Solid]:
    return [box((side * at - 0.01, side * at + 0.01), y, z, colour) for side in (-1, 1)]
