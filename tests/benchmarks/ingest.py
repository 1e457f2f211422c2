"""Readings a second through to the fsync: a hub draining what a real mosquitto kept for it."""

import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion

from sensors.dialects.native import encode_data
from tests.benchmarks.row import Row
from tests.support.brokers import free_port
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually

RUNS = int(os.environ.get("SHEKARA_BENCH_RUNS", "3"))
MESSAGES = 20_000
_SHARE_BEFORE = 0.1
_UNLIMITED = ("max_queued_messages 0", "max_inflight_messages 0")


def measure() -> list[Row]:
    """Rows of `RUNS` drains of single-metric messages, medians."""
    runs = [_drain_once() for _ in range(RUNS)]
    return [
        Row("readings_per_s", statistics.median(rate for rate, _ in runs), "1/s", None, "higher", RUNS),
        Row("cpu_us_per_reading", statistics.median(cost for _, cost in runs), "µs", None, "lower", RUNS),
    ]


def _drain_once() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as scratch, running_mosquitto(Path(scratch), *_UNLIMITED) as port:
        folder = Path(scratch)
        store = folder / "data" / "readings.sqlite"
        hub = _start_hub(folder, port)
        eventually(lambda: _connected(folder), within_s=20, what="the hub subscribing")
        _stop(hub)
        _publish(port)
        hub = _start_hub(folder, port)
        eventually(lambda: _stored(store) > MESSAGES * _SHARE_BEFORE, within_s=60, what="the drain beginning")
        process = psutil.Process(hub.pid)
        began_s, cpu_before, before = time.monotonic(), _cpu_s(process), _stored(store)
        eventually(lambda: _stored(store) >= MESSAGES, within_s=120, what="the drain ending")
        took_s, cpu_s, drained = time.monotonic() - began_s, _cpu_s(process) - cpu_before, MESSAGES - before
        _stop(hub)
        return drained / took_s, cpu_s / drained * 1e6


def _start_hub(folder: Path, broker_port: int) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{broker_port}",
        "SHEKARA_HUB_PORT": str(free_port()),
        "SHEKARA_HUB_MDNS": "false",
    }
    with (folder / "hub.log").open("wb") as log:
        command = [sys.executable, "-m", "hub.command", "hub"]
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


def _connected(folder: Path) -> bool:
    return "broker connected" in (folder / "hub.log").read_text()


def _stop(hub: "subprocess.Popen[bytes]") -> None:
    hub.send_signal(signal.SIGTERM)
    hub.wait(20)


def _publish(port: int) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    start = datetime.now(UTC)
    infos = [
        client.publish(
            f"shekara/v1/bench/sensor-{number % 50}/data",
            encode_data(start + timedelta(milliseconds=number), number, {"level": number * 0.5}),
            qos=1,
        )
        for number in range(MESSAGES)
    ]
    for info in infos:
        info.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def _stored(store: Path) -> int:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM readings").fetchone()[0])


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
