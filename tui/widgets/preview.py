"""A camera's picture in half blocks: one cell shows two pixels, so it works in any true-colour terminal."""

from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.bitmap import Bitmap, sample

_HALF = "▀"
_ASCII_STEPS = " .:-=+*#%@"


class Preview(Widget):
    """The newest picture, as large as the widget allows at 16:9; nothing when there is none."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._bitmap: Bitmap | None = None
        self._ascii_only = ascii_only
        self._strips: list[Strip] = []
        self._drawn: tuple[int, int] = (0, 0)

    def show(self, bitmap: Bitmap | None) -> None:
        """Take another picture, or none."""
        if bitmap is self._bitmap:
            return
        self._bitmap = bitmap
        self._strips = []
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of cells."""
        width, height = self.size
        if self._bitmap is None:
            return Strip.blank(width, self.rich_style)
        if not self._strips or self._drawn != (width, height):
            draw = _characters if self._ascii_only else _half_blocks
            self._strips = [Strip(draw(row), width) for row in sample(self._bitmap, width, height)]
            self._drawn = (width, height)
        return self._strips[y] if y < len(self._strips) else Strip.blank(width, self.rich_style)


def _half_blocks(row: list[tuple[int, int]]) -> list[Segment]:
    segments: list[Segment] = []
    start = 0
    for at in range(1, len(row) + 1):
        if at == len(row) or row[at] != row[start]:
            segments.append(Segment(_HALF * (at - start), _style(*row[start])))
            start = at
    return segments


def _characters(row: list[tuple[int, int]]) -> list[Segment]:
    return [Segment("".join(_ASCII_STEPS[(_light(upper) + _light(lower)) * 9 // 510] for upper, lower in row), Style())]


def _light(colour: int) -> int:
    return ((colour >> 16) * 3 + (colour >> 8 & 0xFF) * 6 + (colour & 0xFF)) // 10


@lru_cache(maxsize=16_384)
def _style(upper: int, lower: int) -> Style:
    return Style(color=_rgb(upper), bgcolor=_rgb(lower))


@lru_cache(maxsize=4096)
def _rgb(colour: int) -> Color:
    return Color.from_rgb(colour >> 16, colour >> 8 & 0xFF, colour & 0xFF)
