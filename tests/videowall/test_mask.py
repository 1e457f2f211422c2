"""Nothing that is masked gets out of a picture, whatever it shows there."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.fake_pictures import noise
from videowall.composing.mask import Burner, outline
from videowall.picture import Planes, allocate
from videowall.plan import Mask

share = st.floats(0, 1, allow_nan=False)
masks = st.lists(st.tuples(share, share), min_size=3, max_size=16).map(lambda corners: Mask(tuple(corners)))
SQUARE = Mask(((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)))
SLIVER = Mask(((0.0, 1.0), (1.0, 0.0), (0.9921875, 0.0)))
STAR = Mask(((0.5, 0.0), (0.79, 0.9), (0.02, 0.35), (0.98, 0.35), (0.21, 0.9)))


def is_inside(mask: Mask, x: float, y: float) -> bool:
    """By counting crossings of a ray: the even-odd rule, by other means than the product's."""
    crossings = False
    corners = mask.corners
    for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            crossings = not crossings
    return crossings


@settings(max_examples=60, deadline=None)
@given(hidden=st.lists(masks, min_size=1, max_size=3), size=st.sampled_from([(64, 36), (65, 37), (40, 90)]))
@example(hidden=[STAR], size=(64, 36))
@example(hidden=[SLIVER], size=(40, 90))
def test_two_pictures_that_differ_where_it_is_masked_come_out_the_same(
    hidden: list[Mask], size: tuple[int, int]
) -> None:
    width, height = size
    one, other = noise(width, height, 1), noise(width, height, 2)
    for row in range(height):
        for column in range(width):
            if not any(is_inside(mask, (column + 0.5) / width, (row + 0.5) / height) for mask in hidden):
                other.y[row, column] = one.y[row, column]
    seen = np.zeros((height + height % 2, width + width % 2), bool)
    for row in range(height):
        for column in range(width):
            seen[row, column] = any(is_inside(mask, (column + 0.5) / width, (row + 0.5) / height) for mask in hidden)
    coloured = seen.reshape(seen.shape[0] // 2, 2, seen.shape[1] // 2, 2).any(axis=(1, 3))
    for mine, theirs in ((one.u, other.u), (one.v, other.v)):
        theirs[~coloured] = mine[~coloured]
    burner = Burner(tuple(hidden))
    for mine, theirs in zip(burner.burn(one), burner.burn(other), strict=True):
        assert np.array_equal(mine, theirs)


def test_what_is_not_masked_stays_and_the_decoders_memory_is_not_written_to() -> None:
    picture = noise(640, 360, 3)
    before = Planes(*(plane.copy() for plane in picture))
    burnt = Burner((SQUARE,)).burn(picture)
    assert all(np.array_equal(plane, kept) for plane, kept in zip(picture, before, strict=True))
    assert np.array_equal(burnt.y[:80], picture.y[:80])
    assert np.array_equal(burnt.u[:, :70], picture.u[:, :70])
    assert len(np.unique(burnt.y[95:265, 165:475])) == 1
    assert Burner().burn(picture) is picture


def test_a_picture_of_another_size_is_masked_at_its_own() -> None:
    burner = Burner((SQUARE,))
    burner.burn(allocate(64, 36))
    assert len(np.unique(burner.burn(noise(640, 360, 4)).y[95:265, 165:475])) == 1


def test_all_that_a_polygon_goes_round_belongs_to_it() -> None:
    hidden = outline(STAR, 200, 200)
    assert hidden[90, 100] == 255
    assert hidden[4, 4] == 0
