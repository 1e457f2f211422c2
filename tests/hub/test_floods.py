"""Floods, against a real broker and a real hub: bounded, counted, named after who sent them; others are unharmed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub.decisions.registry import MAX_DEVICES_OF_SITE
from sensors.dialects import native
from sensors.model import Birth, DeviceId, DeviceKey, Names, SiteId
from sensors.topics import Leaf, topic
from tests.hub.quiet_center import FENCE, FENCE_BIRTH, START
from tests.support.brokers import free_port
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually
from tests.torture.parts import HubProcess

BIRTHS = 10_000
FLOOD = SiteId("flood")


@contextmanager
def hub_at(folder: Path, broker_port: int, **environ: str) -> Iterator[HubProcess]:
    hub = HubProcess(
        folder,
        {
            "SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{broker_port}",
            "SHEKARA_HUB_PORT": str(free_port()),
            "SHEKARA_HUB_APPROVE_ALL": "true",
            "SHEKARA_DISCOVERY_ONVIF": "false",
            **environ,
        },
    )
    hub.start()
    try:
        eventually(lambda: hub.subscribed, within_s=60, what="the hub's subscription")
        yield hub
        assert hub.stop() == 0
    finally:
        hub.kill()


@contextmanager
def publisher(port: int) -> Iterator[mqtt.Client]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(500)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


STORED = "SELECT count(*) FROM readings r JOIN series s ON s.id = r.series WHERE s.device = ? AND s.metric = 'tension'"
REFUSED = "SELECT site, device FROM log WHERE kind = 'rejected' AND text LIKE ?"


def ask(file: Path, question: str, *values: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(question, values).fetchall()


def measure(client: mqtt.Client, key: DeviceKey, number: int, value: float) -> mqtt.MQTTMessageInfo:
    payload = native.encode_data(START + timedelta(milliseconds=number), number, {"tension": value})
    return client.publish(topic(key, Leaf.DATA), payload, 1)


@pytest.mark.slow
def test_ten_thousand_retained_births_of_a_stranger_take_the_place_of_nobody(tmp_path: Path) -> None:
    operations = tmp_path / "data" / "operations.sqlite"
    with running_mosquitto(tmp_path, "max_inflight_messages 500") as port, publisher(port) as client:
        birth = native.encode_birth(Birth("fence", Names(en="Nobody")))
        for number in range(BIRTHS):
            key = DeviceKey(FLOOD, DeviceId(f"d{number}"))
            info = client.publish(topic(key, Leaf.BIRTH), birth, 1, retain=True)
        client.publish(topic(FENCE, Leaf.BIRTH), native.encode_birth(FENCE_BIRTH), 1, retain=True)
        info.wait_for_publish(60)
        with hub_at(tmp_path, port):
            devices = "SELECT site, count(*) FROM devices GROUP BY site ORDER BY site"
            expected = [("flood", MAX_DEVICES_OF_SITE), ("kordai", 1)]
            eventually(lambda: ask(operations, devices) == expected, within_s=60, what="the devices")
            said = f"%over {MAX_DEVICES_OF_SITE} devices%"
            eventually(lambda: ask(operations, REFUSED, said), what="the log saying so")
            measure(client, FENCE, 1, 50.0)
            alarm = "SELECT site, device FROM alarms"
            eventually(lambda: ask(operations, alarm) == [("kordai", "fence-1")], what="the alarm of another")


@pytest.mark.slow
def test_what_one_device_sends_beyond_its_allowance_is_refused_under_its_name_and_others_are_heard(
    tmp_path: Path,
) -> None:
    noisy = DeviceKey(FLOOD, DeviceId("noisy"))
    readings, operations = tmp_path / "data" / "readings.sqlite", tmp_path / "data" / "operations.sqlite"
    with (
        running_mosquitto(tmp_path, "max_inflight_messages 500") as port,
        publisher(port) as client,
        hub_at(tmp_path, port, SHEKARA_HUB_DEVICE_READINGS_PER_S="20"),
    ):
        for key in (FENCE, noisy):
            client.publish(topic(key, Leaf.BIRTH), native.encode_birth(FENCE_BIRTH), 1, retain=True)
        for number in range(5_000):
            measure(client, noisy, number, 1.0)
            if number % 50 == 0:
                measure(client, FENCE, number, 1.0)
        eventually(lambda: ask(readings, STORED, "fence-1") == [(100,)], within_s=60, what="the other's readings")
        kept = ask(readings, STORED, "noisy")[0][0]
        assert isinstance(kept, int)
        assert 1_200 <= kept < 5_000
        said = "%over 20 readings a second%"
        eventually(lambda: ask(operations, REFUSED, said), what="the log saying so")
        assert set(ask(operations, REFUSED, said)) == {("flood", "noisy")}
