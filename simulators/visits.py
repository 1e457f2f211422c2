"""Which sensors somebody who enters will come near, when, and what they must say of it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from simulators.scenario.nature_actions import Enter
from simulators.world.actors import ActorKind, Cargo, Journey
from simulators.world.ground import Place
from simulators.world.senses import notices
from simulators.world.spans import merged, spans_of
from simulators.world.world import World

_CLOSE, _MOST_LOOKS = timedelta(seconds=0.5), 2_000
_PEOPLE = frozenset({ActorKind.PERSON, ActorKind.GROUP})


class Visit(NamedTuple):
    """An alarm of a device over a span of time; `excused` when nobody is needed for it."""

    device: str
    alarm: str
    starts: datetime
    ends: datetime
    excused: str | None = None


def visits_of(enter: Enter, world: World, now: datetime) -> Iterator[Visit]:
    """All visits of one who has just entered, or would enter now, device by device.

    What is shorter than half a second, or than a two-thousandth of the whole journey, may be overlooked.
    """
    journey = world.way_of(enter, now)
    step = max(_CLOSE, (journey.ends - journey.starts) / _MOST_LOOKS)
    for device in world.site.devices:
        place = world.places[device.id]
        for alarm, excused, holds in _alarms(enter, device.kind, journey, place):
            for span in merged(spans_of(holds, journey.starts, journey.ends, step)):
                yield Visit(device.id, alarm, span.starts, span.ends, excused)


def _alarms(
    enter: Enter, kind: str, journey: Journey, place: Place
) -> Iterator[tuple[str, str | None, Callable[[datetime], bool]]]:
    def near(now: datetime) -> bool:
        return any(notices(kind, place, figure) for figure in journey.figures(now))

    def at_work(now: datetime) -> bool:
        return any(not figure.speed_mps and notices(kind, place, figure) for figure in journey.figures(now))

    match kind:
        case "ground-sensor" if enter.kind in _PEOPLE:
            yield "person.person-near", None, near
        case "fence":
            if enter.climbs:
                yield "climb.climbing", None, at_work
            if enter.cuts:
                yield "cut.cutting", None, at_work
        case "radiation-portal" if enter.cargo is not Cargo.NONE:
            yield "gamma_alarm.gamma", "natural radioactivity" if enter.cargo is Cargo.NORM else None, near
            if enter.cargo is Cargo.NEUTRON:
                yield "neutron_alarm.neutron", None, near
        case _:
            return
