"""Tile geometry: even, inside, apart."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videowall.layout import GAP, arrange, fit
from videowall.picture import Rect
from videowall.plan import Canvas, Layout

COUNTS = {
    Layout.GRID_1: (0, 1),
    Layout.GRID_4: (0, 4),
    Layout.GRID_9: (0, 9),
    Layout.GRID_12: (0, 12),
    Layout.GRID_16: (0, 16),
    Layout.GRID_25: (0, 25),
    Layout.GRID_36: (0, 36),
    Layout.GRID_64: (0, 64),
    Layout.SPOT_5: (1, 5),
    Layout.SPOT_7: (1, 7),
    Layout.SPOT_12: (1, 12),
}
CANVASES = [Canvas(), Canvas(1280, 720), Canvas(3840, 2160), Canvas(1366, 768), Canvas(1080, 1920), Canvas(322, 182)]


def apart(one: Rect, other: Rect) -> bool:
    across = one.right + 2 * GAP <= other.x or other.right + 2 * GAP <= one.x
    return across or one.bottom + 2 * GAP <= other.y or other.bottom + 2 * GAP <= one.y


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("canvas", CANVASES, ids=lambda canvas: f"{canvas.width}x{canvas.height}")
def test_tiles_are_even_inside_the_canvas_and_apart(layout: Layout, canvas: Canvas) -> None:
    spot, tiles = arrange(layout, canvas)
    rects = (*((spot,) if spot else ()), *tiles)
    assert (len(rects) - len(tiles), len(tiles)) == COUNTS[layout]
    for rect in rects:
        assert all(number % 2 == 0 for number in rect)
        assert rect.x >= GAP
        assert rect.y >= GAP
        assert rect.right <= canvas.width - GAP
        assert rect.bottom <= canvas.height - GAP
        assert rect.width > 0
        assert rect.height > 0
    assert all(apart(one, other) for one, other in itertools.combinations(rects, 2))


def test_the_spot_of_the_first_layout_is_four_small_tiles() -> None:
    spot, tiles = arrange(Layout.SPOT_12, Canvas())
    assert spot == Rect(2, 2, 956, 536)
    assert tiles[0] == Rect(962, 2, 476, 266)
    assert len({(tile.width, tile.height) for tile in tiles}) == 1


@given(
    width=st.integers(1, 4096),
    height=st.integers(1, 4096),
    tile_width=st.integers(8, 900),
    tile_height=st.integers(8, 900),
)
def test_a_picture_fits_its_tile_evenly(width: int, height: int, tile_width: int, tile_height: int) -> None:
    tile = Rect(4, 6, tile_width * 2, tile_height * 2)
    rect = fit(tile, width, height)
    assert all(number % 2 == 0 for number in rect)
    assert rect.width >= 2
    assert rect.height >= 2
    assert rect.x >= tile.x
    assert rect.y >= tile.y
    assert rect.right <= tile.right
    assert rect.bottom <= tile.bottom


def test_proportions_are_kept_and_near_ones_fill_the_tile() -> None:
    tile = Rect(0, 0, 476, 266)
    assert fit(tile, 640, 360) == tile
    assert fit(tile, 640, 480) == Rect(60, 0, 354, 266)
    assert fit(tile, 1280, 360) == Rect(0, 66, 476, 134)
