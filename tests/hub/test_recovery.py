"""What befalls a running hub, and what it recovers from without being restarted: its broker, its line, its clock."""

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub.brokers.mosquitto import Place, write_configuration
from hub.config import HubSettings, StorageSettings
from hub.decisions.center import Center
from hub.decisions.dialects import MAIN
from hub.decisions.state import State
from hub.health import Health
from hub.ingest.connection import Address
from hub.ingest.door import FrontDoor
from hub.ingest.intake import Intake
from hub.inputs import Moment
from hub.live import LiveFeed
from hub.pipeline import Pipeline
from hub.protocol import AlarmState, Liveness
from hub.storage.operations import OperationsStore
from hub.storage.readings import FILE_NAME, ReadingsStore
from sensors.broker_settings import BrokerSettings
from sensors.clock import SystemClock
from sensors.dialects import native
from sensors.model import DeviceKey, Quality
from sensors.topics import Leaf, topic
from tests.hub.quiet_center import FENCE, FENCE_BIRTH
from tests.support.brokers import free_port
from tests.support.half_open import half_open_proxy
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import eventually

KEEPALIVE_S = 1
HOUR_S = 3_600.0


class SteppedClock(SystemClock):
    """The machine's clocks; wall time can be set, as an operator or a jammed receiver does it."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead_s)


class RunningHub:
    """The hub from its connection to its store, without its API."""

    def __init__(self, folder: Path, port: int, stack: ExitStack) -> None:
        self.clock = SteppedClock()
        self._file = folder / FILE_NAME
        readings, operations = ReadingsStore(folder), OperationsStore(folder)
        stack.callback(readings.close)
        stack.callback(operations.close)
        self.health = Health(self.clock.now(), "none", str(folder))
        started = Moment(self.clock.now(), self.clock.monotonic_s())
        self.state = State(HubSettings(data_dir=folder, approve_all=True), operations.recall(), [], started)
        self.pipeline = Pipeline(
            Center(self.state), readings, operations, LiveFeed(), self.health, self.clock, StorageSettings()
        )
        address = Address("127.0.0.1", port, "hub-under-test", KEEPALIVE_S, None)
        intake = Intake(address, self.pipeline.inbox, self.health, self.clock, longest_pause_s=0.2)
        self.door = FrontDoor({MAIN: intake}, self.health)
        self.pipeline.start(self.door)
        self.door.start()
        stack.callback(self.door.stop, 5.0)
        stack.callback(self.pipeline.stop, 5.0)
        eventually(lambda: self.health.broker_connected, what="the first connection")

    @property
    def stored(self) -> Counter[int]:
        """How often each sequence number is in the store."""
        with closing(sqlite3.connect(self._file)) as connection:
            return Counter(row[0] for row in connection.execute("SELECT sequence FROM readings"))

    def quality_of(self, sequence: int) -> Quality:
        with closing(sqlite3.connect(self._file)) as connection:
            [row] = connection.execute("SELECT quality FROM readings WHERE sequence = ?", (sequence,))
        number: int = row[0]
        return list(Quality)[number]


class Fence:
    """A device at the broker, with a clock that is right."""

    def __init__(self, port: int, stack: ExitStack) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="fence")
        self._client.reconnect_delay_set(1, 1)
        self._may_come = threading.Event()
        self._may_come.set()
        self._client.on_pre_connect = self._wait_until_it_may
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        stack.callback(self._client.loop_stop)
        stack.callback(self._client.disconnect)
        self.sent = 0
        self._say(Leaf.BIRTH, native.encode_birth(FENCE_BIRTH), retain=True)
        self._say(Leaf.STATE, native.encode_state(online=True, since=datetime.now(UTC)), retain=True)

    def measure(self, value: float = 1.0) -> int:
        self.sent += 1
        self._say(Leaf.DATA, native.encode_data(datetime.now(UTC), self.sent, {"tension": value}))
        return self.sent

    @contextmanager
    def away(self) -> Iterator[None]:
        """Keep it from coming to the broker again for the length of the block."""
        self._may_come.clear()
        yield
        self._may_come.set()

    def _wait_until_it_may(self, client: mqtt.Client, data: object) -> None:
        del client, data
        self._may_come.wait(60)

    def _say(self, leaf: Leaf, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic(FENCE, leaf), payload, qos=1, retain=retain)


@contextmanager
def running_broker(folder: Path) -> Iterator[Mosquitto]:
    port = free_port()
    settings = BrokerSettings(url=f"mqtt://127.0.0.1:{port}")
    broker = Mosquitto(folder, write_configuration(settings, None, Place(folder, folder)), port)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_broker_that_was_restarted_is_found_again_and_all_comes_in_once(tmp_path: Path, how: str) -> None:
    with running_broker(tmp_path) as broker, ExitStack() as stack:
        hub, fence = RunningHub(tmp_path, broker.port, stack), Fence(broker.port, stack)
        for _ in range(3):
            fence.measure()
            eventually(lambda: len(hub.stored) == fence.sent, what="what was measured")
            # A broker that was killed may have forgotten the hub, and confirms what nobody is there yet to hear.
            with fence.away():
                if how == "killed":
                    broker.kill()
                else:
                    broker.stop()
                eventually(lambda: not hub.health.broker_connected, what="its noticing")
                eventually(lambda: "broker" in " ".join(hub.health.status(hub.clock.now()).problems))
                fence.measure()
                broker.start()
                eventually(lambda: hub.health.broker_connected, what="the next connection")
        eventually(lambda: len(hub.stored) == fence.sent, what="the rest")
        assert hub.stored == Counter(range(1, fence.sent + 1))
        eventually(lambda: hub.health.status(hub.clock.now()).problems == (), what="no trouble any more")


def test_a_half_open_connection_is_found_by_the_keep_alive_and_what_was_said_meanwhile_comes_in_once(
    tmp_path: Path,
) -> None:
    with running_broker(tmp_path) as broker, half_open_proxy(broker.port) as line, ExitStack() as stack:
        hub, fence = RunningHub(tmp_path, line.port, stack), Fence(broker.port, stack)
        fence.measure()
        eventually(lambda: len(hub.stored) == 1, what="the first sample")
        before = line.connections_total
        line.freeze()
        for _ in range(100):
            fence.measure()
        eventually(lambda: line.connections_total > before, what="a new connection")
        eventually(lambda: len(hub.stored) == fence.sent, what="what was said meanwhile")
        assert hub.stored == Counter(range(1, fence.sent + 1))
        eventually(lambda: hub.health.status(hub.clock.now()).messages_acknowledged_total >= fence.sent)


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S])
def test_a_clock_that_is_stepped_by_an_hour_and_back_disturbs_nothing_but_what_it_times(
    tmp_path: Path, ahead_s: float
) -> None:
    with running_broker(tmp_path) as broker, ExitStack() as stack:
        hub, fence = RunningHub(tmp_path, broker.port, stack), Fence(broker.port, stack)
        before = fence.measure()
        eventually(lambda: hub.stored[before], what="the sample before")
        hub.clock.ahead_s = ahead_s
        raised = fence.measure(99.0)
        eventually(lambda: hub.stored[raised] and states(hub) == [AlarmState.UNACKNOWLEDGED], what="an alarm")
        hub.clock.ahead_s = 0.0
        cleared = fence.measure(1.0)
        eventually(lambda: hub.stored[cleared] and states(hub) == [AlarmState.RETURNED], what="its end")
        # Of an hour behind the hub can only see that the device is an hour ahead; of an hour ahead, a late message.
        expected = Quality.UNCERTAIN if ahead_s < 0 else Quality.GOOD
        assert [hub.quality_of(each) for each in (before, raised, cleared)] == [Quality.GOOD, expected, Quality.GOOD]
        assert liveness(hub, FENCE) is Liveness.ONLINE
        eventually(lambda: hub.health.broker_connected)  # its keep-alive is a second: this machine may break it
        assert (hub.pipeline.alive, absences(hub)) == (True, 0)


def states(hub: RunningHub) -> list[AlarmState]:
    return [alarm.state for alarm in hub.state.engine.listed if alarm.limit == "too-high"]


def liveness(hub: RunningHub, key: DeviceKey) -> Liveness:
    return hub.state.registry.devices[key].liveness


def absences(hub: RunningHub) -> int:
    """How often a device was thought to be gone: silence is timed by the monotonic clock."""
    with closing(sqlite3.connect(hub.state.settings.data_dir / "operations.sqlite")) as connection:
        [row] = connection.execute("SELECT count(*) FROM log WHERE kind IN ('device-offline', 'device-silent')")
    return int(row[0])
