"""Several ingest processes before one hub: nothing is lost or doubled, and one device's readings stay in order."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import defaultdict
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub import inputs
from hub.config import IngestSettings, StorageSettings
from hub.decisions.state import Wish
from hub.health import Health
from hub.ingest.door import FrontDoor
from hub.ingest.partitions import covered, hub_filters, partition_terms
from hub.ingest.relay import Relay
from hub.ingest.spool import MAX_READ_BYTES, Spool, StatusFile, spool_file
from hub.ingest.spool_intake import SpoolIntake
from hub.inputs import Inbox, Moment, Received
from sensors.clock import SystemClock
from sensors.dialects import native
from sensors.dialects.dialect import Filter
from sensors.errors import ConfigError, UnavailableError
from sensors.model import Birth, DeviceId, DeviceKey, Names, SiteId
from sensors.topics import EVERYTHING, Leaf, topic
from tests.hub.quiet_center import START, QuietCenter, device
from tests.support.brokers import free_port
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually, eventually_async

TWO = IngestSettings(partitions="kordai konysbayev, sypatai-batyr")
MESSAGES = 8_000


def message(number: int, at: Moment | None = None) -> Received:
    moment = at or Moment(START, 0.0)
    return Received(moment, f"shekara/v1/kordai/d/{number}", b"%d" % number, 1, number % 2 == 0, 1, number, 1)


def test_each_site_has_one_process_and_the_hub_hears_of_the_rest() -> None:
    assert partition_terms(TWO, 1).filters == (
        Filter("$share/shekara-ingest/shekara/v1/kordai/#"),
        Filter("$share/shekara-ingest/shekara/v1/konysbayev/#"),
    )
    assert partition_terms(TWO, 2).persistent
    assert hub_filters(IngestSettings()) == (Filter(EVERYTHING),)
    assert [each.topic for each in hub_filters(TWO)] == [
        "shekara/v1/simulators/#",
        "shekara/v1/walls/#",
        "shekara/v1/+/+/birth",
        "shekara/v1/+/+/state",
    ]


@pytest.mark.parametrize("partitions", ["kordai, kordai", "walls", "simulators", "Kordai!"])
def test_a_site_in_two_partitions_and_what_is_no_post_in_any_are_refused(partitions: str) -> None:
    with pytest.raises(ConfigError, match="site"):
        covered(IngestSettings(partitions=partitions))


def test_a_partition_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match="no partition 3"):
        partition_terms(TWO, 3)


def test_the_hub_asks_for_a_site_that_no_process_takes_in_when_it_is_born() -> None:
    center = QuietCenter(partitioned=covered(TWO))
    birth = Birth("fence", Names())
    assert center.bear(device("fence-1"), birth).wishes == []
    elsewhere = device("fence-1", "merke")
    assert center.bear(elsewhere, birth).wishes == [Wish("shekara/v1/merke/#", wanted=True, connection="")]
    assert center.bear(elsewhere, birth).wishes == []


def test_a_spool_gives_back_what_it_took_in_order_until_it_is_done(tmp_path: Path) -> None:
    writer, reader = Spool(tmp_path / "s.sqlite"), Spool(tmp_path / "s.sqlite", reader=True)
    writer.append([message(number) for number in range(10)])
    rows = reader.read_after(reader.done(), 4)
    assert [row.received(7.0, 3).payload for row in rows] == [b"0", b"1", b"2", b"3"]
    assert rows[2].received(7.0, 3) == msgspec.structs.replace(
        message(2, Moment(START, 7.0)), packet_id=rows[2].id, epoch=3
    )
    reader.mark_done(rows[-1].id)
    reader.mark_done(1)
    assert (writer.done(), writer.waiting()) == (4, 6)
    for each in (writer, reader):
        each.close()


def test_numbers_grow_over_a_spool_that_was_emptied(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    spool.append([message(number) for number in range(6_000)])
    spool.mark_done(6_000)
    while spool.tidy_up():
        pass
    spool.append([message(1)])
    assert spool.read_after(spool.done(), 10)[0].id == 6_001
    assert spool.waiting() == 1
    spool.close()


class Broker:
    """Takes acknowledgements; the other side of a door."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.alive = True

    def start(self) -> None: ...

    def stop(self, within_s: float) -> bool:
        return within_s > 0

    def acknowledge(self, messages: list[Received]) -> int:
        self.acknowledged += [each.packet_id for each in messages]
        return len(messages)

    def publish(self, outgoing: object) -> None: ...

    def listen(self, wishes: object) -> None: ...

    def shake_if_stuck(self) -> None: ...


class StubbornSpool(Spool):
    """A spool on a disk that is full until it is not."""

    full = False

    def append(self, messages: object) -> None:
        if self.full:
            raise UnavailableError("database or disk is full", subject="spool", mend="Make room")
        super().append(messages)  # type: ignore[arg-type]  # as it came


def test_nothing_is_acknowledged_while_the_disk_is_full_and_the_hub_is_told_why(tmp_path: Path) -> None:
    clock, inbox, broker = SystemClock(), Inbox(100), Broker()
    health, hub_health = Health(START, "", ""), Health(START, "", "")
    spool, status = StubbornSpool(spool_file(tmp_path, 1)), StatusFile(tmp_path, 1)
    door = FrontDoor({"": broker}, health)  # type: ignore[dict-item]  # lists are sequences
    relay = Relay(door, inbox, spool, status, health, clock, StorageSettings(), capacity=1_000)
    hub_inbox = Inbox(100)
    intake = SpoolIntake(tmp_path, 1, hub_inbox, hub_health, clock, count(5))
    stopping = threading.Event()
    thread = threading.Thread(target=relay.run, args=(stopping,))
    spool.full = True
    thread.start()
    intake.start()
    try:
        inbox.put(message(1))
        eventually(lambda: hub_health.status(START).problems, what="the hub saying why")
        assert "disk is full" in hub_health.status(START).problems[0]
        assert broker.acknowledged == []
        spool.full = False
        eventually(lambda: broker.acknowledged == [1], what="the acknowledgement")
        (got,) = hub_inbox.take(10, 10.0, 0.0)
        assert isinstance(got, Received)
        assert (got.payload, got.epoch) == (b"1", 5)
        assert intake.acknowledge([got]) == 1
        eventually(lambda: not hub_health.status(START).problems, what="the trouble being over")
        assert spool.waiting() == 0
    finally:
        stopping.set()
        thread.join(60)
        assert intake.stop(10)
        spool.close()


def test_a_spool_of_large_messages_is_taken_in_a_few_megabytes_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "MAX_BYTES", 1)
    clock = SystemClock()
    inbox, large = Inbox(10_000, clock), b"x" * native.MAX_PAYLOAD_BYTES
    spool = Spool(spool_file(tmp_path, 1))
    spool.append([msgspec.structs.replace(message(number), payload=large) for number in range(50)])
    intake = SpoolIntake(tmp_path, 1, inbox, Health(START, "none", str(tmp_path)), clock, count(5))
    intake.start()
    heard: list[int] = []
    try:
        while len(heard) < 50:
            eventually(lambda: inbox.full, what="the next messages")
            taken = inbox.take(10_000, 0.0, 0.0)
            assert len(taken) <= MAX_READ_BYTES // len(large)
            heard += [each.packet_id for each in taken if isinstance(each, Received)]
    finally:
        inbox.close()
        assert intake.stop(10.0)
        spool.close()
    assert heard == list(range(1, 51))


def test_a_full_spool_lets_the_broker_wait(tmp_path: Path) -> None:
    clock, inbox, broker = SystemClock(), Inbox(10_000), Broker()
    health = Health(START, "", "")
    spool = Spool(spool_file(tmp_path, 1))
    door = FrontDoor({"": broker}, health)  # type: ignore[dict-item]  # lists are sequences
    relay = Relay(door, inbox, spool, StatusFile(tmp_path, 1), health, clock, StorageSettings(), capacity=2_000)
    stopping = threading.Event()
    inbox.put_all([message(number) for number in range(5_000)])
    while "full" not in relay.run_once(stopping):
        assert len(broker.acknowledged) <= 2_500
    waiting = spool.waiting()
    assert 2_000 <= waiting == len(broker.acknowledged) < 2_500
    spool.mark_done(waiting)
    assert relay.run_once(stopping) == ""
    assert len(broker.acknowledged) > waiting
    spool.close()


class Hub:
    """A hub with two ingest processes, as users run it."""

    def __init__(self, folder: Path, broker_port: int) -> None:
        (folder / "shekara.toml").write_text(
            '[ingest]\npartitions = "kordai konysbayev, sypatai-batyr"\n'
            f'[broker]\nurl = "mqtt://127.0.0.1:{broker_port}"\n'
            f"[hub]\nport = {free_port()}\nmdns = false\n[discovery]\nonvif = false\nstreams = false\n"
        )
        self.log = folder / "hub.log"
        self.file = folder / "data" / "readings.sqlite"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.command", "--config", "shekara.toml", "hub"],
                cwd=folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=log,
            )

    def connections(self) -> int:
        return self.log.read_text().count("broker connected")

    def ingest_process(self, partition: int) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(each for each in children if each.cmdline()[-2:] == ["ingest", str(partition)])

    def rows(self, metric: str = "level") -> list[tuple[str, str, int]]:
        if not self.file.exists():
            return []
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(
                "SELECT s.site, s.device, r.sequence FROM readings r JOIN series s ON s.id = r.series"
                " WHERE s.metric = ? ORDER BY r.id",
                (metric,),
            ).fetchall()


def publish(port: int, hub: Hub, killed: threading.Event) -> None:
    """All messages; the second half of them when one of the processes has been killed."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(100)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sites = ("kordai", "konysbayev", "sypatai-batyr", "merke")
    keys = [DeviceKey(SiteId(site), DeviceId(f"meter-{number}")) for site in sites for number in range(2)]
    for key in keys:
        client.publish(topic(key, Leaf.BIRTH), native.encode_birth(Birth("meter", Names())), 1, retain=True)
    # What no partition names, the hub takes in from its first birth on.
    probes = count()

    def probe_arrives() -> bool:
        payload = native.encode_data(START, next(probes), {"probe": True})
        client.publish(topic(keys[-1], Leaf.DATA), payload, 1).wait_for_publish(60)
        return bool(hub.rows("probe"))

    eventually(probe_arrives, within_s=30, what="the fourth site being taken in")
    for number in range(MESSAGES):
        if number == MESSAGES // 2:
            killed.wait(60)
        payload = native.encode_data(START + timedelta(milliseconds=number), number, {"level": number})
        info = client.publish(topic(keys[number % len(keys)], Leaf.DATA), payload, 1)
        if number % 100 == 0:
            info.wait_for_publish(60)
    info.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


@pytest.mark.slow
async def test_two_processes_lose_and_double_nothing_and_keep_the_order_although_one_is_killed(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path, "max_inflight_messages 100") as port:
        hub = Hub(tmp_path, port)
        try:
            await eventually_async(lambda: hub.connections() >= 3, within_s=60, what="the hub and both processes")
            killed = threading.Event()
            publishing = asyncio.create_task(asyncio.to_thread(publish, port, hub, killed))
            await eventually_async(lambda: len(hub.rows()) > MESSAGES // 10, within_s=60, what="the first readings")
            connected = hub.connections()
            hub.ingest_process(1).send_signal(signal.SIGKILL)
            assert not publishing.done()
            killed.set()
            await publishing
            await eventually_async(lambda: len(hub.rows()) == MESSAGES, within_s=60, what="all of them")
            await eventually_async(lambda: hub.connections() > connected, within_s=60, what="the killed one again")
            hub.process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(hub.process.wait, 60) == 0
        finally:
            if hub.process.poll() is None:
                hub.process.kill()
                hub.process.wait(60)
    sequences: dict[tuple[str, str], list[int]] = defaultdict(list)
    for site, name, sequence in hub.rows():
        sequences[site, name].append(sequence)
    assert sorted(each for one in sequences.values() for each in one) == list(range(MESSAGES))
    assert len(sequences) == 8
    for one in sequences.values():
        assert one == sorted(one)
