"""Patches that lie over the canvas: pixels and how much they cover. Drawn only when what they say changes."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from videowall.captions.palette import Colour
from videowall.picture import GREY_CHROMA, Plane, Planes, Rect, crop

LIGHT = 300
REGULAR = 420
STRONG = 620
_ELLIPSIS = "…"
_FRACTION_BITS = 4
_REMEMBERED = 2048
"""Lines whose width is known: each is asked for many times while captions are laid out."""
_Floats = NDArray[np.float32]
Point = tuple[float, float]


class Patch(NamedTuple):
    """Premultiplied pixels at a place of the canvas: what is kept of the picture (0 to 255), what is added.

    One that keeps nothing of the picture (`keep` is None) is copied, which costs a fifth.
    """

    rect: Rect
    keep: Planes | None
    cover: Planes


def blend(canvas: Planes, patch: Patch) -> None:
    """Lay a patch over the canvas, in place."""
    lay(crop(canvas, patch.rect), patch)


def lay(under: Planes, patch: Patch) -> None:
    """Lay a patch over its own place of the canvas, in place."""
    if patch.keep is None:
        for target, cover in zip(under, patch.cover, strict=True):
            target[:] = cover
        return
    for target, keep, cover in zip(under, patch.keep, patch.cover, strict=True):
        cv2.multiply(target, keep, dst=target, scale=1 / 255)
        cv2.add(target, cover, dst=target)


def fill(canvas: Planes, rect: Rect, colour: Colour) -> None:
    """Paint an even rectangle."""
    for plane, level in zip(crop(canvas, rect), colour, strict=True):
        plane[:] = level


def dim(source: Planes, target: Planes) -> None:
    """A picture that must not be taken for live: darker, nearly without colour."""
    cv2.convertScaleAbs(source.y, dst=target.y, alpha=0.34, beta=12)
    for from_plane, to_plane in ((source.u, target.u), (source.v, target.v)):
        cv2.convertScaleAbs(from_plane, dst=to_plane, alpha=0.2, beta=GREY_CHROMA * 0.8)


class _Fonts(threading.local):
    """Each thread's own: OpenCV's remember which weight was drawn last."""

    def __init__(self) -> None:
        self.sans = cv2.FontFace("sans")


_fonts = _Fonts()


class Sheet:
    """A sheet to draw on: transparent, or with a `ground`. Coordinates are its own. One thread uses it."""

    def __init__(self, rect: Rect, ground: Colour | None = None) -> None:
        self._rect = rect
        shape = (max(0, rect.height), max(0, rect.width))
        self._alpha: _Floats = np.full(shape, 0 if ground is None else 1, np.float32)
        levels = ground or (16, GREY_CHROMA, GREY_CHROMA)
        self._colour: list[_Floats] = [np.full(shape, level, np.float32) for level in levels]

    def panel(self, rect: Rect, colour: Colour, opacity: float = 1.0) -> None:
        """A filled rectangle."""
        area = np.s_[rect.y : rect.bottom, rect.x : rect.right]
        self._alpha[area] = np.maximum(self._alpha[area], opacity)
        for plane, level in zip(self._colour, colour, strict=True):
            plane[area] = level

    def text(self, x: int, baseline: int, text: str, colour: Colour, size: int, weight: int = REGULAR) -> None:
        """One line of text that begins at `x`."""
        left, top = max(0, x - size), max(0, baseline - 2 * size)
        area = np.s_[top : baseline + size, left : x + self.width_of(text, size, weight) + size]
        mask = np.zeros(self._alpha[area].shape, np.uint8)
        if not mask.size:
            return
        cv2.putText(mask, text, (x - left, baseline - top), (255,), _fonts.sans, size, weight)
        self._mix(area, mask, colour)

    def line(self, points: Sequence[Point], colour: Colour, thickness: int, *, closed: bool = False) -> None:
        """A line through points, smoothed."""
        mask = np.zeros(self._alpha.shape, np.uint8)
        if not mask.size:
            return
        cv2.polylines(mask, [_fixed(points)], closed, (255,), thickness, cv2.LINE_AA, _FRACTION_BITS)
        self._mix(np.s_[:, :], mask, colour)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        mask = np.zeros(self._alpha.shape, np.uint8)
        if not mask.size:
            return
        cv2.fillPoly(mask, [_fixed(points)], (255,), cv2.LINE_AA, _FRACTION_BITS)
        self._mix(np.s_[:, :], mask, colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A filled circle."""
        mask = np.zeros(self._alpha.shape, np.uint8)
        centre = cast("tuple[int, int]", tuple(_fixed([(x, y)])[0].tolist()))
        reach = round(radius * 2**_FRACTION_BITS)
        if not mask.size:
            return
        cv2.circle(mask, centre, reach, (255,), cv2.FILLED, cv2.LINE_AA, _FRACTION_BITS)
        self._mix(np.s_[:, :], mask, colour)

    @staticmethod
    @lru_cache(_REMEMBERED)
    def width_of(text: str, size: int, weight: int = REGULAR) -> int:
        """How wide a line is, in pixels."""
        x, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), _fonts.sans, size, weight)
        return int(x + width)

    @classmethod
    def shorten(cls, text: str, size: int, width: int, weight: int = REGULAR) -> str:
        """The text, cut so that it is no wider than `width`."""
        if cls.width_of(text, size, weight) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if cls.width_of(text[:middle].rstrip() + _ELLIPSIS, size, weight) <= width:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + _ELLIPSIS if low else ""

    @classmethod
    def wrap(cls, text: str, size: int, width: int, lines: int, weight: int = REGULAR) -> list[str]:
        """The text in at most `lines` lines; the last one is cut where it must be."""
        rows: list[str] = []
        rest = text.split()
        while rest and len(rows) < lines - 1:
            count = 1
            while count < len(rest) and cls.width_of(" ".join(rest[: count + 1]), size, weight) <= width:
                count += 1
            rows.append(cls.shorten(" ".join(rest[:count]), size, width, weight))
            rest = rest[count:]
        if rest and lines > 0:
            rows.append(cls.shorten(" ".join(rest), size, width, weight))
        return rows

    def finish(self) -> Patch:
        """What was drawn, ready to be laid."""
        half = (self._rect.width // 2, self._rect.height // 2)
        if min(half) < 1:
            nothing = np.zeros((0, 0), np.uint8)
            return Patch(self._rect._replace(width=0, height=0), None, Planes(nothing, nothing, nothing))
        y, u, v = self._colour
        if self._alpha.min() >= 1:
            return Patch(self._rect, None, Planes(_bytes(y), _bytes(_halve(u, half)), _bytes(_halve(v, half))))
        keep_y = _bytes((1 - self._alpha) * 255)
        keep_c = _bytes(_halve((1 - self._alpha) * 255, half))
        cover_u, cover_v = (_bytes(_halve(plane * self._alpha, half)) for plane in (u, v))
        return Patch(self._rect, Planes(keep_y, keep_c, keep_c), Planes(_bytes(y * self._alpha), cover_u, cover_v))

    def _mix(self, area: tuple[slice, slice], mask: Plane, colour: Colour) -> None:
        strength = mask.astype(np.float32) / 255
        for plane, level in zip(self._colour, colour, strict=True):
            plane[area] += (level - plane[area]) * strength
        np.maximum(self._alpha[area], strength, out=self._alpha[area])


def _fixed(points: Sequence[Point]) -> NDArray[np.int32]:
    """Points in the fixed-point form of OpenCV's drawing functions."""
    return np.asarray(np.rint(np.array(points, np.float64) * 2**_FRACTION_BITS), np.int32)


def _halve(plane: _Floats, size: tuple[int, int]) -> _Floats:
    return cast("_Floats", cv2.resize(plane, size, interpolation=cv2.INTER_AREA))


def _bytes(plane: _Floats) -> Plane:
    return np.rint(plane).astype(np.uint8)
