"""Where decoding meets composing: the scaled pictures of one tile. Latest wins, neither side ever waits."""

import threading
from collections import deque
from typing import NamedTuple

from videowall.composing.layout import cut, fit
from videowall.picture import HALF_TURN, Planes, Rect, allocate, crop, rotate, scale
from videowall.plan import Fit

READY = 2
"""Pictures kept ready: one more than newest-only, so that a camera's phase against the tick loses no frames."""
_PATIENCE, _MOST_PATIENCE = 25, 15_000
"""For how many takes in a row another must be ready too, before the one in front is left out: of a camera that proved
to need it four times as many, and half of them again once it has done without for so long."""


class TilePicture(NamedTuple):
    """A picture at its tile's size, where it lies on the canvas, and its way here, monotonic.

    Its first packet arrived at `began_s` where that is known, its last at `arrival_s`, and at `decoded_s` it was
    decoded; None when it was before, for another tile.
    """

    planes: Planes
    rect: Rect
    arrival_s: float
    began_s: float | None = None
    decoded_s: float | None = None


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
        self._laid: tuple[tuple[int, ...], Rect, Rect | None] = ((), tile, None)
        """For pictures of that shape: where they lie, and what of them is shown unless it is all."""
        self._outrun = False
        self._steady, self._patience, self._on_trial = 0, _PATIENCE, 0

    @property
    def shown(self) -> TilePicture | None:
        """What the composer took last; it stays untouched until the next is taken."""
        return self._shown

    @property
    def rect(self) -> Rect:
        """Where pictures lie on the canvas; the whole tile until one has come."""
        return self._rect or self.tile

    def offer(
        self,
        source: Planes,
        arrival_s: float,
        began_s: float | None = None,
        decoded_s: float | None = None,
        *,
        roughly: bool = False,
    ) -> None:
        """Scale a decoded picture into this tile's memory and make it ready."""
        rect, source = self._place(source)
        planes = self._claim(rect)
        if self._rotation:
            sideways = self._rotation != HALF_TURN
            before = allocate(rect.height, rect.width) if sideways else allocate(rect.width, rect.height)
            scale(source, before)
            rotate(before, planes, self._rotation)
        else:
            scale(source, planes, roughly=roughly)
        with self._lock:
            self._ready.append(TilePicture(planes, rect, arrival_s, began_s, decoded_s))
            self._rect = rect

    def take(self) -> TilePicture | None:
        """The next ready picture, or None when nothing new has come."""
        with self._lock:
            self._try(missed=not self._ready)
            if not self._ready:
                return None
            if self._shown is not None:
                self._free.append(self._shown)
            if self._may_catch_up():
                self._free.append(self._ready.popleft())
                self.dropped_total += 1
            self._shown = self._ready.popleft()
            return self._shown

    def _may_catch_up(self) -> bool:
        """Whether the older of two can be left out: the camera is faster than the wall, or seems not to need it.

        A camera whose pictures come about when they are asked for needs one in hand, lest it show none now and two
        then; any other has one in hand only since something stood still, and is late by it until it is left out.
        Which of them it is, is seen when it has to do without.
        """
        outrun, self._outrun = self._outrun, False
        if len(self._ready) < READY:
            self._steady = 0
            return False
        self._steady += 1
        if outrun:
            self._steady = 0
        elif self._steady >= self._patience:
            self._steady, self._on_trial = 0, self._patience
            return True
        return outrun

    def _try(self, *, missed: bool) -> None:
        """Learn from how a camera does without one in hand."""
        if not self._on_trial:
            return
        self._on_trial = 0 if missed else self._on_trial - 1
        if missed:
            self._patience = min(4 * self._patience, _MOST_PATIENCE)
        elif not self._on_trial:
            self._patience = max(self._patience // 2, _PATIENCE)

    def _place(self, source: Planes) -> tuple[Rect, Planes]:
        """Where a picture lies when it is upright, and what of it is shown, as it comes."""
        shape, rect, part = self._laid
        if shape != source.y.shape:
            rect, part = self._lay(source.width, source.height)
            self._laid = source.y.shape, rect, part
        return rect, source if part is None else crop(source, part)

    def _lay(self, width: int, height: int) -> tuple[Rect, Rect | None]:
        tile = self.tile
        sideways = self._rotation not in {0, HALF_TURN}
        if self._way is Fit.CROP:
            shape = (tile.height, tile.width) if sideways else (tile.width, tile.height)
            return tile, cut(width, height, *shape)
        return fit(tile, *((height, width) if sideways else (width, height))), None

    def _claim(self, rect: Rect) -> Planes:
        with self._lock:
            while len(self._ready) >= READY:
                self._free.append(self._ready.popleft())
                self.dropped_total += 1
                self._outrun = True
            self._free = [picture for picture in self._free if picture.rect == rect]
            if self._free:
                return self._free.pop().planes
        return allocate(rect.width, rect.height)
