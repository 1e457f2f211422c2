"""What stands before whom: how far the nearest solid thing is behind each pixel, so that passers-by go behind it."""

import itertools
import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from simulators.cameras.drawing.projection import NEAREST_M, Floats, Lens, Pixels, Points
from simulators.cameras.drawing.solids import FRACTION_BITS, Solid, faces_seen, fixed_point

_UNITS_PER_M = 20
_NOTHING = 65_535
_FLATTEST = 1e-3
_STRETCH_M = 0.75
Distances = npt.NDArray[np.uint16]
Window = tuple[slice, slice]
"""Rows and columns of a part of the picture."""


class Screen:
    """The solid things of a scene as seen by one lens."""

    def __init__(self, lens: Lens) -> None:
        self._lens = lens
        self._nearest: Distances = np.full((lens.height, lens.width), _NOTHING, np.uint16)

    @property
    def distances_m(self) -> Floats:
        """How far the nearest thing is behind each pixel, (height, width); far beyond everything where none is."""
        away_m = self._nearest / np.float32(_UNITS_PER_M)
        away_m[self._nearest == _NOTHING] = np.inf
        return np.asarray(away_m, np.float32)

    def stand(self, solid: Solid) -> None:
        """Put a thing there."""
        inverse = np.asarray(1.0 / np.maximum(solid.vertices[:, 2], NEAREST_M), np.float32)
        corners = self._lens.project(solid.vertices)
        numbers, _ = faces_seen(self._lens, solid)
        for number in numbers.tolist():
            face = solid.faces[number]
            self._fill(corners[face], inverse[face])

    def stretch(self, ends: Sequence[tuple[float, float, float]]) -> None:
        """Put a wire there, with an end at each of the points."""
        points = np.array(list(_divided(ends)), np.float32)
        places = fixed_point(self._lens.project(points)).tolist()
        middles_m = (points[:-1, 2] + points[1:, 2]) / 2
        units = np.clip(middles_m * _UNITS_PER_M, _UNITS_PER_M, _NOTHING).astype(int).tolist()
        for (before, after), unit in zip(itertools.pairwise(places), units, strict=True):
            cv2.line(self._nearest, before, after, unit, 1, cv2.LINE_8, FRACTION_BITS)

    def restore(self, picture: Pixels, still: Pixels, window: Window, nearer_than_m: float) -> None:
        """Within a window, show again what stands nearer than whatever has been drawn there."""
        part = self._nearest[window]
        if part.size == 0:
            return
        hidden = part < nearer_than_m * _UNITS_PER_M
        if hidden.any():
            cv2.copyTo(still[window], hidden.view(np.uint8), picture[window])

    def hides(self, column: float, row: float, distance_m: float) -> bool:
        """Whether something stands before a point of the picture that is so far away; outside it, nothing does."""
        height, width = self._nearest.shape
        if not (0 <= column < width and 0 <= row < height):
            return False
        return bool(self._nearest[int(row), int(column)] < distance_m * _UNITS_PER_M)

    def _fill(self, corners: Points, inverse: Floats) -> None:
        """Fill a flat face: over the picture of a plane, 1 / distance is linear."""
        height, width = self._nearest.shape
        left, top = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int).tolist()
        right, bottom = np.minimum(np.ceil(corners.max(axis=0)) + 1, (width, height)).astype(int).tolist()
        if left >= right or top >= bottom:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillPoly(mask, [fixed_point(corners - np.array((left, top), np.float32))], 1, cv2.LINE_8, FRACTION_BITS)
        across, down, level = _plane(corners, inverse)
        rows, columns = np.ogrid[top:bottom, left:right]
        bounded = np.clip(across * columns + down * rows + level, inverse.min(), inverse.max())
        units = np.minimum(_UNITS_PER_M / bounded, _NOTHING).astype(np.uint16)
        part = self._nearest[top:bottom, left:right]
        np.minimum(part, units, out=part, where=mask.astype(bool))


def _divided(ends: Sequence[tuple[float, float, float]]) -> Iterator[tuple[float, float, float]]:
    """The same line with points so near to each other that the distance hardly changes from one to the next."""
    for (x0, y0, z0), (x1, y1, z1) in itertools.pairwise(ends):
        parts = max(1, math.ceil(abs(z1 - z0) / _STRETCH_M))
        for part in range(parts):
            at = part / parts
            yield x0 + (x1 - x0) * at, y0 + (y1 - y0) * at, z0 + (z1 - z0) * at
    yield ends[-1]


def _plane(corners: Points, inverse: Floats) -> tuple[float, float, float]:
    """Slopes and level of a linear function through three corners that do not lie on one line."""
    first, level = corners[0], float(inverse[0])
    for second, third in itertools.combinations(range(1, len(corners)), 2):
        (ax, ay), (bx, by) = (corners[second] - first).tolist(), (corners[third] - first).tolist()
        area = ax * by - ay * bx
        if abs(area) > _FLATTEST:
            a, b = float(inverse[second]) - level, float(inverse[third]) - level
            across, down = (a * by - b * ay) / area, (b * ax - a * bx) / area
            return across, down, level - across * float(first[0]) - down * float(first[1])
    return 0.0, 0.0, float(inverse.mean())
