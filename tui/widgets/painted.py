"""A block of lines that is read on every tick and repainted only where it reads differently."""

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.lines import Pieces, fit_pieces
from tui.theme import BLINK, STYLES

ReadLines = Callable[[int], tuple[Pieces, ...]]


def strip_of(pieces: Pieces, width: int, base: Style) -> Strip:
    """One line on the screen, in exactly `width` cells."""
    segments = [
        Segment(piece.text, base + STYLES[piece.tone] + BLINK if piece.blinks else base + STYLES[piece.tone])
        for piece in fit_pieces(pieces, width)
    ]
    return Strip(segments, width)


class Painted(Widget):
    """Lines from a function of the width. As high as it has lines when its style says `height: auto`."""

    def __init__(self, read: ReadLines, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=classes)
        self._read = read
        self._lines: tuple[Pieces, ...] = ()
        self._read_width = -1

    def tick(self) -> None:
        """Read again; ask for a repaint of the lines that differ, and for a new layout when their number does."""
        width = self.size.width
        if not width:
            return
        lines = self._read(width)
        before, self._lines, same_width = self._lines, lines, self._read_width == width
        self._read_width = width
        if len(lines) != len(before):
            self.refresh(layout=True)
            return
        changed = [y for y, (new, old) in enumerate(zip(lines, before, strict=True)) if new != old or not same_width]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are to read at this width."""
        del container, viewport
        if self._read_width != width:
            self._lines, self._read_width = self._read(width), width
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        width = self.size.width
        if self._read_width != width:
            self._lines, self._read_width = self._read(width), width
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        return strip_of(self._lines[y], width, self.rich_style)
