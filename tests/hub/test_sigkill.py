"""The hub's promise to its broker: what it has acknowledged is stored, once, and it acknowledges in order of arrival.

What it promises to a gateway, and what is left when the broker dies as well, is in tests/torture.
"""

import asyncio
import random
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sensors.dialects import native
from tests.hub.quiet_center import START
from tests.support.mosquitto import AcknowledgementRecord, recording_proxy, running_mosquitto
from tests.support.waiting import eventually_async
from tests.torture.parts import HubProcess

KILLS = 4
MESSAGES = 6_000


class Publisher:
    """Publishes numbered samples as fast as the broker takes them, on a thread of its own."""

    def __init__(self, port: int) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="publisher")
        self._client.max_inflight_messages_set(100)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._publish)
        self._thread.start()

    def _publish(self) -> None:
        for number in range(MESSAGES):
            payload = native.encode_data(START + timedelta(milliseconds=number), number, {"count": number})
            info = self._client.publish(f"shekara/v1/kordai/counter-{number % 7}/data", payload, qos=1)
            if number % 200 == 0:
                info.wait_for_publish(60)
        info.wait_for_publish(60)

    def end(self) -> None:
        self._thread.join(60)
        self._client.disconnect()
        self._client.loop_stop()


def acknowledged_sequences(payloads: list[bytes]) -> set[int]:
    """Of the samples among acknowledged payloads; a version 5 broker puts its properties before them."""
    samples = (payload[payload.index(b"{") :] for payload in payloads if b'"seq"' in payload)
    return {msgspec.json.decode(sample, type=native.Sample).seq for sample in samples}


def sequences(hub: HubProcess) -> Counter[int]:
    """How often each sequence number is in the store."""
    if not hub.store.exists():
        return Counter()
    with closing(sqlite3.connect(hub.store)) as connection:
        return Counter(row[0] for row in connection.execute("SELECT sequence FROM readings"))


@pytest.mark.slow
async def test_whatever_was_acknowledged_is_stored_once_although_the_hub_is_killed_under_load(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path, "max_inflight_messages 200") as port:
        async with recording_proxy(port) as (proxy_port, record):
            environ = {"SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{proxy_port}", "SHEKARA_HUB_PORT": "0"}
            hub = HubProcess(tmp_path, environ)
            hub.start()
            try:
                await _kill_under_load(hub, port, record)
                assert hub.stop() == 0
            finally:
                hub.kill()
            assert sequences(hub) == Counter(range(MESSAGES))
            assert record.order_broken_total == 0


async def _kill_under_load(hub: HubProcess, port: int, record: AcknowledgementRecord) -> None:
    chance = random.Random(2026)  # noqa: S311 - when to kill is no secret
    await eventually_async(lambda: hub.subscribed, within_s=60, what="the hub's subscription")
    publisher = await asyncio.to_thread(Publisher, port)
    try:
        for kill in range(KILLS):
            aim = len(record.acknowledged) + chance.randint(50, 700)
            await eventually_async(partial(_has_acknowledged, record, aim), within_s=60, what="acknowledgements")
            hub.kill()
            acknowledged = acknowledged_sequences(record.acknowledged)
            assert acknowledged <= sequences(hub).keys(), f"kill {kill} lost what had been acknowledged"
            hub.start()
        await eventually_async(lambda: len(sequences(hub)) == MESSAGES, within_s=60, what="all in the store")
    finally:
        await asyncio.to_thread(publisher.end)


def _has_acknowledged(record: AcknowledgementRecord, aim: int) -> bool:
    return len(record.acknowledged) >= aim
