"""What a blemish does to a picture, in figures that anybody can measure; the stamp stays readable."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from sensors.stamp import Stamp, read
from simulators.cameras.drawing.film import Film, Shot
from simulators.cameras.vocabulary import Blemish, Lighting, Terrain, View


def _drawn(blemish: Blemish, index: int = 30, lighting: Lighting = Lighting.DAY) -> npt.NDArray[np.uint8]:
    shot = Shot(9, View.GATE, Terrain.MOUNTAINS, 0, lighting, 640, 360, blemish)
    return Film(shot).draw(index)[:360].copy()


def _detail(luma: npt.NDArray[np.uint8]) -> float:
    """The strongest twentieth of edges, away from the stamp and small enough for sensor noise to average out."""
    small = cv2.resize(luma[120:], (320, 120), interpolation=cv2.INTER_AREA)
    return float(np.quantile(np.abs(cv2.Laplacian(small, cv2.CV_32F)), 0.95))


@pytest.mark.parametrize("blemish", list(Blemish))
def test_the_stamp_stays_readable_under_every_blemish(blemish: Blemish) -> None:
    luma = _drawn(blemish, 77)
    assert read(lambda x, y: float(luma[int(y * 360), int(x * 640)])) == Stamp(9, 77)


@pytest.mark.parametrize("lighting", [Lighting.DAY, Lighting.LAMPS])
def test_each_blemish_looks_like_what_it_is_called(lighting: Lighting) -> None:
    well = _drawn(Blemish.NONE, lighting=lighting)[120:]
    black, white, blurred, covered, turned, noisy = (
        _drawn(blemish, lighting=lighting) for blemish in Blemish if blemish is not Blemish.NONE
    )
    assert black[120:].mean() < 25
    assert white[120:].mean() > 200
    assert _detail(blurred) < 0.5 * _detail(_drawn(Blemish.NONE, lighting=lighting))
    assert abs(blurred[120:].mean() - well.mean()) < 4
    assert covered[120:].std() < 12
    assert 30 < covered[120:].mean() < 100
    assert np.abs(turned[120:].astype(float) - well).mean() > 10
    assert abs(turned[120:].std() - well.std()) < 0.5 * well.std()
    assert cv2.GaussianBlur(noisy[120:], (0, 0), 4).std() < 1.2 * well.std()
    assert np.abs(noisy[120:].astype(float) - cv2.GaussianBlur(noisy[120:], (0, 0), 4)).mean() > 20


def test_a_blemished_picture_still_lives() -> None:
    for blemish in Blemish:
        film = Film(Shot(9, View.GATE, Terrain.MOUNTAINS, 0, Lighting.DAY, 640, 360, blemish))
        first = film.draw(10).copy()
        assert not np.array_equal(first[200:300], film.draw(11)[200:300])
