"""Which sensors somebody who enters will come near, when, and what they must say of it."""

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from simulators.cameras.vocabulary import View
from simulators.foreign.passage import MAX_SLICES
from simulators.foreign.vocabulary import FRIGATE_ALERT, INTRUSION, Dialect
from simulators.models.traffic import gamma_surely_m, neutrons_surely_m
from simulators.premises import TICK_S
from simulators.scenario.form import DeviceEntry
from simulators.world.actors import ActorKind, Cargo, Journey
from simulators.world.arrivals import Coming
from simulators.world.ground import Place
from simulators.world.senses import notices
from simulators.world.spans import Span, merged, spans_of
from simulators.world.world import World

_CLOSE, _CLOSE_M, _MOST_LOOKS = timedelta(seconds=0.5), 2.0, 2_000
_PEOPLE = frozenset({ActorKind.PERSON, ActorKind.GROUP})


_OF_PEOPLE = {Dialect.ONVIF_EVENTS: INTRUSION, Dialect.FRIGATE: FRIGATE_ALERT}


class Visit(NamedTuple):
    """An alarm of a device over a span of time; `excused` when nobody is needed for it.

    It may take `slack_s` from `starts` on until there is enough to notice.
    """

    device: str
    alarm: str
    starts: datetime
    ends: datetime
    excused: str | None = None
    slack_s: float = 0.0


def visits_of(coming: Coming, world: World, now: datetime) -> Iterator[Visit]:
    """All visits of one who has just come, or would come now, device by device.

    What is shorter than half a second, for the fast than it takes to go two metres, or than a two-thousandth of the
    whole journey, may be overlooked.
    """
    journey = world.way_of(coming, now)
    actor = journey.actor
    close = min(_CLOSE, timedelta(seconds=_CLOSE_M / actor.speed_mps))
    step = max(close, (journey.ends - journey.starts) / _MOST_LOOKS)
    for device in world.site.devices:
        place = world.places[device.id]
        if device.kind == "radiation-portal":
            yield from _counted(device, journey, place, step)
        for alarm, excused, holds in _alarms(device.kind, journey, place):
            for span in merged(spans_of(holds, journey.starts, journey.ends, step)):
                yield Visit(device.id, alarm, span.starts, span.ends, excused)
    if actor.kind in _PEOPLE:
        yield from _seen(world, journey, step)


def _seen(world: World, journey: Journey, step: timedelta) -> Iterator[Visit]:
    """People before a perimeter camera of which somebody says what it sees."""
    for camera in world.site.cameras:
        alarm = _OF_PEOPLE.get(camera.dialect) if camera.view is View.PERIMETER else None
        if alarm is not None:

            def in_sight(now: datetime, camera: str = camera.id) -> bool:
                return any(world.has_in_view(camera, figure.spot) for figure in journey.figures(now))

            for span in merged(spans_of(in_sight, journey.starts, journey.ends, step)):
                yield Visit(camera.id, alarm, span.starts, span.ends)


def _alarms(kind: str, journey: Journey, place: Place) -> Iterator[tuple[str, str | None, Callable[[datetime], bool]]]:
    def near(now: datetime) -> bool:
        return any(notices(kind, place, figure) for figure in journey.figures(now))

    def walking(now: datetime) -> bool:
        return any(figure.speed_mps and notices(kind, place, figure) for figure in journey.figures(now))

    def at_work(now: datetime) -> bool:
        return any(not figure.speed_mps and notices(kind, place, figure) for figure in journey.figures(now))

    actor = journey.actor
    match kind:
        case "ground-sensor" if actor.kind in _PEOPLE:
            yield "person.person-near", None, near
        case "fence":
            if actor.climbs:
                yield "climb.climbing", None, at_work
            if actor.cuts:
                yield "cut.cutting", None, at_work
        case "das" if actor.kind in _PEOPLE:
            yield "class.steps", None, walking
            if actor.digs:
                yield "class.digging", None, at_work
        case _:
            return


def _counted(device: DeviceEntry, journey: Journey, place: Place, step: timedelta) -> Iterator[Visit]:
    """What a portal makes of a load: an alarm is due when a count surely falls while the load is near enough.

    Who drives through too fast for that may be noticed, and may be missed.
    """

    def within(reach_m: float) -> tuple[Span, ...]:
        def near(now: datetime) -> bool:
            return any(
                notices(device.kind, place, figure) and place.distance_m(figure.spot) <= reach_m
                for figure in journey.figures(now)
            )

        return merged(spans_of(near, journey.starts, journey.ends, step))

    cargo = journey.actor.cargo
    if cargo is Cargo.NONE:
        return
    alarms = {"gamma_alarm.gamma": gamma_surely_m(cargo)}
    if cargo is Cargo.NEUTRON:
        alarms["neutron_alarm.neutron"] = neutrons_surely_m()
    counts_every = timedelta(seconds=device.period_s + TICK_S)
    visits = within(math.inf)
    for alarm, reach_m in alarms.items():
        close = within(reach_m)
        for visit in visits:
            inside = (one for one in close if visit.starts <= one.starts < visit.ends)
            sure = [one for one in inside if one.ends - one.starts >= counts_every]
            if cargo is Cargo.NORM:
                excused: str | None = "natural radioactivity"
            else:
                excused = None if sure else "too fast or too far for the portal's counts"
            slack_s = (sure[0].starts - visit.starts + counts_every).total_seconds() if sure else 0.0
            if device.dialect is Dialect.N42:
                slack_s += (
                    min(visit.ends - visit.starts, MAX_SLICES * counts_every) + 3 * counts_every
                ).total_seconds()
            yield Visit(device.id, alarm, visit.starts, visit.ends, excused, slack_s)
