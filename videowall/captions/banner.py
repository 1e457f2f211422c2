"""The banner of a spot: why it shows this camera, since when, what to do, and which camera it is."""

from videowall.captions.face import AlarmFace, TileFace
from videowall.captions.palette import FAINT, PLATE, PRIORITIES, QUIET, TEXT, mixed, state_colour
from videowall.captions.sheet import STRONG, Patch, Sheet
from videowall.picture import Rect

_MOST_SHARE = 0.55
"""Of the spot's height: above it lies what the spot is for."""


def draw_banner(room: Rect, face: TileFace, alarm: AlarmFace) -> Patch:
    """The lower part of a spot, over its picture."""
    unit = max(0.45, room.height / 540)
    large, small = round(27 * unit), round(19 * unit)
    margin = round(18 * unit)
    width = room.width - 2 * margin
    step_large, step_small, foot = round(large * 1.3), round(small * 1.42), round(small * 1.9)
    left_over = round(room.height * _MOST_SHARE) - foot
    reason = Sheet.wrap(alarm.reason, large, width, max(1, min(2, left_over // step_large)), STRONG)
    lines = (left_over - step_large * len(reason)) // step_small
    procedure = Sheet.wrap(alarm.procedure, small, width, max(0, min(3, lines)))
    top = round(large * 0.35)
    height = min((top + step_large * len(reason) + step_small * len(procedure) + foot + 1) & ~1, room.height)
    sheet = Sheet(Rect(room.x, room.bottom - height, room.width, height))
    sheet.panel(Rect(0, 0, room.width, height), PLATE, 0.84)
    colour = PRIORITIES[alarm.priority]
    colour = mixed(colour, QUIET, 0.5) if alarm.acknowledged else colour
    baseline = top - round(large * 0.3)
    for line in reason:
        baseline += step_large
        sheet.text(margin, baseline, line, colour, large, STRONG)
    for line in procedure:
        baseline += step_small
        sheet.text(margin, baseline, line, TEXT, small)
    _sign(sheet, face, alarm, Rect(margin, height - foot, width, foot), small)
    return sheet.finish()


def _sign(sheet: Sheet, face: TileFace, alarm: AlarmFace, row: Rect, size: int) -> None:
    """The last line: camera, site and values on the left; taken on or not, since when, and the clock on the right."""
    baseline = row.y + round((row.height + size * 0.7) / 2)
    gap = round(size * 0.8)
    right = row.right
    note = " · ".join(part for part in (alarm.acknowledged, alarm.waiting, alarm.since) if part)
    for text, colour in ((face.clock, TEXT), (note, QUIET)):
        shown = sheet.shorten(text, size, (right - row.x) * 11 // 20)
        if shown:
            right -= sheet.width_of(shown, size)
            sheet.text(right, baseline, shown, colour, size)
            right -= gap
    sheet.text(row.x, baseline, "●" if not face.trouble else "▲", state_colour(face.state), size)
    left = row.x + round(size * 1.1)
    for text, colour, weight in (
        (face.label, TEXT, STRONG),
        (face.site, QUIET, 420),
        *((value.text, FAINT if value.doubtful else TEXT, 420) for value in face.values),
    ):
        shown = sheet.shorten(text, size, right - left, weight)
        if not shown or (shown != text and weight != STRONG):
            break
        sheet.text(left, baseline, shown, colour, size, weight)
        left += sheet.width_of(shown, size, weight) + gap
