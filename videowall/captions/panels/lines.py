"""How lists on panels look: a heading, lines of text, a coloured bar where one matters."""

from typing import Final, NamedTuple

from videowall.captions.palette import CANVAS, EMPTY, QUIET, TEXT, WARNING, Colour
from videowall.captions.plate import Run, Type, put, tidy, type_of, width_of
from videowall.captions.sheet import STRONG, Patch, Sheet
from videowall.picture import Rect

_LINES: Final = 11
_SMALLEST: Final = 6
_LEAST, _MOST = 20.0, 44.0
"""Of a line of a list, in pixels of a wall of 1080 lines."""


class Page(NamedTuple):
    """What a panel has drawn, and the room that is left."""

    patches: tuple[Patch, ...]
    room: Rect
    letters: Type


def begin(rect: Rect, title: str, notice: str, unit: float, indent: int = 0) -> Page:
    """The heading; a notice stands at its end. `indent`: how much of its left is taken already."""
    letters = type_of(min(max(rect.height / _LINES, _LEAST * unit), _MOST * unit))
    margin = letters.margin
    shown = Sheet.shorten(notice, letters.size, (rect.width - indent) * 3 // 5)
    after = (Run(shown, WARNING, gap=margin),) if shown else ()
    right = tidy(width_of(after, letters) + margin) if shown else 0
    room = rect.width - indent - right - 2 * margin
    heading = (Run(Sheet.shorten(title, letters.size, room, STRONG), QUIET, STRONG, margin),)
    patches = [put(rect.x + indent, rect.y, rect.width - indent - right, letters, heading, CANVAS)]
    if shown:
        patches.append(put(rect.right - right, rect.y, right, letters, after, CANVAS))
    left = Rect(rect.x, rect.y + letters.height, rect.width, rect.height - letters.height)
    return Page(tuple(patches), left, letters)


def bar(x: int, y: int, width: int, height: int, colour: Colour) -> Patch:
    """A coloured rectangle."""
    return Sheet(Rect(x, y, width, height), colour).finish()


def line(room: Rect, y: int, letters: Type, runs: tuple[Run, ...], ground: Colour = EMPTY) -> Patch:
    """A line across a panel."""
    return put(room.x, y, room.width, letters, runs, ground)


def centred(rect: Rect, place: float, text: str, size: int, colour: Colour, weight: int = 420) -> tuple[Patch, ...]:
    """One line in the middle of a tile, its baseline at a share of the tile's height; none where there is no room."""
    size = max(_SMALLEST, size)
    shown = Sheet.shorten(text, size, round(rect.width * 0.95), weight)
    if not shown:
        return ()
    width = Sheet.width_of(shown, size, weight)
    left = (rect.x + (rect.width - width) // 2) & ~1
    top = (rect.y + round(place * rect.height) - round(size * 1.1)) & ~1
    sheet = Sheet(Rect(left, max(rect.y, top), tidy(width), tidy(round(size * 1.5))))
    sheet.text(0, round(size * 1.1), shown, colour, size, weight)
    return (sheet.finish(),)


def nothing(page: Page, text: str, colour: Colour = TEXT) -> tuple[Patch, ...]:
    """What a list says in place of its lines."""
    return centred(page.room, 0.5, text, page.letters.size, colour, STRONG)
