"""How long each picture takes through the wall, hop by hop, remembered over the last few seconds."""

from collections import deque
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct

from videowall.composing.slot import TilePicture

_REMEMBERED: Final = 256
"""Samples of a hop: some ten seconds of a camera."""


class Hop(StrEnum):
    """Where a picture's time goes, in the order of its way."""

    RECEIVE = "receive"
    """From its first packet to its last."""
    DECODE = "decode"
    """From its last packet until it is decoded: waiting for its turn, for the most part."""
    COMPOSE = "compose"
    """From there until a tick of the wall has drawn it: scaling, then waiting for the tick."""
    ENCODE = "encode"
    """Encoding the wall, the same for all tiles."""
    SEND = "send"
    """From encoded until it is handed to the network: of all viewers and outputs together."""


OWN_HOPS: Final = (Hop.RECEIVE, Hop.DECODE, Hop.COMPOSE)
"""Those of one camera's pictures; the others are the whole wall's."""


class Spread(Struct, frozen=True):
    """The median and the 95th percentile, in milliseconds."""

    p50_ms: float
    p95_ms: float


class TileLatency(Struct, frozen=True):
    """Every hop that pictures have passed lately, by name; `whole` is from the last packet to composed."""

    whole: Spread
    hops: dict[Hop, Spread]


class Samples:
    """The last durations of one kind. One thread adds, any reads."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)

    def add(self, duration_s: float) -> None:
        """One more; the oldest is forgotten."""
        self._seconds.append(duration_s)

    @property
    def spread(self) -> Spread | None:
        """None while there is nothing to say."""
        return _spread(self._seconds.copy())


class _Way(NamedTuple):
    """When a picture was where, monotonic."""

    began_s: float | None
    arrival_s: float
    decoded_s: float
    drawn_s: float


class Latency:
    """One tile's pictures. The composer notes, anyone reads: what is read once a second is reckoned then."""

    def __init__(self) -> None:
        self._ways: deque[_Way] = deque(maxlen=_REMEMBERED)

    def note(self, picture: TilePicture, drawn_s: float) -> None:
        """One picture's way. One that was decoded for another tile, long ago perhaps, says nothing of it."""
        if picture.decoded_s is not None:
            self._ways.append(_Way(picture.began_s, picture.arrival_s, picture.decoded_s, drawn_s))

    def summary(self, wall: dict[Hop, Spread]) -> TileLatency | None:
        """All hops, with those that the whole wall has in common; None while no picture has come."""
        whole = self.whole
        if whole is None:
            return None
        ways = self._ways.copy()
        own = {
            Hop.RECEIVE: _spread(way.arrival_s - way.began_s for way in ways if way.began_s is not None),
            Hop.DECODE: _spread(way.decoded_s - way.arrival_s for way in ways),
            Hop.COMPOSE: _spread(way.drawn_s - way.decoded_s for way in ways),
        }
        return TileLatency(whole, {hop: spread for hop, spread in own.items() if spread is not None} | wall)

    @property
    def whole(self) -> Spread | None:
        """From the last packet to composed."""
        return _spread(way.drawn_s - way.arrival_s for way in self._ways.copy())


def _spread(seconds: Iterable[float]) -> Spread | None:
    """None of nothing; time that ran back counts as none."""
    ordered = sorted(max(0.0, duration_s) for duration_s in seconds)
    if not ordered:
        return None
    p50, p95 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95))
    return Spread(round(p50 * 1000, 1), round(p95 * 1000, 1))
