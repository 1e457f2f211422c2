"""A tile on the canvas: the picture where it may be, the words where they belong, and nothing that adds up."""

import msgspec
import numpy as np
import pytest

from sensors.catalog import PictureState
from sensors.model import Priority
from tests.support.fake_pictures import noise
from videowall.captions.attention import Edge
from videowall.captions.caption import draw_tile
from videowall.captions.face import AlarmFace, Mark, TileFace, Tone
from videowall.captions.palette import CANVAS, EMPTY, PRIORITIES
from videowall.captions.sheet import fill
from videowall.composing.canvas import CanvasBuffer
from videowall.composing.layout import fit
from videowall.composing.placement import Placement
from videowall.composing.slot import TilePicture
from videowall.picture import Plane, Rect
from videowall.plan import Canvas

TILE = Rect(482, 272, 476, 266)
LIVE = TileFace(PictureState.LIVE, "Въезд", "Кордай", "", blank=False, clock="12:00:00")
ALARM = AlarmFace(Priority.HIGH, "Движение", "с 12:00:00", "Проверить", "")
FACES = {
    "live": LIVE,
    "alarmed": msgspec.structs.replace(LIVE, edge=Edge(Priority.CRITICAL, calm=False)),
    "spot": msgspec.structs.replace(LIVE, alarm=ALARM, edge=Edge(Priority.HIGH, calm=True)),
    "late": msgspec.structs.replace(LIVE, state=PictureState.DELAYED, trouble="Задержка · 2 с"),
    "blurred": msgspec.structs.replace(LIVE, state=PictureState.BLURRED, trouble="Кадр не в фокусе · 9 с"),
    "exercise": msgspec.structs.replace(LIVE, marks=(Mark("УЧЕНИЕ", Tone.EXERCISE),)),
    "blank": msgspec.structs.replace(LIVE, state=PictureState.REFUSED, trouble="Камера отказала", blank=True),
}
SHAPES = {"wide": (640, 360), "narrow": (480, 480), "flat": (1280, 300)}


def picture(width: int, height: int, seed: int = 1) -> TilePicture:
    rect = fit(TILE, width, height)
    return TilePicture(noise(rect.width, rect.height, seed), rect, 0.0)


def drawn(face: TileFace, pictures: list[TilePicture]) -> Plane:
    buffer = CanvasBuffer(Canvas())
    fill(buffer.planes, buffer.rect, CANVAS)
    placement = Placement(buffer.planes, TILE, draw_tile(TILE, face, 1.0), pictures[0].rect)
    placement.begin(pictures[0])
    for each in pictures[1:]:
        placement.renew(each)
    return buffer.i420


@pytest.mark.parametrize("face", FACES.values(), ids=FACES)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_tile_looks_the_same_however_many_pictures_came_before(face: TileFace, shape: tuple[int, int]) -> None:
    newest = picture(*shape, seed=9)
    before = [picture(*shape, seed=seed) for seed in range(5)]
    assert np.array_equal(drawn(face, [*before, newest]), drawn(face, [newest]))


@pytest.mark.parametrize("face", FACES.values(), ids=FACES)
def test_nothing_is_drawn_beyond_the_tile_and_its_gap(face: TileFace) -> None:
    luma = drawn(face, [picture(640, 360)])[:1080].copy()
    luma[TILE.y - 2 : TILE.bottom + 2, TILE.x - 2 : TILE.right + 2] = CANVAS.y
    assert (luma == CANVAS.y).all()


def test_a_live_picture_is_shown_as_it_is_and_a_late_one_is_dimmed() -> None:
    shown = picture(640, 360)
    middle = np.s_[TILE.y + 40 : TILE.y + 90, TILE.x + 40 : TILE.x + 400]
    source = shown.planes.y[40:90, 40:400]
    assert np.array_equal(drawn(FACES["live"], [shown])[middle], source)
    assert np.array_equal(drawn(FACES["blurred"], [shown])[middle], source)
    assert int(drawn(FACES["late"], [shown])[middle].max()) < 110


def test_a_picture_that_is_no_help_any_more_is_taken_off() -> None:
    luma = drawn(FACES["blank"], [picture(640, 360)])
    assert (luma[TILE.y + 4 : TILE.y + 60, TILE.x + 4 : TILE.right - 4] == EMPTY.y).all()


def test_a_border_has_its_alarms_colour_all_round() -> None:
    luma = drawn(FACES["alarmed"], [picture(640, 360)])
    level = PRIORITIES[Priority.CRITICAL].y
    for row, column in ((TILE.y, 700), (TILE.bottom - 1, 700), (400, TILE.x), (400, TILE.right - 1), (TILE.y - 2, 700)):
        assert int(luma[row, column]) == level
    assert int(luma[TILE.y + 40, TILE.x + 40]) >= 90
