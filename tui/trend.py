"""A series of numbers as a small chart of characters: braille, blocks or ASCII. Pure."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from tui.config import GlyphLevel

_BRAILLE: Final = 0x2800
_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"


class Point(NamedTuple):
    """One number at one moment, seconds on any one time line; or a span of numbers, from `number` to `high`."""

    at_s: float
    number: float
    high: float | None = None

    @property
    def top(self) -> float:
        """The highest number it stands for."""
        return self.number if self.high is None else self.high


class Chart(NamedTuple):
    """Lines from top to bottom, and the numbers that the top and bottom stand for."""

    lines: tuple[str, ...]
    low: float
    high: float


Rise = tuple[int, int] | None
"""From where to where one column is filled, counted from the bottom; None where nothing is known."""


def draw_trend(
    points: Sequence[Point], width: int, height: int, level: GlyphLevel, *, held: bool = True
) -> Chart | None:
    """The points, oldest first, over their own time span in `width` by `height` cells; None without two of them.

    A number is `held` until the next one; or, where silence is to be seen, it is not.
    """
    points = [point for point in points if math.isfinite(point.number) and math.isfinite(point.top)]
    if len(points) < 2 or width < 2 or height < 1:
        return None
    low, high = min(point.number for point in points), max(point.top for point in points)
    if not math.isfinite(high - low):
        return None
    if low == high:
        low, high = low - 0.5, high + 0.5
    across = 2 if level is GlyphLevel.UNICODE else 1
    down = {GlyphLevel.UNICODE: 4, GlyphLevel.BLOCK: 8, GlyphLevel.ASCII: 1}[level] * height
    scale = (down - 1) / (high - low)
    rises: list[Rise] = [
        None if span is None else (round((span[0] - low) * scale), round((span[1] - low) * scale))
        for span in _columns(points, width * across, held=held)
    ]
    draw = {GlyphLevel.UNICODE: _braille, GlyphLevel.BLOCK: _blocks, GlyphLevel.ASCII: _ascii}[level]
    return Chart(draw(rises, width, height), low, high)


def _columns(points: Sequence[Point], count: int, *, held: bool) -> list[tuple[float, float] | None]:
    """One span a column: all spans that fall into it, or the last number of those."""
    start, end = points[0].at_s, points[-1].at_s
    step = (end - start) / count or 1.0
    columns: list[tuple[float, float] | None] = [None] * count
    for point in points:
        at = min(count - 1, int((point.at_s - start) / step))
        before = columns[at]
        if point.high is None or before is None:
            columns[at] = (point.number, point.top)
        else:
            columns[at] = (min(before[0], point.number), max(before[1], point.top))
    if held:
        last: tuple[float, float] | None = None
        for index, span in enumerate(columns):
            last = last if span is None else span
            columns[index] = last
    return columns


def _braille(rises: Sequence[Rise], width: int, height: int) -> tuple[str, ...]:
    cells = [[0] * width for _ in range(height)]
    before: Rise = None
    for column, rise in enumerate(rises):
        if rise is not None:
            # Neighbours touch, so that a steep line is one line.
            low, high = rise if before is None else (min(rise[0], before[1]), max(rise[1], before[0]))
            for level in range(low, high + 1):
                row, dot = divmod(height * 4 - 1 - level, 4)
                cells[row][column // 2] |= _DOTS[column % 2][dot]
        before = rise
    return tuple("".join(chr(_BRAILLE + cell) if cell else " " for cell in row) for row in cells)


def _blocks(rises: Sequence[Rise], width: int, height: int) -> tuple[str, ...]:
    del width
    rows: list[str] = []
    for row in range(height):
        floor = (height - 1 - row) * 8
        rows.append("".join(" " if rise is None else _EIGHTHS[min(8, max(0, rise[1] + 1 - floor))] for rise in rises))
    return tuple(rows)


def _ascii(rises: Sequence[Rise], width: int, height: int) -> tuple[str, ...]:
    del width
    return tuple(
        "".join(" " if rise is None or not rise[0] <= height - 1 - row <= rise[1] else "*" for rise in rises)
        for row in range(height)
    )
