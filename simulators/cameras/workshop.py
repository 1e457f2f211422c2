"""Where clips are made: in worker threads, group of frames by group of frames, in turn for all that are wanted.

A clip can be served as soon as its first group of frames is there, a second of picture; the rest is drawn at low
priority, faster than it is shown.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TypeVar

import cv2

from sensors.model import StreamRole
from simulators.cameras.cache import ClipCache
from simulators.cameras.clip import Clip
from simulators.cameras.encoder import GOP_FRAMES, Encoder, Format, Packets
from simulators.cameras.film import LOOP_FRAMES, Film, Shot

T = TypeVar("T")

FORMATS: dict[StreamRole, Format] = {
    StreamRole.MAIN: Format(1280, 720, 2_000_000),
    StreamRole.SUB: Format(640, 360, 400_000),
}
_NICENESS = 10


class _Work(Protocol):
    async def __call__(self, job: Callable[[], T]) -> T: ...


class _Drawing(NamedTuple):
    film: Film
    encoder: Encoder


class _Order(NamedTuple):
    """A clip that was asked for: set when its first frames are there; `wanted` lets the rest be drawn."""

    clip: asyncio.Future[Clip]
    wanted: asyncio.Event
    task: asyncio.Task[None]


class Workshop:
    """Makes each clip once. Use as an async context: leaving it ends the workers."""

    def __init__(self, cache_directory: Path) -> None:
        workers = os.cpu_count() or 1
        self._cache = ClipCache(cache_directory)
        self._first = ThreadPoolExecutor(workers, "film-first")
        self._rest = ThreadPoolExecutor(1, "film-rest", initializer=_yield_to_others)
        self._orders: dict[Shot, _Order] = {}
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
            for pool in (self._first, self._rest):
                pool.shutdown(wait=True, cancel_futures=True)

    async def clip(self, shot: Shot, format_: Format) -> Clip:
        """The clip of a shot, with its first group of frames at least; the rest follows."""
        order = self._order(shot, format_, self._work_first)
        order.wanted.set()
        return await asyncio.shield(order.clip)

    async def prepare(self, shot: Shot, format_: Format) -> None:
        """Have the first group of frames ready, at low priority; the rest when somebody wants the clip."""
        await asyncio.shield(self._order(shot, format_, self._work_later).clip)

    async def still(self, shot: Shot, format_: Format, index: int) -> Clip:
        """A clip of one frozen frame: encoded pictures go on, what they show does not."""
        return await self._work_first(partial(_still, shot, format_, index))

    def _order(self, shot: Shot, format_: Format, work: _Work) -> _Order:
        order = self._orders.get(shot)
        if order is None:
            clip: asyncio.Future[Clip] = asyncio.get_running_loop().create_future()
            wanted = asyncio.Event()
            making = self._make(shot, format_, clip, wanted, work)
            order = _Order(clip, wanted, self._group.create_task(making, name=f"film-{shot.camera}"))
            self._orders[shot] = order
        return order

    async def _make(
        self, shot: Shot, format_: Format, first: asyncio.Future[Clip], wanted: asyncio.Event, work: _Work
    ) -> None:
        clip, begun = await work(partial(self._begin, shot, format_))
        first.set_result(clip)
        if begun is None:
            return
        if not wanted.is_set():
            begun = None  # a stream that nobody watches holds no encoder
            await wanted.wait()
        if begun is None:
            begun = await self._work_later(partial(_begun, shot, format_))
        for start in range(GOP_FRAMES, LOOP_FRAMES, GOP_FRAMES):
            clip.grow(await self._work_later(partial(_filmed, begun, range(start, start + GOP_FRAMES))))
        clip.complete = True
        await self._work_later(partial(self._cache.save, shot, format_, clip))

    def _begin(self, shot: Shot, format_: Format) -> tuple[Clip, _Drawing | None]:
        """A whole clip from the cache, or the first group of a new one and what goes on drawing it."""
        if (cached := self._cache.load(shot, format_)) is not None:
            return cached, None
        begun = _begun(shot, format_)
        return Clip(_filmed(begun, range(GOP_FRAMES))), begun

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


def _begun(shot: Shot, format_: Format) -> _Drawing:
    return _Drawing(Film(shot), Encoder(format_))


def _filmed(drawing: _Drawing, frames: range) -> list[Packets]:
    return [drawing.encoder.encode(drawing.film.draw(index)) for index in frames]


def _still(shot: Shot, format_: Format, index: int) -> Clip:
    film, encoder = Film(shot), Encoder(format_)
    picture = film.draw(index)
    frames = [encoder.encode(picture) for _ in range(GOP_FRAMES)]
    encoder.close()
    return Clip(frames, complete=True, still=index)


def _yield_to_others() -> None:
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
