"""What has ended is gone at once: what waits for the garbage collector waits for hours in a process of this size."""

import asyncio
import gc
from collections.abc import Iterator

import msgspec
import pytest

from sensors.clock import SystemClock
from sensors.model import Names, Stream, StreamRole
from sensors.secrets import Secrets
from tests.support.border_wall import key, make_plan
from tests.support.coded_film import HEIGHT, WIDTH, Coding, film
from tests.support.film_server import FilmServer, serving
from tests.support.opened_stream import Opened
from tests.support.waiting import eventually_async
from videowall.capture.channel import Channel
from videowall.capture.rtsp.assembly import Assembler
from videowall.capture.rtsp.conversation import Conversation, Transport
from videowall.capture.rtsp.link import DatagramPair, Link
from videowall.capture.rtsp.player import Player
from videowall.config import WallSettings
from videowall.decoding.decoder import Decoder
from videowall.plan import Feed
from videowall.wall import Wall

pytestmark = pytest.mark.alone


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive(*kinds: type) -> int:
    return sum(isinstance(each, kinds) for each in gc.get_objects())


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
async def test_a_session_that_has_ended_leaves_nothing(transport: Transport) -> None:
    kinds = (Player, Link, Conversation, Assembler, DatagramPair)
    before = alive(*kinds)
    async with serving(FilmServer(film(Coding.H264), fps=75)) as server:
        client = Opened(server.url, transport=transport)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(client.stream.run())
            for sessions in (1, 2, 3):
                await eventually_async(lambda seen=sessions: client.stream.sessions_total >= seen and server.live)  # type: ignore[misc]  # the default binds the loop's variable
                server.cut_all()
                server.is_open = True
            task.cancel()
        # A task that was cancelled holds the place where it was.
        del task
    await eventually_async(lambda: alive(*kinds) == before)


@pytest.mark.usefixtures("uncollected")
async def test_a_camera_that_left_the_wall_leaves_no_decoder() -> None:
    before = alive(Channel, Decoder)
    wall = Wall(WallSettings(), Secrets(), SystemClock())
    async with serving(FilmServer(film(Coding.H264))) as server, asyncio.TaskGroup() as group:
        task = group.create_task(wall.run())
        stream = Stream(StreamRole.SUB, server.url, "h264", WIDTH, HEIGHT, 25)
        one, other = (Feed(key(name), Names(), Names(), (stream,)) for name in ("cam-1", "cam-2"))
        wall.apply(make_plan((one, other)))
        await eventually_async(lambda: alive(Channel, Decoder) == before + 4)
        wall.apply(make_plan((one,)))
        await eventually_async(lambda: alive(Channel, Decoder) == before + 2)
        moved = msgspec.structs.replace(one, streams=(msgspec.structs.replace(stream, url=f"{server.url}/2"),))
        opened = len(server.connected_at_s)
        wall.apply(make_plan((moved,)))
        await eventually_async(lambda: len(server.connected_at_s) > opened and alive(Channel, Decoder) == before + 2)
        task.cancel()
