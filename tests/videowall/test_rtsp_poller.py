"""Connections read together: everything comes as it would one by one, and what ends is noticed."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.catalog import PictureState
from sensors.clock import ManualClock, SystemClock
from sensors.errors import LimitError, WireError
from sensors.rtsp.messages import Interleaved, Parser, Request, Response, encode_interleaved, encode_response
from simulators.cameras.vocabulary import Fault
from tests.support.camera_stand import OPEN, Stand
from tests.support.opened_stream import Opened, running
from tests.support.waiting import eventually_async
from videowall.capture.rtsp.inbox import READ_BYTES, ROOM_BYTES, Inbox
from videowall.capture.rtsp.link import Link
from videowall.capture.rtsp.poller import MUCH_BYTES, TURN_S, Poller
from videowall.decoding.decoder import Decoder

pytestmark = pytest.mark.alone

SENT = st.one_of(
    st.builds(encode_interleaved, st.integers(0, 3), st.binary(max_size=60)),
    st.builds(lambda size: encode_interleaved(0, b"x" * size), st.sampled_from([1400, 65_535])),
    st.just(encode_response(Response(200, "OK", {"cseq": "1"}, b"v=0"))),
    st.just(b"\r\n"),
)
BEGIN = datetime(2026, 11, 29, tzinfo=UTC)
SPENDS_S = 0.003
assert SPENDS_S < TURN_S < 2 * SPENDS_S
Taken = list[tuple[int, bytes] | Request | Response]


@pytest.fixture
def stand(guarded_stand: Stand) -> Iterator[Stand]:
    yield guarded_stand
    guarded_stand.mend()


@asynccontextmanager
async def polling(pause_s: float = 0.02) -> AsyncIterator[Poller]:
    poller = Poller(SystemClock(), lambda _: pause_s)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(poller.run())
        yield poller
        task.cancel()


def taken_by_inbox(data: bytes, cuts: list[int]) -> Taken:
    taken: Taken = []
    inbox = Inbox(lambda channel, packet: taken.append((channel, bytes(packet))))
    while data:
        room = inbox.room()
        size = min(len(room), len(data), cuts.pop() if cuts else ROOM_BYTES)
        room[:size], data = data[:size], data[size:]
        inbox.take(size, taken.append)
    return taken


@given(st.lists(SENT, max_size=12), st.lists(st.integers(1, 3000), max_size=40))
def test_however_it_is_cut_the_same_comes_out(sent: list[bytes], cuts: list[int]) -> None:
    data = b"".join(sent)
    try:
        plain = [(m.channel, m.payload) if isinstance(m, Interleaved) else m for m in Parser().feed(data)]
    except LimitError:
        with pytest.raises(LimitError, match="line ends"):
            taken_by_inbox(data, cuts)
    else:
        assert taken_by_inbox(data, cuts) == plain


@given(st.lists(st.one_of(SENT, st.binary(max_size=30)), max_size=8), st.lists(st.integers(1, 200), max_size=40))
def test_there_is_room_for_more_whatever_came(sent: list[bytes], cuts: list[int]) -> None:
    try:
        taken_by_inbox(b"".join(sent), cuts)
    except (WireError, LimitError):
        return


async def test_every_picture_comes_and_the_cameras_end_is_noticed(stand: Stand) -> None:
    async with polling() as poller:
        client = Opened(stand.url(OPEN), poller=poller)
        async with running(client.stream):
            await eventually_async(lambda: len(client.units) >= 30)
            assert client.stream.lost_total == 0
            stand.set_fault(OPEN, Fault.KILLED)
            await eventually_async(lambda: client.stream.failure is not None, within_s=60)
            stand.mend()
            before = len(client.units)
            await eventually_async(lambda: len(client.units) > before + 5)
    decoder = Decoder("h264")
    assert sum(decoder.decode(unit) is not None for unit in client.units[:30]) == 30


async def test_what_fails_in_one_connection_ends_that_one_alone(caplog: pytest.LogCaptureFixture) -> None:
    loop, heard = asyncio.get_running_loop(), list[bytes]()

    def break_down(channel: int, packet: bytes | memoryview) -> None:
        raise ZeroDivisionError(channel, packet)

    def hear(channel: int, packet: bytes | memoryview) -> None:
        del channel
        heard.append(bytes(packet))

    loop.set_exception_handler(lambda *_: None)
    async with polling() as poller:
        links, cameras = [], []
        for take in (break_down, hear):
            ours, camera = socket.socketpair()
            _, link = await loop.create_connection(partial(Link, take), sock=ours)
            link.be_read_by(poller)
            links.append(link)
            cameras.append(camera)
        for camera in cameras:
            camera.send(encode_interleaved(0, b"one"))
        await eventually_async(lambda: links[0].ended.done() and heard == [b"one"])
        cameras[1].send(encode_interleaved(0, b"two"))
        await eventually_async(lambda: heard == [b"one", b"two"])
        cameras[1].close()
        await eventually_async(links[1].ended.done)
        assert links[0].ended.result().state is PictureState.CANNOT_DECODE
        cameras[0].close()
    assert not caplog.records


async def test_a_poller_that_ends_hands_connections_back_so_that_farewells_are_answered() -> None:
    heard: list[bytes] = []
    links, cameras = [], []
    async with polling() as poller:
        for _ in range(2):
            ours, camera = socket.socketpair()
            take = partial(Link, lambda _, packet: heard.append(bytes(packet)))
            _, link = await asyncio.get_running_loop().create_connection(take, sock=ours)
            links.append(link)
            cameras.append(camera)
        links[0].be_read_by(poller)
    links[1].be_read_by(poller)
    for number, camera in enumerate(cameras):
        camera.send(encode_interleaved(0, b"%d" % number))
    await eventually_async(lambda: sorted(heard) == [b"0", b"1"])
    for camera in cameras:
        camera.close()
    await eventually_async(lambda: all(link.ended.done() for link in links))


class Busy:
    """A connection that always has so much more, and takes long to be read."""

    def __init__(self, clock: ManualClock, ours: socket.socket, brings: int) -> None:
        self.reads = 0
        self._clock = clock
        self._ours = ours
        self._brings = brings

    def fileno(self) -> int:
        return self._ours.fileno()

    def be_read_alone(self) -> None:
        """Nobody reads it any more."""

    def read(self) -> int:
        self.reads += 1
        self._clock.advance(SPENDS_S)
        return self._brings


@pytest.mark.parametrize(("brings", "reads", "is_much"), [(1, 1, False), (READ_BYTES, 2, True), (MUCH_BYTES, 2, True)])
async def test_who_always_has_more_takes_no_turn_of_the_others_and_the_pause_knows_how_long_reading_takes(
    brings: int, reads: int, *, is_much: bool
) -> None:
    clock, told = ManualClock(BEGIN), list[float]()

    def pause(reading_s: float) -> float:
        told.append(reading_s)
        return 0.0

    poller = Poller(clock, pause)
    (ours, camera), (others, other_camera) = socket.socketpair(), socket.socketpair()
    with ours, camera, others, other_camera:
        camera.send(b"more")
        other_camera.send(b"more")
        first, second = Busy(clock, ours, brings), Busy(clock, others, 1)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(poller.run())
            poller.adopt(first)
            poller.adopt(second)
            await eventually_async(lambda: second.reads >= 20)
            assert abs(first.reads - reads * second.reads) <= reads
            task.cancel()
    assert told[1:] == pytest.approx([2 * SPENDS_S] * (len(told) - 1))
    assert (len(told) == 1) is is_much
