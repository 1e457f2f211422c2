"""Where tiles lie on a canvas. Pure geometry: even pixels, nothing overlaps, nothing sticks out."""

from typing import NamedTuple

from videowall.picture import Rect
from videowall.plan import Canvas, Layout

GAP = 2
"""Pixels left free on every side of a tile, so that neighbours are kept apart by twice as many."""
_STRETCH = 0.03
"""A picture whose proportions differ less than this from its tile's fills it, rather than leave slivers."""

_GRIDS: dict[Layout, tuple[int, int]] = {
    Layout.GRID_1: (1, 1),
    Layout.GRID_4: (2, 2),
    Layout.GRID_9: (3, 3),
    Layout.GRID_12: (4, 3),
    Layout.GRID_16: (4, 4),
    Layout.GRID_25: (5, 5),
    Layout.GRID_36: (6, 6),
    Layout.GRID_64: (8, 8),
    Layout.SPOT_5: (3, 3),
    Layout.SPOT_7: (4, 4),
    Layout.SPOT_12: (4, 4),
}
_SPOT_CELLS: dict[Layout, int] = {Layout.SPOT_5: 2, Layout.SPOT_7: 3, Layout.SPOT_12: 2}


class Arrangement(NamedTuple):
    """The rectangles of a layout: the spot's, when it has one, and the small tiles' in reading order."""

    spot: Rect | None
    tiles: tuple[Rect, ...]


def arrange(layout: Layout, canvas: Canvas) -> Arrangement:
    """The rectangles of a layout on a canvas, the gaps taken off."""
    columns, rows = _GRIDS[layout]
    cells = _SPOT_CELLS.get(layout, 0)
    spot = _cell(canvas, columns, rows, 0, 0, cells) if cells else None
    tiles = tuple(
        _cell(canvas, columns, rows, column, row, 1)
        for row in range(rows)
        for column in range(columns)
        if not (column < cells and row < cells)
    )
    return Arrangement(spot, tiles)


def fit(tile: Rect, width: int, height: int) -> Rect:
    """The largest even rectangle of a picture's proportions in the middle of a tile."""
    ratio = (tile.width * height) / (tile.height * width)
    if abs(ratio - 1) <= _STRETCH:
        return tile
    if ratio > 1:
        inner = max(2, round(tile.height * width / height) & ~1)
        return Rect(tile.x + (tile.width - inner) // 4 * 2, tile.y, inner, tile.height)
    inner = max(2, round(tile.width * height / width) & ~1)
    return Rect(tile.x, tile.y + (tile.height - inner) // 4 * 2, tile.width, inner)


def _cell(canvas: Canvas, columns: int, rows: int, column: int, row: int, size: int) -> Rect:
    left, right = _edge(canvas.width, columns, column), _edge(canvas.width, columns, column + size)
    top, bottom = _edge(canvas.height, rows, row), _edge(canvas.height, rows, row + size)
    return Rect(left + GAP, top + GAP, right - left - 2 * GAP, bottom - top - 2 * GAP)


def _edge(length: int, parts: int, index: int) -> int:
    """An even boundary: the same for both tiles that share it."""
    return length * index // (2 * parts) * 2
