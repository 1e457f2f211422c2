"""Whose fault it is that a stream's picture is late: what came whole and was not decoded in time is the wall's own."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from sensors.catalog import PictureState
from sensors.clock import ManualClock
from sensors.model import StreamRole
from tests.support.border_wall import key
from tests.support.faulty_pictures import SCENES, seconds
from videowall.capture.channel import Channel
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.capture.rtsp.stream import CameraStream
from videowall.composing.slot import Slot
from videowall.decoding.thrift import Saving, Thrift
from videowall.picture import Planes

PICTURE = next(iter(seconds(SCENES[0], 1)))
PERIOD_S = 0.04


class Decoder:
    """Gives each unit a picture with noise of its own until it `fails`, which is then no error that it could count."""

    errors_total = errors_in_row = 0

    def __init__(self) -> None:
        self.fails = False
        self.takes: Callable[[], None] = lambda: None

    def decode(self, unit: AccessUnit) -> Planes | None:
        self.takes()
        noise = np.random.default_rng(unit.rtp_timestamp).integers(0, 2, PICTURE.y.shape, np.uint8)
        return None if self.fails else PICTURE._replace(y=PICTURE.y // 2 + noise)


class Shown:
    """A slot that keeps when its pictures arrived."""

    def __init__(self) -> None:
        self.at_s: list[float] = []

    def offer(self, planes: Planes, arrival_s: float, *_: object, **__: object) -> None:
        del planes
        self.at_s.append(arrival_s)


class Camera:
    """Sends 25 pictures a second, a key picture every second, to a channel whose decoding threads have time or not."""

    def __init__(self) -> None:
        self.clock, self.decoder = ManualClock(datetime(2026, 11, 30, tzinfo=UTC)), Decoder()
        self.clock.advance(100.0)
        self.channel = Channel(
            key("cam-1"), StreamRole.SUB, self.clock, lambda _: None, open_decoder=lambda *_: self.decoder
        )
        self.stream = SimpleNamespace(failure=None, last_packet_s=None, lateness=SimpleNamespace(late_s=0.0))
        self.channel.stream = cast("CameraStream", self.stream)
        self.channel.begin_session("h264", b"")
        self.numbers = count()

    def send_alone_for(self, period_s: float) -> Iterator[PictureState]:
        """What is seen after each of its pictures: a thread that has nothing else to do decodes them in turn."""
        ends_s = self.clock.monotonic_s() + period_s
        sent_s = self.clock.monotonic_s()
        while (now_s := self.clock.monotonic_s()) < ends_s:
            while sent_s + PERIOD_S <= now_s:
                sent_s += PERIOD_S
                number, self.stream.last_packet_s = next(self.numbers), sent_s
                is_key = number % 50 == 0
                self.channel.feed(AccessUnit(b"", key=is_key, gap=False, rtp_timestamp=number, arrival_s=sent_s))
            self.channel.work()
            if self.clock.monotonic_s() == now_s:
                self.clock.advance(PERIOD_S / 4)
            yield self.channel.state

    def send(self, *, gap: bool = False) -> None:
        """A key picture, or with a `gap` one that refers to a lost one."""
        number, now_s = next(self.numbers), self.clock.monotonic_s()
        self.stream.last_packet_s = now_s
        self.channel.feed(AccessUnit(b"", key=not gap, gap=gap, rtp_timestamp=number, arrival_s=now_s))
        while self.channel.work():
            pass

    def live_for_s(self, fps: float = 0) -> float:
        """How long its last picture is called live, while its packets go on: without pictures, or so many not whole."""
        began_s = self.clock.monotonic_s()
        for hundredths in range(1, 1000):
            self.clock.advance(began_s + hundredths / 100 - self.clock.monotonic_s())
            self.stream.last_packet_s = self.clock.monotonic_s()
            if fps and hundredths % round(100 / fps) == 0:
                self.send(gap=True)
            if self.channel.state is not PictureState.LIVE:
                return hundredths / 100
        return float("inf")

    def send_for(self, period_s: float, *, decoded: bool = True, gap: bool = False, keys: bool = True) -> PictureState:
        for _ in range(round(period_s / PERIOD_S)):
            self.clock.advance(PERIOD_S)
            number, now_s = next(self.numbers), self.clock.monotonic_s()
            self.stream.last_packet_s = now_s
            is_key = keys and number % 25 == 0
            self.channel.feed(AccessUnit(b"", key=is_key, gap=gap, rtp_timestamp=number, arrival_s=now_s))
            gap = False
            while decoded and self.channel.work():
                pass
        return self.channel.state


@pytest.fixture
def camera() -> Camera:
    camera = Camera()
    assert camera.send_for(2.0) is PictureState.LIVE
    return camera


def test_a_camera_that_sends_in_time_is_not_late_when_nobody_decodes(camera: Camera) -> None:
    assert camera.send_for(0.6, decoded=False) is PictureState.LIVE
    assert camera.send_for(1.0, decoded=False) is PictureState.BEHIND
    assert camera.send_for(60.0, decoded=False) is PictureState.BEHIND
    assert camera.send_for(2.0) is PictureState.LIVE


def test_what_the_wall_does_without_is_its_own(camera: Camera) -> None:
    camera.channel.saving = Saving(Thrift.KEYS, 0.0)
    states = {camera.send_for(PERIOD_S) for _ in range(50)}
    assert states == {PictureState.LIVE, PictureState.BEHIND}


def test_a_camera_too_heavy_for_a_thread_is_behind_and_never_called_late_itself(camera: Camera) -> None:
    camera.decoder.takes = lambda: camera.clock.advance(1.5 * PERIOD_S)
    assert set(camera.send_alone_for(12.0)) == {PictureState.LIVE, PictureState.BEHIND}


def test_what_its_pictures_would_take_is_told_though_there_is_no_time_for_them(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videowall.decoding.effort.thread_time", camera.clock.monotonic_s)
    camera.decoder.takes = lambda: camera.clock.advance(1.5 * PERIOD_S)
    for share in (1.0, 0.5):
        camera.channel.saving = Saving(Thrift.PARTS, share)
        list(camera.send_alone_for(4.0))
        camera.channel.effort.need(1.0)
        began_s = camera.clock.monotonic_s()
        list(camera.send_alone_for(20.0))
        assert camera.channel.effort.need(camera.clock.monotonic_s() - began_s) == pytest.approx(1.5 * share, rel=0.1)


def test_after_a_loss_on_the_way_it_is_late(camera: Camera) -> None:
    assert camera.send_for(1.0, gap=True, keys=False) is PictureState.DELAYED
    key_in_s = PERIOD_S * (25 - next(camera.numbers) % 25)
    assert camera.send_for(key_in_s, decoded=False) is PictureState.DELAYED, "its next key picture has only just come"
    assert camera.send_for(PERIOD_S) is PictureState.LIVE


def test_a_camera_that_stops_is_late_though_the_wall_was_a_little_behind(camera: Camera) -> None:
    camera.send_for(0.2, decoded=False)
    camera.clock.advance(1.0)
    assert camera.channel.state is PictureState.DELAYED


def test_pictures_that_a_decoder_can_make_nothing_of_are_late(camera: Camera) -> None:
    camera.decoder.fails = True
    assert camera.send_for(1.0, keys=False) is PictureState.DELAYED


def test_a_new_session_owes_nothing_of_the_one_before(camera: Camera) -> None:
    camera.send_for(1.0, decoded=False)
    camera.channel.begin_session("h264", b"")
    assert camera.send_for(1.0, keys=False) is PictureState.CONNECTING
    assert camera.send_for(1.5) is PictureState.LIVE


@pytest.mark.parametrize(("stood_s", "takes_s"), [(0.8, 0.02), (1.2, 0.01), (2.0, 0.002)])
def test_no_tile_is_called_live_for_pictures_that_it_did_not_get(
    camera: Camera, stood_s: float, takes_s: float
) -> None:
    shown = Shown()
    camera.channel.show_on((cast("Slot", shown),))
    camera.decoder.takes = lambda: camera.clock.advance(takes_s)
    camera.send_for(stood_s, decoded=False, keys=False)
    for state in camera.send_alone_for(4.0):
        assert state is not PictureState.LIVE or camera.clock.monotonic_s() - shown.at_s[-1] < 1.0
    assert state is PictureState.LIVE


def test_of_old_pictures_that_others_follow_a_fifth_is_scaled(camera: Camera) -> None:
    camera.send_for(4.0, decoded=False, keys=False)
    shown = Shown()
    camera.channel.show_on((cast("Slot", shown),))
    decoded = camera.channel.decoded_total
    now_s = camera.clock.monotonic_s()
    while camera.channel.work():
        pass
    assert camera.channel.decoded_total - decoded == 100
    assert sum(now_s - at_s > 0.41 for at_s in shown.at_s) == pytest.approx(90 / 5, abs=2)
    assert sum(now_s - at_s < 0.39 for at_s in shown.at_s) == 10


@pytest.mark.parametrize("outage_s", [0, 1, 60, 600])
def test_an_outage_is_no_period_of_the_camera(camera: Camera, outage_s: float) -> None:
    camera.clock.advance(outage_s)
    camera.channel.begin_session("h264", b"")
    camera.send()
    assert camera.send_for(0.2) is PictureState.LIVE
    assert camera.live_for_s() == pytest.approx(0.76)


def test_a_pause_within_a_session_is_no_period_either(camera: Camera) -> None:
    camera.clock.advance(60)
    camera.send()
    assert camera.send_for(0.2) is PictureState.LIVE
    assert camera.live_for_s() == pytest.approx(0.76)


def test_a_camera_of_whose_groups_little_comes_whole_is_not_slow(camera: Camera) -> None:
    for _ in range(60):
        camera.send()
        lived_s = camera.live_for_s(fps=25)
        camera.clock.advance(2.0 - lived_s)
    assert lived_s == pytest.approx(0.76)


@pytest.mark.parametrize(("period_s", "live_s"), [(0.2, 0.76), (0.5, 1.26), (1.0, 1.76), (2.0, 2.76)])
def test_a_slow_camera_is_late_by_its_own_period(camera: Camera, period_s: float, live_s: float) -> None:
    camera.channel.begin_session("h264", b"")
    for _ in range(5):
        camera.clock.advance(period_s)
        camera.send()
    for _ in range(5):
        camera.clock.advance(period_s)
        assert camera.channel.state is PictureState.LIVE
        camera.send()
    assert camera.live_for_s() == pytest.approx(live_s)


def test_a_stream_that_rests_is_not_behind_for_what_it_only_passes_on(camera: Camera) -> None:
    camera.channel.rest(rests=True)
    assert camera.send_for(10.0, decoded=False) is PictureState.LIVE
    camera.clock.advance(1.0)
    assert camera.channel.state is PictureState.DELAYED


def test_a_key_picture_that_is_decoded_again_after_a_rest_is_no_sign_of_a_freeze(camera: Camera) -> None:
    camera.channel.rest(rests=True)
    camera.send_for(1.04)
    camera.channel.rest(rests=False)
    states = {camera.send_for(PERIOD_S, keys=False) for _ in range(200)}
    assert states == {PictureState.LIVE}
