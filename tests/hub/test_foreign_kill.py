"""What equipment said that was announced for a Home Assistant: acknowledged is stored, whenever the hub is killed.

A broker that kept a session delivers what it queued before it says again what was announced. So the first words after
a restart come before their configs.
"""

import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.mosquitto import AcknowledgementRecord, recording_proxy, running_mosquitto
from tests.support.waiting import eventually_async
from tests.torture.parts import HubProcess

WORDS = 100
KILLS = 3
CONFIG = {
    "device": {"identifiers": ["gauge-1"]},
    "unique_id": "gauge-1_level",
    "state_topic": "post/gauge-1",
    "unit_of_measurement": "mm",
}


def speak(port: int, *said: tuple[str, bytes, bool]) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bridge")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for topic, payload, retained in said:
        info = client.publish(topic, payload, qos=1, retain=retained)
    info.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def levels(hub: HubProcess) -> set[int]:
    """The values in the store."""
    if not hub.store.exists():
        return set()
    with closing(sqlite3.connect(hub.store)) as connection:
        return {
            int(value) for (value,) in connection.execute("SELECT value FROM readings WHERE typeof(value) <> 'text'")
        }


def said_levels(record: AcknowledgementRecord) -> int:
    return sum(payload.lstrip(b"\0").isdigit() for payload in record.acknowledged)


def forget_configs(hub: HubProcess) -> None:
    """As a hub of before had none."""
    with closing(sqlite3.connect(hub.store.with_name("operations.sqlite"), isolation_level=None)) as connection:
        assert connection.execute("DELETE FROM memos").rowcount


@pytest.mark.slow
@pytest.mark.parametrize("knows_configs", [True, False], ids=["configs kept", "configs not kept"])
async def test_a_word_is_lost_neither_before_nor_after_its_config_is_said_again(
    tmp_path: Path, *, knows_configs: bool
) -> None:
    with running_mosquitto(tmp_path, "max_inflight_messages 20") as port:
        async with recording_proxy(port) as (proxy_port, record):
            hub = HubProcess(
                tmp_path, {"SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{proxy_port}", "SHEKARA_HUB_PORT": "0"}
            )
            try:
                hub.start()
                await eventually_async(lambda: hub.subscribed, within_s=60, what="the hub's subscription")
                speak(port, ("homeassistant/sensor/gauge-1/config", json.dumps(CONFIG).encode(), True))
                await eventually_async(partial(_heard, hub, port, -1), within_s=30, what="the announced topic heard")
                assert hub.stop() == 0
                if not knows_configs:
                    forget_configs(hub)
                for kill in range(KILLS):
                    taken = said_levels(record)
                    speak(port, *(("post/gauge-1", b"%d" % (kill * WORDS + number), False) for number in range(WORDS)))
                    hub.start()
                    await eventually_async(partial(_taken, record, taken + 20), within_s=60, what="words taken")
                    hub.kill()
                hub.start()
                said = set(range(KILLS * WORDS))
                await eventually_async(lambda: said <= levels(hub), within_s=60, what="all in the store")
            finally:
                hub.kill()


def _taken(record: AcknowledgementRecord, count: int) -> bool:
    return said_levels(record) >= count


def _heard(hub: HubProcess, port: int, value: int) -> bool:
    speak(port, ("post/gauge-1", str(value).encode(), False))
    return value in levels(hub)
