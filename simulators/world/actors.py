"""Who and what moves on the ground: on a path in metres, at a speed, one body behind the other.

Every position is a pure function of time, so that sensors and pictures agree, and what comes can be told ahead.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from simulators.world.ground import Spot, along, distance_m, heading_deg

MAX_BODIES = 200
Count = Annotated[int, Meta(ge=1, le=MAX_BODIES)]
Speed = Annotated[float, Meta(ge=0.05, le=60)]
"""Metres a second; who is slower stands, and would never arrive."""


class ActorKind(StrEnum):
    """What an actor is. Its bodies are persons, animals, vehicles, or a train's wagons."""

    PERSON = "person"
    GROUP = "group"
    HERD = "herd"
    VEHICLE = "vehicle"
    TRAIN = "train"


class Cargo(StrEnum):
    """What radiates: a gamma source, one that sends neutrons too, or naturally radioactive goods."""

    NONE = "none"
    SOURCE = "source"
    NEUTRON = "neutron"
    NORM = "norm"


class Actor(Struct, frozen=True):
    """One who moves: along `path` from `starts` on, waits `lingers_s` at its end, and is gone.

    One that `climbs` or `cuts` stops at each fence on its way for as long as that takes, and does so too while it
    lingers at one; one that `digs` does so at each buried fibre.
    """

    id: str
    kind: ActorKind
    path: tuple[Spot, ...]
    starts: datetime
    speed_mps: float = 1.3
    count: int = 1
    lingers_s: float = 0.0
    climbs: bool = False
    cargo: Cargo = Cargo.NONE
    cuts: bool = False
    digs: bool = False

    def works_at(self, kind: str) -> bool:
        """Whether it has something to do at a line of this kind."""
        match kind:
            case "fence":
                return self.climbs or self.cuts
            case "das":
                return self.digs
            case _:
                return False


class Figure(NamedTuple):
    """One body on the ground at a moment. `number` counts from 0, from the first to the last.

    `stood_s` is for how long one has stood who does not move.
    """

    actor: str
    kind: ActorKind
    number: int
    spot: Spot
    heading_deg: float
    speed_mps: float
    stood_s: float = 0.0


class Stop(NamedTuple):
    """A place on the way at which an actor stays a while: how far along, in metres, and for how long."""

    after_m: float
    lasts_s: float


class Journey:
    """Where each body of an actor is at each moment."""

    def __init__(self, actor: Actor, stops: tuple[Stop, ...] = ()) -> None:
        self.actor = actor
        self._knots = _knots(actor, stops)
        self._offsets = tuple(_offset(actor, number) for number in range(actor.count))
        whole_s = self._knots[-1].at_s + max(offset.late_s for offset in self._offsets)
        self.starts = actor.starts
        self.ends = actor.starts + timedelta(seconds=whole_s)

    def figures(self, now: datetime) -> tuple[Figure, ...]:
        """The bodies that are there at a moment; those behind come later and leave later."""
        if not self.starts <= now <= self.ends:
            return ()
        since_s = (now - self.starts).total_seconds()
        found = (self._figure(number, since_s) for number in range(self.actor.count))
        return tuple(figure for figure in found if figure is not None)

    def leader(self, now: datetime) -> Figure | None:
        """The first body."""
        return self._figure(0, (now - self.starts).total_seconds())

    def _figure(self, number: int, since_s: float) -> Figure | None:
        offset = self._offsets[number]
        at_s = since_s - offset.late_s
        if not 0.0 <= at_s <= self._knots[-1].at_s:
            return None
        after = next((i for i, knot in enumerate(self._knots) if knot.at_s > at_s), len(self._knots) - 1)
        before, behind = self._knots[max(0, after - 1)], self._knots[after]
        span_s = behind.at_s - before.at_s
        share = min(1.0, (at_s - before.at_s) / span_s) if span_s else 0.0
        spot = along(before.spot, behind.spot, share)
        moves = before.spot != behind.spot
        spot = Spot(spot.x_m + offset.east_m, spot.y_m + offset.north_m)
        heading = self._heading(after)
        speed_mps, stood_s = (self.actor.speed_mps, 0.0) if moves else (0.0, at_s - before.at_s)
        return Figure(self.actor.id, self.actor.kind, number, spot, heading, speed_mps, stood_s)

    def _heading(self, after: int) -> float:
        """The direction of the leg that ends in this knot; who stands looks where he went last."""
        for number in range(after, 0, -1):
            if self._knots[number - 1].spot != self._knots[number].spot:
                return heading_deg(self._knots[number - 1].spot, self._knots[number].spot)
        return 0.0


class _Knot(NamedTuple):
    at_s: float
    spot: Spot


class _Offset(NamedTuple):
    late_s: float
    east_m: float
    north_m: float


_SPACING_M = {
    ActorKind.PERSON: 0.0,
    ActorKind.GROUP: 2.5,
    ActorKind.HERD: 0.9,
    ActorKind.VEHICLE: 18.0,
    ActorKind.TRAIN: 14.5,
}
"""From one body to the next, along the way."""
_SWAY_M = {ActorKind.GROUP: 0.6, ActorKind.HERD: 4.0}
"""How far a body may be beside the way."""


def _knots(actor: Actor, stops: tuple[Stop, ...]) -> tuple[_Knot, ...]:
    """When the first body is where; between two knots it goes straight at one speed, or stands."""
    knots, at_s, gone_m = [_Knot(0.0, actor.path[0])], 0.0, 0.0
    due = sorted(stops)
    for start, end in zip(actor.path, actor.path[1:], strict=False):
        leg_m = distance_m(start, end)
        while due and due[0].after_m < gone_m + leg_m:
            stop = due.pop(0)
            share = max(0.0, stop.after_m - gone_m) / leg_m if leg_m else 0.0
            reached = along(start, end, share)
            arrives_s = at_s + share * leg_m / actor.speed_mps
            knots += [_Knot(arrives_s, reached), _Knot(arrives_s + stop.lasts_s, reached)]
            at_s += stop.lasts_s
        at_s += leg_m / actor.speed_mps
        gone_m += leg_m
        knots.append(_Knot(at_s, end))
    knots.append(_Knot(at_s + actor.lingers_s, actor.path[-1]))
    return tuple(knots)


def _offset(actor: Actor, number: int) -> _Offset:
    random = Random(f"{actor.id}/{number}")  # noqa: S311 - repeatable, not a secret
    sway = _SWAY_M.get(actor.kind, 0.0) if number else 0.0
    late_m = number * _SPACING_M[actor.kind]
    return _Offset(late_m / actor.speed_mps, random.uniform(-sway, sway), random.uniform(-sway, sway))
