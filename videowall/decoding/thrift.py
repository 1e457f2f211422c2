"""What is done without when there is too much to decode, in which order, and on which tiles. Pure.

First a smaller stream where a small tile has one, then the decoder's loop filter and the fine scaling, then pictures
that no other refers to, then the later part of each group of pictures, then all but key pictures, then every second
picture of the wall. A spot is spared until nothing else helps.
"""

from enum import IntEnum
from typing import Final, NamedTuple


class Thrift(IntEnum):
    """How much a stream goes without; each includes those before."""

    NONE = 0
    SMALLER = 1
    UNFILTERED = 2
    REFERENCED = 3
    """Only pictures that others refer to."""
    PARTS = 4
    """The beginning of each group of pictures."""
    KEYS = 5


class Saving(NamedTuple):
    """What one stream does without. `share` of each group of pictures is decoded; 0 is its key picture alone."""

    thrift: Thrift = Thrift.NONE
    share: float = 1.0


PLENTY: Final = Saving()
_SHARES = (0.8, 0.65, 0.5, 0.4, 0.32, 0.25, 0.2, 0.16, 0.13, 0.1)
"""Each about four fifths of the one before: what a step too many costs is little, and so is what one too few leaves."""
_LADDER: Final = (
    PLENTY,
    Saving(Thrift.SMALLER),
    Saving(Thrift.UNFILTERED),
    Saving(Thrift.REFERENCED),
    *(Saving(Thrift.PARTS, share) for share in _SHARES),
    Saving(Thrift.KEYS, 0.0),
)
_SLOWER: Final = len(_LADDER)
"""The depth from which the wall itself is slower."""
DEEPEST: Final = _SLOWER + Thrift.REFERENCED
"""And beyond that the spots go without what can be spared of them."""


def saving(depth: int, *, is_spot: bool) -> Saving:
    """What a stream does without at a depth, 0 to `DEEPEST`."""
    if is_spot:
        return _LADDER[max(0, depth - _SLOWER)]
    return _LADDER[min(depth, _SLOWER - 1)]


def ticks_each(depth: int) -> int:
    """Every how manyeth picture of the wall is made."""
    return 2 if depth >= _SLOWER else 1


def more_thrifty(one: Saving, other: Saving) -> Saving:
    """Whichever does without more."""
    return max(one, other, key=lambda saving: (saving.thrift, -saving.share))


class Pressure(NamedTuple):
    """Of the last second: share of time that threads decoded, and of ticks missed; the oldest picture's wait."""

    busy: float
    """Of the threads together, who take work from one another; of each child by itself."""
    missed: float
    waits_s: float

    @property
    def is_high(self) -> bool:
        """Pictures are late, or will be soon."""
        # Pictures of the wall that are missed while decoding leaves room are not to be had by decoding still less. Nor
        # is it mended that pictures wait then: they are of a camera too heavy for one thread, and no other can help it.
        if self.busy <= _IDLE:
            return self.missed > _MANY_MISSED
        return self.busy > _BUSY or self.missed > _MISSED or self.waits_s > _WAITS_S

    @property
    def is_grave(self) -> bool:
        """So late that small steps take too long."""
        return self.busy > _IDLE and self.waits_s > _GRAVE_WAITS_S

    @property
    def is_low(self) -> bool:
        """There is room for more."""
        return self.busy < _IDLE and self.missed < _MISSED

    @property
    def is_slight(self) -> bool:
        """There is room for twice as much."""
        return self.is_low and self.busy < _IDLE / 2


_BUSY, _IDLE = 0.95, 0.78
_FAIR = 0.5
"""Of a thread: a camera that needs no more leaves the others enough, and goes without only as they do."""
_CALM: Final = Pressure(0.0, 0.0, 0.0)
_MISSED, _MANY_MISSED = 0.1, 0.25
_WAITS_S, _GRAVE_WAITS_S = 0.2, 0.3
_MANY_STEPS = 3
"""At once, where things are so bad, or so good: they halve what is decoded, or double it."""
_STRAINED_S = 2
"""One such second comes with every new layout."""
_FELT_AFTER_S = 3
"""What is left out is felt from a camera's next key picture on: until then nobody knows whether it is enough."""
_FIRST_CALM_S, _MOST_CALM_S = 4, 128
_RELAPSE_S = 20


class Governor:
    """Looks once a second; goes down under pressure, a step when the one before is felt, and up after a while of calm.

    A step up that has to be taken back soon was one too many: it alone is taken back, and the next is waited for twice
    as long.
    """

    def __init__(self, deepest: int = DEEPEST) -> None:
        self.depth = 0
        self._deepest = deepest
        self._strained = self._calm = 0
        self._calm_needed = _FIRST_CALM_S
        self._since_relief = _RELAPSE_S
        self._since_step = _FELT_AFTER_S

    def look(self, pressure: Pressure) -> int:
        """The depth after one more second."""
        self._since_relief += 1
        self._since_step += 1
        if pressure.is_high:
            self._calm = 0
            self._strained += 1
            if (self._strained < _STRAINED_S and not pressure.is_grave) or self._since_step < _FELT_AFTER_S:
                return self.depth
            relapses = self._since_relief < _RELAPSE_S
            if relapses:
                self._calm_needed = min(_MOST_CALM_S, 2 * self._calm_needed)
                self._since_relief = _RELAPSE_S
            self._since_step = 0
            by = _MANY_STEPS if pressure.is_grave and not relapses else 1
            self.depth = min(_deeper(self.depth, by), self._deepest)
            return self.depth
        self._strained = 0
        if pressure.is_low and self.depth:
            self._calm += 1
            if self._calm >= self._calm_needed:
                self._calm = self._since_relief = 0
                self.depth -= min(self.depth, _MANY_STEPS if pressure.is_slight else 1)
        else:
            self._calm = 0
        if not self.depth:
            self._calm_needed = _FIRST_CALM_S if self._since_relief >= _RELAPSE_S else self._calm_needed
        return self.depth


class Burden:
    """What one camera goes without by itself, spot or not, because all that comes of it is too much for one thread.

    Then nothing else can help it, and those who share its thread shall not go without in its stead.
    """

    def __init__(self) -> None:
        self._governor = Governor(_SLOWER - 1)
        self._was_too_much = False

    @property
    def saving(self) -> Saving:
        """What it does without."""
        return saving(self._governor.depth, is_spot=False)

    def look(self, need: float, waits_s: float, around: Pressure) -> bool:
        """After one more second, in which it needed that share of one thread: whether it alone can still be the relief.

        `waits_s`: for how long its oldest picture has; `around`: the pressure on who decodes it, and others beside it.
        """
        # Once it does without something, it shall leave room for those beside it too.
        busy = max(need, around.busy) if self._governor.depth else need
        was_too_much, self._was_too_much = self._was_too_much, need > _BUSY
        pressure = Pressure(busy, 0.0, waits_s if was_too_much else 0.0)
        if need <= _BUSY and not self._governor.depth:
            pressure = _CALM
        if pressure.is_high and need <= _FAIR:
            return False
        depth = self._governor.look(pressure)
        return pressure.is_high and depth < _SLOWER - 1


def _deeper(depth: int, by: int) -> int:
    """So many steps further down, but one at a time where the wall itself and its spots begin to suffer."""
    return min(depth + by, max(depth + 1, _SLOWER - 1))
