"""What of a camera nobody may see, taken out of its decoded pictures before anything else is done with them."""

import hashlib
import itertools
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from videowall.picture import GREY_CHROMA, Plane, Planes
from videowall.plan import Mask

MASK_LUMA: Final = 44
"""A grey that is told from black, so that a mask is not taken for a fault."""

_FINE_BITS: Final = 8
"""Corners of a mask are kept to this many bits of a pixel's fraction."""

_RIM: Final = 2
"""Pixels drawn beyond each edge of a picture when a mask is outlined."""


class Burner:
    """Burns masks into pictures of one stream. One thread at a time uses it."""

    def __init__(self, masks: tuple[Mask, ...] = ()) -> None:
        self._masks = masks
        self._size: tuple[int, int] = (0, 0)
        self.hidden: Planes | None = None
        """255 where pictures like the last one are hidden, else 0; None where nothing is."""
        self._keep: tuple[Plane, ...] = ()
        self._cover: tuple[Plane, ...] = ()

    def burn(self, planes: Planes) -> Planes:
        """The picture without what is masked: itself where nothing is, else a copy.

        A decoder predicts from the memory of pictures it has given out, so that memory is not written to.
        """
        if not self._masks:
            return planes
        if self._size != planes.y.shape:
            self._prepare(planes)
        burnt = (
            cv2.bitwise_or(cv2.bitwise_and(plane, keep), cover)
            for plane, keep, cover in zip(planes, self._keep, self._cover, strict=True)
        )
        y, u, v = (np.asarray(plane, np.uint8) for plane in burnt)
        return Planes(y, u, v)

    def _prepare(self, planes: Planes) -> None:
        height, width = planes.y.shape
        hidden = np.zeros((height, width), np.uint8)
        for mask in self._masks:
            hidden |= outline(mask, width, height)
        # A chroma sample colours up to four pixels of luma: it is hidden when any of them is.
        even = cv2.copyMakeBorder(hidden, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        shape = (planes.u.shape[0], 2, planes.u.shape[1], 2)
        hidden_chroma = np.asarray(even).reshape(shape).max(axis=(1, 3))
        self.hidden = Planes(hidden, hidden_chroma, hidden_chroma)
        self._keep = tuple(cv2.bitwise_not(plane).astype(np.uint8) for plane in self.hidden)
        levels = (MASK_LUMA, GREY_CHROMA, GREY_CHROMA)
        self._cover = tuple(plane & np.uint8(level) for plane, level in zip(self.hidden, levels, strict=True))
        self._size = (height, width)


def name_of(masks: tuple[Mask, ...]) -> str:
    """A short name of what is hidden, the same after a restart; empty when nothing is."""
    return hashlib.blake2b(msgspec.json.encode(masks), digest_size=6).hexdigest() if masks else ""


def outline(mask: Mask, width: int, height: int) -> NDArray[np.uint8]:
    """255 wherever a mask reaches, 0 elsewhere, shape (height, width).

    Generous: pixels that it only touches belong to it, and so does all that a polygon which crosses itself goes round.
    """
    # Whole numbers are the middles of pixels here. Corners are not rounded to them, else a sliver moves off what it
    # hides; and there is a rim around the picture, because OpenCV cuts outlines at the edge of what it draws on.
    corners = np.array([(_fine(x * width), _fine(y * height)) for x, y in mask.corners], np.int32)
    shape = (height + 2 * _RIM, width + 2 * _RIM)
    hidden = np.zeros(shape, np.uint8)
    cv2.fillPoly(hidden, [corners], (255,), shift=_FINE_BITS)
    turns = np.zeros(shape, np.int16)
    for second, third in itertools.pairwise(corners[1:]):
        triangle = np.array([corners[0], second, third], np.int32)
        inside = np.zeros(shape, np.uint8)
        cv2.fillConvexPoly(inside, triangle, (1,), shift=_FINE_BITS)
        turns += inside * np.int16(np.sign(_doubled_area(triangle)))
    hidden[turns != 0] = 255
    generous = cv2.dilate(hidden, np.ones((3, 3), np.uint8))
    return np.asarray(generous[_RIM : _RIM + height, _RIM : _RIM + width], np.uint8).copy()


def _fine(edge: float) -> int:
    """Where an edge between pixels lies in parts of a pixel, counted from the middle of the rim's first."""
    return round((edge + _RIM - 0.5) * (1 << _FINE_BITS))


def _doubled_area(triangle: NDArray[np.int32]) -> int:
    (ax, ay), (bx, by), (cx, cy) = triangle.tolist()
    return int((bx - ax) * (cy - ay) - (cx - ax) * (by - ay))
