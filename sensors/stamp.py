"""The machine-readable stamp that simulated cameras draw into every frame.

Three rows of `COLUMNS` black or white blocks: camera number, frame number, and a check row that is the inverse of
their exclusive-or. The pair of the two largest numbers would be a white rectangle, and is not used. A picture without
a stamp, or with two stamps blended into one, fails the check. Geometry is in fractions of the picture, so it survives
scaling; it sits in the upper right, clear of captions.
"""

from collections.abc import Callable
from typing import NamedTuple

COLUMNS = 12
ROWS = 3
MAX_NUMBER = 2**COLUMNS - 1
_BLOCK_H = 16 / 360
_BLOCK_W = 16 / 640
_LEFT = 432 / 640
_TOP = 16 / 360
_BLACK_BELOW = 96
_WHITE_ABOVE = 160


class Stamp(NamedTuple):
    """Which camera drew a frame, and which frame of its loop it is."""

    camera: int
    frame: int


_WHITE = Stamp(MAX_NUMBER, MAX_NUMBER)


class Block(NamedTuple):
    """One block's rectangle, in fractions of the picture's width and height, and its colour."""

    left: float
    top: float
    width: float
    height: float
    white: bool


def blocks(stamp: Stamp) -> tuple[Block, ...]:
    """The rectangles that draw a stamp.

    Raises:
        ValueError: a number does not fit `COLUMNS` bits, or both are the largest.
    """
    if not (0 <= stamp.camera <= MAX_NUMBER and 0 <= stamp.frame <= MAX_NUMBER):
        message = f"stamp numbers go from 0 to {MAX_NUMBER}: {stamp}"
        raise ValueError(message)
    if stamp == _WHITE:
        message = f"this stamp would be a white rectangle: {stamp}"
        raise ValueError(message)
    rows = (stamp.camera, stamp.frame, ~(stamp.camera ^ stamp.frame) & MAX_NUMBER)
    return tuple(
        Block(
            left=_LEFT + column * _BLOCK_W,
            top=_TOP + row * _BLOCK_H,
            width=_BLOCK_W,
            height=_BLOCK_H,
            white=bool(number >> (COLUMNS - 1 - column) & 1),
        )
        for row, number in enumerate(rows)
        for column in range(COLUMNS)
    )


def read(luma_at: Callable[[float, float], float]) -> Stamp | None:
    """The stamp in a picture, or None when there is none to be sure of.

    Args:
        luma_at: mean luma (0 to 255) around a point given in fractions of width and height.
    """
    rows: list[int] = []
    for row in range(ROWS):
        number = 0
        for column in range(COLUMNS):
            luma = luma_at(_LEFT + (column + 0.5) * _BLOCK_W, _TOP + (row + 0.5) * _BLOCK_H)
            if _BLACK_BELOW < luma < _WHITE_ABOVE:
                return None
            number = number << 1 | (luma >= _WHITE_ABOVE)
        rows.append(number)
    camera, frame, check = rows
    stamp = Stamp(camera, frame)
    return stamp if check == ~(camera ^ frame) & MAX_NUMBER and stamp != _WHITE else None
