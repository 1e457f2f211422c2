"""Alarms and sites as lists, as many as there is room for; the rest is counted, never left out in silence."""

from typing import Final, NamedTuple

from videowall.board import SiteCondition
from videowall.captions.palette import CONDITIONS, EMPTY, FAINT, LIVE, PRIORITIES, QUIET, RULE, TEXT, mixed
from videowall.captions.panels.face import AlarmRow, AlarmsFace, SiteRow, SitesFace
from videowall.captions.panels.lines import bar, begin, line, nothing
from videowall.captions.plate import Run, Type
from videowall.captions.sheet import REGULAR, STRONG, Patch, Sheet
from videowall.picture import Rect

SIGNS: Final = {
    SiteCondition.NORMAL: "●",
    SiteCondition.DEGRADED: "△",
    SiteCondition.ALARM: "▲",
    SiteCondition.UNREACHABLE: "○",
}
_OLD: Final = 0.55
"""How much is left of the colours of what may no longer be so."""


def draw_alarms(rect: Rect, face: AlarmsFace, unit: float, indent: int) -> tuple[Patch, ...]:
    """Two lines for each alarm: what, and where and since when."""
    title = f"{face.title}: {face.total}" if face.total else face.title
    page = begin(rect, title, face.notice, unit, indent)
    if not face.rows:
        return (*page.patches, *nothing(page, face.calm, LIVE))
    room, letters = page.room, page.letters
    gap = max(2, letters.height // 8) & ~1
    step = 2 * letters.height + gap
    fits = max(0, (room.height - gap) // step)
    if face.total > fits:
        fits = max(0, (room.height - gap - letters.height) // step)
    patches = [*page.patches]
    y = room.y + gap
    for row in face.rows[:fits]:
        two_lines = Rect(room.x, y, room.width, 2 * letters.height)
        patches.extend(_alarm(two_lines, row, letters, is_old=bool(face.notice)))
        y += step
    hidden = face.total - min(fits, len(face.rows))
    if hidden > 0 and y + letters.height <= room.bottom:
        patches.append(line(room, y, letters, (Run(face.more.format(hidden), QUIET, gap=2 * letters.margin),)))
    return tuple(patches)


def _alarm(room: Rect, row: AlarmRow, letters: Type, *, is_old: bool) -> tuple[Patch, ...]:
    wide = max(4, letters.height // 4) & ~1
    colour = mixed(PRIORITIES[row.priority], EMPTY, _OLD) if is_old else PRIORITIES[row.priority]
    ink = QUIET if row.acknowledged or is_old else TEXT
    text = Rect(room.x + wide, room.y, room.width - wide, room.height)
    ground = EMPTY if row.acknowledged else mixed(colour, EMPTY, 0.13)
    width = text.width - 2 * letters.margin
    message = Sheet.shorten(row.message, letters.size, width, STRONG)
    note = Sheet.shorten(row.note, letters.size, width)
    return (
        bar(room.x, room.y, wide, room.height, mixed(colour, EMPTY, 0.5) if row.acknowledged else colour),
        line(text, text.y, letters, (Run(message, ink, STRONG, letters.margin),), ground),
        line(text, text.y + letters.height, letters, (Run(note, QUIET, gap=letters.margin),), ground),
    )


def draw_sites(rect: Rect, face: SitesFace, unit: float, indent: int) -> tuple[Patch, ...]:
    """A line for each site: its condition, its cameras, its values."""
    page = begin(rect, face.title, face.notice, unit, indent)
    room, letters = page.room, page.letters
    patches = [*page.patches]
    fits = room.height // letters.height
    if len(face.rows) > fits:
        fits = max(0, fits - 1)
    columns = _columns(face.rows, room.width, letters)
    y = room.y
    for number, row in enumerate(face.rows[:fits]):
        ground = mixed(RULE, EMPTY, 0.35) if number % 2 else EMPTY
        runs = _site(row, columns, room.width, letters, is_old=bool(face.notice))
        patches.append(line(room, y, letters, runs, ground))
        y += letters.height
    hidden = len(face.rows) - min(fits, len(face.rows))
    if hidden and y + letters.height <= room.bottom:
        patches.append(line(room, y, letters, (Run(face.more.format(hidden), QUIET, gap=2 * letters.margin),)))
    return tuple(patches)


class _Columns(NamedTuple):
    """Where cells begin; a column that there is no room for begins at the end of the line."""

    name: int
    word: int
    cameras: int
    values: int


def _columns(rows: tuple[SiteRow, ...], width: int, letters: Type) -> _Columns:
    """Names get what the words and counts leave them, and no more than they need; the words go first."""
    size = letters.size
    words, counts = (
        max((Sheet.width_of(text, size) + size for text in texts), default=0)
        for texts in ([row.word for row in rows], [row.cameras for row in rows])
    )
    begin_at = letters.margin + round(size * 1.3)
    names = max((Sheet.width_of(row.name, size, STRONG) + size for row in rows), default=0)
    room = width - begin_at - counts
    wordy = room - words >= min(names, 7 * size)
    name_width = min(names, max(0, room - words if wordy else room))
    word = begin_at + name_width
    cameras = word + (words if wordy else 0)
    return _Columns(begin_at, word if wordy else width, cameras, cameras + counts)


def _site(row: SiteRow, columns: _Columns, width: int, letters: Type, *, is_old: bool) -> tuple[Run, ...]:
    size, end = letters.size, min(columns.word, columns.cameras) - letters.margin
    colour, ink = CONDITIONS[row.condition], TEXT
    if is_old:
        colour, ink = mixed(colour, EMPTY, _OLD), mixed(ink, EMPTY, _OLD)
    name = Sheet.shorten(row.name, size, end - columns.name, STRONG)
    cells = (
        (columns.name, name, ink, STRONG),
        (columns.word, row.word, colour, REGULAR),
        (columns.cameras, row.cameras, QUIET, REGULAR),
    )
    runs = [Run(SIGNS[row.condition], colour, gap=letters.margin)]
    x = letters.margin + Sheet.width_of(runs[0].text, size)
    for start, text, cell_ink, weight in cells:
        if text and start < width:
            runs.append(Run(text, cell_ink, weight, start - x))
            x = start + Sheet.width_of(text, size, weight)
    gap = max(columns.values - x, letters.margin)
    for value in row.values:
        x += gap + Sheet.width_of(value.text, size)
        if x > width - letters.margin:
            break
        runs.append(Run(value.text, FAINT if value.doubtful else TEXT, gap=gap))
        gap = round(size * 0.8)
    return tuple(runs)
