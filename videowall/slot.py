"""Where decoding meets composing: the scaled pictures of one tile. Latest wins, neither side ever waits."""

import threading
from collections import deque
from typing import NamedTuple

from videowall.layout import fit
from videowall.picture import Planes, Rect, allocate, scale

READY = 2
"""Pictures kept ready: one more than newest-only, so that a camera's phase against the tick loses no frames."""


class TilePicture(NamedTuple):
    """A picture at its tile's size, where it lies on the canvas, and when its last packet arrived (monotonic)."""

    planes: Planes
    rect: Rect
    arrival_s: float


class Slot:
    """One tile's pictures. One thread at a time offers, the composer takes."""

    def __init__(self, tile: Rect) -> None:
        self.tile = tile
        self.dropped_total = 0
        self._lock = threading.Lock()
        self._ready: deque[TilePicture] = deque()
        self._free: list[TilePicture] = []
        self._shown: TilePicture | None = None
        self._rect: Rect | None = None

    @property
    def shown(self) -> TilePicture | None:
        """What the composer took last; it stays untouched until the next is taken."""
        return self._shown

    @property
    def rect(self) -> Rect:
        """Where pictures lie on the canvas; the whole tile until one has come."""
        return self._rect or self.tile

    def offer(self, source: Planes, arrival_s: float) -> None:
        """Scale a decoded picture into this tile's memory and make it ready."""
        rect = fit(self.tile, source.width, source.height)
        planes = self._claim(rect)
        scale(source, planes)
        with self._lock:
            self._ready.append(TilePicture(planes, rect, arrival_s))
            self._rect = rect

    def take(self) -> TilePicture | None:
        """The next ready picture, or None when nothing new has come."""
        with self._lock:
            if not self._ready:
                return None
            if self._shown is not None:
                self._free.append(self._shown)
            self._shown = self._ready.popleft()
            return self._shown

    def _claim(self, rect: Rect) -> Planes:
        with self._lock:
            while len(self._ready) >= READY:
                self._free.append(self._ready.popleft())
                self.dropped_total += 1
            self._free = [picture for picture in self._free if picture.rect == rect]
            if self._free:
                return self._free.pop().planes
        return allocate(rect.width, rect.height)
