"""Text measured in terminal cells, and made safe: names come from equipment and may hold anything.

Lengths are cells: wide East Asian characters take two, combining marks none.
"""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from tui.glyphs import Tone

_FIRST_UNUSUAL = "\u0300"
"""Below the combining marks every printable character takes one cell; so do Cyrillic letters above it."""

_NO_CELL = frozenset({"Mn", "Me"})
"""Marks on the character before them, whatever their combining class."""


class Piece(NamedTuple):
    """A stretch of one line in one tone."""

    text: str
    tone: Tone = Tone.NORMAL
    blinks: bool = False


Pieces = tuple[Piece, ...]


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """`text` on one line, with everything that could steer a terminal replaced by a middle dot."""
    if text.isprintable():
        return text
    return "".join(" " if each in "\n\t" else each if each.isprintable() else "·" for each in text)


@lru_cache(maxsize=8192)
def width_of(text: str) -> int:
    """Cells that a clean text takes."""
    if not text or max(text) < _FIRST_UNUSUAL:
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in _NO_CELL:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text`, cleaned, in exactly `width` cells; an ellipsis says that something was cut."""
    text = clean(text)
    taken = width_of(text)
    if taken > width:
        text = _cut(text, width)
        taken = width_of(text)
    return " " * (width - taken) + text if right else text + " " * (width - taken)


def _cut(text: str, width: int) -> str:
    if width <= 1:
        return "…"[:width]
    kept: list[str] = []
    left = width - 1
    for character in text:
        left -= _cells(character)
        if left < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def fit_pieces(pieces: Pieces, width: int) -> Pieces:
    """The pieces of one line in exactly `width` cells."""
    out: list[Piece] = []
    left = width
    for index, piece in enumerate(pieces):
        if left <= 0:
            break
        text = clean(piece.text)
        taken = width_of(text)
        rest = any(each.text.strip() for each in pieces[index + 1 :])
        if taken > left or (taken == left and rest):
            text = fit(text + "……" if rest else text, left)
            taken = left
        out.append(Piece(text, piece.tone, piece.blinks))
        left -= taken
    if left > 0:
        out.append(Piece(" " * left))
    return tuple(out)


def wrap(text: str, width: int) -> list[str]:
    """The words of `text` on lines of at most `width` cells."""
    lines: list[str] = []
    line = ""
    for word in clean(text).split():
        joined = f"{line} {word}" if line else word
        if line and width_of(joined) > width:
            lines.append(line)
            line = word
        else:
            line = joined
    return [*lines, line] if line else lines
