"""`shekara simulate --posts 200 --sensors 50 --rate 1` against a real mosquitto, as a process of its own.

- `readings_per_core`: readings that the broker acknowledged, for each second of the crowd's processor.
- `readings_kept_up`: what was acknowledged of what was asked for, 1 for all of it; it also says what the broker, and
  the machine, had to spare.
- `lag_worst`: the most that a reading left after its time.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.row import Row
from tests.support.mosquitto import running_mosquitto

RUNS = int(os.environ.get("SHEKARA_BENCH_RUNS", "3"))
SIZE = {"posts": 200, "sensors": 50, "rate": 1}
_SECONDS = 20


def measure() -> list[Row]:
    """Every row."""
    runs = [_run_once() for _ in range(RUNS)]
    per_core = [run["readings_per_s"] / run["cpu_s_per_s"] for run in runs]
    kept_up = [run["readings_per_s"] / run["asked_per_s"] for run in runs]
    return [
        Row("readings_per_core", statistics.median(per_core), "1/s", 50_000, "higher", RUNS),
        Row("readings_kept_up", statistics.median(kept_up), "share", 0.99, "higher", RUNS),
        Row("lag_worst", statistics.median(run["lag_s"] for run in runs), "s", None, "lower", RUNS),
        Row("crowd_rss", statistics.median(run["rss_mb"] for run in runs), "MB", None, "lower", RUNS),
    ]


def _run_once() -> dict[str, float]:
    size = [f"--{name}={value}" for name, value in SIZE.items()]
    with tempfile.TemporaryDirectory() as scratch, running_mosquitto(Path(scratch)) as port:
        ended = subprocess.run(
            [sys.executable, "-m", "hub.command", "simulate", *size, f"--for={_SECONDS}"],
            env={**os.environ, "SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{port}"},
            stdout=subprocess.PIPE,
            check=True,
        )
    said: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return said
