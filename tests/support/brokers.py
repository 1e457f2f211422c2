"""A real broker for tests: `shekara broker` as a process of its own, on a free port."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom

from sensors.rtsp.authentication import Credentials
from tests.support.waiting import eventually

_CHANCE = SystemRandom()
_GIVEN: set[int] = set()
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 6
_PORTS = range(20_000 + 2_000 * _WORKER, 22_000 + 2_000 * _WORKER)
"""Below those that a system hands out by itself, and apart from those of tests that run beside this one: what was free
a moment ago is not given to another process since.
"""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listened on a moment ago, and that was not given before."""
    while True:
        port = _CHANCE.choice(_PORTS)
        if port in _GIVEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _GIVEN.add(port)
        return port


@contextmanager
def running_broker(directory: Path, credentials: Credentials | None = None) -> Iterator[int]:
    """The port of a broker that lives as long as the block; it asks for `credentials` when there are any."""
    port = free_port()
    environ = {**os.environ, "SHEKARA_BROKER_PORT": str(port)}
    if credentials is not None:
        environ["SHEKARA_SECRET_MQTT_USER"] = credentials.user
        environ["SHEKARA_SECRET_MQTT_PASSWORD"] = credentials.password
    with (directory / f"broker-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.command", "broker"], cwd=directory, env=environ, stdout=log, stderr=log
        )
        try:
            eventually(lambda: _answers(port) or process.poll() is not None, within_s=60, what="the broker's port")
            assert process.poll() is None, f"the broker ended with {process.returncode}"
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
