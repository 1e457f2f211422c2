"""A crowd of sensors: what it says, what it counts, and what it does when a broker falls behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub.ingest.packets import Packets
from hub.inputs import Moment, Received
from sensors.clock import SystemClock
from sensors.dialects.native import decode
from sensors.equipment import complete
from sensors.errors import AccessError, UnavailableError
from sensors.model import BirthSeen, Condition, Limit, Reading, ReadingsSeen, StateSeen
from sensors.rtsp.authentication import Credentials
from simulators.load.account import Account, Count
from simulators.load.crowd import CrowdPost
from simulators.load.line import MOST_OPEN, Line
from simulators.load.packets import Ear, publish
from simulators.load.run import Place
from simulators.publish_connection import Broker
from tests.support.brokers import free_port, running_broker
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually, eventually_async

_NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
_GREETING = b"\x20\x02\x00\x00"


def _cut(stream: bytes) -> list[Received]:
    """The messages of a stream, as the hub cuts them out of it."""
    packets = Packets(1, is_v5=False)
    packets.feed(stream)
    messages, other = packets.take(Moment(_NOW, 0.0))
    assert not other
    return messages


def _readings(stream: bytes) -> list[Reading]:
    seen = [decode(each.topic, each.payload, retained=False, received_at=_NOW) for each in _cut(stream)]
    return [reading for one in seen if isinstance(one, ReadingsSeen) for reading in one.readings]


def _births(post: CrowdPost) -> list[BirthSeen]:
    stream = b"".join(b"".join(publish(name, 1, payload, retained=True)) for name, payload in post.announce(_NOW))
    seen = [decode(each.topic, each.payload, retained=each.retained, received_at=_NOW) for each in _cut(stream)]
    assert sum(isinstance(one, StateSeen) and one.online for one in seen) == len(seen) / 2
    return [one for one in seen if isinstance(one, BirthSeen)]


def _is_met(limit: Limit, value: object) -> bool:
    assert isinstance(value, int | float)
    assert isinstance(limit.bound, int | float)
    return value > limit.bound if limit.condition is Condition.ABOVE else value < limit.bound


def test_everybody_is_introduced_and_nobody_is_ever_a_reason_for_an_alarm() -> None:
    post = CrowdPost(7, 50, 1.0, seed=1)
    births = {seen.key: complete(seen.birth) for seen in _births(post) if seen.birth is not None}
    assert len(births) == 51
    assert {key.site for key in births} == {"load-007"}
    values: dict[tuple[str, str], set[object]] = {}
    for sequence in range(0, 4_096, 16):
        for reading in _readings(post.breath(_NOW, sequence, 65_000)):
            (metric,) = (each for each in births[reading.key].metrics if each.name == reading.metric)
            assert not any(_is_met(limit, reading.value) for limit in metric.limits), reading
            assert metric.minimum is None or metric.minimum <= float(reading.value), reading
            values.setdefault((str(reading.key), reading.metric), set()).add(reading.value)
    assert len(values) == 50
    assert all(len(seen) > 3 for seen in values.values())


def test_the_same_seed_says_the_same_and_another_says_something_else() -> None:
    said = [CrowdPost(1, 20, 1.0, seed).breath(_NOW, 5, 0) for seed in (1, 1, 2)]
    assert said[0] == said[1] != said[2]


def test_packets_are_numbered_from_one_to_the_last_and_round_again() -> None:
    numbers = [each.packet_id for each in _cut(CrowdPost(1, 4, 1.0, 1).breath(_NOW, 5, 65_533))]
    assert numbers == [65_534, 65_535, 1, 2]


def test_acknowledgements_are_counted_however_they_are_broken_up() -> None:
    stream = _GREETING + b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in range(1, 101)) + b"\xd0\x00"
    for step in (1, 3, 64, 4_096):
        ear = Ear()
        heard = [ear.hear(stream[at : at + step]) for at in range(0, len(stream), step)]
        assert sum(one.acknowledged for one in heard) == 100
        assert [one.refusal for one in heard if one.refusal is not None] == [0]


def test_what_is_no_answer_to_a_speaker_is_refused() -> None:
    with pytest.raises(ValueError, match="type 3"):
        Ear().hear(b"\x30\x7f" + bytes(127))


def test_the_account_says_what_was_skipped_and_how_late_it_was() -> None:
    account = Account(1_000.0)
    account.late(0.02)
    account.late(3.5)
    account.late(0.1)
    first = account.so_far(Count(10, 5, 70, 1))
    assert (first.lag_s, first.skipped, first.waiting, first.short) == (3.5, 70, 5, True)
    assert account.so_far(Count(10, 5, 70, 1)).lag_s == 0.0
    account.end()
    whole = account.whole(Count(15, 0, 70, 1))
    assert (whole.lag_s, whole.acknowledged, whole.asked_per_s) == (3.5, 15, 1_000.0)


class _Deaf:
    """A server that lets everybody in, acknowledges what is retained, and nothing else."""

    def __init__(self) -> None:
        self.heard = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packets = Packets(1, is_v5=False)
        try:
            while data := await reader.read(65_536):
                packets.feed(data)
                while packets.waiting:
                    messages, other = packets.take(Moment(_NOW, 0.0))
                    writer.write(_GREETING if other[:1] == b"\x10" else b"")
                    for each in messages:
                        self.heard += not each.retained
                        writer.write(b"\x40\x02" + each.packet_id.to_bytes(2, "big") if each.retained else b"")
                    if not messages and not other:
                        break
        finally:
            writer.close()


@asynccontextmanager
async def _deaf_place(post: CrowdPost) -> AsyncIterator[tuple[Place, _Deaf]]:
    deaf = _Deaf()
    server = await asyncio.start_server(deaf.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    place = Place(0, (post,), Broker("127.0.0.1", port, 20), SystemClock())
    running = asyncio.create_task(place.run(asyncio.Semaphore(1)))
    try:
        await eventually_async(place.announced.is_set, what="the introduction")
        yield place, deaf
    finally:
        running.cancel()
        await asyncio.wait({running})
        server.close()


async def test_a_broker_that_acknowledges_nothing_is_sent_no_more_than_may_wait_and_the_rest_is_counted() -> None:
    post = CrowdPost(1, 100, 1.0, 1)
    async with _deaf_place(post) as (place, deaf):
        for sequence in range(MOST_OPEN // 100 + 7):
            place.breathe(post, sequence)
            await asyncio.sleep(0)
        await eventually_async(lambda: deaf.heard == MOST_OPEN, what="all that may wait")
        assert place.skipped_total == 700
        assert place.line is not None
        assert (place.line.open, place.acknowledged_total) == (MOST_OPEN, 0)


async def test_while_there_is_no_connection_all_is_skipped_and_counted() -> None:
    post = CrowdPost(1, 30, 1.0, 1)
    place = Place(0, (post,), Broker("127.0.0.1", free_port(), 20), SystemClock())
    place.breathe(post, 1)
    assert place.skipped_total == 30
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1"):
        await place.run_once(asyncio.Semaphore(1))


async def test_a_broker_that_does_not_know_the_crowd_is_another_error(tmp_path: Path) -> None:
    with running_broker(tmp_path, Credentials("hub", "right")) as port:
        for password, error in (("wrong", AccessError), ("right", None)):
            line = Line(Broker("127.0.0.1", port, 20, Credentials("hub", password)), "load-stranger")
            if error is None:
                await line.connect(None)
            else:
                with pytest.raises(error):
                    await line.connect(None)
            line.close()


class _Listener:
    """Counts what a crowd says to a real broker, and knows which gateways are there."""

    def __init__(self, port: int) -> None:
        self.readings = 0
        self.online: dict[str, bool] = {}
        self.births = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("shekara/v1/#", qos=1)
        self._client.loop_start()

    def _take(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        del client, data
        seen = decode(message.topic, bytes(message.payload), retained=message.retain, received_at=_NOW)
        self.readings += len(seen.readings) if isinstance(seen, ReadingsSeen) else 0
        self.births += isinstance(seen, BirthSeen)
        if isinstance(seen, StateSeen) and seen.key.device == "gateway":
            self.online[seen.key.site] = seen.online

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def _crowd(folder: Path, port: int, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.command", "simulate", *arguments],
        cwd=folder,
        env={**os.environ, "SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{port}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _listened(port: int) -> Iterator[_Listener]:
    listener = _Listener(port)
    try:
        yield listener
    finally:
        listener.close()


def _line_of(process: "subprocess.Popen[str]") -> dict[str, float]:
    assert process.stdout is not None
    said: dict[str, float] = json.loads(process.stdout.readline())
    return said


def test_a_real_broker_has_all_that_the_last_line_says(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path) as port, _listened(port) as listener:
        size = ("--posts", "20", "--sensors", "10", "--rate", "5", "--for", "2")
        with _crowd(tmp_path, port, *size) as process:
            assert _line_of(process) == {"posts": 20, "devices": 220, "connections": 20}
            output, _ = process.communicate(timeout=30)
            assert process.returncode == 0
        last = json.loads(output.splitlines()[-1])
        assert last["acknowledged"] > 0
        assert (last["skipped"], last["waiting"], last["asked_per_s"]) == (0, 0, 1_000)
        assert last.keys() >= {"cpu_s_per_s", "readings_per_s", "rss_mb", "lag_s"}
        eventually(lambda: listener.readings == last["acknowledged"], what="all readings")
        eventually(lambda: len(listener.online) == 20 and not any(listener.online.values()), what="the farewells")
        assert listener.births == 220


@pytest.mark.parametrize(("connections", "with_will"), [("0", 6), ("2", 2)])
def test_a_killed_crowd_is_told_by_its_wills(tmp_path: Path, connections: str, with_will: int) -> None:
    def gone(listener: _Listener) -> Callable[[], bool]:
        return lambda: sum(not online for online in listener.online.values()) == with_will

    size = ("--posts", "6", "--sensors", "2", "--connections", connections)
    with running_mosquitto(tmp_path) as port, _listened(port) as listener, _crowd(tmp_path, port, *size) as process:
        assert _line_of(process)["connections"] == with_will
        eventually(lambda: sum(listener.online.values()) == 6, what="all gateways")
        process.send_signal(signal.SIGKILL)
        eventually(gone(listener), what="the wills")
