"""A sample in figures that light, weather and passers-by hardly change."""

from typing import NamedTuple, cast

import cv2
import numpy as np

from videowall.picture import Plane
from videowall.quality.sample import CELL, CELL_COLUMNS, CELL_ROWS, COLUMNS, ROWS, Floats, Sample

_FINE, _COARSE = 1.0, 3.0
"""Deviations, in pixels of the sample, of the two blurs between which sharpness shows."""
_LEAST_COARSE = 0.3
PLAIN_BELOW = 2.5
"""A cell whose steepest slope is under this many levels a pixel shows nothing."""
_LEAST_DETAILED = 8
_STRIPS, _SEGMENTS = 8, 8
_DETREND = 31
_BAND = ROWS - ROWS % _SEGMENTS
_FAINTEST_STRIPE = 1.0
_GREYEST_SHARE = 0.1


class Measures(NamedTuple):
    """What is judged.

    `dark`, `middle`, `bright`: luma under which 5, 50 and 90 % of the picture lie.
    `detail`: steepest slope in each cell, (CELL_ROWS, CELL_COLUMNS), levels a pixel; `plain`: share of cells without.
    `sharpness`: how much steeper edges are when looked at finely; about 3 in focus, 1 without any focus; None when
    there are too few edges. It does not depend on contrast, so fog does not lower it.
    `stripes`: amplitude in levels of bars that run through the whole picture; `tint`: how far even its greyest parts
    lie from grey, in levels of chroma; `noise`: deviation in levels; `colour`: mean distance from grey.
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


def measure(sample: Sample) -> Measures:
    """All figures of one sample."""
    dark, middle, bright = _levels(sample.luma)
    fine, coarse = (_steepest(sample.luma, deviation) for deviation in (_FINE, _COARSE))
    tint, colour = _colours(sample.u, sample.v)
    return Measures(
        dark=dark,
        middle=middle,
        bright=bright,
        detail=fine,
        plain=float(np.mean(fine < PLAIN_BELOW)),
        sharpness=_sharpness(fine, coarse),
        noise=sample.noise,
        stripes=max(_stripes(sample.luma[:_BAND]), _stripes(sample.luma.T[:, :_BAND])),
        tint=tint,
        colour=colour,
    )


def slopes(luma: Plane) -> Floats:
    """Magnitude of the gradient, in levels a pixel."""
    across = cv2.Sobel(luma, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(luma, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return cast("Floats", cv2.magnitude(across, down))


def blurred(luma: Plane, deviation: float) -> Plane:
    """Smoothed by a Gaussian of so many pixels."""
    return cast("Plane", cv2.GaussianBlur(luma, (0, 0), deviation))


def _levels(luma: Plane) -> tuple[float, float, float]:
    below = np.cumsum(np.bincount(luma.reshape(-1), minlength=256))
    dark, middle, bright = (float(np.searchsorted(below, share * COLUMNS * ROWS)) for share in (0.05, 0.5, 0.9))
    return dark, middle, bright


def _steepest(luma: Plane, blur: float) -> Floats:
    cells = slopes(blurred(luma, blur)).reshape(CELL_ROWS, CELL, CELL_COLUMNS, CELL)
    return cast("Floats", cells.max(axis=1).max(axis=2))


def _sharpness(fine: Floats, coarse: Floats) -> float | None:
    detailed = fine >= PLAIN_BELOW
    if np.count_nonzero(detailed) < _LEAST_DETAILED:
        return None
    clearest = detailed & (fine >= np.median(fine[detailed]))
    return float(np.median(fine[clearest] / np.maximum(coarse[clearest], _LEAST_COARSE)))


def _stripes(lines: Plane) -> float:
    """Amplitude of horizontal bars. They must cross every strip of the picture, and recur over its whole height."""
    strips = lines.astype(np.float32).reshape(lines.shape[0], _STRIPS, -1).mean(axis=2)
    strips -= cv2.blur(strips, (1, _DETREND))
    bars = np.median(strips, axis=1)
    bars = bars[: bars.size - bars.size % _SEGMENTS]
    strips = strips[: bars.size]
    power = float(np.mean(bars * bars))
    if power < _FAINTEST_STRIPE**2:
        return 0.0
    segments = np.sqrt(np.mean((bars * bars).reshape(_SEGMENTS, -1), axis=1))
    likeness = np.mean(strips * bars[:, None], axis=0) / power
    shared = float(np.clip(likeness.min() * 1.5, 0.0, 1.0))
    return float(np.quantile(segments, 0.25)) * shared


def _colours(u: Floats, v: Floats) -> tuple[float, float]:
    middle_u, middle_v = float(np.median(u)), float(np.median(v))
    colour = float(np.mean(np.hypot(u, v)))
    distance = float(np.hypot(middle_u, middle_v))
    if distance < 1.0:
        return 0.0, colour
    along = (u * middle_u + v * middle_v) / distance
    return max(0.0, float(np.quantile(along, _GREYEST_SHARE))), colour
