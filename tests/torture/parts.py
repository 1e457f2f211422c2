"""The hub as a process that is quick to start, because everything it needs is loaded once, and forked for each run."""

import os
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.support.forked import fork_shekara
from tests.support.running_hub import NO_SEARCH


class HubProcess:
    """`shekara hub` in a folder of its own, killed and started again."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = {**NO_SEARCH, **environ}
        self._process: ForkServerProcess | None = None
        self.store = folder / "data" / "readings.sqlite"
        self.log = folder / "hub.log"
        self.log.touch()

    def start(self) -> None:
        """Begin; returns at once."""
        streams = (Path(os.devnull), self.log, self.log)
        environ = {**os.environ, **self._environ}
        self._process = fork_shekara(self._folder, environ, "hub", streams=streams, name="hub-under-torture")

    @property
    def subscribed(self) -> bool:
        """Whether the broker keeps a session for it, from which on it may be killed without loss."""
        return "broker connected" in self.log.read_text()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int:
        """Of the process as it runs now."""
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL: it is not asked, and does nothing more."""
        if self._process is not None:
            self._process.kill()
            self._process.join(60)

    def stop(self) -> int | None:
        """SIGTERM, and its exit code."""
        assert self._process is not None
        self._process.terminate()
        self._process.join(60)
        return self._process.exitcode
