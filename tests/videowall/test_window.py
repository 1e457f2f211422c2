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

from sensors.errors import ConfigError
from tests.support.brokers import free_port
from tests.support.waiting import eventually
from videowall.outputs.monitor import Monitor, find_monitor, parse_monitors

pytestmark = pytest.mark.alone

WIDTH, HEIGHT = 960, 540


@contextmanager
def running_display(folder: Path, width: int = WIDTH) -> Iterator[str]:
    """An Xvfb whose pixels are in a file of `folder`; its display's name."""
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{width}x{HEIGHT}x24", "-fbdir", str(folder)]
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
        server.wait(60)


def pixels(folder: Path, width: int = WIDTH) -> NDArray[np.uint8]:
    """What the display shows (height x width x 4), read from its XWD file."""
    data = (folder / "Xvfb_screen0").read_bytes()
    head = np.frombuffer(data, ">u4", 25)
    start = int(head[0]) + 12 * int(head[19])
    return np.frombuffer(data, np.uint8, width * HEIGHT * 4, start).reshape(HEIGHT, width, 4)


@contextmanager
def running_wall(folder: Path, display: str, *options: str) -> Iterator[None]:
    """`shekara wall --window` on that display, ended politely, and not before it was asked."""
    environment = {
        **os.environ,
        "DISPLAY": display,
        "SHEKARA_WALL_PORT": str(free_port()),
        "SHEKARA_BROKER_PORT": str(free_port()),
    }
    command = [sys.executable, "-m", "hub.command", "wall", "--window", *options]
    with (folder / "wall.log").open("wb") as log:
        wall = subprocess.Popen(command, cwd=folder, env=environment, stderr=log)
    try:
        yield
    finally:
        went_by_itself = wall.poll() is not None
        wall.send_signal(signal.SIGTERM)
        assert (wall.wait(60), went_by_itself) == (0, False), (folder / "wall.log").read_text()


@pytest.mark.slow
def test_the_wall_fills_this_machines_screen_and_ends_when_asked(tmp_path: Path) -> None:
    with running_display(tmp_path) as display, running_wall(tmp_path, display):
        eventually(
            lambda: len(np.unique(pixels(tmp_path)[:, :, 0])) > 16,
            within_s=30,
            what="the wall's words being on the screen",
        )


@pytest.mark.slow
def test_the_wall_goes_to_the_monitor_that_is_chosen_and_no_other(tmp_path: Path) -> None:
    both, chosen = 2 * WIDTH, f"{WIDTH}x{HEIGHT}+{WIDTH}+0"
    with running_display(tmp_path, both) as display, running_wall(tmp_path, display, "--monitor", chosen):
        eventually(
            lambda: len(np.unique(pixels(tmp_path, both)[:, WIDTH:, 0])) > 16,
            within_s=30,
            what="the wall's words being on the right monitor",
        )
        lit = np.argwhere(pixels(tmp_path, both)[:, :, :3].max(axis=2) > 0)
        # The pointer stands in the middle, on the border of both.
        assert lit[:, 1].min() >= WIDTH - 20


LISTING = """Monitors: 2
 0: +*HDMI-1 1920/531x1080/299+0+0  HDMI-1
 1: +DP-1 1280/340x1024/270+1920+56  DP-1
"""


def test_monitors_are_known_by_name_number_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("videowall.outputs.monitor._list_monitors", lambda _: LISTING)
    right = Monitor("DP-1", 1920, 56, 1280, 1024)
    assert find_monitor("DP-1", {}) == find_monitor("2", {}) == right
    assert find_monitor("800x600+1920+0", {})[1:] == (1920, 0, 800, 600)
    with pytest.raises(ConfigError) as caught:
        find_monitor("VGA-1", {})
    assert "1 HDMI-1, 2 DP-1" in caught.value.text
    assert parse_monitors("nonsense\n") == ()


def test_a_system_that_cannot_say_its_monitors_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_monitor("1", {"PATH": str(tmp_path)})
    assert "1920x1080+1920+0" in caught.value.mend
