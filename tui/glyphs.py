"""What a state looks like: a shape, and the tone its shape and word are drawn in. Never a colour alone.

Filled shapes want an acknowledgement, hollow ones have it. Tones carry no colour here: `tui.theme` gives them one.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from hub.protocol import AlarmState, AlarmView, Approval, Liveness
from sensors.catalog import PictureState
from sensors.model import Priority
from tui.config import GlyphLevel


class Tone(StrEnum):
    """How loudly something is drawn. The four priorities own the only colours."""

    NORMAL = "normal"
    MUTED = "muted"
    FAINT = "faint"
    STRONG = "strong"
    STALE = "stale"
    FAULT = "fault"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    HERE = "here"
    LOUD = "loud"
    EXERCISE = "exercise"


class Sign(NamedTuple):
    """One cell; `blinks` is true only for an alarm that nobody has acknowledged."""

    glyph: str
    tone: Tone
    blinks: bool = False


_PRIORITY: Final = {
    Priority.CRITICAL: ("▲", "△", "!", "c"),
    Priority.HIGH: ("◆", "◇", "H", "h"),
    Priority.MEDIUM: ("■", "□", "M", "m"),
    Priority.LOW: ("●", "○", "L", "l"),
}
_LIVENESS: Final = {
    Liveness.ONLINE: ("•", ".", Tone.NORMAL),
    Liveness.OFFLINE: ("×", "x", Tone.FAULT),
    Liveness.SILENT: ("◌", "~", Tone.FAULT),
    Liveness.UNKNOWN: ("?", "?", Tone.MUTED),
}
_APPROVAL: Final = {
    Approval.APPROVED: ("•", ".", Tone.NORMAL),
    Approval.DISCOVERED: ("?", "?", Tone.STRONG),
    Approval.REFUSED: ("×", "x", Tone.MUTED),
    Approval.RETIRED: ("–", "-", Tone.MUTED),
}


class Glyphs:
    """The shapes of one glyph level."""

    def __init__(self, level: GlyphLevel) -> None:
        self.level = level
        self._ascii = level is GlyphLevel.ASCII

    def priority(self, priority: Priority, *, acknowledged: bool) -> Sign:
        """The sign of an alarm's priority."""
        filled, hollow, ascii_filled, ascii_hollow = _PRIORITY[priority]
        glyph = (ascii_hollow if acknowledged else ascii_filled) if self._ascii else hollow if acknowledged else filled
        return Sign(glyph, Tone(priority.value), blinks=not acknowledged)

    def alarm(self, alarm: AlarmView) -> Sign:
        """The sign of one alarm as it stands; one that is over is drawn calmly."""
        if alarm.state is AlarmState.NORMAL:
            return Sign("." if self._ascii else "•", Tone.MUTED)
        return self.priority(alarm.priority, acknowledged=alarm.state is AlarmState.ACKNOWLEDGED)

    def liveness(self, liveness: Liveness) -> Sign:
        """Whether a device is there."""
        return self._sign(_LIVENESS[liveness])

    def approval(self, approval: Approval) -> Sign:
        """Whether a technician has approved a device."""
        return self._sign(_APPROVAL[approval])

    @property
    def doubt(self) -> Sign:
        """Something about who a device is has to be settled."""
        return self._sign(("≠", "#", Tone.FAULT))

    def picture(self, state: PictureState | None) -> Sign:
        """Whether a camera's picture may be believed; None when nobody has said."""
        if state is None:
            return Sign("?", Tone.MUTED)
        if state is PictureState.LIVE:
            return self._sign(("•", ".", Tone.NORMAL))
        if state in {PictureState.CONNECTING, PictureState.DELAYED, PictureState.BEHIND}:
            return self._sign(("◌", "~", Tone.FAULT))
        return self._sign(("×", "x", Tone.FAULT))

    def link(self, *, up: bool) -> Sign:
        """Whether the hub is there."""
        return self._sign(("•", ".", Tone.NORMAL) if up else ("◌", "~", Tone.FAULT))

    @property
    def cursor(self) -> str:
        """Beside the selected row."""
        return ">" if self._ascii else "▌"

    @property
    def bar(self) -> str:
        """Between two parts of one line."""
        return "|" if self._ascii else "│"

    @property
    def stale(self) -> str:
        """Before a value that is no longer known."""
        return "~" if self._ascii else "◌"

    def mark(self, tone: Tone) -> str:
        """What goes before a value in that tone, so that it never speaks by colour alone."""
        if tone is Tone.STALE:
            return f"{self.stale} "
        if tone is Tone.FAULT:
            return "? "
        priority = next((each for each in Priority if each.value == tone.value), None)
        return f"{self.priority(priority, acknowledged=True).glyph} " if priority else ""

    @property
    def rule(self) -> str:
        """A horizontal line's cell."""
        return "-" if self._ascii else "─"

    @property
    def dot(self) -> str:
        """Between two facts on one line."""
        return "-" if self._ascii else "·"

    def _sign(self, shape: tuple[str, str, Tone]) -> Sign:
        glyph, ascii_glyph, tone = shape
        return Sign(ascii_glyph if self._ascii else glyph, tone)
