"""What is looked at once a second: a small luma picture, its colours in coarse cells, and its noise at full size."""

from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from videowall.picture import Plane, Planes
from videowall.quality.patch import Patch

Floats = NDArray[np.float32]
COLUMNS, ROWS = 320, 180
CELL = 20
CELL_COLUMNS, CELL_ROWS = COLUMNS // CELL, ROWS // CELL
_MEAN_ROWS = 90
_NOISE_COLUMNS, _NOISE_ROWS = 320, 180
_NOISE_KERNEL = np.array((1, -2, 1), np.float32)
"""Applied across and down. Blind to levels and slopes; the mean of its absolute answer is 6 * sqrt(2 / pi) times the
noise's deviation (J. Immerkær, "Fast noise variance estimation", 1996)."""
_NOISE_SCALE = float(np.sqrt(np.pi / 2) / 6)
_NOISE_CELL = 20
_CALM_SHARE = 0.3
"""Noise is measured where the picture is calmest, because texture looks like noise too."""


class Sample(NamedTuple):
    """`luma` is (ROWS, COLUMNS); `u` and `v` are means of each cell around 0; `noise` is a deviation in levels."""

    luma: Plane
    u: Floats
    v: Floats
    noise: float


class Patches(NamedTuple):
    """What is laid over masks in each of the small pictures that a sample is made of."""

    luma: Patch
    chroma: Patch
    middle: Patch


def patches_over(hidden: Planes) -> Patches:
    """For pictures of one size; `hidden` is 255 where they are masked, else 0."""
    return Patches(Patch(_reduced(hidden.y)), Patch(_thinned(hidden.u)), Patch(_middle(hidden.y)))


def sample(planes: Planes, patches: Patches | None = None) -> Sample:
    """Make a decoded picture of any size comparable, without its masks. Costs a fraction of a millisecond."""
    luma, u, v, middle = _reduced(planes.y), _thinned(planes.u), _thinned(planes.v), _middle(planes.y)
    if patches is not None:
        luma, middle = patches.luma.over(luma), patches.middle.over(middle)
        u, v = patches.chroma.over(u), patches.chroma.over(v)
    return Sample(luma, _cells(u), _cells(v), _noise(middle))


def _cells(plane: Plane) -> Floats:
    cells = cv2.resize(plane, (CELL_COLUMNS, CELL_ROWS), interpolation=cv2.INTER_AREA)
    return cast("Floats", cells.astype(np.float32) - 128)


def _thinned(plane: Plane) -> Plane:
    """Some of the pixels are enough for a mean."""
    step = max(1, plane.shape[0] // _MEAN_ROWS)
    return np.ascontiguousarray(plane[::step, ::step])


def ranked(values: NDArray[np.floating], share: float) -> float:
    """The value that so great a share of the others does not exceed. On few values far faster than a quantile."""
    return float(np.sort(values, axis=None)[round(share * (values.size - 1))])


def _reduced(luma: Plane) -> Plane:
    while luma.shape[0] >= 4 * ROWS and luma.shape[1] >= 4 * COLUMNS:
        luma = cast("Plane", cv2.resize(luma, (luma.shape[1] // 2, luma.shape[0] // 2), interpolation=cv2.INTER_AREA))
    return cast("Plane", cv2.resize(luma, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA))


def _middle(luma: Plane) -> Plane:
    top, left = (
        max(0, (size - most) // 2) for size, most in zip(luma.shape, (_NOISE_ROWS, _NOISE_COLUMNS), strict=True)
    )
    return luma[top : top + _NOISE_ROWS, left : left + _NOISE_COLUMNS]


def _noise(middle: Plane) -> float:
    answer = np.abs(cv2.sepFilter2D(middle, cv2.CV_16S, _NOISE_KERNEL, _NOISE_KERNEL)).astype(np.float32)
    cells = (max(1, middle.shape[1] // _NOISE_CELL), max(1, middle.shape[0] // _NOISE_CELL))
    means = cv2.resize(answer, cells, interpolation=cv2.INTER_AREA)
    return ranked(cast("Floats", means), _CALM_SHARE) * _NOISE_SCALE
