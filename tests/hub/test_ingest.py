import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.client import MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from hub.decisions.state import Outgoing
from hub.health import Health
from hub.ingest.connection import Address
from hub.ingest.intake import ANY_VERSION, Intake
from hub.inputs import Connected, Disconnected, Inbox, Received
from sensors.clock import SystemClock
from sensors.rtsp.authentication import Credentials
from tests.hub.quiet_center import START
from tests.support.brokers import free_port, running_broker
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually

TOPIC = "shekara/v1/kordai/fence-1/data"


class Ear:
    """An intake whose inbox a test reads by hand."""

    def __init__(self, port: int, versions: tuple[int, ...], credentials: Credentials | None) -> None:
        clock = SystemClock()
        self.health = Health(START, "test", "none")
        self.inbox = Inbox(10_000)
        address = Address("127.0.0.1", port, "ear", 20, credentials)
        self.intake = Intake(address, self.inbox, self.health, clock, versions=versions, longest_pause_s=0.2)
        self.heard: list[Received] = []
        self.connections = 0

    def listen(self) -> list[Received]:
        for item in self.inbox.take(10_000, 0.01, 0.0):
            if isinstance(item, Received):
                self.heard.append(item)
            self.connections += isinstance(item, Connected)
            assert isinstance(item, Received | Connected | Disconnected)
        return self.heard


@contextmanager
def ear(port: int, versions: tuple[int, ...] = ANY_VERSION, credentials: Credentials | None = None) -> Iterator[Ear]:
    made = Ear(port, versions, credentials)
    made.intake.start()
    try:
        yield made
    finally:
        made.inbox.close()
        assert made.intake.stop(5.0)


@contextmanager
def mouth(port: int, credentials: Credentials | None = None) -> Iterator[mqtt.Client]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    if credentials is not None:
        client.username_pw_set(credentials.user, credentials.password)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def say(client: mqtt.Client, payload: bytes, *, retain: bool = False) -> None:
    client.publish(TOPIC, payload, qos=1, retain=retain).wait_for_publish(60)


@pytest.mark.parametrize("version", [MQTTv5, MQTTv311])
def test_what_is_not_acknowledged_comes_again_on_the_next_connection(tmp_path: Path, version: int) -> None:
    with running_mosquitto(tmp_path) as port:
        with ear(port, (version,)) as first, mouth(port) as client:
            eventually(lambda: first.health.broker_connected)
            for number in range(10):
                say(client, b"%d" % number)
            eventually(lambda: len(first.listen()) == 10)
            assert first.intake.acknowledge(first.heard[:4]) == 4
        with ear(port, (version,)) as second:
            eventually(lambda: len(second.listen()) == 6)
            assert [message.payload for message in second.heard] == [b"%d" % number for number in range(4, 10)]
            assert second.intake.acknowledge(second.heard) == 6


def test_an_acknowledgement_for_an_earlier_connection_is_not_sent(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path) as port, ear(port) as listener, mouth(port) as client:
        eventually(lambda: listener.health.broker_connected)
        say(client, b"one")
        eventually(lambda: len(listener.listen()) == 1)
        listener.intake._connection.cut()  # type: ignore[union-attr]  # it is connected
        eventually(lambda: len(listener.listen()) == 2)
        early, again = listener.heard
        assert early.payload == again.payload
        assert listener.intake.acknowledge([early]) == 0
        assert listener.intake.acknowledge([again]) == 1


def test_messages_published_while_the_hub_is_away_wait_for_it(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path) as port:
        with ear(port) as first:
            eventually(lambda: first.health.broker_connected)
        with mouth(port) as client:
            for number in range(50):
                say(client, b"%d" % number)
        with ear(port) as second:
            eventually(lambda: len(second.listen()) == 50)
            assert [message.payload for message in second.heard] == [b"%d" % number for number in range(50)]


def test_a_broker_that_speaks_only_3_1_1_is_spoken_to_in_it(tmp_path: Path) -> None:
    with running_broker(tmp_path) as port, ear(port) as listener, mouth(port) as client:
        eventually(lambda: listener.health.broker_connected, within_s=30)
        say(client, b"hello")
        eventually(listener.listen)


@pytest.mark.parametrize("kind", ["mosquitto", "embedded"])
def test_ten_megabytes_are_taken_in_as_their_head_and_their_length(tmp_path: Path, kind: str) -> None:
    broker = running_mosquitto(tmp_path) if kind == "mosquitto" else running_broker(tmp_path)
    with broker as port, ear(port) as listener, mouth(port) as client:
        eventually(lambda: listener.health.broker_connected, within_s=30)
        say(client, b"x" * 10_000_000)
        say(client, b"after")
        eventually(lambda: len(listener.listen()) == 2, within_s=30)
        assert (len(listener.heard[0].payload), listener.heard[0].payload_bytes) == (200, 10_000_000)


def test_retained_messages_are_marked_and_the_hubs_own_retained_ones_reach_others(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path) as port, mouth(port) as client:
        say(client, b"kept", retain=True)
        with ear(port) as listener:
            eventually(listener.listen)
            assert listener.heard[0].retained
            say(client, b"live", retain=True)
            eventually(lambda: len(listener.listen()) == 2)
            assert not listener.heard[1].retained
            listener.intake.publish(Outgoing("shekara/v1/walls/main/plan", b"plan", retained=True))
            plans: list[bytes] = []
            heard = threading.Event()

            def on_message(_: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
                plans.append(bytes(message.payload))
                heard.set()

            client.on_message = on_message
            client.subscribe("shekara/v1/walls/main/plan", 1)
            assert heard.wait(60)
            assert plans == [b"plan"]


def test_a_broker_that_is_away_is_reported_and_found_again(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path) as port, ear(port) as listener:
        eventually(lambda: listener.health.broker_connected)
    with ear(free_port()) as listener:
        eventually(lambda: listener.health.status(START).problems)
        assert "cannot be reached" in listener.health.status(START).problems[0]


def test_a_wrong_password_is_called_that_and_not_silence(tmp_path: Path) -> None:
    right, wrong = Credentials("hub", "right"), Credentials("hub", "wrong-secret")
    with running_broker(tmp_path, right) as port:
        with ear(port, (MQTTv311,), wrong) as listener:
            eventually(lambda: listener.health.status(START).problems)
            (problem,) = listener.health.status(START).problems
            assert "refuses the hub" in problem
            assert "wrong-secret" not in problem
        with ear(port, (MQTTv311,), right) as listener:
            eventually(lambda: listener.health.broker_connected)
