"""Who may open a connection now: so many at once and so many a second, of one site and of all.

When two hundred cameras return together, or a site's link does, they are let in one after another; those that ran well
until now go before those that have failed for long.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

from msgspec import Struct

from sensors.clock import Clock
from sensors.model import SiteId

_BURST_S = 1.0
_PATIENT = 4
"""Failures beyond this number make nobody wait longer."""


class Bounds(Struct, frozen=True):
    """How many openings at once, and how many a second."""

    at_once: int
    per_s: float


class Admission:
    """The one gate of a wall. Belongs to one event loop; there are as many waiters as streams."""

    def __init__(self, clock: Clock, everywhere: Bounds, per_site: Bounds) -> None:
        self.admitted_total = 0
        self._clock = clock
        self._per_site = per_site
        self._everywhere = _Gate(everywhere, clock.monotonic_s())
        self._sites: dict[SiteId, _Gate] = {}
        self._waiting: list[_Waiter] = []
        self._order = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    @contextlib.asynccontextmanager
    async def turn(self, site: SiteId, failures: int) -> AsyncIterator[None]:
        """Wait for the turn of a stream that has failed so often in a row; the place is free again after the block."""
        self._order += 1
        waiter = _Waiter(site, (min(failures, _PATIENT), self._order), asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._admit()
        try:
            await waiter.admitted
            yield
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            else:
                self._leave(site)
            self._admit()

    def _admit(self) -> None:
        """Let in whoever may come in now, and look again when the next may."""
        now_s = self._clock.monotonic_s()
        again_s = math.inf
        for waiter in sorted(self._waiting, key=lambda each: each.rank):
            gate = self._sites.setdefault(waiter.site, _Gate(self._per_site, now_s))
            wait_s = max(self._everywhere.wait_s(now_s), gate.wait_s(now_s))
            if wait_s > 0:
                again_s = min(again_s, wait_s)
                continue
            self._waiting.remove(waiter)
            self._everywhere.enter(now_s)
            gate.enter(now_s)
            self.admitted_total += 1
            if not waiter.admitted.done():
                waiter.admitted.set_result(None)
        self._sites = {site: gate for site, gate in self._sites.items() if not gate.is_idle(now_s)}
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(again_s, self._admit) if again_s < math.inf else None

    def _leave(self, site: SiteId) -> None:
        self._everywhere.leave()
        self._sites[site].leave()


class _Waiter:
    def __init__(self, site: SiteId, rank: tuple[int, int], admitted: asyncio.Future[None]) -> None:
        self.site = site
        self.rank = rank
        self.admitted = admitted


class _Gate:
    """A count of places, and a bucket of permits that fills with time."""

    def __init__(self, bounds: Bounds, now_s: float) -> None:
        self._bounds = bounds
        self._most = max(1.0, bounds.per_s * _BURST_S)
        self._permits = self._most
        self._filled_s = now_s
        self._open = 0

    def wait_s(self, now_s: float) -> float:
        """How long until another may enter; infinite while only a leaving can make room."""
        if self._open >= self._bounds.at_once:
            return math.inf
        # A permit short by a rounding error would make a timer that fires for ever too early.
        missing = 1.0 - self._fill(now_s)
        return missing / self._bounds.per_s if missing > 1e-6 else 0.0

    def enter(self, now_s: float) -> None:
        self._permits = self._fill(now_s) - 1.0
        self._filled_s = now_s
        self._open += 1

    def leave(self) -> None:
        self._open -= 1

    def is_idle(self, now_s: float) -> bool:
        """Whether a new gate would be the same."""
        return not self._open and self._fill(now_s) >= self._most

    def _fill(self, now_s: float) -> float:
        return min(self._most, self._permits + (now_s - self._filled_s) * self._bounds.per_s)
