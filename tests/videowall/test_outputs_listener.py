"""The address a wall listens on, and how its server ends."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from sensors.clock import ManualClock
from sensors.errors import UnavailableError
from tests.support.moving_picture import MovingWall
from tests.support.waiting import eventually_async
from tests.support.wall_server import Keys
from videowall.config import WallSettings
from videowall.outputs.listener import bind, serve
from videowall.outputs.server import build_app

pytestmark = pytest.mark.alone


def test_a_taken_port_is_named_with_the_mend() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=rf"\[wall\] 127.0.0.1:{port}.*choose another \[wall\] port"):
            bind("127.0.0.1", port)


def test_a_host_that_is_not_here_is_named() -> None:
    with pytest.raises(UnavailableError, match=r"192\.0\.2\.7"):
        bind("192.0.2.7", 0)


async def test_the_server_ends_though_somebody_watches(tmp_path: Path) -> None:
    wall, keys = MovingWall(), Keys(tmp_path)
    app = build_app(wall, WallSettings(public_key_file=str(keys.public_file)), ManualClock(datetime.now(UTC)))
    listener = bind("127.0.0.1", 0)
    server = asyncio.create_task(serve(app, listener))
    url = f"ws://127.0.0.1:{listener.getsockname()[1]}/wall/main/stream"
    async with connect(url, additional_headers=keys.bearer()) as viewer:
        await eventually_async(lambda: wall.broadcast.viewers == 1)
        server.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(server, 60)
        with pytest.raises(ConnectionClosed):
            await viewer.recv()
    assert wall.broadcast.viewers == 0
