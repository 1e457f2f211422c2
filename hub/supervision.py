"""A child process kept running: started again when it ends, stopped with its parent, never left behind."""

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import Mapping, Sequence

import structlog

from hub.backoff import Backoff
from hub.command import PARENT_PIPE
from hub.health import Health
from sensors.clock import Clock

_STOP_WITHIN_S = 2.0
_log = structlog.get_logger("hub.supervision")


class Child:
    """One subcommand of `shekara` in a process of its own; `name` is what its troubles are reported by."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        health: Health,
        clock: Clock,
    ) -> None:
        self._name = name
        self._part = f"{name} process"
        self._command = (sys.executable, "-m", "hub.command", *arguments)
        self._environ = {**os.environ, **environ, PARENT_PIPE: "1"}
        self._health = health
        self._backoff = Backoff(clock, random.Random())  # noqa: S311 - spreads load, keeps no secret

    async def run(self) -> None:
        """Keep it running until cancelled; then end it."""
        while True:
            code = await self.run_once()
            self._health.report(self._part, f"the {self._name} process ended with code {code} and is begun again")
            _log.error("child ended", child=self._name, code=code)
            await asyncio.sleep(self._backoff.failed())

    async def run_once(self) -> int:
        """Start it and wait for its end: its exit code. Cancelled, it is ended first."""
        process = await asyncio.create_subprocess_exec(*self._command, stdin=asyncio.subprocess.PIPE, env=self._environ)
        self._backoff.succeeded()
        self._health.clear(self._part)
        try:
            return await process.wait()
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_WITHIN_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
