"""Real time-series servers for tests, each a process of its own on free loopback ports, or one that a person named.

`deploy/prepare test` installs the two of Debian: influxdb 1.6 and victoria-metrics. A server of a person's own joins
the same tests when SHEKARA_TEST_INFLUX_URL names it (with _TOKEN, or _USER and _PASSWORD; _ORG; _BUCKET).
"""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

from hub.config import InfluxSettings
from sensors.secrets import InfluxSecrets
from tests.support.brokers import free_port
from tests.support.waiting import eventually

NAMED_URL = "SHEKARA_TEST_INFLUX_URL"
BUCKET = "shekara"


class Server(Protocol):
    """A server to write to. `reads`: it answers InfluxQL; `resolution_ns`: the finest time it keeps."""

    reads: bool
    resolution_ns: int

    @property
    def settings(self) -> InfluxSettings: ...
    @property
    def secrets(self) -> InfluxSecrets: ...


class _Process:
    """A server's process; `start` waits until it answers."""

    def __init__(self, folder: Path, package: str, program: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.secrets = InfluxSecrets()
        self._program = find_program(package, program)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> InfluxSettings:
        return InfluxSettings(url=self.url, bucket=BUCKET, timeout_s=10, create_database=True)

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen([self._program, *self._arguments()], stdout=log, stderr=log)
        eventually(self._is_up, within_s=60, what=f"{self._program} at {self.url}")

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def _arguments(self) -> list[str]:
        raise AssertionError

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self._program} has ended: see {self.folder}.log"
        try:
            return httpx.get(f"{self.url}/ping", trust_env=False).status_code < 300
        except httpx.TransportError:
            return False


class Influxd(_Process):
    """InfluxDB 1.6: no `/api/v2/write`; InfluxQL. `with_users` makes it ask who is there."""

    reads = True
    resolution_ns = 1

    def __init__(self, folder: Path, *lines: str, with_users: bool = False) -> None:
        super().__init__(folder, "influxdb", "influxd")
        self._lines = (*lines, f"auth-enabled = {str(with_users).lower()}")
        self._admin = free_port()

    def query(self, statement: str, **more: str) -> list[dict[str, Any]]:
        """The series of one InfluxQL statement."""
        answer = httpx.post(
            f"{self.url}/query",
            params={"db": BUCKET, "epoch": "ns", "q": statement, **more},
            trust_env=False,
            timeout=30,
        )
        (result,) = answer.json()["results"]
        assert "error" not in result, result
        found: list[dict[str, Any]] = result.get("series", [])
        return found

    def _arguments(self) -> list[str]:
        config = self.folder / "influxd.conf"
        config.write_text(
            "\n".join(
                (
                    "reporting-enabled = false",
                    f'bind-address = "127.0.0.1:{self._admin}"',
                    f'[meta]\n  dir = "{self.folder}/meta"',
                    f'[data]\n  dir = "{self.folder}/data"\n  wal-dir = "{self.folder}/wal"',
                    "  query-log-enabled = false",
                    "[monitor]\n  store-enabled = false",
                    f'[http]\n  bind-address = "127.0.0.1:{self.port}"\n  log-enabled = false',
                    *(f"  {line}" for line in self._lines),
                    "",
                )
            )
        )
        return ["run", "-config", str(config)]


class Victoria(_Process):
    """victoria-metrics: `/api/v2/write`, no InfluxQL, milliseconds, numbers only."""

    reads = False
    resolution_ns = 1_000_000

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "victoria-metrics", "victoria-metrics")

    def points(self, name: str, site: str) -> list[tuple[int, float]]:
        """(milliseconds, value) of one measurement's values at a site, in order of time."""
        httpx.get(f"{self.url}/internal/force_flush", trust_env=False).raise_for_status()
        exported = httpx.get(
            f"{self.url}/api/v1/export",
            params={"match[]": f'{{__name__="{name}",site="{site}"}}', "start": "0"},
            trust_env=False,
            timeout=30,
        )
        rows = [json.loads(line) for line in exported.text.splitlines()]
        return sorted(point for row in rows for point in zip(row["timestamps"], row["values"], strict=True))

    def _arguments(self) -> list[str]:
        return [
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-storageDataPath={self.folder}",
            # As InfluxDB does: a point of the same series and time is the same point.
            "-dedup.minScrapeInterval=1ms",
            "-retentionPeriod=100y",
            "-memory.allowedBytes=64MB",
        ]


class Named:
    """The server of SHEKARA_TEST_INFLUX_URL: InfluxDB 2 or 3, with its bucket made beforehand."""

    reads = True
    resolution_ns = 1

    @property
    def settings(self) -> InfluxSettings:
        return InfluxSettings(
            url=_named("URL"), org=_named("ORG") or "shekara", bucket=_named("BUCKET") or BUCKET, create_database=True
        )

    @property
    def secrets(self) -> InfluxSecrets:
        return InfluxSecrets(_named("TOKEN"), _named("USER"), _named("PASSWORD"))


SERVERS = ("influxd", "victoria-metrics", *(("named",) if os.environ.get(NAMED_URL) else ()))
"""Those that the contract runs against: a server that nobody named is not collected, and not skipped."""


@contextmanager
def running_server(name: str, folder: Path) -> Iterator[Server]:
    """One of SERVERS, as long as the block."""
    if name == "named":
        yield Named()
        return
    server: Influxd | Victoria = Influxd(folder / name) if name == "influxd" else Victoria(folder / name)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def find_program(package: str, program: str) -> str:
    """Where a server is; installed when it is missing and that is allowed."""
    if shutil.which(program) is None and os.geteuid() == 0:
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", package],
            check=False,
            capture_output=True,
            timeout=150,
            # The packaged service is kept from starting: it would take the usual port.
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"},
        )
    found = shutil.which(program)
    assert found, f"this test needs a real server. Run: apt-get install -y --no-install-recommends {package}"
    return found


def _named(word: str) -> str:
    return os.environ.get(f"SHEKARA_TEST_INFLUX_{word}", "")
