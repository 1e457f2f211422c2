"""Where decoding meets composing: the scaled pictures of one tile. Latest wins, neither side ever waits."""

import threading
from collections import deque
from typing import NamedTuple

from videowall.layout import cut, fit
from videowall.picture import HALF_TURN, Planes, Rect, allocate, crop, rotate, scale
from videowall.plan import Fit

READY = 2
"""Pictures kept ready: one more than newest-only, so that a camera's phase against the tick loses no frames."""


class TilePicture(NamedTuple):
    """A picture at its tile's size, where it lies on the canvas, and when its last packet arrived (monotonic)."""

    planes: Planes
    rect: Rect
    arrival_s: float


class Slot:
    """One tile's pictures, upright and of its shape. One thread at a time offers, the composer takes."""

    def __init__(self, tile: Rect, way: Fit = Fit.LETTERBOX, rotation: int = 0) -> None:
        self.tile = tile
        self._way = way
        self._rotation = rotation
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
        rect, source = self._place(source)
        planes = self._claim(rect)
        if self._rotation:
            sideways = self._rotation != HALF_TURN
            before = allocate(rect.height, rect.width) if sideways else allocate(rect.width, rect.height)
            scale(source, before)
            rotate(before, planes, self._rotation)
        else:
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

    def _place(self, source: Planes) -> tuple[Rect, Planes]:
        """Where a picture lies when it is upright, and what of it is shown, as it comes."""
        tile = self.tile
        sideways = self._rotation not in {0, HALF_TURN}
        if self._way is Fit.CROP:
            shape = (tile.height, tile.width) if sideways else (tile.width, tile.height)
            return tile, crop(source, cut(source.width, source.height, *shape))
        upright = (source.height, source.width) if sideways else (source.width, source.height)
        return fit(tile, *upright), source

    def _claim(self, rect: Rect) -> Planes:
        with self._lock:
            while len(self._ready) >= READY:
                self._free.append(self._ready.popleft())
                self.dropped_total += 1
            self._free = [picture for picture in self._free if picture.rect == rect]
            if self._free:
                return self._free.pop().planes
        return allocate(rect.width, rect.height)
