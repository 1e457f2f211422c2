"""The demonstration's processes: started, watched, started again when they die, ended together."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from sensors.errors import UnavailableError

_STOP_WITHIN_S = 15.0
_RESTART_AFTER_S = 1.0
_MAX_RESTARTS = 5


class Process:
    """One supervised process: its command, its log file, and how often it had to be started again.

    Its standard input is a pipe held open by this process: when this one dies, however it dies, the child reads
    the end of the pipe and stops (`hub.command`).
    """

    def __init__(
        self, name: str, arguments: tuple[str, ...], config: Path, logs: Path, extra: Mapping[str, str]
    ) -> None:
        self.name = name
        self.restarts_total = 0
        self.last_line = b""
        self._command = (sys.executable, "-m", "hub.command", "--config", str(config), *arguments)
        self._log_file = logs / f"{name}.log"
        self._environment = {**os.environ, **extra, "SHEKARA_PARENT_PIPE": "1", "PYTHONUNBUFFERED": "1"}
        self._child: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The running child's process id, or None."""
        return self._child.pid if self._child and self._child.returncode is None else None

    async def run(self) -> None:
        """Keep it running until `stop`.

        Raises:
            UnavailableError: it died more than `_MAX_RESTARTS` times.
        """
        while True:
            code = await self.run_once()
            if self._stopping:
                return
            self.restarts_total += 1
            if self.restarts_total > _MAX_RESTARTS:
                raise UnavailableError(
                    f"died {self.restarts_total} times, last with exit code {code}: {self.last_words()}",
                    subject=self.name,
                    mend=f"Read {self._log_file}",
                )
            await asyncio.sleep(_RESTART_AFTER_S)

    async def stop(self) -> None:
        """End it: asked first, made to when it does not."""
        self._stopping = True
        child = self._child
        if child is None or child.returncode is not None:
            return
        child.terminate()
        try:
            await asyncio.wait_for(child.wait(), _STOP_WITHIN_S)
        except TimeoutError:
            child.kill()
            await child.wait()

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds used so far, by name: this process, and each of its children under their own names."""
        if self.pid is None:
            return {}
        try:
            root = psutil.Process(self.pid)
            used = {self.name: _cpu_s(root)}
            for child in root.children(recursive=True):
                words = child.cmdline()
                used["broker" if "broker" in words else f"{self.name}-child"] = _cpu_s(child)
        except psutil.NoSuchProcess:
            return {}
        return used

    def last_words(self) -> str:
        """The last line it logged, shortened."""
        try:
            lines = self._log_file.read_bytes()[-4000:].decode("utf-8", "replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1][:300] if lines else ""

    async def run_once(self) -> int:
        """Start it and wait for its end; its exit code."""
        with self._log_file.open("ab") as log_file:
            self._child = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log_file,
                env=self._environment,
                start_new_session=True,
            )
        output = self._child.stdout
        if output is not None:
            while line := await output.readline():
                self.last_line = line
        return await self._child.wait()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
