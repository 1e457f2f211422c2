"""Who comes when a scenario lets somebody enter: the way, the speed, and the stops at fences on it."""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

from simulators.scenario.actions import ArrivalAction, Herd, Intrusion, Radiation
from simulators.scenario.checking import device_of
from simulators.scenario.form import Site
from simulators.scenario.nature_actions import USUAL_COUNT, USUAL_SPEED_MPS, Enter
from simulators.world.actors import Actor, ActorKind, Cargo, Stop
from simulators.world.ground import Place, Spot, along, distance_m

PAST_M = 40.0
"""Who goes past a device begins so far before it, and is gone so far behind it."""
WORKED_AT_S = {"fence": 12.0, "das": 40.0}
"""How long it takes to climb or cut a fence, and to dig at a fibre."""
_AT_FENCE_M, _AT_ONCE_S = 0.3, 0.2
_SLOWEST_MPS, _FASTEST_MPS = 0.05, 60.0
_HERD, _HERD_COMES_M = 12, 10.0
_DRIVES_IN_M = 8.0


Coming = Enter | ArrivalAction
"""What brings somebody onto the ground."""


def actor_of(coming: Coming, name: str, site: Site, places: Mapping[str, Place], now: datetime) -> Actor:
    """The actor who comes now. The action has been checked against the site: what it names is there."""
    name = coming.id or name
    match coming:
        case Enter():
            return _entering(coming, name, places, now)
        case Intrusion():
            sensor = places[device_of(site, coming.kind, coming.device, site.id).id]
            fence = places[device_of(site, "fence", coming.fence, site.id).id]
            return _intruder(coming, name, sensor.spot, _before(fence.nearest(sensor.spot), sensor.spot), now)
        case Herd():
            sensor = places[device_of(site, coming.kind, coming.device, site.id).id]
            speed_mps = USUAL_SPEED_MPS[ActorKind.HERD]
            way_m = min(_HERD_COMES_M, speed_mps * coming.duration_s)
            lingers_s = coming.duration_s - way_m / speed_mps
            return Actor(name, ActorKind.HERD, _up_to(sensor.spot, way_m), now, speed_mps, _HERD, lingers_s)
        case Radiation():
            portal = places[device_of(site, coming.kind, coming.device, site.id).id]
            return Actor(
                name,
                ActorKind.VEHICLE,
                _up_to(portal.spot, _DRIVES_IN_M),
                now,
                USUAL_SPEED_MPS[ActorKind.VEHICLE],
                lingers_s=coming.duration_s,
                cargo=Cargo.NEUTRON if coming.neutron else Cargo.SOURCE,
            )


def _intruder(intrusion: Intrusion, name: str, sensor: Spot, fence: Spot, now: datetime) -> Actor:
    way_m = distance_m(sensor, fence)
    speed_mps = min(_FASTEST_MPS, max(_SLOWEST_MPS, way_m / max(intrusion.fence_after_s, _AT_ONCE_S)))
    path = (sensor, fence)
    return Actor(name, ActorKind.PERSON, path, now, speed_mps, lingers_s=intrusion.duration_s, climbs=True)


def _before(fence: Spot, comes_from: Spot) -> Spot:
    """Within reach of a fence, and not beyond it."""
    way_m = distance_m(fence, comes_from)
    return along(fence, comes_from, _AT_FENCE_M / way_m) if way_m > _AT_FENCE_M else comes_from


def _up_to(spot: Spot, way_m: float) -> tuple[Spot, Spot]:
    """From the south."""
    return Spot(spot.x_m, spot.y_m - way_m), spot


def _entering(enter: Enter, name: str, places: Mapping[str, Place], now: datetime) -> Actor:
    path = enter.path if enter.path is not None else _past(places[enter.past or ""])
    return Actor(
        id=name,
        kind=enter.kind,
        path=path,
        starts=now,
        speed_mps=enter.speed_mps or USUAL_SPEED_MPS[enter.kind],
        count=enter.count or USUAL_COUNT.get(enter.kind, 1),
        lingers_s=enter.lingers_s,
        climbs=enter.climbs,
        cargo=enter.cargo,
        cuts=enter.cuts,
        digs=enter.digs,
    )


def stops_of(actor: Actor, lines: Iterable[tuple[str, Place]]) -> tuple[Stop, ...]:
    """Where on the way an actor stops to work at a line, of which kind and place are given.

    Others walk through gates that nobody drew.
    """
    worked = [(place, WORKED_AT_S[kind]) for kind, place in lines if actor.works_at(kind)]
    stops: list[Stop] = []
    gone_m = 0.0
    for start, end in zip(actor.path, actor.path[1:], strict=False):
        leg_m = distance_m(start, end)
        for place, lasts_s in worked:
            share = _crossing(start, end, place)
            if share is not None:
                stops.append(Stop(gone_m + share * leg_m, lasts_s))
        gone_m += leg_m
    return tuple(sorted(stops))


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
    """Which share of a leg lies before a fence or a fibre; None when it does not cross it."""
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
