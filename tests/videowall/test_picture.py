"""Planes: scaled in place, without a copy, and blended."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from videowall.captions.palette import rgb
from videowall.captions.sheet import Sheet, blend, dim, fill
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.composing.canvas import CanvasBuffer
from videowall.decoding.decoder import Decoder
from videowall.picture import Planes, Rect, allocate, crop, encode_jpeg, prepare_opencv, scale
from videowall.plan import Canvas


def test_opencv_writes_into_a_view_of_the_canvas_and_nowhere_else() -> None:
    canvas = np.zeros((200, 300), np.uint8)
    view = canvas[20:120, 40:240]
    source = np.full((400, 800), 200, np.uint8)
    assert cv2.resize(source, (200, 100), dst=view, interpolation=cv2.INTER_LINEAR) is view
    assert cv2.resize(source[:200, :400], (200, 100), dst=view, interpolation=cv2.INTER_AREA) is view
    assert cv2.multiply(view, view, dst=view, scale=1 / 255) is view
    assert cv2.add(view, view, dst=view) is view
    assert cv2.convertScaleAbs(view, dst=view, alpha=0.5, beta=1) is view
    assert canvas.sum(dtype=np.int64) == view.sum(dtype=np.int64) > 0


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (476, 266), (1920, 1080), (352, 288), (2, 2), (15, 9)])
def test_any_picture_fills_its_tile_in_place(size: tuple[int, int]) -> None:
    width, height = size
    chroma = np.full(((height + 1) // 2, (width + 1) // 2), 90, np.uint8)
    canvas = CanvasBuffer(Canvas())
    target = crop(canvas.planes, Rect(962, 2, 476, 266))
    scale(Planes(np.full((height, width), 180, np.uint8), chroma, chroma), target)
    assert [int(plane.min()) for plane in target] == [180, 90, 90]
    assert [int(plane.max()) for plane in target] == [180, 90, 90]
    assert np.count_nonzero(canvas.planes.y) == 476 * 266


def test_halving_keeps_detail_that_a_plain_linear_filter_loses() -> None:
    stripes = np.zeros((720, 1280), np.uint8)
    stripes[:, ::4] = 255
    grey = np.full((360, 640), 128, np.uint8)
    target = allocate(320, 180)
    scale(Planes(stripes, grey, grey), target)
    assert int(target.y.max()) - int(target.y.min()) <= 2


@pytest.fixture
def prepared() -> Iterator[None]:
    threads, rounds_otherwise = cv2.getNumThreads(), cv2.ipp.useIPP_NotExact()
    prepare_opencv()
    yield
    cv2.setNumThreads(threads)
    cv2.ipp.setUseIPP_NotExact(rounds_otherwise)


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("size", [(1280, 720), (960, 540), (472, 266)], ids=["two thirds", "half", "no simple ratio"])
def test_scaling_down_keeps_to_what_averages_of_areas_or_a_linear_filter_give(size: tuple[int, int]) -> None:
    chance = np.random.default_rng(1)
    picture = cv2.GaussianBlur(chance.integers(0, 255, (1080, 1920), np.uint8), (9, 9), 2).astype(np.uint8)
    source = Planes(picture, *(cv2.resize(picture, (960, 540)).astype(np.uint8) for _ in range(2)))
    target = allocate(*size)
    scale(source, target)
    before, way = picture, cv2.INTER_AREA
    if size == (472, 266):
        way = cv2.INTER_LINEAR
        for half in ((960, 540), (480, 270)):
            before = cv2.resize(before, half, interpolation=cv2.INTER_AREA).astype(np.uint8)
    cv2.ipp.setUseIPP_NotExact(False)
    assert cv2.absdiff(target.y, cv2.resize(before, size, interpolation=way).astype(np.uint8)).max() <= 1


def test_a_sheet_covers_what_it_should_and_a_dimmed_picture_loses_its_colour() -> None:
    canvas = allocate(64, 32)
    fill(canvas, Rect(0, 0, 64, 32), rgb(0xFF0000))
    sheet = Sheet(Rect(0, 16, 64, 16))
    sheet.panel(Rect(0, 0, 64, 16), rgb(0x000000), 0.5)
    blend(canvas, sheet.finish())
    assert int(canvas.y[0, 0]) == rgb(0xFF0000).y
    assert int(canvas.y[20, 20]) == pytest.approx((rgb(0xFF0000).y + 16) / 2, abs=2)
    target = allocate(64, 32)
    dim(canvas, target)
    assert int(target.y[0, 0]) < int(canvas.y[0, 0])
    assert abs(int(target.v[0, 0]) - 128) < abs(int(canvas.v[0, 0]) - 128) / 3


def test_white_text_stays_white_when_its_patch_is_laid_again_and_again() -> None:
    canvas = allocate(64, 32)
    sheet = Sheet(Rect(0, 0, 64, 32))
    sheet.panel(Rect(0, 0, 64, 32), rgb(0xFFFFFF), 1.0)
    for _ in range(5):
        blend(canvas, sheet.finish())
    assert int(canvas.y.min()) == int(canvas.y.max()) == 235


def test_garbage_makes_the_decoder_count_and_go_on() -> None:
    decoder = Decoder("h264")
    chance = np.random.default_rng(5)
    for _ in range(50):
        data = b"\0\0\0\1" + bytes([chance.choice([0x65, 0x67, 0x68, 0x41])]) + chance.bytes(200)
        decoder.decode(AccessUnit(data, True, False, 0, 0.0))
    assert decoder.errors_total > 0


def test_a_jpeg_is_no_wider_than_asked() -> None:
    data = np.frombuffer(encode_jpeg(allocate(640, 360), 80, 320), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (180, 320, 3)
