"""`shekara simulate` with 64 cameras, each watched over RTSP (TCP) by one viewer, as two processes.

- `streams64_cpu`: processor time of the simulator, for each second, that serving 64 sub-streams takes: 640x360, 25
  pictures a second, 400 kbit/s. The viewers, and the broker, are processes of their own and are not counted.
- `streams_per_core`: how many such streams one core serves.
- `streams64_delivered`: pictures that came, of those that were due.
- `streams64_rss`: the simulator's resident memory.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from simulators.cameras.vocabulary import View
from tests.benchmarks.row import Row
from tests.benchmarks.wall.run import pause
from tests.support.brokers import running_broker
from tests.support.waiting import eventually

RUNS = int(os.environ.get("SHEKARA_BENCH_RUNS", "3"))
SITES, CAMERAS = 4, 16
STREAMS, FPS = SITES * CAMERAS, 25
_SECONDS = 15.0
_SETTLES_S = 5.0
_DRAWN_WITHIN_S = 900
_DIGEST_BYTES, _TRUE = 32, b"\xc3"


def measure() -> list[Row]:
    """Every row."""
    with tempfile.TemporaryDirectory() as scratch, running_broker(Path(scratch)) as broker:
        runs = [_run_once(Path(scratch), broker) for _ in range(RUNS)]
    cpu = statistics.median(run[0] for run in runs)
    return [
        Row("streams64_cpu", cpu, "CPU-s/s", 1.0, "lower", RUNS),
        Row("streams_per_core", STREAMS / cpu, "", STREAMS, "higher", RUNS),
        Row("streams64_delivered", statistics.median(run[1] for run in runs), "share", 0.99, "higher", RUNS),
        Row("streams64_rss", statistics.median(run[2] for run in runs), "MB", None, "lower", RUNS),
    ]


def _run_once(scratch: Path, broker: int) -> tuple[float, float, float]:
    """Processor seconds a second, share of pictures that came, and megabytes."""
    scenario, clips = scratch / "streams.toml", scratch / "clips"
    scenario.write_text(_scenario(), "utf-8")
    with _simulating(scenario, clips, broker) as (process, port), _watching(port) as crowd:
        eventually(lambda: _are_drawn(clips), within_s=_DRAWN_WITHIN_S, what="every film")
        pause(_SETTLES_S)
        assert crowd.stdin is not None
        assert crowd.stdout is not None
        crowd.stdin.write("now\n")
        crowd.stdin.flush()
        spent_s = _spent_over(process, _SECONDS)
        came = json.loads(crowd.stdout.readline())
        share = float(came["frames_per_s"]) / (STREAMS * FPS)
        return spent_s / _SECONDS, share, process.memory_info().rss / 1e6


def _are_drawn(clips: Path) -> bool:
    """Whether all sub-streams' films are whole, and of all main streams, which nobody watches, the beginnings there.

    Of a folder of its own: films of another day's weather, or of other code, would be taken for these.
    """
    kept = list(clips.glob("*.clip"))
    return len(kept) >= 2 * STREAMS and sum(map(_is_whole, kept)) >= STREAMS


def _is_whole(clip: Path) -> bool:
    """What a cached clip says of itself, first of all behind its digest (simulators/cameras/cache.py)."""
    with clip.open("rb") as file:
        return file.read(_DIGEST_BYTES + 2)[-1:] == _TRUE


def _spent_over(process: psutil.Process, seconds: float) -> float:
    before, began_s = process.cpu_times(), time.monotonic()
    pause(seconds)
    after, lasted_s = process.cpu_times(), time.monotonic() - began_s
    return float(after.user + after.system - before.user - before.system) / lasted_s * seconds


@contextmanager
def _simulating(scenario: Path, clips: Path, broker: int) -> Iterator[tuple[psutil.Process, int]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.command", "simulate", str(scenario), "--cache", str(clips)],
        env={**os.environ, "SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{broker}"},
        cwd=scenario.parent,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield psutil.Process(process.pid), json.loads(process.stdout.readline())["rtsp_port"]
    finally:
        process.terminate()
        process.communicate(timeout=30)


@contextmanager
def _watching(port: int) -> Iterator["subprocess.Popen[str]"]:
    paths = [f"post-{site}/cam-{camera}" for site in range(SITES) for camera in range(CAMERAS)]
    command = [sys.executable, "-m", "tests.benchmarks.simulators.crowd", f"--port={port}", f"--seconds={_SECONDS}"]
    crowd = subprocess.Popen([*command, *paths], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert crowd.stdout is not None
        assert json.loads(crowd.stdout.readline())["playing"] == STREAMS
        yield crowd
    finally:
        crowd.terminate()
        crowd.communicate(timeout=30)


def _scenario() -> str:
    parts = ['title = { en = "Streams" }', "rtsp_port = 0", 'light = "day"']
    for site in range(SITES):
        parts += [
            "[[sites]]",
            f'id = "post-{site}"',
            f'names = {{ en = "Post {site}" }}',
            "position = { latitude_deg = 43.0, longitude_deg = 74.7 }",
        ]
        for camera in range(CAMERAS):
            view = list(View)[camera % len(View)]
            parts += ["[[sites.cameras]]", f'id = "cam-{camera}"', f'view = "{view}"', 'names = { en = "Camera" }']
            parts.append("main = { width = 320, height = 180 }  # nobody watches it; drawn before the rest is measured")
    return "\n".join(parts) + "\n"
