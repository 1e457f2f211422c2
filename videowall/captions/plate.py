"""Lines of text on an opaque ground. The same line is drawn once, however many tiles bear it."""

from functools import lru_cache
from typing import Final, NamedTuple

from videowall.captions.palette import PLATE, QUIET, Colour
from videowall.captions.sheet import REGULAR, Patch, Sheet
from videowall.picture import Planes, Rect

_REMEMBERED: Final = 256
"""Plates, of some 20 kB each on a wall of 1080 lines: those of a wall's captions, and of a panel's lines."""


class Run(NamedTuple):
    """Some text in one colour, and how many pixels after the run before it, or after the edge, it begins."""

    text: str
    colour: Colour = QUIET
    weight: int = REGULAR
    gap: int = 0


class Type(NamedTuple):
    """How large text is: its size and the height of the line it stands in, both in pixels."""

    size: int
    height: int

    @property
    def margin(self) -> int:
        """What is left free beside text."""
        return round(self.size * 0.55)

    @property
    def baseline(self) -> int:
        """Where letters stand in the line."""
        return round((self.height + self.size * 0.7) / 2)


def type_of(height: float) -> Type:
    """The text for a line of that height."""
    even = max(10, round(height)) & ~1
    return Type(max(8, round(even * 0.62)), even)


def width_of(runs: tuple[Run, ...], letters: Type) -> int:
    """How wide the runs are together, in pixels."""
    return sum(run.gap + Sheet.width_of(run.text, letters.size, run.weight) for run in runs)


def put(x: int, y: int, width: int, letters: Type, runs: tuple[Run, ...], ground: Colour = PLATE) -> Patch:
    """A plate at a place of the canvas; `x`, `y` and `width` are even."""
    return Patch(Rect(x, y, width, letters.height), None, _draw(width, letters, runs, ground))


def tidy(width: int) -> int:
    """The even width that holds so many pixels."""
    return (width + 1) & ~1


@lru_cache(_REMEMBERED)
def _draw(width: int, letters: Type, runs: tuple[Run, ...], ground: Colour) -> Planes:
    sheet = Sheet(Rect(0, 0, width, letters.height), ground)
    x = 0
    for run in runs:
        x += run.gap
        sheet.text(x, letters.baseline, run.text, run.colour, letters.size, run.weight)
        x += Sheet.width_of(run.text, letters.size, run.weight)
    return sheet.finish().cover
