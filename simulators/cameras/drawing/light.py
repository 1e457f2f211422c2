"""How brightly each part of a picture is lit when the sun is not: by the post's lamps, or by the camera's own."""

import cv2
import numpy as np
import numpy.typing as npt

from simulators.cameras.drawing.grading import Grading
from simulators.cameras.drawing.projection import Floats, Lens
from simulators.cameras.vocabulary import Air, Lighting

_COARSE = 8
_POOL, _CONE, _GLEAM = 0.52, 0.30, 0.34
_REACH_M, _BEAM_WIDTHS, _BEAM_HEIGHTS = 27.0, 0.46, 0.62
_FAINTEST = 0.05
Lamps = tuple[tuple[float, float, float], ...]


def light_map(lens: Lens, lamps: Lamps, grading: Grading, distance_m: Floats) -> Floats | None:
    """The light on each pixel, (height, width), 0 to 1; None where the sun lights all alike, or heat needs no light."""
    match grading.lighting:
        case Lighting.DUSK | Lighting.LAMPS:
            return _lamp_light(lens, lamps, grading)
        case Lighting.INFRARED:
            columns = np.arange(lens.width, dtype=np.float32)[None, :]
            rows = np.arange(lens.height, dtype=np.float32)[:, None]
            return infrared_light(lens, columns, rows, distance_m)
        case _:
            return None


def _lamp_light(lens: Lens, lamps: Lamps, grading: Grading) -> Floats:
    """What is left of the day, and a pool below every lamp; smooth, so computed coarsely. Wet ground gleams."""
    columns = np.arange(0, lens.width, _COARSE, dtype=np.float32)[None, :]
    rows = np.arange(0, lens.height, _COARSE, dtype=np.float32)[:, None]
    light = np.full((rows.shape[0], columns.shape[1]), grading.ambient, np.float32)
    for x, y, z in lamps:
        column, row = lens.point(x, 0.0, z)
        head = lens.point(x, y, z)[1]
        size = lens.scale(z)
        pool = ((columns - column) / (5.5 * size)) ** 2 + ((rows - row) / (2.6 * size)) ** 2
        cone = ((columns - column) / (3.6 * size)) ** 2 + ((rows - (row + head) / 2) / ((row - head) * 0.75)) ** 2
        light += _POOL * np.exp(-pool) + _CONE * np.exp(-cone)
        if grading.air is Air.RAIN:
            mirrored = row + (row - head) * 0.55
            gleam = ((columns - column) / (0.8 * size)) ** 2 + ((rows - mirrored) / ((row - head) * 0.5)) ** 2
            light += _GLEAM * np.exp(-gleam)
    return np.asarray(cv2.resize(np.minimum(light, 1.0), (lens.width, lens.height)), np.float32)


def infrared_light(
    lens: Lens,
    columns: npt.NDArray[np.float32] | float,
    rows: npt.NDArray[np.float32] | float,
    distance_m: Floats | float,
) -> Floats:
    """The beam of a lamp beside the lens: brightest in the middle, weaker with the square of the distance."""
    across = (columns / lens.width - 0.5) / _BEAM_WIDTHS
    down = (rows / lens.height - 0.55) / _BEAM_HEIGHTS
    beam = 0.26 + 1.25 * np.exp(-(across**2) - down**2)
    far = 1.0 + np.square(np.asarray(distance_m, np.float32) / _REACH_M)
    return np.asarray(np.minimum(1.0, beam / far + _FAINTEST), np.float32)
