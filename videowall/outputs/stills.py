"""Stills for those who ask: each rendered at most five times a second however many ask, one at a time."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from sensors.clock import Clock

KEPT_S: Final = 0.2
MAX_KEPT: Final = 64


class Still(Struct, frozen=True):
    """A picture's file and the tag that tells it from another."""

    content: bytes
    etag: str


class Stills:
    """The newest stills, least recently rendered first; at most `MAX_KEPT` are kept, each for `KEPT_S`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Still | None]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def get(self, name: str, render: Callable[[], bytes | None]) -> Still | None:
        """The still of that name, rendered off the event loop when the kept one is old; None when there is none."""
        async with self._turn:
            at, still = self._kept.get(name, (0.0, None))
            if name in self._kept and self._clock.monotonic_s() - at < KEPT_S:
                return still
            content = await asyncio.to_thread(render)
            still = (
                None if content is None else Still(content, f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"')
            )
            self._kept[name] = (self._clock.monotonic_s(), still)
            self._kept.move_to_end(name)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            return still
