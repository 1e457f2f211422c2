"""A child process kept running: started again when it ends, hangs or runs away, stopped with its parent, never left."""

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import Mapping, Sequence

import structlog

from hub.command import PARENT_PIPE
from hub.health import Health
from hub.watchdog import Limits, Watchdog, watching
from sensors.backoff import Backoff
from sensors.clock import Clock
from sensors.supervised import NOTIFY_SOCKET, Restarts

_STOP_WITHIN_S = 15.0
_log = structlog.get_logger("hub.supervision")


class Child:
    """One subcommand of `shekara` in a process of its own; `name` is what its troubles are reported by.

    With `limits` it has to say that it is alive, and may take so much memory. It is told of its earlier lives.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        health: Health | None,
        clock: Clock,
        limits: Limits | None = None,
    ) -> None:
        self.restarts = Restarts()
        self._name = name
        self._part = f"{name} process"
        self._command = (sys.executable, "-m", "hub.command", *arguments)
        self._environ = {**os.environ, **environ, PARENT_PIPE: "1"}
        self._health = health
        self._clock = clock
        self._limits = limits
        self._backoff = Backoff(clock, random.Random())  # noqa: S311 - spreads load, keeps no secret

    async def run(self) -> None:
        """Keep it running until cancelled; then end it."""
        while True:
            why = await self.run_once()
            self.restarts = Restarts(self.restarts.total + 1, why)
            wait_s = self._backoff.failed()
            if self._health is not None:
                self._health.report(self._part, f"the {self._name} process {why} and is begun again")
            _log.error(
                "child is begun again",
                child=self._name,
                why=why,
                restarts_total=self.restarts.total,
                wait_s=round(wait_s, 1),
            )
            await asyncio.sleep(wait_s)

    async def run_once(self) -> str:
        """Start it and wait for its end, or bring that about: why. Cancelled, it is ended first."""
        if self._limits is None:
            return await self._live(None, {})
        async with watching(self._name, self._limits, self._clock) as dog:
            return await self._live(dog, {NOTIFY_SOCKET: str(dog.address)})

    async def _live(self, dog: Watchdog | None, extra: Mapping[str, str]) -> str:
        environ = {**self._environ, **self.restarts.environ(), **extra}
        process = await asyncio.create_subprocess_exec(*self._command, stdin=asyncio.subprocess.PIPE, env=environ)
        self._backoff.succeeded()
        if self._health is not None:
            self._health.clear(self._part)
        try:
            async with asyncio.TaskGroup() as group:
                ends = group.create_task(process.wait())
                watches = {group.create_task(dog.run(process.pid))} if dog is not None else set()
                await asyncio.wait({ends, *watches}, return_when=asyncio.FIRST_COMPLETED)
                fault = next((watch.result() for watch in watches if watch.done()), "")
                if fault and not ends.done():
                    # It does not listen any more, or would take too long to.
                    process.kill()
                for watch in watches:
                    watch.cancel()
            return fault or f"ended with code {process.returncode}"
        finally:
            await self._end(process)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_WITHIN_S)
        except TimeoutError:
            _log.warning("child did not end when it was asked to, and is killed", child=self._name)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
