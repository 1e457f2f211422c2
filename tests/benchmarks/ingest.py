"""Readings through to the fsync: a hub draining what a real mosquitto kept for it while it was away."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.hub_process import HubProcess
from tests.benchmarks.row import Row
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually

RUNS = int(os.environ.get("SHEKARA_BENCH_RUNS", "3"))
MESSAGES = 60_000
WIDE_MESSAGES = 10_000
WIDE = 20
DEVICES = 50
UNLIMITED = ("max_queued_messages 0", "max_inflight_messages 0")
_FROM, _TO = 0.1, 0.95
"""The share of a drain that is measured: neither the connecting nor the last, smaller batches."""


def measure_readings() -> list[Row]:
    """Messages of one metric."""
    runs = [_drain_once(MESSAGES, 1) for _ in range(RUNS)]
    return [
        Row("readings_per_s", statistics.median(rate for rate, _ in runs), "1/s", 15_000, "higher", RUNS),
        Row("cpu_us_per_reading", statistics.median(cost for _, cost in runs), "µs", None, "lower", RUNS),
    ]


def measure_metrics() -> list[Row]:
    """Messages of twenty metrics."""
    runs = [_drain_once(WIDE_MESSAGES, WIDE) for _ in range(RUNS)]
    return [
        Row("metrics_per_s", statistics.median(rate for rate, _ in runs), "1/s", 80_000, "higher", RUNS),
        Row("cpu_us_per_metric", statistics.median(cost for _, cost in runs), "µs", None, "lower", RUNS),
    ]


def start_load(kind: str, port: int, devices: int, **numbers: float) -> "subprocess.Popen[bytes]":
    """The crowd of devices, on its way."""
    given = [f"--{name}={value}" for name, value in {"port": port, "devices": devices, **numbers}.items()]
    return subprocess.Popen([sys.executable, "-m", "tests.benchmarks.load", kind, *given])


def _drain_once(messages: int, metrics: int) -> tuple[float, float]:
    readings = messages * metrics
    with tempfile.TemporaryDirectory() as scratch, running_mosquitto(Path(scratch), *UNLIMITED) as port:
        hub = HubProcess(Path(scratch), port)
        with hub.running():
            """From now on the broker keeps everything for this hub."""
        assert start_load("fill", port, DEVICES, messages=messages, metrics=metrics).wait() == 0
        with hub.running():
            eventually(lambda: hub.stored() >= _FROM * readings, within_s=60, what="the drain beginning")
            began = hub.spent()
            eventually(lambda: hub.stored() >= _TO * readings, within_s=180, what="the drain going on")
            return began.until(hub.spent())
