"""Where tiles lie on a canvas. Pure geometry: even pixels, nothing overlaps, nothing sticks out."""

from typing import NamedTuple

from videowall.picture import Rect
from videowall.plan import FREE, Canvas, Place, spots_of

GAP = 2
"""Pixels left free on every side of a tile, so that neighbours are kept apart by twice as many."""
_STRETCH = 0.03
"""A picture whose proportions differ less than this from its tile's fills it, rather than leave slivers."""

_CELLS: dict[str, tuple[int, int, int]] = {"1+5": (3, 3, 2), "1+7": (4, 4, 3), "1+12": (4, 4, 2), "2+8": (4, 4, 2)}
"""Columns, rows, and how many cells a spot has each way, for the layouts with spots; these lie at the top, abreast."""


class Arrangement(NamedTuple):
    """The rectangles of a layout: the spots', when it has any, and the small tiles' in reading order."""

    spots: tuple[Rect, ...]
    tiles: tuple[Rect, ...]


def arrange(layout: str, canvas: Canvas, places: tuple[Place, ...] = ()) -> Arrangement:
    """The rectangles of a layout on a canvas, the gaps taken off."""
    if layout == FREE:
        spots = tuple(_free(canvas, place) for place in places if place.spot)
        return Arrangement(spots, tuple(_free(canvas, place) for place in places if not place.spot))
    columns, rows, size = _CELLS.get(layout) or (*(int(part) for part in layout.split("x")), 0)
    across = size * spots_of(layout)
    spots = tuple(_cell(canvas, columns, rows, left, 0, size) for left in range(0, across, size or 1))
    tiles = tuple(
        _cell(canvas, columns, rows, column, row, 1)
        for row in range(rows)
        for column in range(columns)
        if not (column < across and row < size)
    )
    return Arrangement(spots, tiles)


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


def cut(width: int, height: int, across: int, down: int) -> Rect:
    """The largest even rectangle of the proportions `across` to `down` in the middle of a picture."""
    if width * down > across * height:
        inner = max(2, round(height * across / down) & ~1)
        return Rect((width - inner) // 4 * 2, 0, inner, height & ~1)
    inner = max(2, round(width * down / across) & ~1)
    return Rect(0, (height - inner) // 4 * 2, width & ~1, inner)


def overlap(one: Rect, other: Rect) -> Rect:
    """What two rectangles have in common; of no size where that is nothing."""
    x, y = max(one.x, other.x), max(one.y, other.y)
    return Rect(x, y, max(0, min(one.right, other.right) - x), max(0, min(one.bottom, other.bottom) - y))


def widened(tile: Rect) -> Rect:
    """A tile with the gap around it that is its own."""
    return Rect(tile.x - GAP, tile.y - GAP, tile.width + 2 * GAP, tile.height + 2 * GAP)


def _cell(canvas: Canvas, columns: int, rows: int, column: int, row: int, size: int) -> Rect:
    left, right = _edge(canvas.width, columns, column), _edge(canvas.width, columns, column + size)
    top, bottom = _edge(canvas.height, rows, row), _edge(canvas.height, rows, row + size)
    return Rect(left + GAP, top + GAP, right - left - 2 * GAP, bottom - top - 2 * GAP)


def _free(canvas: Canvas, place: Place) -> Rect:
    left, right = (int(edge * canvas.width / 2) * 2 for edge in (place.x, place.x + place.width))
    top, bottom = (int(edge * canvas.height / 2) * 2 for edge in (place.y, place.y + place.height))
    return Rect(left + GAP, top + GAP, right - left - 2 * GAP, bottom - top - 2 * GAP)


def _edge(length: int, parts: int, index: int) -> int:
    """An even boundary: the same for both tiles that share it."""
    return length * index // (2 * parts) * 2
