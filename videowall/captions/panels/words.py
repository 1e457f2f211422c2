"""Panels of few words: clock, message, the quiet spot, the dark wall."""

from videowall.captions.palette import FAINT, LIVE, QUIET, TEXT, WARNING
from videowall.captions.panels.face import CalmFace, ClockFace, MessageFace, QuietFace
from videowall.captions.panels.lines import centred
from videowall.captions.sheet import LIGHT, STRONG, Patch, Sheet
from videowall.picture import Rect


def draw_clock(rect: Rect, face: ClockFace) -> tuple[Patch, ...]:
    """The time as large as it fits."""
    size = min(round(rect.height * 0.34), round(rect.width / 5.2))
    return (
        *centred(rect, 0.56, face.clock, size, TEXT, LIGHT),
        *centred(rect, 0.56 + 0.5 * size / rect.height, face.date, max(10, round(size * 0.26)), QUIET),
    )


def draw_message(rect: Rect, face: MessageFace, unit: float) -> tuple[Patch, ...]:
    """Words in the middle, in as many lines as they need, as large as they fit."""
    size = round(min(max(rect.height / 9, 14 * unit), 54 * unit))
    while True:
        lines = max(1, int(rect.height * 0.8 / (size * 1.5)))
        rows = Sheet.wrap(face.text, size, rect.width - 2 * size, lines)
        if size <= 11 or "…" not in "".join(rows):
            break
        size -= max(1, size // 12)
    top = 0.5 - (len(rows) - 1) * 0.75 * size / rect.height + 0.35 * size / rect.height
    patches: list[Patch] = []
    for number, row in enumerate(rows):
        patches.extend(centred(rect, top + number * 1.5 * size / rect.height, row, size, TEXT))
    return tuple(patches)


def draw_calm(rect: Rect, face: CalmFace) -> tuple[Patch, ...]:
    """The spot while no alarm needs it."""
    unit = min(rect.height / 540, rect.width / 700)
    said, colour = (face.notice, WARNING) if face.notice else (face.calm, LIVE)
    return (
        *centred(rect, 0.27, face.title, round(26 * unit), QUIET, STRONG),
        *centred(rect, 0.49, face.clock, round(104 * unit), TEXT, LIGHT),
        *centred(rect, 0.60, face.date, round(26 * unit), QUIET),
        *centred(rect, 0.77, said, round(24 * unit), colour, STRONG),
        *centred(rect, 0.84, face.count, round(19 * unit), QUIET),
    )


def draw_quiet(rect: Rect, face: QuietFace) -> tuple[Patch, ...]:
    """A dark wall: a clock that can be found by who looks for it."""
    unit = rect.height / 1080
    return (
        *centred(rect, 0.51, face.clock, round(92 * unit), FAINT, LIGHT),
        *centred(rect, 0.58, face.notice or face.note, round(26 * unit), WARNING if face.notice else FAINT),
    )
