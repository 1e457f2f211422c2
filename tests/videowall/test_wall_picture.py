"""The whole wall on real streams: masks, turned pictures, the next page, the dark wall, the board, latency."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import cv2
import msgspec
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.model import Priority, StreamRole
from sensors.secrets import Secrets
from sensors.stamp import Stamp
from tests.support.board_of import alarm, board_of
from tests.support.border_wall import CAMERAS, feed, key, make_plan, stamp_in, stamp_of
from tests.support.camera_stand import Stand
from tests.support.waiting import eventually_async
from videowall.captions.palette import CANVAS
from videowall.composing.latency import Hop
from videowall.composing.mask import MASK_LUMA
from videowall.config import WallSettings
from videowall.encoding.broadcast import TileView
from videowall.picture import Plane, planes_of
from videowall.plan import Mask, Page, Plan
from videowall.wall import Wall

pytestmark = pytest.mark.alone

RIGHT_HALF = Mask(((0.5, 0.0), (1.0, 0.0), (1.0, 0.75), (0.5, 0.75)))
"""Hides the stamp."""


@pytest.fixture
def stand(border_stand: Stand) -> Iterator[Stand]:
    yield border_stand
    border_stand.mend()


@asynccontextmanager
async def running_wall(folder: Path) -> AsyncIterator[Wall]:
    wall = Wall(WallSettings(references_dir=str(folder)), Secrets(), SystemClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(wall.run())
        yield wall
        task.cancel()


def all_live(wall: Wall) -> bool:
    return all(tile.state is PictureState.LIVE for tile in wall.tiles())


def hidden(luma: NDArray[np.uint8], tile: TileView) -> NDArray[np.uint8]:
    """The upper part of what `RIGHT_HALF` hides, clear of what the wall may say in the upper left and the middle."""
    left, right = tile.x + round(tile.width * 0.62), tile.x + tile.width - 8
    return luma[tile.y + 8 : tile.y + round(tile.height * 0.35), left:right]


def beside(luma: NDArray[np.uint8], tile: TileView) -> NDArray[np.uint8]:
    """Of the upper left, which nothing hides."""
    return luma[tile.y + 20 : tile.y + 200, tile.x + 20 : tile.x + 400]


def stamp_though_dimmed(luma: NDArray[np.uint8], tile: TileView) -> Stamp | None:
    """The stamp in a tile, also where the wall says that the picture comes late: what dims it undone."""
    undone = np.asarray(cv2.convertScaleAbs(luma, alpha=1 / 0.34, beta=-12 / 0.34), np.uint8)
    return stamp_in(luma, tile) or stamp_in(undone, tile)


def is_hidden(luma: NDArray[np.uint8], tile: TileView) -> bool:
    """Whether it is of one level: the mask's, or a darker one while the wall dims a picture that comes late."""
    seen = hidden(luma, tile)
    return int(seen.min()) == int(seen.max()) <= MASK_LUMA


def jpeg_luma(data: bytes | None) -> Plane:
    assert data is not None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(picture, np.uint8)


async def test_what_is_masked_is_in_no_still_no_canvas_and_no_encoded_frame(stand: Stand, tmp_path: Path) -> None:
    masked = msgspec.structs.replace(feed(stand, "cam-1"), masks=(RIGHT_HALF,))
    async with running_wall(tmp_path) as wall:
        wall.apply(make_plan((masked, feed(stand, "cam-2")), layout="2x2"))
        await eventually_async(lambda: len(wall.tiles()) == 2 and all_live(wall), within_s=30)
        tile = wall.tiles()[0]
        await eventually_async(lambda: stamp_in(wall.composer.snapshot().y, wall.tiles()[1]))
        # Its face is live before the composer has drawn its first picture, whichever camera came first.
        await eventually_async(lambda: beside(wall.composer.snapshot().y, tile).std() > 3)
        assert is_hidden(wall.composer.snapshot().y, tile)
        still = jpeg_luma(wall.camera_jpeg(key("cam-1"), 640))
        assert int(still[10:200, 340:630].std()) <= 1
        bitmap = jpeg_luma(wall.camera_bitmap(key("cam-1"), 160))
        assert int(bitmap[4:60, 86:156].std()) <= 1
        whole = jpeg_luma(wall.still_jpeg())
        assert int(hidden(whole, tile).std()) <= 1
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, VideoCodecContext)
        with wall.broadcast.subscribe() as viewer:
            seen = 0
            async with asyncio.timeout(60):
                async for frame in viewer:
                    for picture in decoder.decode(av.Packet(frame.data)):
                        # A coarse quantiser rings by a few levels; the stamp that is hidden here is black and white.
                        assert float(hidden(planes_of(picture).y, tile).std()) < 8
                        seen += 1
                    if seen >= 10:
                        break


async def test_a_mask_that_comes_late_hides_what_is_shown_from_that_moment(stand: Stand, tmp_path: Path) -> None:
    whole = feed(stand, "cam-1")
    async with running_wall(tmp_path) as wall:
        wall.apply(make_plan((whole,), layout="2x2"))
        await eventually_async(lambda: stamp_in(wall.composer.snapshot().y, wall.tiles()[0]), within_s=30)
        wall.apply(make_plan((msgspec.structs.replace(whole, masks=(RIGHT_HALF,)),), layout="2x2"))
        assert wall.camera_jpeg(key("cam-1")) is None
        await eventually_async(lambda: wall.composer._drawn_scene is wall._scene)

        def is_live_and_never_shows_it() -> bool:
            shown = wall.composer.snapshot().y
            assert stamp_in(shown, wall.tiles()[0]) is None
            return all_live(wall) and is_hidden(shown, wall.tiles()[0])

        await eventually_async(is_live_and_never_shows_it, within_s=30)


def turned_back(luma: NDArray[np.uint8], tile: TileView, turns: int) -> tuple[NDArray[np.uint8], TileView]:
    """A tile's picture as the camera took it, and where that lies."""
    picture = np.rot90(luma[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width], turns)
    height, width = picture.shape
    return picture, msgspec.structs.replace(tile, x=0, y=0, width=width, height=height)


async def test_pictures_are_turned_clockwise_on_the_wall_and_in_stills(stand: Stand, tmp_path: Path) -> None:
    feeds = tuple(
        msgspec.structs.replace(feed(stand, camera), rotation=rotation)
        for camera, rotation in zip(CAMERAS, (90, 180, 270), strict=False)
    )
    async with running_wall(tmp_path) as wall:
        wall.apply(make_plan(feeds, layout="2x2"))
        await eventually_async(lambda: len(wall.tiles()) == 3 and all_live(wall), within_s=30)
        assert wall.tiles()[0].height > wall.tiles()[0].width
        # Of the three, this one's stamp lies in the upper left, where nothing of the wall's own does.
        await eventually_async(lambda: stamp_in(*turned_back(wall.composer.snapshot().y, wall.tiles()[2], 3)))
        for turns, camera in enumerate(CAMERAS[:3], 1):
            still = jpeg_luma(wall.camera_jpeg(key(camera), 1280))
            height, width = still.shape
            view = TileView("kordai", camera, 0, 0, 0, width, height, PictureState.LIVE, StreamRole.SUB, spot=False)
            stamp = stamp_in(*turned_back(still, view, turns))
            assert stamp is not None
            assert stamp.camera == turns


async def test_the_next_page_shows_pictures_of_now_at_once(stand: Stand, tmp_path: Path) -> None:
    here = tuple(feed(stand, camera) for camera in CAMERAS[:2])
    ahead = tuple(feed(stand, camera) for camera in CAMERAS[2:4])
    first = msgspec.structs.replace(make_plan(here, layout="4x4"), preload=ahead, page=Page(1, 2))
    async with running_wall(tmp_path) as wall:
        wall.apply(first)
        await eventually_async(lambda: len(wall.tiles()) == 2 and all_live(wall), within_s=30)
        assert wall._ingest is not None
        ingest = wall._ingest

        def is_ready() -> bool:
            channels = [channel for each in ahead for channel in ingest.channels(each.key)]
            return len(channels) == 2 and all(channel.last is not None and not channel.slots for channel in channels)

        await eventually_async(is_ready, within_s=30)
        # Resting streams decode their key pictures alone.
        resting = [ingest.channels(each.key)[0] for each in ahead]
        before, began_s = [channel.decoded_total for channel in resting], time.monotonic()
        await eventually_async(lambda: all(channel.decoded_total > 3 for channel in resting), within_s=30)
        for channel, count in zip(resting, before, strict=True):
            assert channel.decoded_total - count <= 2 + (time.monotonic() - began_s) / 0.9
        wall.apply(msgspec.structs.replace(first, tiles=ahead, preload=here, page=Page(2, 2)))
        await eventually_async(lambda: wall.composer._drawn_scene is wall._scene)
        luma = wall.composer.snapshot().y
        stamps = [stamp_though_dimmed(luma, tile) for tile in wall.tiles()]
        assert [stamp.camera if stamp else None for stamp in stamps] == [3, 4]
        await eventually_async(lambda: all_live(wall))
        assert [channel.role for _, channel in wall.cameras() if channel] == [StreamRole.SUB] * 2


async def test_stills_that_somebody_looks_at_follow_one_another_also_while_displays_decode_for_themselves(
    stand: Stand, tmp_path: Path
) -> None:
    frames: list[int] = []
    async with running_wall(tmp_path) as wall:
        wall.apply(make_plan((feed(stand, CAMERAS[0]),), layout="1x1"))

        def follow_one_another() -> bool:
            still = wall.camera_jpeg(key(CAMERAS[0]), 1280)
            stamp = stamp_of(jpeg_luma(still)) if still is not None else None
            frames.extend([stamp.frame] if stamp else [])
            # Key pictures, which are decoded of what nobody looks at, are a second apart.
            return any(0 < frame - before < 12 for before, frame in pairwise(frames))

        with wall.passthrough.watch_tiles():
            await eventually_async(follow_one_another, within_s=30)


async def test_a_calm_wall_is_dark_until_an_alarm_and_its_cameras_are_reported_all_the_same(
    stand: Stand, tmp_path: Path
) -> None:
    feeds = tuple(feed(stand, camera) for camera in CAMERAS[:2])
    plan: Plan = msgspec.structs.replace(make_plan(feeds, layout="2x1"), calm=True)
    loud = alarm("a", Priority.CRITICAL, 1)
    async with running_wall(tmp_path) as wall:
        wall.apply(plan)
        wall.show_board(board_of(at=datetime.now(UTC)))
        await eventually_async(lambda: wall.composer._drawn_scene is wall._scene)
        luma = wall.composer.snapshot().y
        assert np.count_nonzero(np.abs(luma.astype(int) - CANVAS.y) > 8) < luma.size * 0.02
        assert np.count_nonzero(luma > 60) > 100
        assert wall.tiles() == ()

        def states() -> list[PictureState]:
            return [channel.state for _, channel in wall.cameras() if channel]

        await eventually_async(lambda: states() == [PictureState.LIVE] * 2, within_s=30)
        wall.show_board(board_of(loud, at=datetime.now(UTC)))
        assert len(wall.tiles()) == 2
        await eventually_async(lambda: all(stamp_in(wall.composer.snapshot().y, tile) for tile in wall.tiles()))
        wall.show_board(board_of(msgspec.structs.replace(loud, acknowledged=True), at=datetime.now(UTC)))
        await eventually_async(lambda: int(wall.composer.snapshot().y.mean()) < CANVAS.y + 3)


async def test_each_tile_tells_its_latency_hop_by_hop(stand: Stand, tmp_path: Path) -> None:
    async with running_wall(tmp_path) as wall:
        wall.apply(make_plan((feed(stand, "cam-1"),), layout="1x1"))
        await eventually_async(lambda: len(wall.tiles()) == 1 and all_live(wall), within_s=30)
        with wall.broadcast.subscribe() as viewer:
            for _ in range(12):
                await asyncio.wait_for(anext(viewer), 60)
            latency = wall.tiles()[0].latency
        assert latency is not None
        assert set(latency.hops) == set(Hop)
        assert all(0 <= spread.p50_ms <= spread.p95_ms for spread in latency.hops.values())
        told = msgspec.json.decode(msgspec.json.encode(wall.tiles()[0]))
        assert set(told["latency"]["hops"]) == {"receive", "decode", "compose", "encode", "send"}
