from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.stamp import MAX_NUMBER, Stamp, blocks, read

NUMBERS = st.integers(0, MAX_NUMBER)
STAMPS = st.builds(Stamp, NUMBERS, NUMBERS).filter(lambda stamp: stamp != Stamp(MAX_NUMBER, MAX_NUMBER))


def drawn(stamp: Stamp, black: float = 16, white: float = 235) -> Callable[[float, float], float]:
    rectangles = blocks(stamp)

    def luma_at(x: float, y: float) -> float:
        for block in rectangles:
            if block.left <= x < block.left + block.width and block.top <= y < block.top + block.height:
                return white if block.white else black
        return 128

    return luma_at


@given(STAMPS)
def test_a_stamp_comes_back_as_it_was_drawn(stamp: Stamp) -> None:
    assert read(drawn(stamp)) == stamp


@given(STAMPS, STAMPS)
def test_two_stamps_blended_into_one_are_not_read_as_a_third(first: Stamp, second: Stamp) -> None:
    one, other = drawn(first), drawn(second)
    assert read(lambda x, y: (one(x, y) + other(x, y)) / 2) in (None, first if first == second else None)


@given(STAMPS, st.integers(0, 2), st.integers(0, 11))
def test_one_wrong_block_is_noticed(stamp: Stamp, row: int, column: int) -> None:
    honest = drawn(stamp)
    block = blocks(stamp)[row * 12 + column]

    def luma_at(x: float, y: float) -> float:
        inside = block.left <= x < block.left + block.width and block.top <= y < block.top + block.height
        return 251 - honest(x, y) if inside else honest(x, y)

    assert read(luma_at) is None


@pytest.mark.parametrize("level", [0, 16, 128, 235, 255])
def test_a_picture_of_one_colour_has_no_stamp(level: float) -> None:
    assert read(lambda _x, _y: level) is None


def test_a_stamp_stays_clear_of_captions_and_inside_the_picture() -> None:
    for block in blocks(Stamp(MAX_NUMBER, 0)):
        assert 0.5 < block.left < block.left + block.width <= 1.0
        assert 0.0 < block.top < block.top + block.height < 0.5


@pytest.mark.parametrize("stamp", [Stamp(-1, 0), Stamp(0, MAX_NUMBER + 1), Stamp(MAX_NUMBER, MAX_NUMBER)])
def test_numbers_that_do_not_fit_are_refused(stamp: Stamp) -> None:
    with pytest.raises(ValueError, match="stamp"):
        blocks(stamp)
