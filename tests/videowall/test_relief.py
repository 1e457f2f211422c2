"""From measured pressure to what streams, tiles and the wall itself do without."""

from datetime import UTC, datetime
from typing import cast

from sensors.clock import Clock
from sensors.model import DeviceKey, Names, StreamRole
from tests.support.border_wall import CAMERAS, key
from videowall.capture.channel import Channel
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.composing.composer import Composer
from videowall.composing.scene import Scene, build_scene
from videowall.decoding.pool import Pool
from videowall.decoding.relief import PERIOD_S, Relief
from videowall.decoding.thrift import PLENTY, Thrift
from videowall.encoding.broadcast import Broadcast
from videowall.plan import Canvas, Feed, Plan, Spotlight


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic_s(self) -> float:
        return self.now_s

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_s, UTC)


class Workers:
    """Threads that have worked for so long; or children, each with a share of its own."""

    def __init__(self, children: int = 1) -> None:
        self.busy_s = (0.0,) * children

    def number_of(self, camera: DeviceKey) -> int:
        return next(number for number, other in enumerate(CAMERAS) if key(other) == camera) % len(self.busy_s)

    def work(self, *busy_s: float) -> None:
        self.busy_s = tuple(before + more for before, more in zip(self.busy_s, busy_s, strict=True))


class Stage:
    """A wall of a spot and small tiles whose pictures nobody decodes."""

    def __init__(self, children: int = 1) -> None:
        self.hands, self.workers = Hands(), Workers(children)
        clock = cast("Clock", self.hands)
        self.composer = Composer(clock, Broadcast(), 6000, 2.0)
        self.relief = Relief(clock, cast("Pool", self.workers), self.composer)
        feeds = [Feed(key(camera), Names(), Names(), ()) for camera in CAMERAS]
        light = Spotlight(feeds[0], self.hands.now(), Names())
        plan = Plan(1, "main", Names(), Canvas(), "1+12", tuple(feeds[1:]), spotlights=(light,))
        self.scene: Scene = build_scene(plan, 0, None)
        self.channels = [Channel(tile.feed.key, StreamRole.MAIN, clock, lambda _: None) for tile in self.scene.tiles]
        for tile, channel in zip(self.scene.tiles, self.channels, strict=True):
            channel.slots = (tile.slot,)

    def pass_second(self, *busy: float) -> None:
        self.hands.now_s += PERIOD_S
        self.workers.work(*busy)
        self.relief.look(self.channels)
        self.relief.ease(self.channels, self.scene.tiles)

    def let_wait(self, channels: list[Channel], number: int) -> None:
        """These have a picture that will have waited for 0.4 s when the next second is over."""
        for channel in channels:
            channel.intake.clear()
            arrival_s = self.hands.now_s + PERIOD_S - 0.4
            channel.feed(AccessUnit(b"", key=True, gap=True, rtp_timestamp=number, arrival_s=arrival_s))

    def burden(self, channel: Channel, each_s: float, count: int = 25) -> None:
        """So many of its pictures come before the next second is over, and each that is not left out takes so long."""
        count = round(count * channel.saving.share)
        for _ in range(count):
            channel.effort.come()
        for _ in range(min(count, int(1 / each_s))):
            channel.effort.begin()
            channel.effort.end()
            channel.effort.add(each_s)


def test_small_tiles_go_without_while_threads_are_too_busy_and_the_spot_does_not() -> None:
    stage = Stage()
    for _ in range(8):
        stage.pass_second(0.97)
    spot, *small = stage.channels
    assert spot.saving == PLENTY
    assert {channel.saving.thrift for channel in small} == {Thrift.REFERENCED}
    assert [tile.saving.thrift for tile in stage.scene.tiles[:2]] == [Thrift.NONE, Thrift.REFERENCED]
    assert stage.composer.ticks_each == 1


def test_all_is_as_it_was_once_there_is_room_again() -> None:
    stage = Stage()
    for _ in range(2):
        stage.pass_second(0.97)
    for _ in range(10):
        stage.pass_second(0.3)
    assert stage.relief.depth == 0
    assert {channel.saving for channel in stage.channels} == {PLENTY}


def test_pictures_that_wait_are_pressure_too_and_in_the_end_the_wall_is_slower() -> None:
    stage = Stage()
    for number in range(40):
        stage.let_wait(stage.channels, number)
        stage.pass_second(0.85)
    spot, *small = stage.channels
    assert {channel.saving.thrift for channel in small} == {Thrift.KEYS}
    assert stage.composer.ticks_each == 2
    assert spot.saving.thrift is Thrift.REFERENCED


def test_one_camera_too_heavy_for_a_thread_is_no_pressure_while_decoding_leaves_room() -> None:
    stage = Stage()
    for _ in range(2):
        stage.pass_second(0.97)
    assert stage.relief.depth == 1
    for number in range(40):
        stage.let_wait(stage.channels[:1], number)
        stage.pass_second(0.6)
    assert stage.relief.depth == 0


def test_a_child_with_too_much_is_pressure_though_others_are_idle() -> None:
    stage = Stage(children=4)
    for _ in range(2):
        stage.pass_second(0.1, 0.97, 0.0, 0.2)
    assert stage.relief.depth == 1


def test_what_one_child_has_too_much_of_is_done_without_by_its_own_cameras_alone() -> None:
    stage = Stage(children=4)
    for number in range(40):
        stage.let_wait([channel for channel in stage.channels if stage.workers.number_of(channel.key) == 1], number)
        stage.pass_second(0.1, 1.0, 0.0, 0.2)
    without = {channel.key for channel in stage.channels if channel.saving != PLENTY}
    assert without == {channel.key for channel in stage.channels if stage.workers.number_of(channel.key) == 1}
    assert {tile.feed.key for tile in stage.scene.tiles if tile.saving != PLENTY} == without
    assert stage.composer.ticks_each == 1


def test_a_camera_that_alone_is_too_much_for_a_thread_goes_without_by_itself_be_it_the_spot() -> None:
    stage = Stage()
    spot, *small = stage.channels
    for _ in range(60):
        stage.burden(spot, 0.06)
        for channel in small:
            stage.burden(channel, 0.002)
        stage.pass_second(0.6)
    assert spot.saving.thrift is Thrift.PARTS
    assert 25 * 0.06 * spot.saving.share < 0.95
    assert stage.scene.tiles[0].saving == spot.saving
    assert {channel.saving for channel in small} == {PLENTY}
    assert stage.relief.depth == 0


def test_a_camera_too_much_for_its_child_leaves_room_for_those_beside_it() -> None:
    stage = Stage(children=4)
    heavy, *mates = (channel for channel in stage.channels if stage.workers.number_of(channel.key) == 2)
    for number in range(60):
        need = 25 * 0.06 * heavy.saving.share
        stage.burden(heavy, 0.06)
        if need + 0.4 > 1.0:
            stage.let_wait([heavy, *mates], number)
        else:
            heavy.intake.clear()
            for mate in mates:
                mate.intake.clear()
        stage.pass_second(0.0, 0.0, min(1.0, need + 0.4), 0.0)
    assert 25 * 0.06 * heavy.saving.share + 0.4 < 0.95
    assert {channel.saving for channel in stage.channels if channel is not heavy} == {PLENTY}


def test_what_others_beside_it_have_too_much_of_is_not_taken_from_a_heavy_camera_alone() -> None:
    stage = Stage()
    heavy, *small = stage.channels[1:]
    for _ in range(20):
        stage.burden(heavy, 0.06)
        stage.pass_second(0.7)
    for number in range(8):
        stage.burden(heavy, 0.06)
        stage.let_wait(small, number)
        stage.pass_second(1.0)
    assert all(channel.saving.thrift > Thrift.SMALLER for channel in small)
    assert 0.2 < 25 * 0.06 * heavy.saving.share < 0.5


def test_a_camera_is_given_all_again_once_it_is_no_longer_too_much_and_a_short_burst_takes_nothing() -> None:
    stage = Stage()
    channel = stage.channels[1]
    stage.let_wait([channel], 0)
    stage.burden(channel, 0.06)
    stage.pass_second(0.7)
    channel.intake.clear()
    stage.burden(channel, 0.01)
    stage.pass_second(0.3)
    assert channel.saving == PLENTY
    for _ in range(10):
        stage.burden(channel, 0.06)
        stage.pass_second(0.7)
    assert channel.saving != PLENTY
    for _ in range(30):
        stage.burden(channel, 0.01)
        stage.pass_second(0.3)
    assert channel.saving == PLENTY


def test_nothing_is_decided_before_a_second_has_passed() -> None:
    stage = Stage()
    stage.workers.work(100.0)
    stage.hands.now_s += PERIOD_S / 2
    stage.relief.look(stage.channels)
    assert stage.relief.depth == 0


def test_what_waits_after_the_whole_wall_has_stood_still_once_is_no_pressure_and_twice_is() -> None:
    stage = Stage()
    stage.hands.now_s += PERIOD_S
    stage.relief.look(stage.channels)
    for channel in stage.channels:
        channel.feed(AccessUnit(b"", key=True, gap=True, rtp_timestamp=0, arrival_s=stage.hands.now_s))
    stage.hands.now_s += 3 * PERIOD_S
    stage.workers.work(3 * 0.85)
    stage.relief.look(stage.channels)
    assert stage.relief.depth == 0
    stage.hands.now_s += 3 * PERIOD_S
    stage.workers.work(3 * 0.85)
    stage.relief.look(stage.channels)
    assert stage.relief.depth > 0
