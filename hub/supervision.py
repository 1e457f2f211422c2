"""A child process kept running: started again when it ends, stopped with its parent, never left behind."""

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import Mapping, Sequence

import structlog

from hub.command import PARENT_PIPE
from hub.health import Health

_FIRST_PAUSE_S = 0.5
_LAST_PAUSE_S = 30.0
_STABLE_S = 60.0
_STOP_WITHIN_S = 2.0
_log = structlog.get_logger("hub.supervision")


class Child:
    """One subcommand of `shekara` in a process of its own. `name` is the part that its troubles are reported of."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        health: Health,
        chance: random.Random | None = None,
    ) -> None:
        self._name = name
        self._command = (sys.executable, "-m", "hub.command", *arguments)
        self._environ = {**os.environ, **environ, PARENT_PIPE: "1"}
        self._health = health
        self._chance = chance or random.Random()  # noqa: S311 - spreads load, keeps no secret

    async def run(self) -> None:
        """Keep it running until cancelled; then end it."""
        pause_s = _FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            code = await self.run_once()
            problem = f"the {self._name} process ended with code {code}; it is being started again"
            self._health.report(self._name, problem)
            _log.error("child ended", child=self._name, code=code)
            if loop.time() - began_s > _STABLE_S:
                pause_s = _FIRST_PAUSE_S
            await asyncio.sleep(self._chance.uniform(pause_s / 2, pause_s))
            pause_s = min(pause_s * 2, _LAST_PAUSE_S)

    async def run_once(self) -> int:
        """Start it and wait for its end: its exit code. Cancelled, it is ended first."""
        process = await asyncio.create_subprocess_exec(*self._command, stdin=asyncio.subprocess.PIPE, env=self._environ)
        self._health.clear(self._name)
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
