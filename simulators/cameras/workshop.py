"""Where clips are made: in worker threads, second by second, in turn for all that are wanted.

A clip can be served as soon as its first second is there. Until it is whole it repeats what it has, and whoever watches
rightly calls a short loop frozen: so what is only to be at hand is drawn when all that are watched are whole. Workers
are no less urgent to the system than who sends the pictures: one that is held back while it holds the interpreter holds
back everybody. What has been drawn is kept on disk, unfinished clips too, and never drawn twice.
Seconds in which somebody is in view have workers of their own.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TypeVar

import cv2

from simulators.cameras.cache import ClipCache
from simulators.cameras.clip import Clip
from simulators.cameras.drawing.film import Film, Shot, film_frame
from simulators.cameras.drawing.scenes import LOOP_S
from simulators.cameras.encoder import Encoder
from simulators.cameras.formats import Format
from simulators.cameras.frame import Frame
from simulators.cameras.memory import give_back
from simulators.cameras.take import Darkroom, Moment, Take

T = TypeVar("T")


class _Work(Protocol):
    async def __call__(self, job: Callable[[], T]) -> T: ...


class _Drawing(NamedTuple):
    film: Film
    encoder: Encoder
    format: Format


class _Order(NamedTuple):
    """A clip that was asked for: set when its first frames are there; `wanted` lets the rest be drawn."""

    clip: asyncio.Future[Clip]
    wanted: asyncio.Event
    task: asyncio.Task[None]

    @property
    def is_growing(self) -> bool:
        """Whether it is wanted and not whole yet."""
        return self.wanted.is_set() and not self.task.done()


class Workshop:
    """Makes each clip once. Use as an async context: leaving it ends the workers."""

    def __init__(self, cache_directory: Path) -> None:
        workers = os.cpu_count() or 1
        self._cache = ClipCache(cache_directory)
        self._first = ThreadPoolExecutor(workers, "film-first")
        self._rest = ThreadPoolExecutor(1, "film-rest")
        self._takes = ThreadPoolExecutor(workers, "film-take")
        self._darkroom = Darkroom()
        self._orders: dict[tuple[Shot, Format], _Order] = {}
        self._group = asyncio.TaskGroup()
        self._urgent = 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def __aenter__(self) -> Self:
        cv2.setNumThreads(1)
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for order in self._orders.values():
            order.task.cancel()
        del kind, error, trace  # the body's error goes its own way, not into the group's
        try:
            await self._group.__aexit__(None, None, None)
        finally:
            for pool in (self._first, self._rest, self._takes):
                pool.shutdown(wait=True, cancel_futures=True)
            self._keep_unkept()

    async def clip(self, shot: Shot, format_: Format) -> Clip:
        """The clip of a shot, with its first second at least; the rest follows."""
        order = self._order(shot, format_, self._work_first)
        order.wanted.set()
        return await asyncio.shield(order.clip)

    async def prepare(self, shot: Shot, format_: Format) -> None:
        """Have the first second ready, once clips that are wanted are whole; the rest when somebody wants this one."""
        while growing := [order.task for order in self._orders.values() if order.is_growing]:
            await asyncio.wait(growing)
        await asyncio.shield(self._order(shot, format_, self._work_later).clip)

    async def still(self, shot: Shot, format_: Format, number: int) -> Clip:
        """A clip of one frozen frame: encoded pictures go on, what they show does not."""
        return await self._work_first(partial(_still, shot, format_, number))

    def whole(self, shot: Shot, format_: Format) -> Clip | None:
        """The clip of a shot when all of it is there; until then it is drawn at low priority, and this is None."""
        order = self._order(shot, format_, self._work_later)
        order.wanted.set()
        clip = order.clip.result() if order.clip.done() else None
        return clip if clip is not None and clip.complete else None

    def forget(self, shot: Shot, format_: Format) -> None:
        """A clip is not needed any more; the cache may still have it."""
        order = self._orders.get((shot, format_))
        if order is not None and order.clip.done():
            del self._orders[shot, format_]
            order.task.cancel()

    def draw(self, shot: Shot, format_: Format, take: Take, moments: Sequence[Moment]) -> "Future[tuple[Frame, ...]]":
        """Draw pictures that follow in a take; none: have the shot's film ready for it."""
        return self._takes.submit(self._darkroom.expose, shot, format_, take, moments)

    async def snap(self, shot: Shot, moment: Moment) -> bytes:
        """One picture of a shot as a JPEG."""
        return await asyncio.get_running_loop().run_in_executor(self._takes, self._darkroom.snap, shot, moment)

    def _order(self, shot: Shot, format_: Format, work: _Work) -> _Order:
        order = self._orders.get((shot, format_))
        if order is None:
            clip: asyncio.Future[Clip] = asyncio.get_running_loop().create_future()
            wanted = asyncio.Event()
            making = self._make(shot, format_, clip, wanted, work)
            order = _Order(clip, wanted, self._group.create_task(making, name=f"film-{shot.camera}"))
            self._orders[shot, format_] = order
        return order

    async def _make(
        self, shot: Shot, format_: Format, first: asyncio.Future[Clip], wanted: asyncio.Event, work: _Work
    ) -> None:
        clip, begun = await work(partial(self._begin, shot, format_))
        first.set_result(clip)
        if clip.complete:
            return
        if begun is not None and _can_go_on(clip):
            await self._work_later(partial(self._cache.save, shot, format_, clip))
            if not wanted.is_set():
                begun.encoder.close()
                begun = None  # a stream that nobody watches holds no encoder
                await self._work_later(give_back)
        await wanted.wait()
        if begun is None:
            begun = await self._work_later(partial(_begun, shot, format_))
        while len(clip) < LOOP_S * format_.fps:
            clip.grow(await self._work_later(partial(_filmed, begun, len(clip))))
        begun.encoder.close()
        clip.complete = True
        begun = None
        await self._work_later(partial(self._cache.save, shot, format_, clip))
        await self._work_later(give_back)

    def _begin(self, shot: Shot, format_: Format) -> tuple[Clip, _Drawing | None]:
        """What the cache has of a clip, or the first second of a new one and what goes on drawing it."""
        if (cached := self._cache.load(shot, format_)) is not None:
            return cached, None
        begun = _begun(shot, format_)
        return Clip(format_, _filmed(begun, 0)), begun

    def _keep_unkept(self) -> None:
        """Keep what was broken off: clips that are not whole, and those that became so a moment ago."""
        for (shot, format_), order in self._orders.items():
            if order.task.cancelled() and order.clip.done() and not order.clip.cancelled():
                clip = order.clip.result()
                if clip.complete or _can_go_on(clip):
                    self._cache.save(shot, format_, clip)

    async def _work_first(self, job: Callable[[], T]) -> T:
        """Do what somebody waits for."""
        self._urgent += 1
        self._calm.clear()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._first, job)
        finally:
            self._urgent -= 1
            if not self._urgent:
                self._calm.set()

    async def _work_later(self, job: Callable[[], T]) -> T:
        """Do what can wait until nobody waits."""
        await self._calm.wait()
        return await asyncio.get_running_loop().run_in_executor(self._rest, job)


def _can_go_on(clip: Clip) -> bool:
    """Whether another encoder, which begins with a key frame, can go on with a clip."""
    return len(clip) % clip.format.key_every == 0


def _begun(shot: Shot, format_: Format) -> _Drawing:
    return _Drawing(Film(shot), Encoder(format_), format_)


def _filmed(drawing: _Drawing, start: int) -> list[Frame]:
    """A second of frames."""
    film, encoder, form = drawing
    frames: list[Frame] = []
    for index in range(start, start + form.fps):
        number = film_frame(index, form.fps)
        frames.append(Frame.of(encoder.encode(film.draw(number)), key=index % form.key_every == 0, stamp=number))
    return frames


def _still(shot: Shot, format_: Format, number: int) -> Clip:
    film, encoder = Film(shot), Encoder(format_)
    picture = film.draw(number)
    frames = [
        Frame.of(encoder.encode(picture), key=index % format_.key_every == 0, stamp=number)
        for index in range(format_.fps)
    ]
    encoder.close()
    return Clip(format_, frames, complete=True, is_still=True)
