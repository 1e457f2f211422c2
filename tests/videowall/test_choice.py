"""Which stream a tile gets, and which a still."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from sensors.catalog import PictureState
from sensors.clock import ManualClock
from sensors.model import Stream, StreamRole
from tests.support.border_wall import key
from tests.support.single_picture import jpeg_unit
from videowall.capture.channel import Channel
from videowall.capture.choice import choose, choose_for_still
from videowall.capture.rtsp.stream import CameraStream
from videowall.picture import Rect

MAIN = Stream(StreamRole.MAIN, "rtsp://camera/main", "h264", 1280, 720)
SUB = Stream(StreamRole.SUB, "rtsp://camera/sub", "h264", 640, 360)
BOTH = (MAIN, SUB)


def test_the_smallest_stream_at_least_as_large_as_the_tile() -> None:
    assert choose(BOTH, Rect(0, 0, 476, 266), None) is SUB
    assert choose(BOTH, Rect(0, 0, 956, 536), None) is MAIN
    assert choose(BOTH, Rect(0, 0, 1920, 1080), None) is MAIN


def test_hysteresis_keeps_what_runs() -> None:
    slightly_larger = Rect(0, 0, 680, 382)
    assert choose(BOTH, slightly_larger, None) is MAIN
    assert choose(BOTH, slightly_larger, StreamRole.SUB) is SUB
    barely_smaller = Rect(0, 0, 600, 338)
    assert choose(BOTH, barely_smaller, None) is SUB
    assert choose(BOTH, barely_smaller, StreamRole.MAIN) is MAIN
    assert choose(BOTH, Rect(0, 0, 476, 266), StreamRole.MAIN) is SUB


def test_unknown_sizes_are_assumed_and_other_roles_ignored() -> None:
    unknown = Stream(StreamRole.SUB, "rtsp://camera/sub")
    assert choose((MAIN, unknown), Rect(0, 0, 400, 224), None) is unknown
    assert choose((Stream(StreamRole.WALL, "http://wall/"),), Rect(0, 0, 400, 224), None) is None
    assert choose((), Rect(0, 0, 400, 224), None) is None


class Camera:
    """A camera whose main stream and small one run, and bring what they are told to."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.main, self.sub = (self._open(role) for role in (StreamRole.MAIN, StreamRole.SUB))

    def _open(self, role: StreamRole) -> Channel:
        channel = Channel(key("cam-1"), role, self.clock, lambda _: None)
        channel.stream = cast(
            "CameraStream", SimpleNamespace(failure=None, last_packet_s=None, lateness=SimpleNamespace(late_s=0.0))
        )
        channel.begin_session("mjpeg", b"")
        return channel

    def bring(self, channel: Channel) -> None:
        unit = jpeg_unit(*((1280, 720) if channel is self.main else (640, 360)))
        channel.feed(msgspec.structs.replace(unit, arrival_s=self.clock.monotonic_s()))
        channel.work()

    def fail(self, channel: Channel) -> None:
        assert channel.stream is not None
        channel.stream.failure = PictureState.NO_FREE_SESSION

    def still_of(self) -> Channel | None:
        return choose_for_still((self.main, self.sub), 30.0)


@pytest.fixture
def camera() -> Camera:
    return Camera()


def test_a_still_is_of_the_largest_stream_that_shows_a_picture(camera: Camera) -> None:
    assert camera.still_of() is None
    camera.bring(camera.sub)
    assert camera.still_of() is camera.sub
    camera.bring(camera.main)
    assert camera.still_of() is camera.main


def test_a_still_is_not_of_a_larger_stream_that_has_failed(camera: Camera) -> None:
    camera.bring(camera.main)
    camera.fail(camera.main)
    camera.clock.advance(1.0)
    camera.bring(camera.sub)
    assert camera.still_of() is camera.sub
    camera.clock.advance(1.0)
    camera.fail(camera.sub)
    assert camera.still_of() is camera.sub


def test_a_still_is_of_no_picture_that_a_tile_would_not_show_any_more(camera: Camera) -> None:
    camera.bring(camera.main)
    camera.fail(camera.main)
    camera.clock.advance(29.0)
    assert camera.still_of() is camera.main
    camera.clock.advance(2.0)
    assert camera.still_of() is None
    camera.bring(camera.sub)
    assert camera.still_of() is camera.sub
