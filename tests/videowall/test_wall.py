"""The whole engine on real streams: twelve simulated cameras in, their stamps read from canvas and encoded wall."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise

import av
import msgspec
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.errors import UnavailableError, first_in
from sensors.model import StreamRole
from sensors.secrets import Secrets
from simulators.cameras.vocabulary import Fault
from tests.support.border_wall import CAMERAS, feed, key, make_plan, stamp_in, were_live
from tests.support.camera_stand import Stand
from tests.support.waiting import eventually_async
from videowall.config import WallSettings
from videowall.encoding.broadcast import TileView
from videowall.picture import planes_of
from videowall.plan import Canvas
from videowall.quality.health import NO_PACKETS_S
from videowall.wall import Wall

pytestmark = pytest.mark.alone


@pytest.fixture
def stand(border_stand: Stand) -> Iterator[Stand]:
    yield border_stand
    border_stand.mend()


@asynccontextmanager
async def running_wall(settings: WallSettings | None = None) -> AsyncIterator[Wall]:
    wall = Wall(settings or WallSettings(), Secrets(), SystemClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(wall.run())
        yield wall
        task.cancel()


def state_of(wall: Wall, camera: str) -> PictureState:
    return next(tile.state for tile in wall.tiles() if tile.device == camera and not tile.spot)


class Seen:
    """The frame numbers of each tile, in the order in which they were seen, repeats left out."""

    def __init__(self) -> None:
        self.frames: dict[int, list[int]] = defaultdict(list)
        self.changed_at: dict[int, list[float]] = defaultdict(list)

    def look(self, luma: NDArray[np.uint8], tiles: tuple[TileView, ...]) -> None:
        for tile in tiles:
            stamp = stamp_in(luma, tile)
            if stamp is None:
                continue
            assert f"cam-{stamp.camera}" == tile.device
            frames = self.frames[tile.slot]
            if not frames or frames[-1] != stamp.frame:
                frames.append(stamp.frame)
                self.changed_at[tile.slot].append(time.monotonic())

    def least(self, slots: int) -> int:
        """How many different frames the worst tile has shown; 0 until all have been seen."""
        return min(map(len, self.frames.values())) if len(self.frames) == slots else 0


async def test_twelve_stamps_advance_on_the_canvas_and_in_the_encoded_wall(stand: Stand) -> None:
    async with running_wall() as wall:
        wall.apply(make_plan(tuple(feed(stand, camera) for camera in CAMERAS)))
        composed, encoded = Seen(), Seen()
        await eventually_async(were_live(wall.tiles, CAMERAS), within_s=60)

        def advanced() -> bool:
            composed.look(wall.composer.snapshot().y, wall.tiles())
            return composed.least(12) >= 5

        await eventually_async(advanced, within_s=60)
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, VideoCodecContext)
        with wall.broadcast.subscribe() as viewer:
            async with asyncio.timeout(60):
                async for frame in viewer:
                    for picture in decoder.decode(av.Packet(frame.data)):
                        encoded.look(planes_of(picture).y, wall.tiles())
                    if encoded.least(12) >= 5:
                        break
        sets = wall.broadcast.parameter_sets
        assert sets is not None
        assert (sets.sps[0] & 31, sets.pps[0] & 31) == (7, 8)


async def test_the_first_frame_is_a_key_frame_and_a_new_viewer_gets_one_at_once(stand: Stand) -> None:
    async with running_wall(WallSettings(key_frame_s=10)) as wall:
        wall.apply(make_plan((feed(stand, "cam-1"),)))
        await eventually_async(lambda: wall.composer.canvas == wall.canvas)
        while True:
            with wall.broadcast.subscribe() as first:
                frames = [await asyncio.wait_for(anext(first), 60) for _ in range(6)]
                if first.skipped_total:
                    continue  # this machine kept it waiting for a second, and it went on with a key frame
                assert [frame.key for frame in frames] == [True, *[False] * 5]
                assert b"\0\0\0\1\x67" in frames[0].data
                with wall.broadcast.subscribe() as second:
                    assert (await asyncio.wait_for(anext(second), 60)).key
                break


async def test_a_killed_and_a_stalled_camera_are_named_within_three_seconds_and_the_others_go_on(stand: Stand) -> None:
    async with running_wall() as wall:
        wall.apply(make_plan(tuple(feed(stand, camera) for camera in CAMERAS)))
        await eventually_async(were_live(wall.tiles, CAMERAS), within_s=60)
        stand.set_fault("cam-3", Fault.KILLED)
        await _is_named(wall, "cam-3", frozenset(PictureState) - {PictureState.LIVE})
        stand.set_fault("cam-5", Fault.STALLED)
        await _is_named(wall, "cam-5", frozenset({PictureState.NO_PACKETS}))
        await eventually_async(lambda: state_of(wall, "cam-3") is PictureState.REFUSED, within_s=30)
        others = [tile for tile in wall.tiles() if tile.device not in {"cam-3", "cam-5"}]
        await eventually_async(were_live(wall.tiles, (str(tile.device) for tile in others)), within_s=30)
        seen = Seen()

        def advanced() -> bool:
            seen.look(wall.composer.snapshot().y, tuple(others))
            return seen.least(len(others)) >= 5

        await eventually_async(advanced, within_s=60)
        sessions = {
            str(tile.feed.key.device): channel.stream.sessions_total
            for tile, channel in wall.cameras()
            if channel is not None and channel.stream is not None
        }
        assert {sessions[str(tile.device)] for tile in others} == {1}
        stand.mend()
        await eventually_async(were_live(wall.tiles, CAMERAS), within_s=30)


@pytest.mark.slow
async def test_a_wall_that_stood_still_reads_what_came_before_it_calls_its_cameras_silent(stand: Stand) -> None:
    async with running_wall() as wall:
        wall.apply(make_plan(tuple(feed(stand, camera) for camera in CAMERAS[:3])))
        await eventually_async(were_live(wall.tiles, CAMERAS[:3]), within_s=60)
        said: set[PictureState] = set()

        # Every second round renews what is said: of two in a row one does.
        for pause_s in (NO_PACKETS_S + 0.5, NO_PACKETS_S + 0.6):
            time.sleep(pause_s)  # noqa: ASYNC251 - the event loop itself stands still
            shown_s = time.monotonic()
            while time.monotonic() - shown_s < 1:
                said.update(tile.state for tile in wall.tiles())
                await asyncio.sleep(0.01)
            await eventually_async(were_live(wall.tiles, CAMERAS[:3]))
        assert PictureState.NO_PACKETS not in said


async def _is_named(wall: Wall, camera: str, states: frozenset[PictureState]) -> None:
    """Within three seconds, and for as long as this machine kept a healthy camera's picture waiting meanwhile."""
    healthy, began_s = Seen(), time.monotonic()

    def is_named() -> bool:
        healthy.look(wall.composer.snapshot().y, tuple(tile for tile in wall.tiles() if tile.device == "cam-1"))
        return state_of(wall, camera) in states

    await eventually_async(is_named)
    took_s = time.monotonic() - began_s
    times = [at_s for each in healthy.changed_at.values() for at_s in each]
    assert took_s <= 3 + max(later - before for before, later in pairwise((began_s, *times, began_s + took_s)))


@pytest.mark.slow
async def test_a_frozen_picture_is_never_left_as_live(stand: Stand) -> None:
    async with running_wall() as wall:
        wall.apply(make_plan(tuple(feed(stand, camera) for camera in CAMERAS[:4])))
        await eventually_async(were_live(wall.tiles, CAMERAS[:4]), within_s=30)
        stand.set_fault("cam-2", Fault.FROZEN)
        await eventually_async(lambda: state_of(wall, "cam-2") is PictureState.FROZEN)
        await eventually_async(were_live(wall.tiles, {*CAMERAS[:4]} - {"cam-2"}))
        stand.mend()
        await eventually_async(were_live(wall.tiles, CAMERAS[:4]), within_s=60)


async def test_the_spot_shows_what_runs_at_once_then_the_main_stream_and_closes_it_after(stand: Stand) -> None:
    async with running_wall() as wall:
        feeds = tuple(feed(stand, camera) for camera in CAMERAS[:3])
        wall.apply(make_plan(feeds))
        await eventually_async(were_live(wall.tiles, CAMERAS[:3]), within_s=30)
        wall.apply(make_plan(feeds, spot=feeds[1]))
        spot = wall.tiles()[0]
        assert (spot.spot, spot.slot, spot.device, spot.stream_role) == (True, 0, "cam-2", StreamRole.SUB)
        await eventually_async(lambda: stamp_in(wall.composer.snapshot().y, wall.tiles()[0]), within_s=60)
        await eventually_async(lambda: wall.tiles()[0].stream_role is StreamRole.MAIN, within_s=60)
        await eventually_async(lambda: stamp_in(wall.composer.snapshot().y, wall.tiles()[0]), within_s=60)
        wall.apply(make_plan(feeds))
        await eventually_async(
            lambda: [channel.role for _, channel in wall.cameras() if channel] == [StreamRole.SUB] * 3
        )
        await eventually_async(lambda: _running_roles(wall) == {StreamRole.SUB}, within_s=60)


async def test_layout_and_canvas_may_change_while_viewers_watch(stand: Stand) -> None:
    async with running_wall() as wall:
        feeds = tuple(feed(stand, camera) for camera in CAMERAS[:4])
        wall.apply(make_plan(feeds))
        with wall.broadcast.subscribe() as viewer:
            await asyncio.wait_for(anext(viewer), 60)
            before = wall.broadcast.parameter_sets
            smaller = make_plan(feeds, layout="2x2")
            wall.apply(msgspec.structs.replace(smaller, canvas=Canvas(1280, 720, 10)))
            await eventually_async(lambda: wall.broadcast.parameter_sets != before)
            await eventually_async(were_live(wall.tiles, CAMERAS[:4]), within_s=30)
            await eventually_async(lambda: wall.composer.snapshot().y.shape == (720, 1280))


async def test_stills_of_the_wall_and_of_a_camera(stand: Stand) -> None:
    async with running_wall() as wall:
        assert wall.still_jpeg().startswith(b"\xff\xd8")
        assert wall.tiles() == ()
        wall.apply(make_plan((feed(stand, "cam-1"),)))
        assert wall.camera_jpeg(key("cam-9")) is None
        await eventually_async(lambda: wall.camera_jpeg(key("cam-1"), 320))


def _running_roles(wall: Wall) -> set[StreamRole]:
    assert wall._ingest is not None
    return {channel.role for camera in CAMERAS[:3] for channel in wall._ingest.channels(key(camera))}


async def test_a_dead_thread_of_the_engine_ends_the_wall_with_a_name() -> None:
    wall = Wall(WallSettings(), Secrets(), SystemClock())

    async def run_until_it_breaks() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(wall.run())
            await eventually_async(lambda: wall.composer.counts.ticks_total > 1)
            wall.composer.stop()

    with pytest.raises(ExceptionGroup) as caught:
        await run_until_it_breaks()
    assert isinstance(first_in(caught.value), UnavailableError)


async def test_a_stream_that_is_not_there_is_stood_in_for_by_the_other(stand: Stand) -> None:
    whole = feed(stand, "cam-1")
    main, sub = whole.streams
    lost = msgspec.structs.replace(sub, url=sub.url.replace("/sub", "/nowhere"))
    async with running_wall() as wall:
        wall.apply(make_plan((msgspec.structs.replace(whole, streams=(main, lost)),)))

        def stands_in() -> bool:
            (tile,) = wall.tiles()
            return tile.stream_role is StreamRole.MAIN and tile.state is PictureState.LIVE

        await eventually_async(stands_in, within_s=60)
