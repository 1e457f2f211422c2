"""How a camera's tile looks: calm, dark, and nothing of it over the upper right, where cameras draw their own marks.

Names, clock and values stand on plates that are copied, not blended: they are there with every picture. What is rare,
trouble and the spot's banner, lets the picture through.
"""

from typing import Final, NamedTuple

from sensors.catalog import PictureState
from videowall.captions.banner import draw_banner
from videowall.captions.face import STILL_SEEN, Mark, TileFace, Tone, ValueText
from videowall.captions.overlay import Overlay, fitting
from videowall.captions.palette import (
    CANVAS,
    EXERCISE,
    FAINT,
    PLATE,
    PRIORITIES,
    QUIET,
    RULE,
    TEXT,
    WARNING,
    mixed,
    state_colour,
)
from videowall.captions.plate import Run, Type, put, tidy, type_of, width_of
from videowall.captions.sheet import STRONG, Patch, Sheet, blend
from videowall.composing.layout import GAP
from videowall.picture import Planes, Rect

_CAPTION_SHARE: Final = 0.09
_LEAST, _MOST = 18.0, 40.0
"""Of a caption's line, in pixels of a wall of 1080 lines."""
_MARKS_SHARE: Final = 0.6
"""How far marks may reach to the right."""
_CLOCK_WIDTH: Final = "00:00:00"
_BORDER_SHARE: Final = 1 / 44


def draw_tile(tile: Rect, face: TileFace, unit: float) -> Overlay:
    """What lies over a camera's picture; `unit` is how large a pixel of a wall of 1080 lines is here."""
    border = _border_of(tile, face)
    window = Rect(tile.x + border, tile.y + border, tile.width - 2 * border, tile.height - 2 * border)
    letters = type_of(min(max(tile.height * _CAPTION_SHARE, _LEAST * unit), _MOST * unit))
    if face.alarm is not None:
        bottom: tuple[Patch, ...] = (draw_banner(window, face, face.alarm),)
    else:
        bottom = draw_line(window, face, letters)
    over = (*bottom, *draw_marks(window, face.marks, letters), *_trouble(window, face, letters, bottom))
    return Overlay(face, window, _frame(tile, border, face), fitting(over, window))


def draw_marks(room: Rect, marks: tuple[Mark, ...], letters: Type) -> tuple[Patch, ...]:
    """Words in the upper left of a tile, none of which reaches its upper right."""
    patches: list[Patch] = []
    left, most = room.x, room.x + round(room.width * _MARKS_SHARE)
    for mark in marks:
        ink, ground = _TONES[mark.tone]
        text = Sheet.shorten(mark.text, letters.size, most - left - 2 * letters.margin, STRONG)
        if not text:
            continue
        runs = (Run(text, ink, STRONG, letters.margin),)
        width = tidy(width_of(runs, letters) + letters.margin)
        patches.append(put(left, room.y, width, letters, runs, ground))
        left += width
    return tuple(patches)


def mark_still(picture: Planes, marks: tuple[Mark, ...]) -> Planes:
    """A camera's picture with marks on it, as a copy; itself where there are none."""
    if not marks:
        return picture
    marked = Planes(*(plane.copy() for plane in picture))
    room = Rect(0, 0, picture.width & ~1, picture.height & ~1)
    for patch in draw_marks(room, marks, type_of(max(picture.height * _CAPTION_SHARE, _LEAST))):
        if patch.rect.height <= room.height:
            blend(marked, patch)
    return marked


def draw_line(room: Rect, face: TileFace, letters: Type) -> tuple[Patch, ...]:
    """The caption: camera and site in the lower left; values and clock, as far as there is room, in the lower right."""
    margin, top = letters.margin, room.bottom - letters.height
    sign = (
        Run(mark_of(face.state), state_colour(face.state), gap=margin),
        Run(face.label, TEXT, STRONG, round(letters.size * 0.35)),
    )
    site = Run(face.site, QUIET, gap=round(letters.size * 0.5))
    for values, clock in ((2, True), (2, False), (1, True), (1, False), (0, True)):
        notes = _notes(face.values, values, letters) + _clock(face.clock if clock else "", letters)
        wide = sum(note.width for note in notes)
        if width_of((*sign, site), letters) + 2 * margin + wide <= room.width:
            break
    else:
        notes, wide = (), 0
    name = _names(sign, site, room.width - wide, letters)
    patches = [put(room.x, top, min(tidy(width_of(name, letters) + margin), room.width), letters, name)]
    left = room.right
    for note in reversed(notes):
        left -= note.width
        patches.append(put(left, top, note.width, letters, note.runs))
    return tuple(patches)


def mark_of(state: PictureState) -> str:
    """The state as a shape, for those who do not tell colours apart."""
    return "●" if state is PictureState.LIVE else "▲"


class _Note(NamedTuple):
    runs: tuple[Run, ...]
    width: int


def _names(sign: tuple[Run, ...], site: Run, width: int, letters: Type) -> tuple[Run, ...]:
    """Camera and site, the site cut first."""
    glyph, label = sign
    room = width - width_of((glyph,), letters) - label.gap - letters.margin
    label = label._replace(text=Sheet.shorten(label.text, letters.size, room, STRONG))
    rest = room - Sheet.width_of(label.text, letters.size, STRONG) - site.gap
    shown = Sheet.shorten(site.text, letters.size, rest) if rest > 2 * letters.size else ""
    return (glyph, label, site._replace(text=shown)) if shown else (glyph, label)


def _notes(values: tuple[ValueText, ...], count: int, letters: Type) -> tuple[_Note, ...]:
    if not values[:count]:
        return ()
    runs: list[Run] = []
    for value in values[:count]:
        if runs:
            runs.append(Run("·", FAINT, gap=round(letters.size * 0.4)))
        gap = round(letters.size * 0.4) if runs else letters.margin
        runs.append(Run(value.text, FAINT if value.doubtful else TEXT, gap=gap))
    return (_Note(tuple(runs), tidy(width_of(tuple(runs), letters) + letters.margin)),)


def _clock(text: str, letters: Type) -> tuple[_Note, ...]:
    """The clock on a plate of one width, so that it does not shiver."""
    if not text:
        return ()
    width = tidy(Sheet.width_of(_CLOCK_WIDTH, letters.size) + 2 * letters.margin)
    return (_Note((Run(text, QUIET, gap=letters.margin),), width),)


def _trouble(room: Rect, face: TileFace, letters: Type, bottom: tuple[Patch, ...]) -> tuple[Patch, ...]:
    """The state and its age, to be read from far away: in the middle, or low where there is still something to see."""
    if not face.trouble:
        return ()
    seen = face.state in STILL_SEEN
    size = max(12, letters.size if seen else round(letters.size * 1.5))
    while size > 9 and Sheet.width_of(face.trouble, size, STRONG) > room.width - 2 * size:
        size -= 1
    text = Sheet.shorten(face.trouble, size, room.width - 2 * size, STRONG)
    width = min(tidy(Sheet.width_of(text, size, STRONG) + 2 * size), room.width)
    height = tidy(round(size * 1.8))
    floor = min(patch.rect.y for patch in bottom)
    middle = (room.y + (room.height - height) // 2) & ~1
    top = floor - height if seen else min(middle, floor - height)
    if top < room.y:
        return ()
    sheet = Sheet(Rect((room.x + (room.width - width) // 2) & ~1, top, width, height))
    sheet.panel(Rect(0, 0, width, height), PLATE, 0.78)
    left = (width - Sheet.width_of(text, size, STRONG)) // 2
    sheet.text(left, round((height + size * 0.7) / 2), text, state_colour(face.state), size, STRONG)
    return (sheet.finish(),)


def _border_of(tile: Rect, face: TileFace) -> int:
    """How much of the tile its border takes on each side; `GAP` pixels more lie outside of it."""
    if face.edge is None:
        return 0
    return 2 if face.edge.calm else max(2, min(12, round(tile.height * _BORDER_SHARE)) & ~1)


def _frame(tile: Rect, border: int, face: TileFace) -> tuple[Patch, ...]:
    """The border of an alarm: broad and bright while nobody has taken it on, narrow and quiet after."""
    if face.edge is None:
        return ()
    colour = PRIORITIES[face.edge.priority]
    colour = mixed(colour, CANVAS, 0.55) if face.edge.calm else colour
    outside = 0 if face.edge.calm else GAP
    x, y, thick = tile.x - outside, tile.y - outside, border + outside
    width, height = tile.width + 2 * outside, tile.height + 2 * outside
    edges = (
        Rect(x, y, width, thick),
        Rect(x, tile.bottom - border, width, thick),
        Rect(x, y, thick, height),
        Rect(tile.right - border, y, thick, height),
    )
    return tuple(Sheet(edge, colour).finish() for edge in edges)


_TONES = {
    Tone.EXERCISE: (PLATE, EXERCISE),
    Tone.PAGE: (QUIET, PLATE),
    Tone.WAITING: (WARNING, RULE),
    Tone.SAVING: (WARNING, RULE),
}
