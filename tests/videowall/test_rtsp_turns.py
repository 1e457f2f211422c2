"""What one camera may take of the time that all share: a turn is bounded in work, whatever its bytes are."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import pytest

from sensors.catalog import PictureState
from sensors.clock import ManualClock
from sensors.rtsp.messages import MAX_LINE_ENDS, Request, encode_interleaved, encode_request
from tests.support.waiting import eventually_async
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.inbox import READ_BYTES
from videowall.capture.rtsp.link import _MOST_REQUESTS, Link
from videowall.capture.rtsp.packing import MAX_UNITS, PACKINGS
from videowall.capture.rtsp.poller import TURN_S, Poller

PACKET_S = 0.000_01
"""What a packet takes on this clock."""
SHORTEST = encode_interleaved(0, b"")
MOST_PACKETS = int(TURN_S / PACKET_S) + READ_BYTES // len(SHORTEST)


class Wall:
    """Connections that a poller reads, and how many packets each has brought; each packet takes time."""

    def __init__(self, stack: ExitStack) -> None:
        self.clock = ManualClock(datetime(2026, 11, 30, tzinfo=UTC))
        self.brought: list[int] = []
        self.turns: list[list[int]] = []
        """What had been brought when all had had one more turn."""
        self.poller = Poller(self.clock, self._end_turn)
        self.links: list[Link] = []
        self._stack = stack

    def _end_turn(self, spent_s: float) -> float:
        del spent_s
        self.turns.append(list(self.brought))
        return 0.0

    async def connect(self, on_packet: Callable[[], None] = lambda: None) -> tuple[Link, socket.socket]:
        """A connection, and the camera's end of it."""
        ours, camera = socket.socketpair()
        self._stack.enter_context(camera)
        camera.setblocking(False)
        number = len(self.brought)
        self.brought.append(0)

        def take(channel: int, packet: bytes | memoryview) -> None:
            del channel, packet
            on_packet()
            self.brought[number] += 1
            self.clock.advance(PACKET_S)

        _, link = await asyncio.get_running_loop().create_connection(partial(Link, take), sock=ours)
        link.be_read_by(self.poller)
        self.links.append(link)
        return link, camera


@pytest.fixture
def wall() -> Iterator[Wall]:
    with ExitStack() as stack:
        yield Wall(stack)


@asynccontextmanager
async def polling(wall: Wall) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(wall.poller.run())
        yield
        for link in wall.links:
            link.end(StreamError("done", PictureState.NO_PACKETS))
        task.cancel()


def steps(turns: list[list[int]]) -> list[int]:
    """What the first connection brought in each turn."""
    return [after[0] - before[0] for before, after in pairwise([[0], *turns])]


@pytest.mark.parametrize("payload", [b"", b"x" * 12])
async def test_a_turn_of_the_shortest_packets_ends_and_the_rest_comes_in_later_ones(wall: Wall, payload: bytes) -> None:
    frame = encode_interleaved(0, payload)
    count = 120_000 // len(frame)
    _, camera = await wall.connect()
    assert camera.send(frame * count) == count * len(frame)
    async with polling(wall):
        await eventually_async(lambda: wall.brought == [count])
        await eventually_async(lambda: wall.turns[-1] == [count])
    assert max(steps(wall.turns)) <= MOST_PACKETS


async def test_a_picture_of_usual_packets_is_read_in_one_turn(wall: Wall) -> None:
    _, camera = await wall.connect()
    camera.send(encode_interleaved(0, b"x" * 1_200) * 80)
    async with polling(wall):
        await eventually_async(lambda: wall.brought == [80])
        await eventually_async(lambda: wall.turns[-1] == [80])
    assert set(steps(wall.turns)) == {0, 80}


async def test_who_floods_lets_the_others_pictures_through(wall: Wall) -> None:
    count = 120_000 // len(SHORTEST)
    _, flooding = await wall.connect()
    seen: list[int] = []
    _, sound = await wall.connect(lambda: seen.append(wall.brought[0]))
    flooding.send(SHORTEST * count)
    sound.send(encode_interleaved(0, b"a picture"))
    async with polling(wall):
        await eventually_async(lambda: wall.brought == [count, 1])
    assert seen[0] <= MOST_PACKETS


@pytest.mark.parametrize("flood", [b"\r\n" * MAX_LINE_ENDS, SHORTEST + b"\n" * 30_000])
async def test_who_sends_line_ends_alone_is_left(wall: Wall, flood: bytes) -> None:
    link, camera = await wall.connect()
    camera.send(flood)
    async with polling(wall):
        await eventually_async(link.ended.done)
    assert link.ended.result().state is PictureState.REFUSED


async def test_who_asks_without_end_is_answered_a_few_times_and_left(wall: Wall) -> None:
    link, camera = await wall.connect()
    camera.send(encode_request(Request("OPTIONS", "*", {"CSeq": "1"})) * 100)
    async with polling(wall):
        await eventually_async(link.ended.done)
    assert camera.recv(100_000).count(b"RTSP/1.0 200") == _MOST_REQUESTS


@pytest.mark.parametrize(("encoding", "head", "unit"), [("H264", b"\x18", b"\x41"), ("H265", b"\x60\x01", b"\x02\x01")])
def test_units_of_an_aggregate_are_bounded_in_number(encoding: str, head: bytes, unit: bytes) -> None:
    packed = struct.pack(">H", len(unit)) + unit
    pieces = PACKINGS[encoding].pieces(memoryview(head + packed * MAX_UNITS))
    assert pieces is not None
    assert {(piece.head, bytes(piece.body)) for piece in pieces} == {(unit, b"")}
    assert len(pieces) == MAX_UNITS
    assert PACKINGS[encoding].pieces(memoryview(head + packed * (MAX_UNITS + 1))) is None
