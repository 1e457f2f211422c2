"""`shekara hub` as users run it, with the means to see what it costs and how far it has come."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from hub.people.accounts import Accounts
from hub.storage import cursors, readings
from hub.storage.outbox import CURSOR
from sensors.access import Role
from sensors.clock import SystemClock
from tests.support.brokers import free_port
from tests.support.waiting import eventually

WATCHER = "bench"
PASSWORD = "only for this bench"


class Spent(NamedTuple):
    """A moment of the process: monotonic time, its CPU time so far, and the readings it has stored."""

    at_s: float
    cpu_s: float
    stored: int

    def until(self, later: "Spent") -> tuple[float, float]:
        """Readings a second, and microseconds of CPU for each, between two moments."""
        count = max(1, later.stored - self.stored)
        return count / (later.at_s - self.at_s), (later.cpu_s - self.cpu_s) / count * 1e6


class HubProcess:
    """One hub in a folder; it can be stopped and started again on the same data."""

    def __init__(self, folder: Path, broker_port: int, **environ: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.data = folder / "data"
        self._folder = folder
        self._environ = {
            **os.environ,
            "SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{broker_port}",
            "SHEKARA_HUB_PORT": str(port),
            "SHEKARA_HUB_MDNS": "false",
            "SHEKARA_HUB_APPROVE_ALL": "true",
            **environ,
        }
        Accounts(self.data, SystemClock()).set(WATCHER, Role.VIEWER, PASSWORD)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """The hub, connected to its broker, as long as the block lives."""
        path = self._folder / "hub.log"
        with path.open("wb") as log:
            command = [sys.executable, "-m", "hub.command", "hub"]
            process = subprocess.Popen(command, cwd=self._folder, env=self._environ, stdout=log, stderr=log)
        self._process = psutil.Process(process.pid)
        try:
            eventually(lambda: "broker connected" in path.read_text(), within_s=30, what="the hub subscribing")
            yield self
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def spent(self, stored: int | None = None) -> Spent:
        """Where it is now."""
        times = self._process.cpu_times()
        return Spent(time.monotonic(), times.user + times.system, self.stored() if stored is None else stored)

    def stored(self) -> int:
        """Readings on the disk; ids are given without gaps."""
        return self._ask(readings.FILE_NAME, "SELECT coalesce(max(id), 0) FROM readings")

    def forwarded(self) -> int:
        """Readings that the database has confirmed."""
        return self._ask(cursors.FILE_NAME, "SELECT coalesce(max(last_id), 0) FROM cursors WHERE name = ?", CURSOR)

    def rss_mb(self) -> float:
        """Memory that is really used."""
        return float(self._process.memory_info().rss) / 2**20

    def _ask(self, file_name: str, question: str, *given: str) -> int:
        path = self.data / file_name
        if not path.exists():
            return 0
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return int(database.execute(question, given).fetchone()[0])
