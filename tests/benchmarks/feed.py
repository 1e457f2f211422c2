"""How soon a published reading is seen in the live feed at half the load aimed at, and whether memory stays flat."""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec

from tests.benchmarks.hub_process import PASSWORD, WATCHER, HubProcess
from tests.benchmarks.ingest import RUNS, UNLIMITED, start_load
from tests.benchmarks.row import Row
from tests.benchmarks.watcher import Sight
from tests.support.mosquitto import running_mosquitto

RATE = 7_500
DEVICES = 2_500
"""Each publishes three times a second, less often than the feed shows one metric, so that every reading is shown."""
SECONDS = 20
WARM_S = 5
SOAK_S = float(os.environ.get("SHEKARA_BENCH_SOAK_S", "600"))
FILLING_S = 1.2 * SOAK_S
"""Before the soak counts: the store's own cache, 16 MB, fills with pages as there come to be any."""
_SAMPLE_S = 2.0


def measure_latency() -> list[Row]:
    """From publishing to a client of the WebSocket feed."""
    runs = [_watch_once() for _ in range(RUNS)]

    def row(name: str, values: list[float], unit: str, aim: float | None = None) -> Row:
        return Row(name, statistics.median(values), unit, aim, "lower", RUNS)

    sights = [sight for sight, _ in runs]
    shown = statistics.median(sight.shown / (RATE * SECONDS) for sight in sights)
    return [
        row("feed_latency_p50_ms", [sight.p50_ms for sight in sights], "ms"),
        row("feed_latency_p99_ms", [sight.p99_ms for sight in sights], "ms", 50),
        row("feed_received_p99_ms", [sight.received_p99_ms for sight in sights], "ms"),
        row("feed_messages_per_s", [sight.messages / SECONDS for sight in sights], "1/s"),
        Row("feed_shown_share", shown, "", 0.99, "higher", RUNS),
        row("feed_cpu_us_per_reading", [cost for _, cost in runs], "µs"),
    ]


def measure_soak() -> list[Row]:
    """The slope of the hub's memory under the same load with a watcher, when its caches have filled."""
    seconds = FILLING_S + SOAK_S
    with tempfile.TemporaryDirectory() as scratch, running_mosquitto(Path(scratch), *UNLIMITED) as port:
        with HubProcess(Path(scratch), port).running() as hub:
            load = start_load("flow", port, DEVICES, rate=RATE, seconds=seconds)
            watcher = _start_watcher(hub, seconds - WARM_S)
            began_s, samples = time.monotonic(), []
            pause = threading.Event()
            while load.poll() is None:
                pause.wait(_SAMPLE_S)
                samples.append((time.monotonic() - began_s, hub.rss_mb()))
            watcher.communicate()
        times, sizes = zip(*((at, size) for at, size in samples if at >= FILLING_S), strict=True)
        slope = statistics.linear_regression(times, sizes).slope * 3600
        return [
            Row("soak_rss_slope_mb_per_h", slope, "MB/h", 10, "lower", 1),
            Row("soak_rss_mb", sizes[-1], "MB", None, "lower", 1),
        ]


def _watch_once() -> tuple[Sight, float]:
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_mosquitto(Path(scratch), *UNLIMITED) as port,
        HubProcess(Path(scratch), port).running() as hub,
    ):
        load = start_load("flow", port, DEVICES, rate=RATE, seconds=WARM_S + SECONDS + 2)
        watcher = _start_watcher(hub, SECONDS)
        threading.Event().wait(WARM_S)
        began = hub.spent()
        said, _ = watcher.communicate()
        _, cost = began.until(hub.spent())
        assert load.wait() == 0
        return msgspec.json.decode(said, type=Sight), cost


def _start_watcher(hub: HubProcess, seconds: float) -> "subprocess.Popen[bytes]":
    given = [f"--url={hub.url}", f"--name={WATCHER}", f"--warm={WARM_S}", f"--seconds={seconds}"]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.watcher", *given],
        env={**os.environ, "SHEKARA_BENCH_PASSWORD": PASSWORD},
        stdout=subprocess.PIPE,
    )
