"""`shekara demo`, as a newcomer starts it: in a clean directory, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import eventually

pytestmark = pytest.mark.alone

SECONDS = 40


def _demo(cwd: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHEKARA_")}
    return subprocess.Popen(
        [sys.executable, "-m", "hub.command", "demo", *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _family(pid: int) -> list[psutil.Process]:
    return list(psutil.Process(pid).children(recursive=True))


def test_the_unattended_demo_finds_everything_that_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    demo = _demo(tmp_path, "--headless", "--for", str(SECONDS), "--report", str(path))
    _, said = demo.communicate(timeout=150)
    report = json.loads(path.read_text())
    assert demo.returncode == 0, (said, report)
    assert report["errors"] == []
    assert report["devices_registered"] == report["devices_expected"] >= 3 * (4 + 15) + 1
    assert report["tiles_live"] == report["tiles_expected"] == 12
    assert report["first_wall_frame_s"] is not None
    # How quick it is says `test_intrusion`, which knows for how long the machine stood still.
    assert report["alarm_to_spot_s"] > 0
    assert report["readings_stored"] >= report["readings_acknowledged"] > 0
    assert 0 < report["wall_latency_ms"]["p50"] <= report["wall_latency_ms"]["p99"]
    assert {"hub", "wall", "simulate", "broker"} <= report["cpu_s_per_s"].keys()
    assert report["url_wall"].startswith("http://127.0.0.1:")
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_demo_leaves_no_process_behind(tmp_path: Path) -> None:
    demo = _demo(tmp_path)
    assert demo.stdout is not None
    while "http://" not in (line := demo.stdout.readline()):
        assert line, demo.stderr and demo.stderr.read()
    family = _family(demo.pid)
    assert len(family) >= 4
    demo.send_signal(signal.SIGINT)
    assert demo.wait(timeout=60) == 0
    eventually(lambda: not any(child.is_running() for child in family), what="every process ending")
    demo.communicate()


def test_a_killed_demo_leaves_no_process_behind(tmp_path: Path) -> None:
    demo = _demo(tmp_path, "--keep", str(tmp_path / "kept"))
    assert demo.stdout is not None
    while "http://" not in (line := demo.stdout.readline()):
        assert line, demo.stderr and demo.stderr.read()
    family = _family(demo.pid)
    demo.kill()
    demo.communicate()
    eventually(lambda: not any(child.is_running() for child in family), within_s=60, what="every process ending")
