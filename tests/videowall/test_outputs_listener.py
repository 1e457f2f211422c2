"""The address a wall listens on, and how its server ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from sensors.clock import ManualClock
from sensors.errors import UnavailableError
from sensors.reception import MOST, MOST_EACH, REQUEST_WITHIN_S, Reception
from tests.support.callers import an_answer, callers, is_closed, speak
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


HALF_A_REQUEST = b"GET /health HTTP/1.1\r\nHost: wall\r\n"
UPGRADE = (
    b"GET /wall/main/stream HTTP/1.1\r\nHost: wall\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
HALF_AN_ORDER = b"POST /wall/main/whep HTTP/1.1\r\nHost: wall\r\nContent-Length: 9999\r\n\r\nv=0"


@asynccontextmanager
async def received(
    folder: Path, wall: MovingWall | None = None
) -> AsyncIterator[tuple[int, Reception, ManualClock, Keys]]:
    """A wall's server whose callers' time is the clock's."""
    keys, clock = Keys(folder), ManualClock(datetime.now(UTC))
    app = build_app(wall or MovingWall(), WallSettings(public_key_file=str(keys.public_file)), clock)
    listener, reception = bind("127.0.0.1", 0), Reception(clock)
    server = asyncio.create_task(serve(app, listener, reception))
    try:
        yield listener.getsockname()[1], reception, clock, keys
    finally:
        server.cancel()
        await asyncio.wait({server})


async def health(port: int, keys: Keys, host: str) -> int:
    """What somebody who may watch is answered at another address of this machine."""
    way = httpx.AsyncHTTPTransport(local_address=host)
    async with httpx.AsyncClient(transport=way, headers=keys.bearer(), timeout=60) as http:
        return (await http.get(f"http://127.0.0.1:{port}/health")).status_code


async def test_a_stranger_with_a_thousand_silent_connections_keeps_nobody_out(tmp_path: Path) -> None:
    async with received(tmp_path) as (port, reception, _, keys):
        async with callers(port, MOST_EACH + 50) as silent:
            await eventually_async(lambda: sum(map(is_closed, silent)) == 50, what="the refusal of those too many")
            assert reception.refused_total == 50
            assert await health(port, keys, "127.0.0.2") == 200
        await eventually_async(lambda: not reception._asking, what="the end of those that have gone")
        assert await health(port, keys, "127.0.0.1") == 200
        assert reception.unheard_total == 0


async def test_all_strangers_together_have_a_bound_and_their_time_ends(tmp_path: Path) -> None:
    async with received(tmp_path) as (port, reception, clock, keys):
        async with (
            callers(port, MOST_EACH, host="127.0.0.2") as first,
            callers(port, MOST_EACH, host="127.0.0.3") as second,
            callers(port, MOST_EACH, host="127.0.0.4") as third,
            callers(port, MOST - 3 * MOST_EACH, host="127.0.0.5") as fourth,
        ):
            await eventually_async(lambda: len(reception._asking) == MOST, what="a full house")
            async with callers(port, 1, host="127.0.0.6") as one_more:
                await eventually_async(lambda: is_closed(one_more[0]), what="the refusal of one more")
            clock.advance(REQUEST_WITHIN_S)
            strangers = first + second + third + fourth
            await eventually_async(lambda: all(map(is_closed, strangers)), what="the end of those who ask nothing")
            assert reception.unheard_total == MOST
            assert await health(port, keys, "127.0.0.6") == 200
        assert reception.refused_total == 1


@pytest.mark.parametrize(
    ("first", "more"),
    [(b"", b"G"), (HALF_A_REQUEST, b"X-More: 1\r\n"), (HALF_AN_ORDER, b"a=x\r\n")],
    ids=["silent", "head", "body"],
)
async def test_a_little_now_and_then_is_no_request(tmp_path: Path, first: bytes, more: bytes) -> None:
    async with received(tmp_path) as (port, reception, clock, _), callers(port, 1, first) as trickling:
        await eventually_async(lambda: reception._asking)
        clock.advance(REQUEST_WITHIN_S - 1)
        speak(trickling, more)
        clock.advance(1)
        await eventually_async(lambda: is_closed(trickling[0]), what="the end of who never comes to the point")
        assert reception.unheard_total == 1


async def test_nor_is_it_after_a_first_answer(tmp_path: Path) -> None:
    async with (
        received(tmp_path) as (port, reception, clock, _),
        callers(port, 1, HALF_A_REQUEST + b"\r\n") as known,
    ):
        assert (await an_answer(known[0])).startswith(b"HTTP/1.1 401 ")
        assert not reception._asking
        speak(known, b"G")
        await eventually_async(lambda: reception._asking, what="the beginning of another request")
        clock.advance(REQUEST_WITHIN_S)
        await eventually_async(lambda: is_closed(known[0]), what="the end of who begins and never asks")
        assert reception.unheard_total == 1


@asynccontextmanager
async def watching(port: int, keys: Keys) -> AsyncIterator[ClientConnection]:
    """A viewer that goes without goodbye, which would have to wait behind pictures that nobody looks at."""
    viewer = await connect(f"ws://127.0.0.1:{port}/wall/main/stream", additional_headers=keys.bearer())
    try:
        yield viewer
    finally:
        viewer.transport.abort()
        await viewer.wait_closed()


async def test_who_has_asked_may_watch_for_as_long_as_it_lasts(tmp_path: Path) -> None:
    wall = MovingWall()
    with wall.running():
        async with received(tmp_path, wall) as (port, reception, clock, keys), watching(port, keys) as viewer:
            await viewer.recv()
            assert not reception._asking
            async with callers(port, 1) as silent:
                await eventually_async(lambda: reception._asking)
                clock.advance(REQUEST_WITHIN_S)
                await eventually_async(lambda: is_closed(silent[0]), what="the end of who asked nothing")
            number = wall.index
            await eventually_async(lambda: wall.index > number)
            await viewer.recv()
            assert (wall.broadcast.viewers, reception.unheard_total, reception.refused_total) == (1, 1, 0)


async def test_viewers_are_not_counted_among_those_who_ask(tmp_path: Path) -> None:
    async with (
        received(tmp_path) as (port, reception, _, keys),
        watching(port, keys),
        watching(port, keys),
        callers(port, MOST_EACH),
    ):
        await eventually_async(lambda: len(reception._asking) == MOST_EACH, what="room for all of them")
        assert reception.refused_total == 0


async def test_a_websocket_that_was_refused_counts_until_it_is_closed(tmp_path: Path) -> None:
    async with received(tmp_path) as (port, reception, _, _), callers(port, MOST_EACH, UPGRADE) as refused:
        answers = [await an_answer(caller) for caller in refused]
        assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 101 Switching Protocols"}
        assert not reception._asking
        async with callers(port, 1) as one_more:
            await eventually_async(lambda: is_closed(one_more[0]), what="the refusal of one more")
        assert reception.refused_total == 1
