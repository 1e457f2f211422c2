"""`shekara hub` as a process, with the broker it embeds."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.brokers import free_port
from tests.support.waiting import eventually

COMMAND = (sys.executable, "-m", "hub.command")
NO_SEARCH = {"SHEKARA_HUB_MDNS": "false", "SHEKARA_DISCOVERY_ONVIF": "false", "SHEKARA_DISCOVERY_STREAMS": "false"}


def environ(**extra: str) -> dict[str, str]:
    """Of a hub that searches for nothing: cameras of other tests announce themselves on this machine too."""
    return {**os.environ, **NO_SEARCH, **extra}


class RunningHub:
    """One hub in a folder of its own, with its embedded broker, on free ports."""

    def __init__(self, directory: Path, **extra: str) -> None:
        self.directory = directory
        self.port, self.broker_port = free_port(), free_port()
        self._log = (directory / "hub.log").open("wb")
        self.process = subprocess.Popen(
            [*COMMAND, "hub"],
            cwd=directory,
            env=environ(SHEKARA_HUB_PORT=str(self.port), SHEKARA_BROKER_PORT=str(self.broker_port), **extra),
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def log(self) -> str:
        return (self.directory / "hub.log").read_text()

    def children(self) -> list[psutil.Process]:
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def entries(self) -> list[tuple[str, str]]:
        with sqlite3.connect(self.directory / "data" / "operations.sqlite") as connection:
            rows = connection.execute("SELECT kind, text FROM log ORDER BY number").fetchall()
        connection.close()
        return [(kind, text) for kind, text in rows]

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def running_hub(directory: Path, **extra: str) -> Iterator[RunningHub]:
    hub = RunningHub(directory, **extra)
    try:
        eventually(lambda: "broker connected" in hub.log, within_s=40, what="the hub's broker")
        yield hub
    finally:
        if hub.process.poll() is None:
            hub.process.kill()
            hub.process.wait(60)
        hub._log.close()
