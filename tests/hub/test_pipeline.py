import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from hub.config import HubSettings, StorageSettings
from hub.core import Hub
from hub.decisions.center import Center
from hub.decisions.state import Outgoing, State, Wish
from hub.health import Health
from hub.inputs import Inbox, Input, Moment, Received, Tick
from hub.live import LiveFeed
from hub.pipeline import Pipeline
from hub.protocol import AlarmChanged, Logged, MetricsChanged
from hub.storage.archive import Archive
from hub.storage.history import Historian
from hub.storage.operations import OperationsStore
from hub.storage.readings import FILE_NAME, ReadingsStore
from hub.storage.rollups import RollupStore
from sensors.access import Principal, Role
from sensors.clock import ManualClock, SystemClock
from sensors.dialects import native
from sensors.errors import NotFoundError
from sensors.model import DeviceKey, Value
from sensors.topics import Leaf, topic
from tests.hub.quiet_center import FENCE, FENCE_BIRTH, START
from tests.support.waiting import eventually, eventually_async


class WatchfulBroker:
    """Looks at the disk whenever it is acknowledged: what is not there yet must not be acknowledged."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / FILE_NAME
        self.acknowledged: list[int] = []
        self.stored_at_acknowledgement: list[int] = []
        self.published: list[Outgoing] = []

    def acknowledge(self, messages: Sequence[Received]) -> int:
        with sqlite3.connect(self._file) as connection:
            stored = connection.execute("SELECT count(*) FROM readings").fetchone()[0]
        connection.close()
        self.acknowledged += [message.packet_id for message in messages]
        self.stored_at_acknowledgement.append(stored)
        return len(messages)

    def publish(self, outgoing: Outgoing) -> None:
        self.published.append(outgoing)

    def listen(self, wishes: Sequence[Wish]) -> None:
        assert not wishes


class Rig:
    def __init__(self, data_dir: Path, stack: ExitStack) -> None:
        self.clock = SystemClock()
        self.readings = ReadingsStore(data_dir)
        self.operations = OperationsStore(data_dir)
        stack.callback(self.readings.close)
        stack.callback(self.operations.close)
        self.feed = LiveFeed()
        self.health = Health(self.clock.now(), "none", str(data_dir))
        settings = HubSettings(data_dir=data_dir, approve_all=True)
        self.state = State(settings, self.operations.recall(), self.readings.newest(), self.now)
        self.pipeline = Pipeline(
            Center(self.state),
            self.readings,
            self.operations,
            self.feed,
            self.health,
            self.clock,
            StorageSettings(inbox_messages=100),
        )
        self.rollups = RollupStore(data_dir)
        stack.callback(self.rollups.close)
        historian = Historian(self.readings, self.rollups, StorageSettings(), self.clock)
        archive = Archive(historian, self.operations)
        self.hub = Hub(self.pipeline, archive, lambda: self.health.status(self.clock.now()))
        self.broker = WatchfulBroker(data_dir)
        self._numbers = count(1)
        self.pipeline.start(self.broker)
        stack.callback(self.pipeline.stop, 5.0)

    @property
    def now(self) -> Moment:
        return Moment(self.clock.now(), self.clock.monotonic_s())

    def hear(self, key: DeviceKey, leaf: Leaf, payload: bytes) -> int:
        number = next(self._numbers)
        self.pipeline.inbox.put(Received(self.now, topic(key, leaf), payload, len(payload), False, 1, number, 1))
        return number

    def measure(self, value: float) -> int:
        return self.hear(
            FENCE, Leaf.DATA, native.encode_data(self.clock.now(), next(self._numbers), {"tension": value})
        )


@contextmanager
def rig(data_dir: Path) -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(data_dir, stack)


def test_nothing_is_acknowledged_before_it_is_on_the_disk_and_all_is_in_order(tmp_path: Path) -> None:
    with rig(tmp_path) as parts:
        sent = [parts.measure(float(number)) for number in range(300)]
        eventually(lambda: parts.health.status(START).messages_acknowledged_total == len(sent))
        assert parts.broker.acknowledged == sent
        batches = parts.broker.stored_at_acknowledgement
        assert batches == sorted(batches)
        assert batches[-1] == 300
        assert parts.health.status(START).readings_stored_total == 300


def test_a_full_disk_stops_acknowledgements_and_says_so_then_all_goes_on_and_nothing_is_lost(tmp_path: Path) -> None:
    with rig(tmp_path) as parts:
        parts.measure(0.0)
        eventually(lambda: parts.broker.acknowledged)
        parts.readings._connection.execute("PRAGMA max_page_count=1")
        sent = [parts.hear(FENCE, Leaf.DATA, _long(parts, number)) for number in range(60)]
        eventually(lambda: parts.health.status(START).problems)
        status = parts.hub.status()
        assert not status.storage_writable
        assert "full" in status.problems[0]
        assert not set(parts.broker.acknowledged) & set(sent[-20:])
        parts.readings._connection.execute("PRAGMA max_page_count=1000000")
        eventually(lambda: set(sent) <= set(parts.broker.acknowledged))
        assert parts.hub.status().storage_writable
        assert parts.hub.status().problems == ()
        assert len(parts.readings.read_after(0, 100_000)) == 1 + 60 * 20


def _long(parts: Rig, number: int) -> bytes:
    values: dict[str, Value | None] = {f"m{index}": "x" * 200 for index in range(20)}
    return native.encode_data(parts.clock.now() + timedelta(milliseconds=number), number, values)


def test_a_full_inbox_makes_the_sender_wait_and_loses_nothing() -> None:
    inbox = Inbox(10)
    moment = Moment(START, 0.0)
    sender = threading.Thread(target=lambda: [inbox.put(Tick(Moment(START, float(n)))) for n in range(100)])
    sender.start()
    eventually(lambda: inbox.full)
    taken: list[float] = []
    while len(taken) < 100:
        taken += [item.moment.monotonic_s for item in inbox.take(7, 1.0, 0.0)]
        assert len(inbox) <= 10
    sender.join()
    assert taken == [float(number) for number in range(100)]
    inbox.close()
    assert not inbox.put(Tick(moment))
    assert not inbox.offer(Tick(moment))


def test_large_messages_fill_an_inbox_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.inputs.MAX_BYTES", 1_000)
    inbox = Inbox(100)
    large = [Received(Moment(START, 0.0), f"t{number}", b"x" * 300, 300, False, 0, 0, 1) for number in range(20)]
    sender = threading.Thread(target=lambda: [inbox.put(message) for message in large])
    sender.start()
    taken: list[Input] = []
    while len(taken) < 20:
        eventually(lambda: inbox.full or not sender.is_alive())
        assert len(inbox) <= 4
        taken += inbox.take(1, 1.0, 0.0)
    sender.join()
    assert taken == large
    assert (inbox.full, len(inbox)) == (False, 0)


class _Busy(ManualClock):
    """A clock during each look at which 4 ms pass and another message comes."""

    inbox: Inbox | None = None

    def monotonic_s(self) -> float:
        if self.inbox is not None:
            self.advance(0.004)
            self.inbox.put(Tick(Moment(START, super().monotonic_s())))
        return super().monotonic_s()


def test_what_comes_alone_is_taken_at_once_and_what_keeps_coming_shares_a_commit() -> None:
    clock = ManualClock(START)
    inbox = Inbox(100, clock)
    clock.advance(1.0)
    inbox.put(Tick(Moment(START, 0.0)))
    assert len(inbox.take(50, 0.0, 60.0)) == 1, "a minute's linger is over when nothing more comes"
    busy = _Busy(START)
    inbox = Inbox(100, busy)
    busy.advance(1.0)
    inbox.put(Tick(Moment(START, 0.0)))
    busy.inbox = inbox
    assert len(inbox.take(50, 0.0, 0.010)) == 3, "the first after a while waits for nothing"
    inbox.put(Tick(Moment(START, 0.0)))
    assert len(inbox.take(50, 0.0, 0.010)) == 5, "then as many as come in 10 ms"
    inbox.put(Tick(Moment(START, 0.0)))
    assert len(inbox.take(5, 0.0, 60.0)) == 5, "or as many as one commit takes"


async def test_the_snapshot_and_the_changes_after_it_have_no_gap_and_no_overlap(tmp_path: Path) -> None:
    with rig(tmp_path) as parts:
        parts.hear(FENCE, Leaf.BIRTH, native.encode_birth(FENCE_BIRTH))
        stop = threading.Event()

        def flap() -> None:
            value = 0.0
            while not stop.is_set():
                value = 99.0 if value < 40 else 1.0
                parts.measure(value)

        sender = threading.Thread(target=flap)
        sender.start()
        try:
            await eventually_async(lambda: parts.state.engine.listed)
            for _ in range(5):
                await _check_one_watcher(parts)
        finally:
            stop.set()
            await asyncio.to_thread(sender.join)


async def _check_one_watcher(parts: Rig) -> None:
    principal = Principal("aigul", Role.DUTY_OFFICER, "t", START)
    snapshot, subscription = await parts.hub.subscribe(principal)
    known = {(alarm.occurrence, alarm.state) for alarm in snapshot.alarms}
    numbers = [entry.number for entry in snapshot.log]
    assert numbers == sorted(numbers, reverse=True)
    last = numbers[0]
    seen = 0
    async for message in subscription:
        if isinstance(message, AlarmChanged):
            assert (message.alarm.occurrence, message.alarm.state) not in known
            seen += 1
        if isinstance(message, Logged):
            number = message.entry.number
            assert number == last + 1
            last = number
        if seen == 20:
            break
    subscription.close()


async def test_values_reach_a_watcher_merged_newest_last(tmp_path: Path) -> None:
    with rig(tmp_path) as parts:
        _, subscription = await parts.hub.subscribe(Principal("aigul", Role.VIEWER, "t", START))
        for number in range(200):
            await asyncio.to_thread(parts.measure, float(number))
        messages = 0
        async for message in subscription:
            if isinstance(message, MetricsChanged):
                messages += 1
                if message.metrics[0].value == 199.0:
                    break
        subscription.close()
        assert messages < 100


async def test_an_order_is_in_the_log_on_disk_when_it_is_answered(tmp_path: Path) -> None:
    with rig(tmp_path) as parts:
        entry = await parts.hub.write_note("aigul", "shift begins")
        assert (await parts.hub.log(None, 1)).entries == (entry,)
        with pytest.raises(NotFoundError):
            await parts.hub.acknowledge("a.b.c.d.1", "aigul")


async def test_a_restart_shows_the_last_values_and_the_devices_at_once(tmp_path: Path) -> None:
    with rig(tmp_path) as parts:
        parts.hear(FENCE, Leaf.BIRTH, native.encode_birth(FENCE_BIRTH))
        number = parts.measure(99.0)
        await eventually_async(lambda: number in parts.broker.acknowledged)
    with rig(tmp_path) as parts:
        snapshot, subscription = await parts.hub.subscribe(Principal("aigul", Role.VIEWER, "t", START))
        subscription.close()
        assert [view.key for view in snapshot.devices] == [FENCE]
        assert [view.value for view in snapshot.metrics] == [99.0]
        assert [view.limit for view in snapshot.alarms] == ["too-high"]
        kinds = [entry.kind for entry in reversed(snapshot.log)]
        assert kinds[-2:] == ["hub-stopped", "hub-started"]
