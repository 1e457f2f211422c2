"""From one stream of a camera to another: the tile shows a picture all the while."""

import asyncio

import numpy as np
import pytest

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.model import StreamRole
from sensors.secrets import Secrets
from tests.support.border_wall import CAMERAS, feed, make_plan, stamp_in
from tests.support.camera_stand import Stand
from tests.support.waiting import eventually_async
from videowall.config import WallSettings
from videowall.wall import Wall

pytestmark = pytest.mark.alone

_LOOK_S = 0.02


@pytest.mark.slow
async def test_a_tile_that_grows_is_never_black_while_its_larger_stream_is_opened(border_stand: Stand) -> None:
    wall = Wall(WallSettings(), Secrets(), SystemClock())
    feeds = tuple(feed(border_stand, camera) for camera in CAMERAS[:4])
    async with asyncio.TaskGroup() as group:
        running = group.create_task(wall.run())
        wall.apply(make_plan(feeds, layout="3x3"))
        await eventually_async(
            lambda: len(wall.tiles()) == 4 and all(tile.state is PictureState.LIVE for tile in wall.tiles()),
            within_s=60,
        )
        roles: list[StreamRole | None] = []
        for layout, count in (("1x1", 1), ("3x3", 4)):
            wall.apply(make_plan(feeds[:count], layout=layout))
            wanted = StreamRole.MAIN if count == 1 else StreamRole.SUB
            await eventually_async(lambda: _is_drawn(wall))
            for _ in range(2000):
                tile = wall.tiles()[0]
                roles.append(tile.stream_role)
                luma = wall.composer.snapshot().y
                shown = luma[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width]
                assert float(np.mean(shown)) > 30
                if tile.stream_role is wanted and stamp_in(luma, tile):
                    break
                await asyncio.sleep(_LOOK_S)
        running.cancel()
    # Where the larger stream opens at once, no look comes before it.
    assert roles[-1] is StreamRole.SUB
    assert StreamRole.MAIN in roles


def _is_drawn(wall: Wall) -> bool:
    return stamp_in(wall.composer.snapshot().y, wall.tiles()[0]) is not None
