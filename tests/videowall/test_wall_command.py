"""`shekara wall` as a process."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.brokers import free_port
from tests.support.waiting import eventually
from tests.support.wall_server import Keys

pytestmark = pytest.mark.alone


def start(folder: Path, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    settings = {"SHEKARA_BROKER_PORT": str(free_port()), **environ}
    return subprocess.Popen(
        [sys.executable, "-m", "hub.command", "wall", *arguments],
        cwd=folder,
        env={**{name: value for name, value in os.environ.items() if "DISPLAY" not in name}, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_serves_only_the_signed_in_and_ends_cleanly_on_a_signal(tmp_path: Path) -> None:
    port, key_file = free_port(), Keys(tmp_path).public_file
    process = start(tmp_path, SHEKARA_WALL_PORT=str(port), SHEKARA_WALL_PUBLIC_KEY_FILE=str(key_file))
    try:
        eventually(lambda: _status(port) == 401 or process.poll() is not None, within_s=30)
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(tmp_path, SHEKARA_WALL_PORT=str(taken.getsockname()[1]))
        _, errors = process.communicate(timeout=90)
    assert process.returncode == 7
    assert "[wall]" in errors.splitlines()[-1]
    assert "Traceback" not in errors


def test_a_window_without_a_display_says_what_to_do(tmp_path: Path) -> None:
    process = start(tmp_path, "--window", SHEKARA_WALL_PORT=str(free_port()))
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 2
    assert "--window" in errors.splitlines()[-1]


def _status(port: int) -> int | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/wall/main/tiles.json", timeout=2).status_code
    except httpx.HTTPError:
        return None
