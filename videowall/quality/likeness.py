"""Whether a camera still looks where it did: the edges of what stands still, compared cell by cell with a reference.

Cells vote, so that a lorry, a lamp or a burned-in clock does not decide.
"""

from typing import cast

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from videowall.picture import Plane
from videowall.quality.measures import blurred, slopes
from videowall.quality.sample import Floats, ranked

COLUMNS, ROWS = 160, 90
_CELL = 10
_CELLS = COLUMNS * ROWS // _CELL**2
_BLUR = 0.8
_AROUND = 31
_FLOOR = 1.5
_STEPS = 32.0
_VOTING_SHARE = 0.5
_AGREEING_SHARE = 0.6
_MOST = 255
_FAINTEST = 1e-6


class Reference(Struct, frozen=True):
    """Edges of what stands still, (ROWS, COLUMNS) bytes; `night` tells of which light, `accepted` that a human agreed.

    `sharpness` is that of `videowall.quality.measures`, where it was known.
    """

    edges: bytes
    night: bool
    accepted: bool
    sharpness: float | None = None


def edges_of(luma: Plane) -> Floats:
    """Edges of a sample's luma, (ROWS, COLUMNS), each as strong as it is against its surroundings."""
    small = cast("Plane", cv2.resize(luma, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA))
    steep = slopes(blurred(small, _BLUR))
    return cast("Floats", steep / (cv2.blur(steep, (_AROUND, _AROUND)) + _FLOOR))


def pack(edges: Floats) -> bytes:
    """Edges as a reference keeps them."""
    packed: NDArray[np.uint8] = np.clip(edges * _STEPS, 0, _MOST).astype(np.uint8)
    return packed.tobytes()


def unpack(reference: Reference) -> Floats:
    """A reference's edges as `edges_of` gives them.

    Raises:
        ValueError: it is not of that size.
    """
    flat: NDArray[np.uint8] = np.frombuffer(reference.edges, np.uint8)
    return cast("Floats", flat.reshape(ROWS, COLUMNS).astype(np.float32) / np.float32(_STEPS))


class View:
    """Edges made ready to be compared with many others."""

    def __init__(self, edges: Floats) -> None:
        cells = _cells(edges)
        power = np.square(cells).sum(axis=1)
        self._voting = power >= ranked(power, 1 - _VOTING_SHARE)
        self._cells = cells[self._voting] / np.sqrt(power[self._voting] + _FAINTEST)[:, None]

    def likeness(self, seen: Floats) -> float:
        """How alike another picture's edges are, -1 to 1: most cells with structure agree at least as much as this."""
        now = _cells(seen)[self._voting]
        agreement = (self._cells * now).sum(axis=1) / np.sqrt(np.square(now).sum(axis=1) + _FAINTEST)
        return ranked(cast("Floats", agreement), _AGREEING_SHARE)


def _cells(edges: Floats) -> Floats:
    """The edges of each cell, less their mean, one cell a row."""
    cells = edges.reshape(ROWS // _CELL, _CELL, COLUMNS // _CELL, _CELL).transpose(0, 2, 1, 3)
    flat = cells.reshape(_CELLS, _CELL * _CELL)
    return cast("Floats", flat - flat.mean(axis=1, keepdims=True))
