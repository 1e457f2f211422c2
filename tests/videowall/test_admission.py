"""Who may open a stream now, alone and in a storm."""

import asyncio
import gc
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from sensors.clock import Clock, SystemClock
from sensors.model import SiteId
from tests.support.coded_film import Coding, film
from tests.support.film_server import FilmServer, serving
from tests.support.waiting import eventually_async
from videowall.capture.admission import Admission, Bounds
from videowall.capture.rtsp.stream import CameraStream, Source
from videowall.config import WallSettings
from videowall.quality.health import DELAYED_S

pytestmark = pytest.mark.alone

KORDAI, KONYSBAYEV = SiteId("kordai"), SiteId("konysbayev")
WIDE = Bounds(100, 10_000.0)
STEP_S = 0.02


async def enter(admission: Admission, site: SiteId, entered: list[str], name: str, failures: int = 0) -> None:
    async with admission.turn(site, failures):
        entered.append(name)


async def test_so_many_at_once_of_one_site_and_of_all() -> None:
    admission = Admission(SystemClock(), Bounds(5, 10_000.0), Bounds(2, 10_000.0))
    inside: Counter[SiteId] = Counter()
    most: Counter[SiteId] = Counter()
    together = 0

    async def open_one(site: SiteId) -> None:
        nonlocal together
        async with admission.turn(site, 0):
            inside[site] += 1
            most[site] = max(most[site], inside[site])
            together = max(together, inside.total())
            await asyncio.sleep(0.001)
            inside[site] -= 1

    async with asyncio.TaskGroup() as group:
        for number in range(60):
            group.create_task(open_one(SiteId(f"site-{number // 10}")))
    assert max(most.values()) == 2
    assert together == 5
    assert admission.admitted_total == 60


async def test_so_many_a_second() -> None:
    clock = SystemClock()
    admission = Admission(clock, WIDE, Bounds(100, 20.0))
    times_s: list[float] = []

    async def open_one() -> None:
        async with admission.turn(KORDAI, 0):
            times_s.append(clock.monotonic_s())

    async with asyncio.TaskGroup() as group:
        for _ in range(40):
            group.create_task(open_one())
    assert most_within(times_s, 0.5) <= 20 + 10 + 1


def most_within(times_s: list[float], window_s: float) -> int:
    return max(sum(start <= at_s < start + window_s for at_s in times_s) for start in times_s)


async def test_one_that_ran_well_goes_before_those_that_have_failed_for_long() -> None:
    admission = Admission(SystemClock(), Bounds(1, 10_000.0), WIDE)
    entered: list[str] = []
    async with asyncio.TaskGroup() as group, admission.turn(KORDAI, 0):
        group.create_task(enter(admission, KORDAI, entered, "old-1", 9))
        group.create_task(enter(admission, KORDAI, entered, "old-2", 7))
        await eventually_async(lambda: admission.waiting == 2)
        group.create_task(enter(admission, KORDAI, entered, "fresh", 0))
        await eventually_async(lambda: admission.waiting == 3)
    assert entered == ["fresh", "old-1", "old-2"]


async def test_a_site_that_hangs_keeps_nobody_else_out() -> None:
    admission = Admission(SystemClock(), WIDE, Bounds(2, 10_000.0))
    entered: list[str] = []
    async with admission.turn(KORDAI, 0), admission.turn(KORDAI, 0), asyncio.TaskGroup() as group:
        stuck = group.create_task(enter(admission, KORDAI, entered, "stuck"))
        await enter(admission, KONYSBAYEV, entered, "other")
        assert entered == ["other"]
        stuck.cancel()


async def test_whoever_gives_up_frees_the_place() -> None:
    admission = Admission(SystemClock(), Bounds(1, 10_000.0), WIDE)
    entered: list[str] = []

    async def hold() -> None:
        async with admission.turn(KORDAI, 0):
            entered.append("held")
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        holding = group.create_task(hold())
        await eventually_async(lambda: entered)
        waiting = group.create_task(enter(admission, KORDAI, entered, "never"))
        last = group.create_task(enter(admission, KORDAI, entered, "last"))
        await eventually_async(lambda: admission.waiting == 2)
        # One step of the loop later the place is given to the next, which gives up before it has come to know.
        holding.cancel()
        await asyncio.sleep(0)
        waiting.cancel()
        await last
    assert entered == ["held", "last"]
    assert admission.waiting == 0


class Doors(Admission):
    """A wall's admission that stands wide open until it narrows: what comes before a storm need not take as long."""

    def __init__(self, clock: Clock, everywhere: Bounds, per_site: Bounds) -> None:
        super().__init__(clock, everywhere, per_site)
        self._wide: Admission | None = Admission(clock, WIDE, WIDE)
        self._in_wide = 0

    async def narrow(self) -> None:
        """Let nobody more through the wide door, and wait for those who are in it."""
        self._wide = None
        await eventually_async(lambda: not self._in_wide)

    @asynccontextmanager
    async def turn(self, site: SiteId, failures: int) -> AsyncIterator[None]:
        if self._wide is None:
            async with super().turn(site, failures):
                yield
            return
        self._in_wide += 1
        try:
            async with self._wide.turn(site, failures):
                yield
        finally:
            self._in_wide -= 1


class Fleet:
    """Many streams of one server, and how far apart the pictures of each came."""

    def __init__(self, server: FilmServer, count: int, admission: Admission) -> None:
        self._clock = SystemClock()
        self.units_s: list[list[float]] = [[] for _ in range(count)]
        self.streams = [
            CameraStream(
                Source(f"camera {number}", SiteId(f"site-{number % 20}"), server.url),
                self._clock,
                random.Random(number),  # noqa: S311 - jitter
                admission,
                lambda _, number=number: self.units_s[number].append(self._clock.monotonic_s()),  # type: ignore[misc]  # the default binds the loop's variable
                lambda *_: None,
            )
            for number in range(count)
        ]

    @property
    def live(self) -> int:
        """How many show pictures now."""
        return sum(stream.failure is None and stream.sessions_total > 0 for stream in self.streams)

    def largest_gap_s(self, since_s: float, deprived: "Deprived") -> float:
        """Between two pictures of any stream, less what this thread was kept waiting for a processor meanwhile."""
        times = [[at_s for at_s in each if at_s >= since_s] for each in self.units_s]
        gaps = ((before, later) for each in times for before, later in pairwise(each))
        return max(later - before - deprived.between_s(before, later) for before, later in gaps)


class Deprived:
    """When, and for how long, this thread was kept waiting for a processor by others on the machine."""

    def __init__(self) -> None:
        self._waits: list[tuple[float, float]] = []

    def between_s(self, from_s: float, to_s: float) -> float:
        """All together; a look that fell into the time in part counts whole."""
        return sum(waited_s for at_s, waited_s in self._waits if from_s < at_s and at_s - waited_s - STEP_S < to_s)

    async def watch(self) -> None:
        while True:
            began_s, worked_s = time.monotonic(), time.thread_time()
            await asyncio.sleep(STEP_S)
            at_s = time.monotonic()
            waited_s = at_s - began_s - STEP_S - (time.thread_time() - worked_s)
            if waited_s > 0:
                self._waits.append((at_s, waited_s))


@pytest.fixture
def only_own_garbage() -> Iterator[None]:
    """What other tests have left is not this one's to look through, which takes the better part of a second."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.usefixtures("only_own_garbage")
async def test_two_hundred_cameras_that_return_together_are_live_within_a_minute() -> None:
    wall, clock = WallSettings(), SystemClock()
    bounds = Bounds(wall.openings_at_once, wall.openings_per_s)
    admission = Doors(clock, bounds, Bounds(wall.site_openings_at_once, wall.site_openings_per_s))
    still = film(Coding.H264, count=4, key_every=1, packet_bytes=1400)
    async with serving(FilmServer(still, fps=1)) as storm, serving(FilmServer(still, fps=10)) as calm:
        healthy, returning = Fleet(calm, 8, admission), Fleet(storm, 200, admission)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(stream.run()) for stream in healthy.streams]
            await eventually_async(lambda: healthy.live == 8)
            storm.is_open = False
            tasks += [group.create_task(stream.run()) for stream in returning.streams]
            await eventually_async(lambda: all(stream.failure for stream in returning.streams), within_s=60)
            await admission.narrow()
            storm.connected_at_s.clear()
            storm.is_open = True
            back_s, deprived = clock.monotonic_s(), Deprived()
            tasks.append(group.create_task(deprived.watch()))
            await eventually_async(lambda: returning.live == 200, within_s=60)
            await asyncio.sleep(2 * STEP_S)  # the last wait is told of when it is over
            gap_s = healthy.largest_gap_s(back_s, deprived)
            for task in tasks:
                task.cancel()
    rate = most_within(storm.connected_at_s, 1.0)
    assert rate <= 2 * wall.openings_per_s + 1
    assert [stream.sessions_total for stream in healthy.streams] == [1] * 8
    assert [stream.failure for stream in healthy.streams] == [None] * 8
    assert gap_s < DELAYED_S, "no healthy camera would have been said to be late"
