"""Text and panels as patches that are blended onto the canvas: drawn only when what they say changes."""

from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from videowall.picture import GREY_CHROMA, Plane, Planes, Rect, crop

LIGHT = 300
REGULAR = 420
STRONG = 620
_ELLIPSIS = "…"
_Floats = NDArray[np.float32]


class Colour(NamedTuple):
    """A colour in Y'CbCr, BT.601, limited range."""

    y: int
    u: int
    v: int


def rgb(value: int) -> Colour:
    """The colour written as 0xRRGGBB."""
    red, green, blue = value >> 16 & 255, value >> 8 & 255, value & 255
    return Colour(
        round(16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255),
        round(128 + (-37.797 * red - 74.203 * green + 112.0 * blue) / 255),
        round(128 + (112.0 * red - 93.786 * green - 18.214 * blue) / 255),
    )


class Patch(NamedTuple):
    """Premultiplied pixels at a place of the canvas: what is kept of the picture (0 to 255), what is added."""

    rect: Rect
    keep: Planes
    cover: Planes


def blend(canvas: Planes, patch: Patch) -> None:
    """Lay a patch over the canvas, in place."""
    for under, keep, cover in zip(crop(canvas, patch.rect), patch.keep, patch.cover, strict=True):
        cv2.multiply(under, keep, dst=under, scale=1 / 255)
        cv2.add(under, cover, dst=under)


def fill(canvas: Planes, rect: Rect, colour: Colour) -> None:
    """Paint an even rectangle."""
    for plane, level in zip(crop(canvas, rect), colour, strict=True):
        plane[:] = level


def dim(source: Planes, target: Planes) -> None:
    """A picture that must not be taken for live: darker, nearly without colour."""
    cv2.convertScaleAbs(source.y, dst=target.y, alpha=0.34, beta=12)
    for from_plane, to_plane in ((source.u, target.u), (source.v, target.v)):
        cv2.convertScaleAbs(from_plane, dst=to_plane, alpha=0.2, beta=GREY_CHROMA * 0.8)


class Sheet:
    """A transparent sheet to draw on. One thread uses it."""

    _face = cv2.FontFace("sans")

    def __init__(self, rect: Rect) -> None:
        self._rect = rect
        shape = (rect.height, rect.width)
        self._alpha: _Floats = np.zeros(shape, np.float32)
        self._colour: list[_Floats] = [np.full(shape, level, np.float32) for level in (16, GREY_CHROMA, GREY_CHROMA)]

    def panel(self, rect: Rect, colour: Colour, opacity: float) -> None:
        """A filled rectangle, in the sheet's own coordinates."""
        area = np.s_[rect.y : rect.bottom, rect.x : rect.right]
        self._alpha[area] = opacity
        for plane, level in zip(self._colour, colour, strict=True):
            plane[area] = level

    def text(self, x: int, baseline: int, text: str, colour: Colour, size: int, weight: int = REGULAR) -> None:
        """One line of text that begins at `x`."""
        left, top = max(0, x - size), max(0, baseline - 2 * size)
        area = np.s_[top : baseline + size, left : x + self.width_of(text, size, weight) + size]
        mask = np.zeros(self._alpha[area].shape, np.uint8)
        if not mask.size:
            return
        cv2.putText(mask, text, (x - left, baseline - top), (255,), self._face, size, weight)
        strength = mask.astype(np.float32) / 255
        for plane, level in zip(self._colour, colour, strict=True):
            plane[area] += (level - plane[area]) * strength
        np.maximum(self._alpha[area], strength, out=self._alpha[area])

    @classmethod
    def width_of(cls, text: str, size: int, weight: int = REGULAR) -> int:
        """How wide a line is, in pixels."""
        x, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), cls._face, size, weight)
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
            rows.append(" ".join(rest[:count]))
            rest = rest[count:]
        if rest:
            rows.append(cls.shorten(" ".join(rest), size, width, weight))
        return rows

    def finish(self) -> Patch:
        """What was drawn, ready to be blended."""
        half = (self._rect.width // 2, self._rect.height // 2)
        keep_y = _bytes((1 - self._alpha) * 255)
        keep_c = _bytes(_halve((1 - self._alpha) * 255, half))
        y, u, v = self._colour
        cover_u, cover_v = (_bytes(_halve(plane * self._alpha, half)) for plane in (u, v))
        return Patch(self._rect, Planes(keep_y, keep_c, keep_c), Planes(_bytes(y * self._alpha), cover_u, cover_v))


def _halve(plane: _Floats, size: tuple[int, int]) -> _Floats:
    return cast("_Floats", cv2.resize(plane, size, interpolation=cv2.INTER_AREA))


def _bytes(plane: _Floats) -> Plane:
    return np.rint(plane).astype(np.uint8)
