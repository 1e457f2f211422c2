"""A gateway against a real broker."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sensors.clock import SystemClock
from sensors.dialects.native import Sample, encode_command
from sensors.errors import AccessError, UnavailableError
from sensors.model import DeviceId, SiteId
from sensors.rtsp.authentication import Credentials
from simulators.outbox import Outbox
from simulators.publish_connection import Broker, Connection
from simulators.publisher import Publisher
from tests.support.brokers import free_port, running_broker
from tests.support.site_listener import SiteListener
from tests.support.waiting import eventually_async

_FENCE = DeviceId("fence-1")
_BIRTHS = {
    DeviceId("gateway"): b'{"kind":"gateway","names":{"en":"G"}}',
    _FENCE: b'{"kind":"fence","names":{"en":"F"},"via":"gateway"}',
}
_PAUSE_S = 30


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, nothing is sent again but for what the tests do."""
    monkeypatch.setattr("simulators.outbox.PATIENCE_S", 600.0)
    monkeypatch.setattr("simulators.publisher._FAREWELL_S", 60.0)


@pytest.fixture
def listen(broker_port: int) -> Iterator[Callable[[str], SiteListener]]:
    opened: list[SiteListener] = []

    def _listen(site: str) -> SiteListener:
        opened.append(SiteListener(broker_port, site))
        return opened[-1]

    yield _listen
    for listener in opened:
        listener.close()


@asynccontextmanager
async def _running(publisher: Publisher) -> AsyncIterator[Publisher]:
    running = asyncio.create_task(publisher.run())
    try:
        await eventually_async(lambda: publisher.connected, what="the connection")
        yield publisher
    finally:
        running.cancel()
        await asyncio.wait([running], timeout=90)
        assert running.cancelled()


def _publisher(port: int, site: str, outbox: Outbox | None = None, commands: list[bytes] | None = None) -> Publisher:
    take = commands.append if commands is not None else list[bytes]().append
    return Publisher(SiteId(site), Broker("127.0.0.1", port, 20), _BIRTHS, take, SystemClock(), outbox)


def _sample(number: int) -> Sample:
    return Sample(datetime.now(UTC), number, {"energy": float(number)})


async def test_a_connection_is_torn_though_its_broker_has_reset_it_already() -> None:
    met = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    async def let_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        writer.write(b"\x20\x02\x00\x00")
        writers.append(writer)
        met.set()

    broker = await asyncio.start_server(let_in, "127.0.0.1", 0)
    connection = Connection(Broker("127.0.0.1", broker.sockets[0].getsockname()[1], 20), "torn", None)
    await connection.open()
    await met.wait()
    opened = writers[0].get_extra_info("socket")
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writers[0].transport.abort()
    await asyncio.sleep(0)  # the broker's end is closed now, and nobody has looked at this one
    connection.tear()
    await asyncio.wait_for(connection.ended.wait(), 10)
    broker.close()


async def test_births_and_states_are_retained_and_a_clean_stop_says_offline(
    broker_port: int, listen: Callable[[str], SiteListener]
) -> None:
    early = listen("clean")
    async with _running(_publisher(broker_port, "clean")):
        await eventually_async(lambda: early.births() == {"clean/gateway", "clean/fence-1"})
        await eventually_async(early.states)
        late = listen("clean")
        await eventually_async(lambda: late.retained_births() == {"clean/gateway", "clean/fence-1"})
        await eventually_async(late.states)
        assert set(late.states()) == {True}
    later = listen("clean")
    await eventually_async(later.states)
    assert set(later.states()) == {False}


async def test_samples_arrive_once_and_are_counted_when_receipted(
    broker_port: int, listen: Callable[[str], SiteListener]
) -> None:
    listener = listen("count")
    async with _running(_publisher(broker_port, "count")) as publisher:
        for number in range(300):
            publisher.publish(_FENCE, _sample(number))
        await eventually_async(lambda: publisher.outbox.acknowledged_total == 300)
        await eventually_async(lambda: len(listener.readings()) >= 300)
    readings = listener.readings()
    assert sorted(reading.sequence for reading in readings) == list(range(300))
    assert sum(not reading.historical for reading in readings) >= 100


async def test_a_cut_line_is_noticed_by_the_will_and_nothing_is_lost(
    broker_port: int, listen: Callable[[str], SiteListener]
) -> None:
    listener = listen("cut")
    async with _running(_publisher(broker_port, "cut")) as publisher:
        publisher.publish(_FENCE, _sample(0))
        await eventually_async(lambda: publisher.outbox.acknowledged_total == 1)
        publisher.cut()
        await eventually_async(lambda: listener.states() == [True, False], what="the will")
        for number in range(1, 51):
            publisher.publish(_FENCE, _sample(number))
        assert not publisher.connected
        publisher.restore()
        await eventually_async(lambda: publisher.outbox.acknowledged_total == 51, within_s=_PAUSE_S)
        await eventually_async(lambda: len(listener.readings()) >= 51)
    by_number = {reading.sequence: reading.historical for reading in listener.readings()}
    assert by_number == {0: False, **dict.fromkeys(range(1, 51), True)}


async def test_a_full_outbox_drops_the_oldest_and_counts_it(
    broker_port: int, listen: Callable[[str], SiteListener]
) -> None:
    listener = listen("full")
    async with _running(_publisher(broker_port, "full", Outbox(capacity=10))) as publisher:
        publisher.cut()
        await eventually_async(lambda: not publisher.connected)
        for number in range(25):
            publisher.publish(_FENCE, _sample(number))
        publisher.restore()
        await eventually_async(lambda: len(listener.readings()) >= 10, within_s=_PAUSE_S)
        assert publisher.outbox.dropped_total == 15
    assert sorted(reading.sequence for reading in listener.readings()) == list(range(15, 25))


async def test_what_only_the_broker_has_goes_again_as_historical(
    broker_port: int, listen: Callable[[str], SiteListener]
) -> None:
    listener = listen("doubt")
    listener.silent = True
    async with _running(_publisher(broker_port, "doubt")) as publisher:
        publisher.publish(_FENCE, _sample(1))
        await eventually_async(lambda: len(listener.readings()) == 1)
        assert (len(publisher.outbox), publisher.outbox.acknowledged_total) == (1, 0)
        listener.silent = False
        publisher.cut()
        publisher.restore()
        await eventually_async(lambda: publisher.outbox.acknowledged_total == 1, within_s=_PAUSE_S)
        assert (len(publisher.outbox), publisher.outbox.resent_total) == (0, 1)
    live, again = listener.readings()
    assert (live.historical, again.historical) == (False, True)
    assert (live.sequence, live.captured_at, live.value) == (again.sequence, again.captured_at, again.value)


async def test_commands_reach_the_gateway(broker_port: int, listen: Callable[[str], SiteListener]) -> None:
    listener, commands = listen("orders"), list[bytes]()
    async with _running(_publisher(broker_port, "orders", commands=commands)):
        await eventually_async(lambda: len(listener.heard) >= 4)
        listener.say("shekara/v1/orders/gateway/cmd", encode_command("1", "intrusion"))
        await eventually_async(lambda: commands)
    assert b"intrusion" in commands[0]


async def test_a_broker_that_is_not_there_is_named() -> None:
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1"):
        await _publisher(free_port(), "lost").run_once()


async def test_a_broker_that_does_not_know_us_is_another_error(tmp_path: Path) -> None:
    with running_broker(tmp_path, Credentials("hub", "right")) as port:
        wrong = Broker("127.0.0.1", port, 20, Credentials("hub", "wrong"))
        stranger = Publisher(SiteId("x"), wrong, _BIRTHS, list[bytes]().append, SystemClock())
        with pytest.raises(AccessError):
            await stranger.run_once()
