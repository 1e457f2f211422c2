"""A crowd against a broker: connected, announced, heard on time, and counted."""

import asyncio
import contextlib
import random
import sys
from collections.abc import Coroutine, Iterable, Iterator

import msgspec
import structlog
from msgspec import Struct

from sensors.backoff import Backoff
from sensors.clock import Clock
from sensors.errors import AccessError, UnavailableError
from simulators.load.account import Account, Cost, Count
from simulators.load.crowd import CrowdPost
from simulators.load.line import Line
from simulators.publish_connection import Broker

_WAKE_S = 0.01
"""Breaths that are due within this time leave together."""
_FORGOTTEN_S = 5.0
"""A breath that is later than this is skipped, and counted: a crowd that cannot keep up does not pile up."""
_OPENING = 8
"""Connections that announce themselves at one time."""
_LONGEST_PAUSE_S = 20.0
_FAREWELL_S = 5.0
_log = structlog.get_logger()


class Size(Struct, frozen=True):
    """What is asked for. `rate` is readings a second of each sensor; `connections` 0 is one for each post."""

    posts: int
    sensors: int
    rate: float
    connections: int = 0
    seed: int = 1

    @property
    def asked_per_s(self) -> float:
        """Readings a second."""
        return self.posts * self.sensors * self.rate


class Announced(Struct, frozen=True):
    """The first line of output: everybody has been introduced."""

    posts: int
    devices: int
    connections: int


class Place:
    """One connection's place in the crowd, and the posts behind it: its will is that of the first of them."""

    def __init__(self, number: int, posts: tuple[CrowdPost, ...], broker: Broker, clock: Clock) -> None:
        self._number = number
        self._posts = posts
        self._broker = broker
        self._clock = clock
        self._backoff = Backoff(clock, random.Random(), _LONGEST_PAUSE_S)  # noqa: S311 - spreads load, guards nothing
        self._before = 0
        self.announced = asyncio.Event()
        self.line: Line | None = None
        self.skipped_total = 0

    @property
    def acknowledged_total(self) -> int:
        """Readings, over all its connections."""
        return self._before + (0 if self.line is None else self.line.acknowledged_total)

    async def run(self, doors: asyncio.Semaphore) -> None:
        """Stay connected: full-jitter back-off. What is due meanwhile is skipped."""
        while True:
            try:
                await self.run_once(doors)
            except (UnavailableError, AccessError) as error:
                if not self.announced.is_set():
                    raise
                _log.warning("a connection of the crowd is away", number=self._number, reason=error.text)
            await asyncio.sleep(self._backoff.failed())

    async def run_once(self, doors: asyncio.Semaphore) -> None:
        """Connect, announce everybody, and stay until the connection ends.

        Raises:
            UnavailableError: the broker does not answer, or not any more.
            AccessError: it does not let us in.
        """
        line = Line(self._broker, f"shekara-load-{self._number}")
        try:
            async with doors:
                await line.connect(self._posts[0].will(self._clock.now()))
                for post in self._posts:
                    await line.announce(post.announce(self._clock.now()))
            line.begin()
            self.line = line
            self.announced.set()
            self._backoff.succeeded()
            while not line.ended.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._broker.keepalive_s / 2):
                        await line.ended.wait()
                line.stay()
            raise UnavailableError(line.reason, subject=str(self._broker))
        finally:
            self._before, self.line = self.acknowledged_total, None
            line.close()

    def breathe(self, post: CrowdPost, sequence: int) -> None:
        """Say what a post's sensors measure now, or count it as skipped."""
        line, messages = self.line, len(post.sensors)
        if line is None or not line.has_room_for(messages):
            self.skipped_total += messages
        else:
            line.send(post.breath(self._clock.now(), sequence, line.next_id), messages)

    async def settle(self) -> None:
        """Wait for what is still to be acknowledged.

        Raises:
            UnavailableError: that takes too long, or the connection ends before.
        """
        if self.line is not None:
            await self.line.settle()

    async def leave(self) -> None:
        """Say that the posts are gone.

        Raises:
            UnavailableError: the broker does not acknowledge that.
        """
        if (line := self.line) is not None:
            self._before, self.line = self.acknowledged_total, None
            await line.announce(post.leave(self._clock.now()) for post in self._posts)


class Crowd:
    """All of it, in one process."""

    def __init__(self, size: Size, broker: Broker, clock: Clock) -> None:
        self._size = size
        self._clock = clock
        posts = [CrowdPost(number, size.sensors, 1.0 / size.rate, size.seed) for number in range(1, size.posts + 1)]
        count = min(size.connections or size.posts, size.posts)
        self._places = [Place(number, tuple(posts[number::count]), broker, clock) for number in range(count)]
        self._order = [(self._places[number % count], post) for number, post in enumerate(posts)]
        self._first_sequence = int(clock.now().timestamp() * max(1.0, size.rate))

    async def run(self, stop: asyncio.Event, every_s: float, for_s: float | None) -> None:
        """Introduce everybody, then speak until `stop`, or for so long; the account is printed every so often.

        Raises:
            UnavailableError: the broker does not answer at the beginning.
            AccessError: it does not let us in.
        """
        doors = asyncio.Semaphore(_OPENING)
        async with asyncio.TaskGroup() as group:
            lines = [group.create_task(place.run(doors), name="load-line") for place in self._places]
            if await self._introduced(stop):
                await self._run_account(stop, every_s, for_s)
            await self._together(place.leave() for place in self._places)
            for line in lines:
                line.cancel()

    async def _introduced(self, stop: asyncio.Event) -> bool:
        """Wait until everybody is announced; False when it is stopped before."""
        waits = {asyncio.create_task(wait, name="load-wait") for wait in (self._announced(), stop.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return not stop.is_set()

    async def _announced(self) -> bool:
        for place in self._places:
            await place.announced.wait()
        return True

    async def _run_account(self, stop: asyncio.Event, every_s: float, for_s: float | None) -> None:
        size = self._size
        _say(Announced(size.posts, size.posts * (size.sensors + 1), len(self._places)))
        account = Account(size.asked_per_s)
        async with asyncio.TaskGroup() as group:
            speaking = group.create_task(self._speak(account), name="load-speak")
            telling = group.create_task(self._tell(account, every_s), name="load-account")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(for_s):
                    await stop.wait()
            speaking.cancel()
            telling.cancel()
        account.end()
        await self._together(place.settle() for place in self._places)
        _say(account.whole(self._count()))

    async def _speak(self, account: Account) -> None:
        clock, size, order = self._clock, self._size, self._order
        step_s = 1.0 / (size.rate * len(order))
        began_s, breath = clock.monotonic_s(), 0
        while True:
            now_s = clock.monotonic_s() - began_s
            while (due_s := breath * step_s) <= now_s:
                place, post = order[breath % len(order)]
                if now_s - due_s > _FORGOTTEN_S:
                    place.skipped_total += size.sensors
                else:
                    place.breathe(post, self._first_sequence + breath // len(order))
                account.late(now_s - due_s)
                breath += 1
            await asyncio.sleep(max(_WAKE_S, breath * step_s - (clock.monotonic_s() - began_s)))

    async def _tell(self, account: Account, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            cost = account.so_far(self._count())
            _say(cost)
            if cost.short:
                _log.warning("slower than asked", asked_per_s=cost.asked_per_s, readings_per_s=cost.readings_per_s)

    async def _together(self, tasks: Iterable[Coroutine[None, None, None]]) -> None:
        """Let all of them end, or fail, but not for long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await asyncio.gather(*tasks, return_exceptions=True)

    def _count(self) -> Count:
        lines = list(self._lines())
        return Count(
            acknowledged=sum(place.acknowledged_total for place in self._places),
            waiting=sum(line.open for line in lines),
            skipped=sum(place.skipped_total for place in self._places),
            connections=len(lines),
        )

    def _lines(self) -> Iterator[Line]:
        return (place.line for place in self._places if place.line is not None)


def _say(line: Announced | Cost) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()
