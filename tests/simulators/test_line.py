"""The line of a post as those see it who speak through it: plain TCP, a gateway with a real broker, a camera."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import pytest

from sensors.clock import SystemClock
from sensors.dialects.native import Sample
from sensors.model import DeviceId, SiteId
from simulators.faults.line import Line
from simulators.faults.link import Link
from simulators.publish_connection import Broker
from simulators.publisher import Publisher
from simulators.scenario.link_actions import (
    Ending,
    LinkAction,
    LinkBreak,
    LinkBrownOut,
    LinkHalfOpen,
    LinkLatency,
    LinkLoss,
    LinkNarrow,
    LinkResume,
)
from tests.support.camera_stand import OPEN, Stand
from tests.support.mosquitto import running_mosquitto
from tests.support.rtsp_clients import opened, stamps
from tests.support.site_listener import SiteListener
from tests.support.waiting import eventually_async

_CLOCK = SystemClock()
_SITE = "kordai"


class _Sink:
    """A server that says nothing and keeps what it is told, by the first byte of each connection."""

    def __init__(self) -> None:
        self.heard: dict[bytes, int] = {}
        self.ended: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = b""
        try:
            while data := await reader.read(65_536):
                name = name or data[:1]
                self.heard[name] = self.heard.get(name, 0) + len(data)
        except ConnectionError:
            pass
        self.ended.append(name)
        writer.close()


class _Bench:
    """A sink behind a line that can be made faulty, and behind another one that is well."""

    def __init__(self, sink: _Sink, faulty: Line, well: Line, link: Link) -> None:
        self.sink, self.faulty, self.well, self._link = sink, faulty, well, link
        self._opened: list[asyncio.StreamWriter] = []

    def act(self, action: LinkAction) -> None:
        self._link.act(action, _CLOCK.now())

    async def say(self, line: Line, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        self._opened.append(writer)
        writer.write(data)
        return reader, writer

    async def close(self) -> None:
        for writer in self._opened:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def _running(*lines: Line) -> AsyncIterator[None]:
    tasks = []
    for line in lines:
        await line.start()
        tasks.append(asyncio.create_task(line.run()))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def bench() -> AsyncIterator[_Bench]:
    sink, link = _Sink(), Link()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    target = ("127.0.0.1", server.sockets[0].getsockname()[1])
    faulty, well = Line(link, _CLOCK, target), Line(Link(), _CLOCK, target)
    async with _running(faulty, well):
        bench = _Bench(sink, faulty, well, link)
        yield bench
        await bench.close()
    server.close()


async def test_a_well_line_carries_all_bytes_and_both_ends(bench: _Bench) -> None:
    reader, writer = await bench.say(bench.faulty, b"a" * 3_000_000)
    writer.write_eof()
    assert await reader.read() == b""
    assert bench.sink.heard == {b"a": 3_000_000}
    assert bench.sink.ended == [b"a"]


@pytest.mark.parametrize(
    "action",
    [LinkLatency(site=_SITE, latency_s=2.0), LinkLoss(site=_SITE, share=0.5), LinkNarrow(site=_SITE, kbps=100)],
    ids=lambda action: type(action).__name__,
)
async def test_what_goes_through_a_bad_line_is_overtaken_and_still_arrives(bench: _Bench, action: LinkAction) -> None:
    bench.act(action)
    await bench.say(bench.faulty, b"a" * 28_000)
    await bench.say(bench.well, b"b")
    await eventually_async(lambda: b"b" in bench.sink.heard)
    assert bench.sink.heard.get(b"a", 0) < 28_000
    await eventually_async(lambda: bench.sink.heard == {b"a": 28_000, b"b": 1}, within_s=30)


async def test_a_brown_out_holds_everything_up_and_loses_nothing(bench: _Bench) -> None:
    bench.act(LinkBrownOut(site=_SITE, every_s=3600, down_s=3600))
    await bench.say(bench.faulty, b"a" * 100)
    await bench.say(bench.well, b"b")
    await eventually_async(lambda: b"b" in bench.sink.heard)
    assert b"a" not in bench.sink.heard
    bench.act(LinkResume(site=_SITE))
    await eventually_async(lambda: bench.sink.heard.get(b"a") == 100)


@pytest.mark.parametrize("ending", Ending)
async def test_a_broken_line_ends_connections_as_it_was_told_and_takes_no_new_ones(
    bench: _Bench, ending: Ending
) -> None:
    reader, _ = await bench.say(bench.faulty, b"a")
    await eventually_async(lambda: bench.sink.heard)
    bench.act(LinkBreak(site=_SITE, ending=ending))
    assert await _end_of(reader) is ending
    late, _ = await bench.say(bench.faulty, b"b")
    assert await _end_of(late) in ((ending,) if ending is Ending.RESET else Ending)  # unread bytes make a FIN an RST
    assert bench.sink.heard == {b"a": 1}
    bench.act(LinkResume(site=_SITE))
    await bench.say(bench.faulty, b"c")
    await eventually_async(lambda: b"c" in bench.sink.heard)


async def _end_of(reader: asyncio.StreamReader) -> Ending:
    try:
        assert await asyncio.wait_for(reader.read(), 10) == b""
    except ConnectionResetError:
        return Ending.RESET
    return Ending.FIN


async def test_a_half_open_line_accepts_swallows_and_never_answers(bench: _Bench) -> None:
    before, before_writer = await bench.say(bench.faulty, b"a")
    await eventually_async(lambda: bench.sink.heard)
    bench.act(LinkHalfOpen(site=_SITE))
    before_writer.write(b"swallowed")
    during, _ = await bench.say(bench.faulty, b"d" * 3_000_000)
    await bench.say(bench.well, b"b")
    await eventually_async(lambda: b"b" in bench.sink.heard)
    assert bench.sink.heard == {b"a": 1, b"b": 1}
    assert not before.at_eof()
    bench.act(LinkResume(site=_SITE))
    assert [await _end_of(reader) for reader in (before, during)] == [Ending.RESET, Ending.RESET]
    assert bench.sink.heard == {b"a": 1, b"b": 1}


async def test_a_server_that_is_not_there_is_a_reset() -> None:
    line = Line(Link(), _CLOCK, ("127.0.0.1", 1))
    async with _running(line):
        reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
        assert await _end_of(reader) is Ending.RESET
        writer.close()


@pytest.fixture
def mosquitto_port(tmp_path: Path) -> Iterator[int]:
    with running_mosquitto(tmp_path) as port:
        yield port


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, nothing is sent again but for what the test does."""
    monkeypatch.setattr("simulators.outbox.PATIENCE_S", 600.0)


@asynccontextmanager
async def _gateway(mosquitto_port: int, link: Link, keepalive_s: int) -> AsyncIterator[tuple[Publisher, SiteListener]]:
    """A gateway that speaks to a real mosquitto through a line, and somebody who listens to it."""
    listener = SiteListener(mosquitto_port, _SITE)
    line = Line(link, _CLOCK, ("127.0.0.1", mosquitto_port))
    births = {DeviceId("gateway"): b'{"kind":"gateway","names":{"en":"G"}}'}
    async with _running(line):
        broker = Broker("127.0.0.1", line.port, keepalive_s)
        publisher = Publisher(SiteId(_SITE), broker, births, list[bytes]().append, _CLOCK)
        running = asyncio.create_task(publisher.run())
        try:
            await eventually_async(lambda: publisher.connected, what="the connection")
            await eventually_async(listener.states, what="its being heard to be there")
            yield publisher, listener
        finally:
            running.cancel()
            await asyncio.wait([running], timeout=5)
            listener.close()


def _sample(number: int) -> Sample:
    return Sample(_CLOCK.now(), number, {"load": float(number)})


@pytest.mark.usefixtures("patient")
async def test_a_gateway_behind_a_broken_line_is_gone_and_says_afterwards_what_it_measured(mosquitto_port: int) -> None:
    link = Link()
    async with _gateway(mosquitto_port, link, 20) as (publisher, listener):
        link.act(LinkBreak(site=_SITE), _CLOCK.now())
        await eventually_async(lambda: listener.states() == [True, False], what="the will")
        publisher.publish(DeviceId("gateway"), _sample(1))
        link.act(LinkResume(site=_SITE), _CLOCK.now())
        await eventually_async(lambda: publisher.outbox.acknowledged_total == 1)
        assert [reading.historical for reading in listener.readings()] == [True]


@pytest.mark.slow  # mosquitto looks for silent clients every five seconds
async def test_a_gateway_behind_a_half_open_line_believes_in_it_until_its_broker_does_not(mosquitto_port: int) -> None:
    link = Link()
    async with _gateway(mosquitto_port, link, 1) as (publisher, listener):
        link.act(LinkHalfOpen(site=_SITE), _CLOCK.now())
        publisher.publish(DeviceId("gateway"), _sample(1))
        assert publisher.connected
        await eventually_async(lambda: False in listener.states(), what="the will, after the keep-alive")
        assert not listener.readings()
        link.act(LinkResume(site=_SITE), _CLOCK.now())
        await eventually_async(lambda: publisher.outbox.acknowledged_total == 1)
        assert listener.states()[-1]


async def test_a_camera_behind_a_line_stands_still_and_goes_on_and_is_cut_off(stand: Stand) -> None:
    link = Link()
    line = Line(link, _CLOCK, ("127.0.0.1", stand.server.port))
    async with _running(line):
        url = stand.url(OPEN).replace(str(stand.server.port), str(line.port))
        seen = asyncio.create_task(asyncio.to_thread(_watch, url))
        await eventually_async(lambda: line.connections_total == 1)
        link.act(LinkBrownOut(site=_SITE, every_s=3600, down_s=0.5), _CLOCK.now())
        assert await seen == 10
        watching = asyncio.create_task(asyncio.to_thread(_watch, url, 100_000))
        await eventually_async(lambda: line.connections_total == 2)
        link.act(LinkBreak(site=_SITE), _CLOCK.now())
        assert await watching < 100_000


def _watch(url: str, frames: int = 10) -> int:
    """How many frames came, of so many that were wanted."""
    try:
        with opened(url) as container:
            return len(stamps(container, frames))
    except av.error.FFmpegError:
        return 0
