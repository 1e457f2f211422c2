"""A real stream of a camera that sees: its light changes and somebody comes into view while FFmpeg watches."""

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from sensors.model import StreamRole
from sensors.stamp import Stamp, read
from simulators.cameras.camera import Camera
from simulators.cameras.drawing.bodies import Body, Place
from simulators.cameras.drawing.film import FPS, LOOP_FRAMES, Appearance, Shot
from simulators.cameras.formats import Format
from simulators.cameras.vocabulary import Air, Lighting, Shape, Terrain, View
from tests.support.camera_stand import Stand, camera_key
from tests.support.rtsp_clients import opened

pytestmark = pytest.mark.alone

_FORMAT = Format(320, 180, 200_000, fps=5, key_every=5)
_MOST_PICTURES = 300
_TRUCK: Appearance = (Body(Shape.TRUCK, (230, 230, 230)), Place(0.0, 9.0, 1.6, 0.0))
Luma = npt.NDArray[np.uint8]


class _Scripted:
    """What a test wants to be seen."""

    def __init__(self) -> None:
        self.lighting = Lighting.DAY
        self.present: tuple[Appearance, ...] = ()

    def scene(self) -> tuple[Lighting, Air]:
        return self.lighting, Air.CLEAR

    def is_entered(self, from_s: float, to_s: float) -> bool:
        del from_s, to_s
        return bool(self.present)

    def appearances(self, in_s: float) -> tuple[Appearance, ...]:
        del in_s
        return self.present


@pytest.fixture
def sight() -> _Scripted:
    return _Scripted()


@pytest.fixture
def stand(sight: _Scripted) -> Iterator[Stand]:
    shot = Shot(5, View.YARD, Terrain.PLAIN, 1, Lighting.DAY, 0, 0)
    camera = Camera(camera_key("cam-1"), shot, formats={StreamRole.SUB: _FORMAT}, sight=sight)
    with Stand([camera]) as stand:
        stand.draw_all({})
        yield stand


def _pictures(stand: Stand) -> Iterator[Luma]:
    with opened(stand.url("cam-1")) as container:
        for count, frame in enumerate(container.decode(video=0)):
            assert count < _MOST_PICTURES, "what was waited for never came"
            yield np.asarray(frame.to_ndarray(format="gray"), np.uint8)


def _number(luma: Luma) -> int:
    height, width = luma.shape
    found = read(lambda x, y: float(luma[int(y * height), int(x * width)]))
    assert isinstance(found, Stamp)
    assert found.camera == 5
    return found.frame


def _middle(luma: Luma) -> float:
    """How bright it is where a lorry would stand."""
    height, width = luma.shape
    return float(luma[height // 2 : height * 3 // 4, width // 3 : width * 2 // 3].mean())


def test_who_comes_into_view_is_shown_and_goes_again_in_one_stream_without_a_jump(
    stand: Stand, sight: _Scripted
) -> None:
    numbers: list[int] = []
    usual, stages = 0.0, ["alone", "there", "gone"]
    for luma in _pictures(stand):
        numbers.append(_number(luma))
        if stages[0] == "alone":
            usual, sight.present = _middle(luma), (_TRUCK,)
            stages.pop(0)
        elif stages[0] == "there" and _middle(luma) > usual + 25:
            sight.present = ()
            stages.pop(0)
        elif stages[0] == "gone" and abs(_middle(luma) - usual) < 12:
            break
    steps = {(after - before) % LOOP_FRAMES for before, after in itertools.pairwise(numbers)}
    assert steps == {FPS // _FORMAT.fps}


def test_another_light_comes_on_in_one_stream_once_it_is_drawn(stand: Stand, sight: _Scripted) -> None:
    numbers: list[int] = []
    for luma in _pictures(stand):
        numbers.append(_number(luma))
        if sight.lighting is Lighting.DAY:
            by_day, sight.lighting = luma.mean(), Lighting.LAMPS
        elif luma.mean() < by_day / 2:
            break
    steps = {(after - before) % LOOP_FRAMES for before, after in itertools.pairwise(numbers)}
    assert steps == {FPS // _FORMAT.fps}
