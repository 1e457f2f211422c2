"""The dialect against an edge node that nobody here wrote, through a real broker."""

import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sensors.dialects.dialect import Heard, Send
from sensors.dialects.native import CommandPayload
from sensors.dialects.sparkplug.host import SparkplugHost
from sensors.model import DeviceKey, Message, Quality, Reading
from tests.sensors.sparkplug_edge import HOST, SITES, START, Ear, Published, births, readings, refusals, states
from tests.support.mosquitto import running_mosquitto
from tests.support.sparkplug_peer import PROGRAM, PYTHON, SparkplugPeer, sparkplug_peer
from tests.support.waiting import eventually


class Wire:
    """The dialect with a connection of its own: clean session, and its will."""

    def __init__(self, port: int) -> None:
        self.host = SparkplugHost(HOST, SITES, reorder_s=0.3, rebirth_interval_s=30.0)
        self.messages: list[Message] = []
        self.sent: list[Send] = []
        self._arrived: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
        self._subscribed = threading.Event()
        opened_at = datetime.now(UTC)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, clean_session=True)
        will = self.host.will(opened_at)
        assert will is not None
        self.client.will_set(will.topic, will.payload, will.qos, will.retained)
        self.client.on_message = lambda _, __, message: self._arrived.put(message)
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.connect("127.0.0.1", port)
        self.client.subscribe([(each.topic, each.qos) for each in self.host.filters])
        self.client.loop_start()
        assert self._subscribed.wait(60)
        self._keep(self.host.connected(datetime.now(UTC), opened_at))

    def pump(self) -> None:
        while not self._arrived.empty():
            said = self._arrived.get()
            now = datetime.now(UTC)
            self._keep(self.host.decode(said.topic, bytes(said.payload), retained=said.retain, received_at=now))
        self._keep(self.host.tick(datetime.now(UTC)))

    def births(self) -> int:
        self.pump()
        return len(births(self.messages))

    def readings(self, metric: str) -> list[Reading]:
        self.pump()
        return [each for each in readings(self.messages) if each.metric == metric]

    def wait_for(self, metric: str, value: object) -> Reading:
        eventually(lambda: any(each.value == value for each in self.readings(metric)), what=f"{metric} = {value}")
        return next(each for each in self.readings(metric) if each.value == value)

    def wait_for_state(self, words: str, *, online: bool) -> None:
        def stands() -> bool:
            self.pump()
            said = [each for name, each in states(self.messages) if name == words]
            return bool(said) and said[-1] is online

        eventually(stands, what=f"{words} {online}: {refusals(self.messages)}")

    def key(self, words: str) -> DeviceKey:
        return next(each.key for each in births(self.messages) if each.key.device.startswith(words))

    def say(self, said: tuple[Send, ...] | str) -> None:
        assert not isinstance(said, str), said
        for each in said:
            self.sent.append(each)
            self.client.publish(each.topic, each.payload, each.qos, each.retained)

    def leave(self) -> None:
        self.say(self.host.farewell(datetime.now(UTC)))

    def _keep(self, heard: Heard) -> None:
        self.messages += heard.messages
        self.say(tuple(action for action in heard.actions if isinstance(action, Send)))


@contextmanager
def wired(port: int) -> Iterator[Wire]:
    wire = Wire(port)
    try:
        yield wire
    finally:
        wire.client.disconnect()
        wire.client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    with running_mosquitto(tmp_path) as port:
        yield port


@pytest.fixture
def peer(broker: int, tmp_path: Path) -> Iterator[SparkplugPeer]:
    with sparkplug_peer(broker, HOST, tmp_path / "peer.log") as peer:
        yield peer


def test_every_datatype_of_a_foreign_encoder_is_read() -> None:
    done = subprocess.run(
        [PYTHON, PROGRAM.with_name("sparkplug_payload.py")], check=True, capture_output=True, text=True
    )
    ear = Ear()
    heard = ear.hear(Published("spBv1.0/Kordai/NBIRTH/Edge-1", bytes.fromhex(done.stdout)))
    assert {each.metric: each.value for each in readings(heard)} == {
        "int8": -8,
        "int16": -1600,
        "int32": -320_000,
        "int64": -(2**40),
        "uint8": 200,
        "uint16": 60_000,
        "uint32": 4_000_000_000,
        "uint64": 2**63 - 1,
        "float": 21.3,
        "double": -0.1,
        "boolean": True,
        "string": "шлагбаум",
        "datetime": "2026-03-01T08:00:00.000Z",
        "text": "text",
        "uuid": "5d8e9d5c-0d9b-4b0e-9d52-3f6f1d8d5b0a",
        "bytes": 3,
        "file": 5,
        "int8_array": 3,
        "uint32_array": 2,
        "double_array": 4,
        "boolean_array": 12,
        "string_array": 2,
        "datetime_array": 1,
    }
    assert {each.captured_at for each in readings(heard)} == {START}
    assert refusals(heard) == []


def test_a_foreign_node_is_born_speaks_obeys_and_dies(broker: int, peer: SparkplugPeer) -> None:
    with wired(broker) as wire:
        wire.wait_for_state("pump-7", online=True)
        (reading,) = wire.readings("speed_setpoint")
        assert (reading.value, reading.quality) == (-20, Quality.GOOD)
        assert [each.value for each in wire.readings("name")] == ["Насос"]
        assert [each.value for each in wire.readings("photo")] == [5]
        peer.order("node", -7)
        assert wire.wait_for("load_cpu", -7).sequence == 0
        peer.order("measure", 21.3)
        wire.wait_for("flow", 21.3)

        pump = wire.key("pump-7")
        wire.say(wire.host.command(pump, CommandPayload("1", "write", {"speed_setpoint": -300})))
        assert peer.wait_for("written") == {"event": "written", "name": "Speed Setpoint", "value": -300}
        wire.wait_for("speed_setpoint", -300)

        peer.order("device-death")
        wire.wait_for_state("pump-7", online=False)
        peer.order("device-birth")
        wire.wait_for_state("pump-7", online=True)
        assert refusals(wire.messages) == []

        peer.kill()
        wire.wait_for_state("post-1", online=False)
        wire.wait_for_state("pump-7", online=False)
        assert {each.quality for each in wire.readings("flow")[-1:]} == {Quality.UNCERTAIN}


def test_a_foreign_node_answers_when_it_is_asked_for_a_rebirth(broker: int, peer: SparkplugPeer) -> None:
    with wired(broker) as wire:
        wire.wait_for_state("pump-7", online=True)
        assert peer.count("reborn") == 0
        peer.order("skip")
        peer.order("measure", 5.0)
        wire.wait_for("flow", 5.0)
        eventually(lambda: wire.births() == 4, what="both births once more")
        peer.order("measure", 6.0)
        wire.wait_for("flow", 6.0)
        assert peer.count("reborn") == 1


def test_a_foreign_node_keeps_its_data_while_its_primary_host_is_away(broker: int, peer: SparkplugPeer) -> None:
    peer.order("measure", 1.5)
    peer.wait_for("kept")
    with wired(broker) as wire:
        peer.wait_for("born")
        kept = wire.wait_for("flow", 1.5)
        assert kept.historical
        assert kept.captured_at < births(wire.messages)[0].received_at
        wire.leave()
        peer.wait_for("waits")
    peer.order("measure", 2.5)
    peer.wait_for("kept", 2)
    with wired(broker) as wire:
        assert wire.wait_for("flow", 2.5).historical


def test_a_foreign_node_keeps_its_data_when_its_primary_host_is_cut_off(broker: int, peer: SparkplugPeer) -> None:
    with wired(broker) as wire:
        peer.wait_for("born")
        connection = wire.client.socket()
        assert connection is not None
        wire.client.reconnect_delay_set(30, 30)
        connection.close()
        peer.wait_for("waits")
