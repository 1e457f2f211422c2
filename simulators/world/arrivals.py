"""Who comes when a scenario lets somebody enter: the way, the speed, and the stops at fences on it."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

from simulators.scenario.nature_actions import USUAL_COUNT, USUAL_SPEED_MPS, Enter
from simulators.world.actors import Actor, Stop
from simulators.world.ground import Place, Spot, along, distance_m

PAST_M = 40.0
"""Who goes past a device begins so far before it, and is gone so far behind it."""
CLIMB_S = 12.0
"""How long it takes to climb a fence, or to cut it."""


def actor_of(enter: Enter, name: str, places: Mapping[str, Place], now: datetime) -> Actor:
    """The actor who enters now. The action has been checked: it has a path, or names a device of the site."""
    path = enter.path if enter.path is not None else _past(places[enter.past or ""])
    return Actor(
        id=enter.id or name,
        kind=enter.kind,
        path=path,
        starts=now,
        speed_mps=enter.speed_mps or USUAL_SPEED_MPS[enter.kind],
        count=enter.count or USUAL_COUNT.get(enter.kind, 1),
        lingers_s=enter.lingers_s,
        climbs=enter.climbs,
        cargo=enter.cargo,
        cuts=enter.cuts,
    )


def stops_of(actor: Actor, fences: Iterable[Place]) -> tuple[Stop, ...]:
    """Where on the way an actor stops to climb or cut; others walk through gates that nobody drew."""
    if not (actor.climbs or actor.cuts):
        return ()
    stops: list[Stop] = []
    gone_m = 0.0
    for start, end in zip(actor.path, actor.path[1:], strict=False):
        leg_m = distance_m(start, end)
        shares = (_crossing(start, end, fence) for fence in fences)
        stops += [Stop(gone_m + share * leg_m, CLIMB_S) for share in sorted(one for one in shares if one is not None)]
        gone_m += leg_m
    return tuple(stops)


def _past(place: Place) -> tuple[Spot, ...]:
    """Across the middle of a line; past anything else from south to north."""
    if place.to is None:
        middle, heading = place.spot, 0.0
    else:
        middle = along(place.spot, place.to, 0.5)
        heading = math.atan2(place.to.x_m - place.spot.x_m, place.to.y_m - place.spot.y_m) + math.pi / 2
    east_m, north_m = PAST_M * math.sin(heading), PAST_M * math.cos(heading)
    return Spot(middle.x_m - east_m, middle.y_m - north_m), Spot(middle.x_m + east_m, middle.y_m + north_m)


def _crossing(start: Spot, end: Spot, fence: Place) -> float | None:
    """Which share of a leg lies before a fence; None when it does not cross it."""
    if fence.to is None:
        return None
    leg = end.x_m - start.x_m, end.y_m - start.y_m
    line = fence.to.x_m - fence.spot.x_m, fence.to.y_m - fence.spot.y_m
    between = fence.spot.x_m - start.x_m, fence.spot.y_m - start.y_m
    across = leg[0] * line[1] - leg[1] * line[0]
    if not across:
        return None
    share = (between[0] * line[1] - between[1] * line[0]) / across
    place = (between[0] * leg[1] - between[1] * leg[0]) / across
    return share if 0.0 < share < 1.0 and 0.0 <= place <= 1.0 else None
