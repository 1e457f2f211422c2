"""A series of numbers as a small chart of characters: braille, blocks or ASCII. Pure."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from tui.config import GlyphLevel

_BRAILLE: Final = 0x2800
_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"


class Point(NamedTuple):
    """One number at one moment, seconds on any one time line."""

    at_s: float
    number: float


class Chart(NamedTuple):
    """Lines from top to bottom, and the numbers that the top and bottom stand for."""

    lines: tuple[str, ...]
    low: float
    high: float


def draw_trend(points: Sequence[Point], width: int, height: int, level: GlyphLevel) -> Chart | None:
    """The points, oldest first, over their own time span in `width` by `height` cells; None without two of them."""
    points = [point for point in points if math.isfinite(point.number)]
    if len(points) < 2 or width < 2 or height < 1:
        return None
    low, high = min(point.number for point in points), max(point.number for point in points)
    if low == high:
        low, high = low - 0.5, high + 0.5
    across = 2 if level is GlyphLevel.UNICODE else 1
    columns = _columns(points, width * across)
    down = {GlyphLevel.UNICODE: 4, GlyphLevel.BLOCK: 8, GlyphLevel.ASCII: 1}[level] * height
    heights = [None if number is None else round((number - low) / (high - low) * (down - 1)) for number in columns]
    draw = {GlyphLevel.UNICODE: _braille, GlyphLevel.BLOCK: _blocks, GlyphLevel.ASCII: _ascii}[level]
    return Chart(draw(heights, width, height), low, high)


def _columns(points: Sequence[Point], count: int) -> list[float | None]:
    """One number a column, the last of those that fall into it, held until the next one comes."""
    start, end = points[0].at_s, points[-1].at_s
    step = (end - start) / count or 1.0
    columns: list[float | None] = [None] * count
    for point in points:
        columns[min(count - 1, int((point.at_s - start) / step))] = point.number
    held: float | None = None
    for index, number in enumerate(columns):
        held = held if number is None else number
        columns[index] = held
    return columns


def _braille(heights: Sequence[int | None], width: int, height: int) -> tuple[str, ...]:
    cells = [[0] * width for _ in range(height)]
    before: int | None = None
    for column, at in enumerate(heights):
        if at is None:
            continue
        low, high = (at, at) if before is None else (min(at, before), max(at, before))
        for level in range(low, high + 1):
            row, dot = divmod(height * 4 - 1 - level, 4)
            cells[row][column // 2] |= _DOTS[column % 2][dot]
        before = at
    return tuple("".join(chr(_BRAILLE + cell) if cell else " " for cell in row) for row in cells)


def _blocks(heights: Sequence[int | None], width: int, height: int) -> tuple[str, ...]:
    del width
    rows: list[str] = []
    for row in range(height):
        floor = (height - 1 - row) * 8
        rows.append("".join(" " if at is None else _EIGHTHS[min(8, max(0, at + 1 - floor))] for at in heights))
    return tuple(rows)


def _ascii(heights: Sequence[int | None], width: int, height: int) -> tuple[str, ...]:
    del width
    return tuple("".join("*" if at == height - 1 - row else " " for at in heights) for row in range(height))
