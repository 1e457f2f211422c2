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
from typing import Self, TypeVar

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


class Workshop:
    """Makes each clip once. Use as an async context: leaving it ends the workers."""

    def __init__(self, cache_directory: Path) -> None:
        workers = os.cpu_count() or 1
        self._cache = ClipCache(cache_directory)
        self._first = ThreadPoolExecutor(workers, "film-first")
        self._rest = ThreadPoolExecutor(1, "film-rest", initializer=_yield_to_others)
        self._clips: dict[Shot, asyncio.Future[Clip]] = {}
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
        for pool in (self._first, self._rest):
            pool.shutdown(wait=False, cancel_futures=True)
        try:
            await self._group.__aexit__(kind, error, trace)
        finally:
            for pool in (self._first, self._rest):
                pool.shutdown(wait=True)

    async def clip(self, shot: Shot, format_: Format) -> Clip:
        """The clip of a shot, with its first group of frames at least."""
        future = self._clips.get(shot)
        if future is None:
            future = self._clips[shot] = asyncio.get_running_loop().create_future()
            self._group.create_task(self._make(shot, format_, future), name=f"film-{shot.camera}")
        return await asyncio.shield(future)

    async def still(self, shot: Shot, format_: Format, index: int) -> Clip:
        """A clip of one frozen frame: encoded pictures go on, what they show does not."""
        return await self._work_first(partial(_still, shot, format_, index))

    async def _make(self, shot: Shot, format_: Format, future: asyncio.Future[Clip]) -> None:
        clip, begun = await self._work_first(partial(self._begin, shot, format_))
        future.set_result(clip)
        if begun is None:
            return
        for start in range(GOP_FRAMES, LOOP_FRAMES, GOP_FRAMES):
            clip.grow(await self._work_later(partial(_filmed, *begun, range(start, start + GOP_FRAMES))))
        clip.complete = True
        await self._work_later(partial(self._cache.save, shot, format_, clip))

    def _begin(self, shot: Shot, format_: Format) -> tuple[Clip, tuple[Film, Encoder] | None]:
        """A whole clip from the cache, or the first group of a new one and what goes on drawing it."""
        if (cached := self._cache.load(shot, format_)) is not None:
            return cached, None
        film, encoder = Film(shot), Encoder(format_)
        return Clip(_filmed(film, encoder, range(GOP_FRAMES))), (film, encoder)

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


def _filmed(film: Film, encoder: Encoder, frames: range) -> list[Packets]:
    return [encoder.encode(film.draw(index)) for index in frames]


def _still(shot: Shot, format_: Format, index: int) -> Clip:
    film, encoder = Film(shot), Encoder(format_)
    picture = film.draw(index)
    frames = [encoder.encode(picture) for _ in range(GOP_FRAMES)]
    encoder.close()
    return Clip(frames, complete=True, still=index)


def _yield_to_others() -> None:
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
