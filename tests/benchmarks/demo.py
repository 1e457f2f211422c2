"""The whole demonstration: what it costs, how soon it shows something, how late the wall is, what ingest bears."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from simulators.demo.report import Report
from tests.benchmarks.ingest import measure_readings
from tests.benchmarks.row import Row

RUNS = int(os.environ.get("SHEKARA_BENCH_RUNS", "3"))
SECONDS = 40
_OBSERVER = {"demo"}
"""The measuring viewer itself: shown, and not part of what Shekara costs."""


def measure() -> list[Row]:
    """Rows of `RUNS` unattended demonstrations, medians."""
    reports = [_run_once() for _ in range(RUNS)]
    names = sorted({name for report in reports for name in report.cpu_s_per_s})

    def median(values: list[float]) -> float:
        return statistics.median(values)

    totals = [sum(v for n, v in report.cpu_s_per_s.items() if n not in _OBSERVER) for report in reports]
    rows = [Row("cpu_total", median(totals), "CPU-s/s", 1.0, "lower", RUNS)]
    rows += [
        Row(
            f"cpu_{name}",
            median([report.cpu_s_per_s.get(name, 0.0) for report in reports]),
            "CPU-s/s",
            None,
            "lower",
            RUNS,
        )
        for name in names
    ]
    rows += [
        Row("first_wall_frame_s", median([r.first_wall_frame_s or SECONDS for r in reports]), "s", 5.0, "lower", RUNS),
        Row("alarm_to_spot_s", median([r.alarm_to_spot_s or SECONDS for r in reports]), "s", 2.0, "lower", RUNS),
        Row("wall_latency_p50_ms", median([r.wall_latency_ms.p50 for r in reports]), "ms", None, "lower", RUNS),
        Row("wall_latency_p95_ms", median([r.wall_latency_ms.p95 for r in reports]), "ms", 250.0, "lower", RUNS),
        Row("wall_latency_p99_ms", median([r.wall_latency_ms.p99 for r in reports]), "ms", None, "lower", RUNS),
    ]
    return rows + [row for row in measure_readings() if row.name == "readings_per_s"]


def _run_once() -> Report:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = [
            sys.executable,
            "-m",
            "hub.command",
            "demo",
            "--headless",
            "--for",
            str(SECONDS),
            "--report",
            str(path),
        ]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        return msgspec.json.decode(path.read_bytes(), type=Report)
