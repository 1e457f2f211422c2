"""Tile geometry: even, inside, apart."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videowall.composing.layout import GAP, arrange, fit
from videowall.picture import Rect
from videowall.plan import Canvas, Place, small_tiles_of, spots_of

GRIDS = [f"{columns}x{rows}" for columns in range(1, 9) for rows in range(1, 9)]
WITH_SPOTS = {"1+5": (1, 5), "1+7": (1, 7), "1+12": (1, 12), "2+8": (2, 8)}
CANVASES = [Canvas(), Canvas(1280, 720), Canvas(3840, 2160), Canvas(1366, 768), Canvas(1080, 1920), Canvas(322, 182)]


def apart(one: Rect, other: Rect) -> bool:
    across = one.right + 2 * GAP <= other.x or other.right + 2 * GAP <= one.x
    return across or one.bottom + 2 * GAP <= other.y or other.bottom + 2 * GAP <= one.y


@pytest.mark.parametrize("layout", [*GRIDS, *WITH_SPOTS])
@pytest.mark.parametrize("canvas", CANVASES, ids=lambda canvas: f"{canvas.width}x{canvas.height}")
def test_tiles_are_even_inside_the_canvas_and_apart(layout: str, canvas: Canvas) -> None:
    spots, tiles = arrange(layout, canvas)
    rects = (*spots, *tiles)
    assert (len(spots), len(tiles)) == (spots_of(layout), small_tiles_of(layout))
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
    (spot,), tiles = arrange("1+12", Canvas())
    assert spot == Rect(2, 2, 956, 536)
    assert tiles[0] == Rect(962, 2, 476, 266)
    assert len({(tile.width, tile.height) for tile in tiles}) == 1


def test_layouts_have_the_tiles_that_their_names_say() -> None:
    assert {layout: (spots_of(layout), small_tiles_of(layout)) for layout in WITH_SPOTS} == WITH_SPOTS
    assert [small_tiles_of(layout) for layout in ("1x1", "4x3", "8x8")] == [1, 12, 64]


def test_a_free_layout_lies_where_its_places_say() -> None:
    places = (Place(0, 0, 0.75, 1, spot=True), Place(0.75, 0, 0.25, 0.5), Place(0.75, 0.5, 0.25, 0.5))
    spots, tiles = arrange("free", Canvas(), places)
    assert spots == (Rect(2, 2, 1436, 1076),)
    assert tiles == (Rect(1442, 2, 476, 536), Rect(1442, 542, 476, 536))
    assert (spots_of("free", places), small_tiles_of("free", places)) == (1, 2)


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
