"""The local window, on a real X server without a screen."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.brokers import free_port
from tests.support.waiting import eventually

WIDTH, HEIGHT = 960, 540


@contextmanager
def running_display(folder: Path) -> Iterator[str]:
    """An Xvfb whose pixels are in a file of `folder`; its display's name."""
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", str(folder)]
    try:
        server = subprocess.Popen(command, pass_fds=[write_end], stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        pytest.fail("there is no Xvfb: apt-get install -y --no-install-recommends xvfb")
    finally:
        os.close(write_end)
    try:
        with os.fdopen(read_end) as pipe:
            yield f":{pipe.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


def pixels(folder: Path) -> NDArray[np.uint8]:
    """What the display shows (height x width x 4), read from its XWD file."""
    data = (folder / "Xvfb_screen0").read_bytes()
    head = np.frombuffer(data, ">u4", 25)
    start = int(head[0]) + 12 * int(head[19])
    return np.frombuffer(data, np.uint8, WIDTH * HEIGHT * 4, start).reshape(HEIGHT, WIDTH, 4)


@pytest.mark.slow
def test_the_wall_fills_this_machines_screen_and_ends_when_asked(tmp_path: Path) -> None:
    with running_display(tmp_path) as display:
        environment = {
            **os.environ,
            "DISPLAY": display,
            "SHEKARA_WALL_PORT": str(free_port()),
            "SHEKARA_BROKER_PORT": str(free_port()),
        }
        with (tmp_path / "wall.log").open("wb") as log:
            wall = subprocess.Popen(
                [sys.executable, "-m", "hub.command", "wall", "--window"], cwd=tmp_path, env=environment, stderr=log
            )
        try:
            eventually(
                lambda: len(np.unique(pixels(tmp_path)[:, :, 0])) > 16,
                within_s=30,
                what="the wall's words being on the screen",
            )
        finally:
            wall.send_signal(signal.SIGTERM)
            assert wall.wait(15) == 0, (tmp_path / "wall.log").read_text()
