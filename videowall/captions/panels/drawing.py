"""How each panel looks."""

from videowall.captions.caption import draw_marks
from videowall.captions.overlay import Overlay, fitting
from videowall.captions.panels.face import (
    AlarmsFace,
    CalmFace,
    ClockFace,
    MapFace,
    MessageFace,
    PanelFace,
    QuietFace,
    SitesFace,
)
from videowall.captions.panels.lists import draw_alarms, draw_sites
from videowall.captions.panels.map import draw_map
from videowall.captions.panels.words import draw_calm, draw_clock, draw_message, draw_quiet
from videowall.captions.plate import type_of
from videowall.captions.sheet import Patch
from videowall.picture import Rect


def draw_panel(rect: Rect, face: PanelFace, unit: float) -> Overlay:
    """All of a panel; `unit` is how large a pixel of a wall of 1080 lines is here."""
    marks = draw_marks(rect, face.marks, type_of(min(max(rect.height / 11, 20 * unit), 40 * unit)))
    indent = max((patch.rect.right for patch in marks), default=rect.x) - rect.x
    return Overlay(face, Rect(rect.x, rect.y, 0, 0), over=fitting((*_draw(rect, face, unit, indent), *marks), rect))


def _draw(rect: Rect, face: PanelFace, unit: float, indent: int) -> tuple[Patch, ...]:
    match face:
        case AlarmsFace():
            patches = draw_alarms(rect, face, unit, indent)
        case SitesFace():
            patches = draw_sites(rect, face, unit, indent)
        case MapFace():
            patches = draw_map(rect, face, unit, indent)
        case ClockFace():
            patches = draw_clock(rect, face)
        case MessageFace():
            patches = draw_message(rect, face, unit)
        case CalmFace():
            patches = draw_calm(rect, face)
        case QuietFace():
            patches = draw_quiet(rect, face)
    return patches
