"""The promise of the hub: what it has acknowledged is stored, once, whatever happens to it."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sensors.dialects import native
from tests.hub.quiet_center import START
from tests.support.brokers import free_port
from tests.support.mosquitto import AcknowledgementRecord, recording_proxy, running_mosquitto
from tests.support.waiting import eventually_async

KILLS = 4
MESSAGES = 6_000


class HubProcess:
    """`shekara hub` as users run it, killed and started again."""

    def __init__(self, directory: Path, broker_port: int) -> None:
        self._directory = directory
        self.file = directory / "data" / "readings.sqlite"
        self._environ = {
            **os.environ,
            "SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{broker_port}",
            "SHEKARA_HUB_PORT": str(free_port()),
            "SHEKARA_HUB_MDNS": "false",
        }

    def start(self) -> None:
        with (self._directory / "hub.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hub.command", "hub"],
                cwd=self._directory,
                env=self._environ,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    @property
    def subscribed(self) -> bool:
        """Whether the broker keeps a session for it, from which on it may be killed without loss."""
        return "broker connected" in (self._directory / "hub.log").read_text()

    def end(self) -> None:
        """Leave nothing running, whatever has happened."""
        if self._process.poll() is None:
            self.kill()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(10)

    def sequences(self) -> Counter[int]:
        """How often each sequence number is in the store."""
        if not self.file.exists():
            return Counter()
        with sqlite3.connect(self.file) as connection:
            rows = connection.execute("SELECT sequence FROM readings").fetchall()
        connection.close()
        return Counter(row[0] for row in rows)


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
                info.wait_for_publish(30)
        info.wait_for_publish(30)

    def end(self) -> None:
        self._thread.join(60)
        self._client.disconnect()
        self._client.loop_stop()


def acknowledged_sequences(payloads: list[bytes]) -> set[int]:
    """Of the samples among acknowledged payloads; a version 5 broker puts its properties before them."""
    samples = (payload[payload.index(b"{") :] for payload in payloads if b'"seq"' in payload)
    return {msgspec.json.decode(sample, type=native.Sample).seq for sample in samples}


@pytest.mark.slow
async def test_whatever_was_acknowledged_is_stored_once_although_the_hub_is_killed_under_load(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path, "max_inflight_messages 200") as port:
        async with recording_proxy(port) as (proxy_port, record):
            hub = HubProcess(tmp_path, proxy_port)
            hub.start()
            try:
                await _kill_under_load(hub, port, record)
                assert hub.stop() == 0
            finally:
                hub.end()
            assert hub.sequences() == Counter(range(MESSAGES))
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
            assert acknowledged <= hub.sequences().keys(), f"kill {kill} lost what had been acknowledged"
            hub.start()
        await eventually_async(lambda: len(hub.sequences()) == MESSAGES, within_s=60, what="all in the store")
    finally:
        await asyncio.to_thread(publisher.end)


def _has_acknowledged(record: AcknowledgementRecord, aim: int) -> bool:
    return len(record.acknowledged) >= aim
