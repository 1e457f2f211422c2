"""How faces look: calm, dark, and nothing of it over a tile's upper right, where cameras draw their own marks."""

from sensors.catalog import PictureState
from sensors.model import Priority
from videowall.face import STILL_SEEN, AlarmFace, CalmFace, TileFace
from videowall.picture import Rect
from videowall.sheet import LIGHT, REGULAR, STRONG, Colour, Patch, Sheet, rgb

CANVAS = rgb(0x0B0D10)
EMPTY = rgb(0x14181D)
_PANEL = rgb(0x0B0D10)
_TEXT = rgb(0xE8ECF0)
_QUIET = rgb(0xA3ADB8)
_LIVE = rgb(0x5DBB80)
_WARNING = rgb(0xE6B04A)
_FAULT = rgb(0xF0685F)
_PRIORITIES: dict[Priority | None, Colour] = {
    None: rgb(0x7FA7D6),
    Priority.LOW: rgb(0x5FA4E6),
    Priority.MEDIUM: rgb(0xE6C34A),
    Priority.HIGH: rgb(0xF08A3C),
    Priority.CRITICAL: rgb(0xEF4B4B),
}
_WARNINGS = STILL_SEEN | {PictureState.CONNECTING, PictureState.DELAYED, PictureState.BLACK}
_BORDER = 4


def draw_tile(tile: Rect, face: TileFace) -> tuple[Patch, ...]:
    """The patches of a camera's tile: its caption, its trouble, and on the spot the alarm."""
    if face.alarm is not None:
        bottom = _banner(tile, face, face.alarm)
        frame = _frame(tile, _PRIORITIES[face.alarm.priority])
    else:
        bottom, frame = _caption(tile, face), ()
    middle = (_trouble(tile, face),) if face.trouble else ()
    return (bottom, *middle, *frame)


def draw_calm(tile: Rect, face: CalmFace) -> tuple[Patch, ...]:
    """The patches of the quiet spot."""
    unit = tile.height / 540
    return (
        _centred(tile, 0.27, face.title, round(26 * unit), _QUIET, STRONG),
        _centred(tile, 0.49, face.clock, round(104 * unit), _TEXT, LIGHT),
        _centred(tile, 0.60, face.date, round(26 * unit), _QUIET),
        _centred(tile, 0.77, face.calm, round(24 * unit), _LIVE, STRONG),
        _centred(tile, 0.84, face.count, round(19 * unit), _QUIET),
    )


def draw_message(tile: Rect, text: str) -> tuple[Patch, ...]:
    """One quiet line in the middle."""
    return (_centred(tile, 0.5, text, max(12, tile.height // 30), _QUIET),)


def _centred(tile: Rect, place: float, text: str, size: int, colour: Colour, weight: int = REGULAR) -> Patch:
    """One line in the middle of a tile, its baseline at a share of the tile's height."""
    shown = Sheet.shorten(text, size, tile.width - 40, weight)
    width = Sheet.width_of(shown, size, weight)
    left = (tile.x + (tile.width - width) // 2) & ~1
    top = (tile.y + round(place * tile.height) - round(size * 1.1)) & ~1
    sheet = Sheet(Rect(left, top, (width + 3) & ~1, round(size * 1.5) & ~1))
    sheet.text(0, round(size * 1.1), shown, colour, size, weight)
    return sheet.finish()


def _caption(tile: Rect, face: TileFace) -> Patch:
    """A bar along the bottom: the state's mark, the camera, its site."""
    height = max(20, round(tile.height * 0.094)) & ~1
    size = round(height * 0.64)
    sheet = Sheet(Rect(tile.x, tile.bottom - height, tile.width, height))
    sheet.panel(Rect(0, 0, tile.width, height), _PANEL, 0.66)
    _names(sheet, face, Rect(0, 0, tile.width, height), size)
    return sheet.finish()


def _names(sheet: Sheet, face: TileFace, row: Rect, size: int, note: str = "") -> None:
    """One line: the state's mark, camera and site on the left, a note and the clock on the right."""
    baseline = row.y + round((row.height + size * 0.7) / 2)
    margin = round(size * 0.55)
    sheet.text(row.x + margin, baseline, _mark(face.state), _colour(face.state), size)
    left = row.x + margin + round(size * 1.15)
    room = row.right - left - margin
    right = row.right - margin
    for text, colour in ((face.clock, _TEXT), (note, _QUIET)):
        shown = sheet.shorten(text, size, room // 2)
        if shown:
            right -= sheet.width_of(shown, size)
            sheet.text(right, baseline, shown, colour, size)
            right -= 2 * margin
            room = right - left
    label = sheet.shorten(face.label, size, room, STRONG)
    sheet.text(left, baseline, label, _TEXT, size, STRONG)
    after = sheet.width_of(label, size, STRONG) + round(size * 0.6)
    site = sheet.shorten(face.site, size, room - after)
    sheet.text(left + after, baseline, site, _QUIET, size)


def _trouble(tile: Rect, face: TileFace) -> Patch:
    """The state and its age across the middle, to be read from far away."""
    size = max(13, min(round(tile.height * 0.105), 44))
    while size > 12 and Sheet.width_of(face.trouble, size, STRONG) > tile.width - 24:
        size -= 1
    text = Sheet.shorten(face.trouble, size, tile.width - 24, STRONG)
    height = round(size * 1.9) & ~1
    top = (tile.y + (tile.height - height) // 2) & ~1
    sheet = Sheet(Rect(tile.x, top, tile.width, height))
    left = (tile.width - Sheet.width_of(text, size, STRONG)) // 2
    sheet.text(left, round((height + size * 0.7) / 2), text, _colour(face.state), size, STRONG)
    return sheet.finish()


def _banner(tile: Rect, face: TileFace, alarm: AlarmFace) -> Patch:
    """The alarm at the bottom of the spot: why, since when, what to do, and which camera this is."""
    unit = max(0.5, tile.height / 540)
    reason_size, text_size = round(27 * unit), round(19 * unit)
    margin = round(20 * unit)
    width = tile.width - 2 * margin
    colour = _PRIORITIES[alarm.priority]
    reason = Sheet.wrap(alarm.reason, reason_size, width, 2, STRONG)
    procedure = Sheet.wrap(alarm.procedure, text_size, width, 2)
    reason_step, step = round(reason_size * 1.3), round(text_size * 1.42)
    names_height = round(text_size * 1.9)
    top = round(reason_size * 0.35)
    height = (top + reason_step * len(reason) + step * len(procedure) + names_height + _BORDER + 1) & ~1
    sheet = Sheet(Rect(tile.x, tile.bottom - height, tile.width, height))
    sheet.panel(Rect(0, 0, tile.width, height), _PANEL, 0.82)
    baseline = top - round(reason_size * 0.3)
    for line in reason:
        baseline += reason_step
        sheet.text(margin, baseline, line, colour, reason_size, STRONG)
    for line in procedure:
        baseline += step
        sheet.text(margin, baseline, line, _TEXT, text_size)
    inset = margin - round(text_size * 0.55)
    names = Rect(inset, height - names_height - _BORDER, tile.width - 2 * inset, names_height)
    _names(sheet, face, names, text_size, " · ".join(part for part in (alarm.waiting, alarm.since) if part))
    return sheet.finish()


def _frame(tile: Rect, colour: Colour) -> tuple[Patch, ...]:
    edges = (
        Rect(tile.x, tile.y, tile.width, _BORDER),
        Rect(tile.x, tile.bottom - _BORDER, tile.width, _BORDER),
        Rect(tile.x, tile.y, _BORDER, tile.height),
        Rect(tile.right - _BORDER, tile.y, _BORDER, tile.height),
    )
    return tuple(_solid(edge, colour) for edge in edges)


def _solid(rect: Rect, colour: Colour) -> Patch:
    sheet = Sheet(rect)
    sheet.panel(Rect(0, 0, rect.width, rect.height), colour, 1.0)
    return sheet.finish()


def _mark(state: PictureState) -> str:
    return "●" if state is PictureState.LIVE else "▲"


def _colour(state: PictureState) -> Colour:
    if state is PictureState.LIVE:
        return _LIVE
    return _WARNING if state in _WARNINGS else _FAULT
