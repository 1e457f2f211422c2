"""Alarms and sites as lists, as many as there is room for; the rest is counted, never left out in silence."""

from typing import Final

from videowall.board import SiteCondition
from videowall.palette import CONDITIONS, EMPTY, FAINT, LIVE, PRIORITIES, QUIET, RULE, TEXT, mixed
from videowall.panels.face import AlarmRow, AlarmsFace, SiteRow, SitesFace
from videowall.panels.lines import bar, begin, line, nothing
from videowall.picture import Rect
from videowall.plate import Run, Type
from videowall.sheet import REGULAR, STRONG, Patch, Sheet

SIGNS: Final = {
    SiteCondition.NORMAL: "●",
    SiteCondition.DEGRADED: "△",
    SiteCondition.ALARM: "▲",
    SiteCondition.UNREACHABLE: "○",
}


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
        patches.extend(_alarm(Rect(room.x, y, room.width, 2 * letters.height), row, letters))
        y += step
    hidden = face.total - min(fits, len(face.rows))
    if hidden > 0 and y + letters.height <= room.bottom:
        patches.append(line(room, y, letters, (Run(face.more.format(hidden), QUIET, gap=2 * letters.margin),)))
    return tuple(patches)


def _alarm(room: Rect, row: AlarmRow, letters: Type) -> tuple[Patch, ...]:
    wide = max(4, letters.height // 4) & ~1
    colour = PRIORITIES[row.priority]
    ink = QUIET if row.acknowledged else TEXT
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
    y = room.y
    for number, row in enumerate(face.rows[:fits]):
        ground = mixed(RULE, EMPTY, 0.35) if number % 2 else EMPTY
        patches.append(line(room, y, letters, site_runs(row, room.width, letters), ground))
        y += letters.height
    hidden = len(face.rows) - min(fits, len(face.rows))
    if hidden and y + letters.height <= room.bottom:
        patches.append(line(room, y, letters, (Run(face.more.format(hidden), QUIET, gap=2 * letters.margin),)))
    return tuple(patches)


def site_runs(row: SiteRow, width: int, letters: Type) -> tuple[Run, ...]:
    """Condition and name, then in columns its word, its live cameras and, where there is room, its values."""
    size, margin = letters.size, letters.margin
    colour = CONDITIONS[row.condition]
    columns = (0, round(width * 0.33), round(width * 0.51), round(width * 0.59))
    name_at = margin + round(size * 1.3)
    runs = [Run(SIGNS[row.condition], colour, gap=margin)]
    x = margin + Sheet.width_of(runs[0].text, size)
    cells = (
        (name_at, columns[1], row.name, TEXT, STRONG),
        (columns[1], columns[2], row.word, colour, REGULAR),
        (columns[2], columns[3], row.cameras, QUIET, REGULAR),
    )
    for start, end, text, ink, weight in cells:
        shown = Sheet.shorten(text, size, end - max(start, x) - margin, weight)
        if shown:
            runs.append(Run(shown, ink, weight, start - x))
            x = start + Sheet.width_of(shown, size, weight)
    gap = max(columns[3] - x, margin)
    for value in row.values:
        x += gap + Sheet.width_of(value.text, size)
        if x > width - margin:
            break
        runs.append(Run(value.text, FAINT if value.doubtful else TEXT, gap=gap))
        gap = round(size * 0.8)
    return tuple(runs)
