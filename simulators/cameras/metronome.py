"""One timer for all streams: those who are due at about the same moment are woken together."""

import asyncio
import heapq

from sensors.clock import Clock

SLOT_S = 0.004
"""Nobody is woken twice within so long: a picture may leave that much late, and the machine is left alone between."""


class Metronome:
    """Wakes whoever waits. Belongs to the event loop that first waits for it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._rings_s = float("inf")
        self._rang_s = float("-inf")

    async def wait(self, due_s: float) -> None:
        """Return at a moment of the clock's monotonic time, or up to `SLOT_S` later."""
        loop = asyncio.get_running_loop()
        woken = loop.create_future()
        self._count += 1
        heapq.heappush(self._waiting, (due_s, self._count, woken))
        self._wind(loop)
        await woken

    def _wind(self, loop: asyncio.AbstractEventLoop) -> None:
        rings_s = max(self._waiting[0][0], self._rang_s + SLOT_S)
        if self._timer is not None:
            if rings_s >= self._rings_s:
                return
            self._timer.cancel()
        self._rings_s = rings_s
        self._timer = loop.call_later(max(0.0, rings_s - self._clock.monotonic_s()), self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        self._rang_s = now_s = self._clock.monotonic_s()
        waiting = self._waiting
        while waiting and waiting[0][0] <= now_s:
            _, _, woken = heapq.heappop(waiting)
            if not woken.done():
                woken.set_result(None)
        if waiting:
            self._wind(loop)
