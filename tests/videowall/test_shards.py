"""Decoding in child processes: real children, really killed, hung and fattened."""

import asyncio
import errno
import os
import random
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.model import StreamRole
from sensors.secrets import Secrets
from tests.support.border_wall import CAMERAS, SITE, feed, key, make_plan, stamp_in, were_live
from tests.support.camera_stand import Stand
from tests.support.coded_film import HEIGHT, WIDTH, draw
from tests.support.single_picture import frame_of, jpeg_unit, unit_of
from tests.support.waiting import eventually, eventually_async
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.config import WallSettings
from videowall.decoding.decoder import Decoder
from videowall.decoding.shards.conduct import FIRST_S, Conduct
from videowall.decoding.shards.decoder import ShardDecoder, Ward
from videowall.decoding.shards.messages import Request
from videowall.decoding.shards.pool import ShardPool
from videowall.decoding.shards.shard import Shard, ShardLostError
from videowall.decoding.thrift import Thrift
from videowall.picture import MOST_SIDE
from videowall.quality.health import ERRORS_IN_ROW
from videowall.wall import Wall

pytestmark = pytest.mark.alone

GENEROUS = 1_500_000_000
LONE_SLICE = b"\0\0\0\1\x65\x88\x84\x00\x10\xff\xfe\xf6\xf0"
"""A key picture's slice that refers to parameter sets which never came."""


@contextmanager
def running_shard(limit_bytes: int = GENEROUS) -> Iterator[Shard]:
    shard = Shard(0, limit_bytes, SystemClock(), random.Random(1))  # noqa: S311 - jitter
    eventually(shard.is_ready, within_s=30)
    try:
        yield shard
    finally:
        shard.stop()
        shard.close()


def units(count: int, codec: str = "libx264") -> list[AccessUnit]:
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = WIDTH, HEIGHT, "yuv420p", 25  # type: ignore[assignment]  # PyAV takes numbers
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    packets = [
        packet
        for index in range(count)
        for packet in encoder.encode(av.VideoFrame.from_numpy_buffer(draw(index), format="yuv420p"))
    ]
    return [
        AccessUnit(bytes(packet), packet.is_keyframe, index == 0, index, 0.0) for index, packet in enumerate(packets)
    ]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A child that this machine keeps waiting does not hang."""
    if request.function is not test_a_child_that_hangs_is_ended:
        monkeypatch.setattr("videowall.decoding.shards.shard.ANSWER_TIMEOUT_S", 60.0)


def make_decoder(shard: Shard, conduct: Conduct | None = None) -> ShardDecoder:
    return ShardDecoder(key("cam-1"), Ward(shard), conduct or Conduct(SystemClock()), "h264", b"")


def test_a_child_decodes_what_a_thread_does() -> None:
    with running_shard() as shard:
        here, there = Decoder("h264"), make_decoder(shard)
        for unit in units(5):
            local, remote = here.decode(unit), there.decode(unit)
            assert local is not None
            assert remote is not None
            assert all(np.array_equal(one, other) for one, other in zip(local, remote, strict=True))
        assert there.decode(AccessUnit(b"\0\0\0\1nonsense", key=True, gap=False, rtp_timestamp=0, arrival_s=0)) is None
        assert (there.errors_total, there.errors_in_row) == (here.errors_total + 1, 1)


@pytest.mark.parametrize("size", [(640, 1), (MOST_SIDE + 2, 32)])
def test_a_picture_that_cannot_be_shown_is_the_streams_error_and_ends_no_child(size: tuple[int, int]) -> None:
    with running_shard() as shard:
        decoder = ShardDecoder(key("cam-1"), Ward(shard), Conduct(SystemClock()), "mjpeg", b"")
        assert decoder.decode(jpeg_unit(*size)) is None
        assert (decoder.errors_total, decoder.errors_in_row, shard.life) == (1, 1, 0)
        assert decoder.decode(jpeg_unit(640, 360)) is not None


def test_a_child_hands_over_a_full_range_picture_as_a_thread_does() -> None:
    full = unit_of("mjpeg", frame_of(draw(0)[:HEIGHT], "yuvj420p", ColorRange.JPEG))
    with running_shard() as shard:
        there = ShardDecoder(key("cam-1"), Ward(shard), Conduct(SystemClock()), "mjpeg", b"").decode(full)
    here = Decoder("mjpeg").decode(full)
    assert here is not None
    assert there is not None
    assert all(np.array_equal(one, other) for one, other in zip(here, there, strict=True))


def test_key_pictures_that_lack_parameter_sets_are_errors_in_a_child_too_when_others_are_skipped() -> None:
    with running_shard() as shard:
        decoder = ShardDecoder(key("cam-1"), Ward(shard), Conduct(SystemClock()), "h264", b"", Thrift.REFERENCED)
        for number in range(4):
            lone = AccessUnit(LONE_SLICE, key=True, gap=number == 0, rtp_timestamp=number, arrival_s=0.0)
            assert decoder.decode(lone) is None
        assert decoder.errors_in_row >= 4


def test_what_a_lost_child_knew_is_said_to_be_lost_until_a_key_frame_has_come_through() -> None:
    film = units(3)
    with running_shard() as shard:
        killed, mate = make_decoder(shard), make_decoder(shard)
        assert killed.decode(film[0]) is not None
        assert mate.decode(film[0]) is not None
        assert shard.pid is not None
        os.kill(shard.pid, signal.SIGKILL)
        assert killed.decode(film[1]) is None
        assert (killed.errors_in_row, mate.errors_in_row) == (ERRORS_IN_ROW, ERRORS_IN_ROW)
        eventually(shard.is_ready, within_s=30)
        assert killed.decode(film[2]) is None
        assert killed.errors_in_row == ERRORS_IN_ROW
        assert killed.decode(film[0]) is not None
        assert (killed.errors_in_row, killed.errors_total) == (0, 2)
        assert mate.errors_in_row == ERRORS_IN_ROW


def test_a_child_that_hangs_is_ended() -> None:
    with running_shard() as shard:
        decoder, pid = make_decoder(shard), shard.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        assert decoder.decode(units(1)[0]) is None
        assert (shard.life, shard.pid) == (1, None)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_child_that_the_system_does_not_let_begin_is_begun_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "no memory")

    shard = Shard(0, GENEROUS, SystemClock(), random.Random(1))  # noqa: S311 - jitter
    with monkeypatch.context() as short:
        short.setattr("videowall.decoding.shards.shard.subprocess.Popen", refuse)
        assert (shard.is_ready(), shard.pid, shard.life) == (False, None, 1)
    try:
        eventually(shard.is_ready, within_s=30)
        assert make_decoder(shard).decode(units(1)[0]) is not None
    finally:
        shard.stop()
        shard.close()


def test_a_child_that_grows_is_ended() -> None:
    with running_shard(limit_bytes=20_000_000) as shard:
        with pytest.raises(ShardLostError, match="MB"):
            shard.ask(Request(1, "h264", b"", units(1)[0].data, gap=True, key=True))
        assert shard.life == 1


def test_decoders_that_nobody_holds_are_forgotten() -> None:
    with running_shard() as shard:
        ward = Ward(shard)
        held = ShardDecoder(key("cam-1"), ward, Conduct(SystemClock()), "h264", b"")
        dropped = ShardDecoder(key("cam-2"), ward, Conduct(SystemClock()), "h264", b"")
        assert dropped.decode(units(1)[0]) is not None
        del dropped
        assert ward.take_forgotten() == (2,)
        assert held.decode(units(1)[0]) is not None
        assert ward.take_forgotten() == ()


class Minutes:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at_s = 1000.0
        self.now = SystemClock().now

    def monotonic_s(self) -> float:
        return self.at_s


def kept_away(conduct: Conduct) -> bool:
    return conduct.is_kept_away


def test_a_stream_that_ends_children_again_and_again_is_kept_away_for_longer_and_longer() -> None:
    clock = Minutes()
    conduct = Conduct(clock)
    assert [conduct.blame(), conduct.blame()] == [0.0, 0.0]
    assert kept_away(conduct) is False
    assert conduct.blame() == FIRST_S
    assert kept_away(conduct) is True
    clock.at_s += FIRST_S + 1
    assert kept_away(conduct) is False
    assert conduct.blame() == 2 * FIRST_S
    clock.at_s += 1000
    assert conduct.blame() == 0.0
    assert conduct.ends_total == 5


def test_a_stream_that_is_kept_away_touches_no_child() -> None:
    with running_shard() as shard:
        conduct = Conduct(SystemClock())
        decoder = make_decoder(shard, conduct)
        assert decoder.decode(units(1)[0]) is not None
        for _ in range(3):
            conduct.blame()
        assert decoder.decode(units(1)[0]) is None
        assert decoder.errors_in_row >= ERRORS_IN_ROW
        assert shard.life == 0


@asynccontextmanager
async def sharded_wall() -> AsyncIterator[Wall]:
    wall = Wall(WallSettings(shards=2), Secrets(), SystemClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(wall.run())
        yield wall
        task.cancel()


@pytest.mark.slow
async def test_a_killed_child_costs_its_own_tiles_seconds_and_no_other_a_frame(border_stand: Stand) -> None:
    async with sharded_wall() as wall:
        pool = wall.pool
        assert isinstance(pool, ShardPool)
        wall.apply(make_plan(tuple(feed(border_stand, camera) for camera in CAMERAS[:6])))

        def states() -> dict[str, PictureState]:
            return {tile.device: tile.state for tile in wall.tiles()}

        await eventually_async(were_live(wall.tiles, CAMERAS[:6]), within_s=60)
        belongs = {camera: pool.number_of(key(camera)) for camera in CAMERAS[:6]}
        assert set(belongs.values()) == {0, 1}, "both children have cameras"
        before, other = pool.pids()
        assert before is not None
        os.kill(before, signal.SIGKILL)
        lost = {camera for camera, number in belongs.items() if number == 0}
        blind = set[str]()

        def were_blind() -> bool:
            """Not all at once: each is back with its own next key picture."""
            blind.update(camera for camera in lost if states()[camera] is PictureState.CANNOT_DECODE)
            return blind == lost

        await eventually_async(were_blind)
        others = [tile for tile in wall.tiles() if tile.device not in lost]
        assert {tile.site for tile in others} == {SITE}
        seen: dict[int, set[int]] = {tile.slot: set() for tile in others}

        def advanced() -> bool:
            luma = wall.composer.snapshot().y
            for tile in others:
                stamp = stamp_in(luma, tile)
                if stamp is not None:
                    seen[tile.slot].add(stamp.frame)
            return min(map(len, seen.values())) >= 5

        await eventually_async(advanced)
        await eventually_async(were_live(wall.tiles, CAMERAS[:6]), within_s=30)
        assert pool.pids()[1] == other
        assert (pool.counts.lost_total, pool.counts.kept_away) == (1, 0)
        assert pool.counts.cpu_s > 0
        assert {channel.role for _, channel in wall.cameras() if channel is not None} == {StreamRole.SUB}
    assert pool.pids() == (None, None)
