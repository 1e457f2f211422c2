"""A sample in figures that light, weather and passers-by hardly change."""

from typing import NamedTuple, cast

import cv2
import numpy as np

from videowall.picture import Plane
from videowall.quality.sample import CELL_COLUMNS, CELL_ROWS, COLUMNS, ROWS, Floats, Sample, ranked

_FINE = 1.0
_COARSE = 1.5
"""Deviations of the two blurs between which sharpness shows; the coarse one is of the picture at half its size."""
_LEAST_COARSE = 0.3
PLAIN_BELOW = 2.5
"""A cell whose steepest slope is under this many levels a pixel shows nothing."""
_LEAST_DETAILED = 8
_STRIPS, _SEGMENTS = 8, 8
_DETREND = 31
_BAND = ROWS - ROWS % _SEGMENTS
_FAINTEST_STRIPE = 1.0
_SHARED = 1.5
"""A strip in which a bar is cut off by black or white still shares two thirds of it."""
_GREYEST_SHARE = 0.1
_THINNED = 2
_SOBEL_SCALE = np.float32(1 / 8)
"""Of Sobel's sums, so that they are levels a pixel."""
_CALMEST_SHARE = 0.3


class Measures(NamedTuple):
    """What is judged.

    `dark`, `middle`, `bright`: luma under which 5, 50 and 90 % of the picture lie.
    `detail`: steepest slope in each cell, (CELL_ROWS, CELL_COLUMNS), levels a pixel; `plain`: share of cells without.
    `sharpness`: how much steeper edges are when looked at finely; about 3 in focus, 1 without any focus; None when
    there are too few edges. It does not depend on contrast, so fog does not lower it.
    `stripes`: amplitude in levels of bars that run through the whole picture; `tint`: how far even its greyest parts
    lie from grey, in levels of chroma; `noise`: deviation in levels; `colour`: mean distance from grey.
    `restless`: deviation, in levels, of what changed since the look before where that is least: noise that an encoder
    with few bits turns into blocks, which are no noise in any one picture. Light that changes evenly is none.
    """

    dark: float
    middle: float
    bright: float
    detail: Floats
    plain: float
    sharpness: float | None
    noise: float
    stripes: float
    tint: float
    colour: float
    restless: float = 0.0


def measure(sample: Sample, before: Sample | None = None) -> Measures:
    """All figures of one sample; `before` is that of the last look."""
    dark, middle, bright = _levels(sample.luma)
    fine = _steepest(blurred(sample.luma, _FINE))
    half = cast("Plane", cv2.resize(sample.luma, (COLUMNS // 2, ROWS // 2), interpolation=cv2.INTER_AREA))
    coarse = cast("Floats", _steepest(blurred(half, _COARSE)) / 2)
    tint, colour = _colours(sample.u, sample.v)
    band = sample.luma[:_BAND].astype(np.float32)
    return Measures(
        dark=dark,
        middle=middle,
        bright=bright,
        detail=fine,
        plain=float(np.mean(fine < PLAIN_BELOW)),
        sharpness=_sharpness(fine, coarse),
        noise=sample.noise,
        stripes=max(_stripes(_strips(band, (_STRIPS, _BAND))), _stripes(_strips(band, (COLUMNS, _STRIPS)).T)),
        tint=tint,
        colour=colour,
        restless=0.0 if before is None else _restless(sample.luma, before.luma),
    )


def slopes(luma: Plane) -> Floats:
    """Magnitude of the gradient, in levels a pixel."""
    across, down = (sums.astype(np.float32) for sums in cv2.spatialGradient(luma))
    return cast("Floats", cv2.magnitude(across, down) * _SOBEL_SCALE)


def blurred(luma: Plane, deviation: float) -> Plane:
    """Smoothed by a Gaussian of so many pixels."""
    return cast("Plane", cv2.GaussianBlur(luma, (0, 0), deviation))


def _levels(luma: Plane) -> tuple[float, float, float]:
    below = np.cumsum(cv2.calcHist([luma], [0], None, [256], [0, 256]))
    dark, middle, bright = (float(np.searchsorted(below, share * luma.size)) for share in (0.05, 0.5, 0.9))
    return dark, middle, bright


def _steepest(luma: Plane) -> Floats:
    height, width = luma.shape[0] // CELL_ROWS, luma.shape[1] // CELL_COLUMNS
    return cast("Floats", slopes(luma).reshape(CELL_ROWS, height, CELL_COLUMNS, width).max(axis=1).max(axis=2))


def _sharpness(fine: Floats, coarse: Floats) -> float | None:
    detailed = fine >= PLAIN_BELOW
    if np.count_nonzero(detailed) < _LEAST_DETAILED:
        return None
    clearest = fine >= ranked(fine[detailed], 0.5)
    return ranked(fine[clearest] / np.maximum(coarse[clearest], _LEAST_COARSE), 0.5)


def _strips(band: Floats, size: tuple[int, int]) -> Floats:
    return cast("Floats", cv2.resize(band, size, interpolation=cv2.INTER_AREA))


def _stripes(strips: Floats) -> float:
    """Amplitude of bars across strips, (places, strips). They must cross every strip, and recur at most places."""
    strips = np.ascontiguousarray(strips)
    strips = strips - cv2.blur(strips, (1, _DETREND))
    bars = np.sort(strips, axis=1)[:, _STRIPS // 2]
    power = float(bars @ bars) / bars.size
    if power < _FAINTEST_STRIPE**2:
        return 0.0
    segments = np.sqrt(np.square(bars).reshape(_SEGMENTS, -1).mean(axis=1))
    likeness = (bars @ strips) / bars.size / power
    return ranked(segments, 0.25) * min(1.0, max(0.0, float(likeness.min()) * _SHARED))


def _restless(luma: Plane, before: Plane) -> float:
    """Of some of the pixels, which are enough for a deviation."""
    change = cv2.subtract(luma[::_THINNED, ::_THINNED], before[::_THINNED, ::_THINNED], dtype=cv2.CV_32F)
    size = (CELL_COLUMNS, CELL_ROWS)
    even = cv2.resize(change, size, interpolation=cv2.INTER_AREA)
    power = cv2.resize(np.square(change), size, interpolation=cv2.INTER_AREA)
    return float(np.sqrt(max(0.0, ranked(cast("Floats", power - np.square(even)), _CALMEST_SHARE))))


def _colours(u: Floats, v: Floats) -> tuple[float, float]:
    middle_u, middle_v = ranked(u, 0.5), ranked(v, 0.5)
    colour = float(cv2.magnitude(u, v).mean())
    distance = float(np.hypot(middle_u, middle_v))
    if distance < 1.0:
        return 0.0, colour
    along = (u * middle_u + v * middle_v) / distance
    return max(0.0, ranked(along, _GREYEST_SHARE)), colour
