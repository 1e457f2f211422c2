"""The grey console: normal is grey on grey, the four priorities own the only colours, focus is a lighter grey."""

from typing import Final

from rich.style import Style
from textual.theme import Theme

from tui.glyphs import Tone

BACKGROUND: Final = "#191b1d"
CURSOR: Final = "#3b4045"
CURSOR_UNFOCUSED: Final = "#26292c"
HEAD: Final = "#22252a"

THEME: Final = Theme(
    name="shekara",
    primary="#8a9299",
    secondary="#6d747a",
    accent="#c3c8cc",
    foreground="#c3c8cc",
    background=BACKGROUND,
    surface="#1f2225",
    panel=HEAD,
    warning="#e3c04f",
    error="#ff6b6b",
    success="#8a9299",
    dark=True,
    variables={
        "scrollbar": "#3b4045",
        "scrollbar-hover": "#565c62",
        "scrollbar-active": "#6d747a",
        "scrollbar-background": BACKGROUND,
        "scrollbar-background-hover": BACKGROUND,
        "scrollbar-background-active": BACKGROUND,
        "input-cursor-background": "#c3c8cc",
        "border": "#565c62",
        "border-blurred": "#3b4045",
    },
)

STYLES: Final[dict[Tone, Style]] = {
    Tone.NORMAL: Style(color="#c3c8cc"),
    Tone.MUTED: Style(color="#8b9197"),
    Tone.FAINT: Style(color="#3b4045"),  # rules between cards; never a word
    Tone.STRONG: Style(color="#f2f4f5", bold=True),
    Tone.STALE: Style(color="#9aa0a6", italic=True),
    Tone.FAULT: Style(color="#f2f4f5", bold=True),
    Tone.LOW: Style(color="#7fb4d6"),
    Tone.MEDIUM: Style(color="#e3c04f"),
    Tone.HIGH: Style(color="#ff9d4d", bold=True),
    Tone.CRITICAL: Style(color="#ff6b6b", bold=True),
    Tone.HERE: Style(color="#f2f4f5", bgcolor="#3b4045", bold=True),
    Tone.LOUD: Style(color="#191b1d", bgcolor="#f2f4f5", bold=True),  # a lost link: no colour of a field alarm
    Tone.EXERCISE: Style(color="#191b1d", bgcolor="#9aa0a6", bold=True),  # always there, so quieter than a lost link
}
BLINK: Final = Style(blink=True)
"""The terminal blinks the one cell itself: no timer of ours runs for it."""
