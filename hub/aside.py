"""Work beside the hub's own: whatever ends it ends it alone, is counted and said, and it is begun again.

It is for what strangers' words pass through several libraries in, as the searches for cameras do: nobody knows
beforehand all that these raise, and what one camera answers must not end the watch over a border.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine

import structlog

from hub.health import Health
from sensors.backoff import STABLE_S, Backoff
from sensors.clock import Clock
from sensors.errors import ShekaraError

_log = structlog.get_logger("hub.aside")


class Aside:
    """One piece of work that does not end by itself; `name` is what its troubles are reported by.

    `begin` begins it, also after it has failed.
    """

    def __init__(
        self,
        name: str,
        begin: Callable[[], Coroutine[None, None, None]],
        health: Health,
        clock: Clock,
        stable_s: float = STABLE_S,
    ) -> None:
        self._name = name
        self._begin = begin
        self._health = health
        self._stable_s = stable_s
        self._backoff = Backoff(clock, random.Random())  # noqa: S311 - spreads load, keeps no secret

    async def run(self) -> None:
        """Keep it going until cancelled; then end it."""
        while True:
            error = await self._run_once()
            self._health.counters.services_failed_total += 1
            pause_s = self._backoff.failed()
            problem = error.text if isinstance(error, ShekaraError) else f"{type(error).__name__}, see the log"
            if self._health.report(self._name, f"{self._name} failed and is begun again: {problem}"):
                _log.error("begun again", service=self._name, problem=problem, exc_info=error)
            await asyncio.sleep(pause_s)

    async def _run_once(self) -> BaseException:
        """What ended it. Once it has gone on for a stable while, its trouble is over."""
        task = asyncio.create_task(self._begin(), name=self._name)
        try:
            if not (await asyncio.wait({task}, timeout=self._stable_s))[0]:
                self._backoff.succeeded()
                self._health.clear(self._name)
                await asyncio.wait({task})
        finally:
            task.cancel()
            await asyncio.wait({task})
        return asyncio.CancelledError() if task.cancelled() else task.exception() or EOFError("it has ended")
