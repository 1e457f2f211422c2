"""Planes: scaled in place, without a copy, and blended."""

from collections.abc import Iterator
from typing import cast

import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from tests.support.single_picture import frame_of, unit_of
from videowall.captions.palette import rgb
from videowall.captions.sheet import Sheet, blend, dim, fill
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.composing.canvas import CanvasBuffer
from videowall.decoding.decoder import Decoder
from videowall.picture import (
    GREY_CHROMA,
    Planes,
    Rect,
    allocate,
    crop,
    encode_jpeg,
    planes_of,
    prepare_opencv,
    scale,
    to_bgr,
)
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


FULL_LEVELS = np.tile(np.repeat(np.array([0, 8, 16, 128, 235, 248, 255, 255], np.uint8), 40), (180, 1))
LIMITED_LEVELS = [16, 23, 30, 126, 218, 229, 235, 235]
"""The same, where black is 16 and white 235."""


def levels_in(planes: Planes) -> list[int]:
    return [int(planes.y[90, 40 * step + 20]) for step in range(8)]


@pytest.mark.parametrize("range_", [ColorRange.UNSPECIFIED, ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize(
    "form",
    ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "nv12", "gray", "gray10le", "yuvj420p", "yuvj422p"],
)
def test_every_format_comes_out_in_limited_range_and_what_is_there_already_stays(form: str, range_: ColorRange) -> None:
    is_full = range_ is ColorRange.JPEG or form.startswith("yuvj")
    planes = planes_of(frame_of(FULL_LEVELS, form, range_))
    meant = LIMITED_LEVELS if is_full else [int(level) for level in FULL_LEVELS[0, 20::40]]
    assert levels_in(planes) == pytest.approx(meant, abs=1)
    assert all(np.abs(plane.astype(int) - GREY_CHROMA).max() <= 1 for plane in (planes.u, planes.v))


@pytest.mark.parametrize(("level", "meant"), [(0, 16), (64, 72), (128, 128), (192, 184), (255, 240)])
def test_colours_of_a_full_range_are_brought_nearer_to_grey(level: int, meant: int) -> None:
    frame = frame_of(FULL_LEVELS, "yuvj420p", ColorRange.JPEG)
    for plane in frame.planes[1:]:
        plane.update(bytes([level]) * plane.buffer_size)
    planes = planes_of(frame)
    assert {int(value) for plane in (planes.u, planes.v) for value in np.unique(plane)} == {meant}


def test_a_picture_in_limited_range_is_not_copied() -> None:
    frame = frame_of(FULL_LEVELS)
    assert np.shares_memory(planes_of(frame).y, np.frombuffer(cast("bytes", frame.planes[0]), np.uint8))


@pytest.mark.parametrize(
    ("encoder", "codec", "form"),
    [("mjpeg", "mjpeg", "yuvj420p"), ("libx264", "h264", "yuv420p"), ("libx264", "h264", "yuv422p10le")]
    + [("libx265", "hevc", form) for form in ("yuv420p", "yuv420p10le")],
)
def test_shadows_and_highlights_of_a_full_range_camera_are_seen(encoder: str, codec: str, form: str) -> None:
    planes = Decoder(codec).decode(unit_of(encoder, frame_of(FULL_LEVELS, form, ColorRange.JPEG)))
    assert planes is not None
    assert levels_in(planes) == pytest.approx(LIMITED_LEVELS, abs=2)
    seen = to_bgr(planes)[90, 20::40].mean(axis=1)
    assert seen == pytest.approx([0, 8, 16, 128, 235, 248, 255, 255], abs=3)


@pytest.mark.parametrize(("encoder", "codec", "form"), [("libx264", "h264", "gray"), ("libx265", "hevc", "gray")])
def test_a_grey_camera_in_limited_range_is_shown_as_it_is(encoder: str, codec: str, form: str) -> None:
    limited = np.clip(FULL_LEVELS, 16, 235)
    planes = Decoder(codec).decode(unit_of(encoder, frame_of(limited, form)))
    assert planes is not None
    assert levels_in(planes) == pytest.approx([int(level) for level in limited[0, 20::40]], abs=2)


def test_a_jpeg_is_no_wider_than_asked() -> None:
    data = np.frombuffer(encode_jpeg(allocate(640, 360), 80, 320), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (180, 320, 3)
