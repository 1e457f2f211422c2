"""`shekara walls` as operators run it: walls that are killed, hang or run away come back, and all end together."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from hub.watchdog import Limits, watching
from sensors.clock import ManualClock, SystemClock
from sensors.supervised import ALIVE, NOTIFY_SOCKET, Restarts, read_restarts
from tests.support.brokers import free_port
from tests.support.running_hub import COMMAND, environ
from tests.support.waiting import eventually, eventually_async

SILENT_S = 8


class Walls:
    """Supervised walls and what they log."""

    def __init__(self, folder: Path, names: list[str], outputs: str) -> None:
        write_settings(folder, names, outputs)
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([*COMMAND, "walls"], cwd=folder, env=environ(), stderr=log)

    def pids(self) -> dict[str, int]:
        """Of the walls that run, by name."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                found[child.environ()["SHEKARA_WALL_NAME"]] = child.pid
            except (psutil.NoSuchProcess, psutil.AccessDenied, KeyError):
                continue
        return found

    def lines(self, event: str) -> list[dict[str, object]]:
        """What was logged of an event."""
        lines = [json.loads(line) for line in self._log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def ups(self, name: str) -> int:
        """How often a wall has come up."""
        return sum(line["child"] == f"wall {name}" for line in self.lines("child is ready"))


def write_settings(folder: Path, names: list[str], outputs: str) -> None:
    (folder / "shekara.toml").write_text(
        f"[walls]\nnames = '{', '.join(names)}'\nport = 0\nsilent_s = {SILENT_S}\n[broker]\nport = {free_port()}\n"
        f"[outputs]\n{outputs}\n"
    )


@contextmanager
def running_walls(folder: Path, *names: str, outputs: str = "") -> Iterator[Walls]:
    walls = Walls(folder, list(names), outputs)
    try:
        eventually(lambda: [walls.ups(name) for name in names] == [1] * len(names), within_s=60)
        yield walls
    finally:
        walls.process.kill()
        walls.process.wait()


@pytest.mark.slow
def test_a_wall_that_is_killed_or_hangs_is_begun_again_and_the_other_goes_on(tmp_path: Path) -> None:
    with running_walls(tmp_path, "left", "right") as walls:
        before = walls.pids()
        os.kill(before["left"], signal.SIGKILL)
        eventually(lambda: walls.ups("left") == 2, within_s=60)
        os.kill(walls.pids()["left"], signal.SIGSTOP)
        eventually(lambda: walls.ups("left") == 3, within_s=60)
        assert walls.pids()["right"] == before["right"]
        (killed, hung) = walls.lines("child is begun again")
        assert (killed["child"], killed["restarts_total"], killed["why"]) == ("wall left", 1, "ended with code -9")
        assert hung["why"] == f"has not said for {SILENT_S} s that it is alive"
        again = psutil.Process(walls.pids()["left"]).environ()
        assert read_restarts(again) == Restarts(2, str(hung["why"]))

        running = list(walls.pids().values())
        walls.process.send_signal(signal.SIGTERM)
        assert walls.process.wait(60) == 0
        assert not any(map(psutil.pid_exists, running))
        assert walls.lines("child did not end when it was asked to, and is killed") == []


def test_walls_do_not_outlive_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with running_walls(tmp_path, "left") as walls:
        running = list(walls.pids().values())
        walls.process.kill()
        walls.process.wait()
        eventually(lambda: not any(map(psutil.pid_exists, running)))


@pytest.mark.slow
def test_walls_of_one_machine_keep_their_files_apart_where_their_ids_are_asked_for(tmp_path: Path) -> None:
    kept = f"urls = 'hls:{tmp_path}/hls-{{wall}}'\ntimelapse_s = 0.2\ntimelapse_dir = '{tmp_path}/kept-{{wall}}'"
    with running_walls(tmp_path, "left", "right", outputs=kept):
        for name in ("left", "right"):
            eventually(lambda name=name: [*tmp_path.glob(f"kept-{name}/*/wall-*.jpg")], within_s=60)  # type: ignore[misc]
            eventually((tmp_path / f"hls-{name}").is_dir, within_s=60)
    assert sorted(path.name for path in tmp_path.glob("kept*")) == ["kept-left", "kept-right"]


def test_walls_that_would_write_over_each_other_are_refused(tmp_path: Path) -> None:
    urls = "udp://127.0.0.1:5000, hls:/srv/hls, file:/srv/{wall}.mp4, 720p=file:/srv/wall.ts"
    write_settings(tmp_path, ["left", "right"], f"urls = '{urls}'\ntimelapse_s = 60")
    refused = subprocess.run(
        [*COMMAND, "walls"], cwd=tmp_path, env=environ(), capture_output=True, text=True, timeout=60, check=False
    )
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == (
        "shekara: shekara.toml [outputs]: the walls left, right would write over each other in "
        "udp://127.0.0.1:5000, hls:/srv/hls, file:/srv/wall.ts, timelapse_dir data/timelapse. "
        "Write {wall} where each wall's id shall stand in the address or path"
    )


def test_a_wall_alone_may_keep_its_files_where_it_likes(tmp_path: Path) -> None:
    with running_walls(tmp_path, "left", outputs=f"timelapse_s = 60\ntimelapse_dir = '{tmp_path}'") as walls:
        assert walls.pids().keys() == {"left"}


_TALKER = """
import os, socket, sys
speaker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
speaker.connect(os.environ["NOTIFY_SOCKET"])
speaker.send(b"READY=1\\nWATCHDOG=1")
ballast = b"x" * int(sys.argv[1])
sys.stdin.read()
"""


@pytest.mark.parametrize(("ballast", "why"), [(300_000_000, "uses "), (0, "has not said for 0.5 s that it is alive")])
async def test_a_child_that_grows_or_falls_silent_is_found_out(ballast: int, why: str) -> None:
    limits = Limits(silent_s=60 if ballast else 0.5, memory_bytes=200_000_000)
    async with watching("talker", limits, SystemClock()) as dog:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _TALKER,
            str(ballast),
            stdin=asyncio.subprocess.PIPE,
            env={**os.environ, NOTIFY_SOCKET: str(dog.address)},
        )
        try:
            async with asyncio.timeout(20):
                assert (await dog.run(child.pid)).startswith(why)
        finally:
            child.kill()
            await child.wait()
    assert not dog.address.parent.exists()


async def test_a_machine_that_stands_still_takes_no_child_for_silent() -> None:
    clock = ManualClock(datetime.now(UTC))
    async with watching("wall", Limits(silent_s=2.0, memory_bytes=1 << 40), clock) as dog:
        dog.hear(ALIVE)
        watch = asyncio.create_task(dog.run(os.getpid()))
        await asyncio.sleep(0)
        clock.advance(60)  # while it waited for its next look

        def time_passes() -> bool:
            clock.advance(0.02)
            return watch.done()

        for _ in range(60):
            assert not time_passes()
            await asyncio.sleep(0.02)
        await eventually_async(time_passes)
        assert await watch == "has not said for 2 s that it is alive"
