"""The truth of a run, step by step: what happened, who noticed, which alarms are due for it and which are nuisances.

Expectations follow from the default limits of the kinds; those of the scenario add to them or replace them.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count

from msgspec import structs

from sensors.model import Ident
from simulators.cameras.vocabulary import Fault
from simulators.consequences import Consequence, consequences_of
from simulators.foreign.advice import hub_alarm, hub_id
from simulators.outages import Outages
from simulators.scenario.actions import Action
from simulators.scenario.acts import Act, tag_of
from simulators.scenario.camera_actions import CameraAction
from simulators.scenario.form import Scenario, Site
from simulators.scenario.power_actions import MainsFail
from simulators.truth import Excused, Expected, Happening, PictureFault, Truth
from simulators.world.ground import position_of
from simulators.world.world import World

_DISHONEST = frozenset(
    {
        Fault.KILLED, Fault.STALLED, Fault.FROZEN, Fault.BLACK, Fault.WHITE, Fault.BLURRED, Fault.COVERED,
        Fault.TURNED, Fault.NOISY, Fault.LOCKED, Fault.GONE, Fault.HALF_OPEN, Fault.RESET, Fault.TRICKLING,
    }
)  # fmt: skip
"""Faults in which a picture shows nothing that can be believed, all the time. The others disturb it now and then."""
_PICTURE_WITHIN_S = 15.0
_MOST_SCENARIOS = 32
"""So many of those that were learned last are known: more than go on at once."""


class Chronicle:
    """Writes down a run's truth while it happens. `finish` at its end."""

    def __init__(self, scenario: Scenario, worlds: Mapping[str, World], write: Callable[[Truth], None]) -> None:
        self._scenarios = deque([scenario], _MOST_SCENARIOS)
        self._worlds = worlds
        self._write = write
        self._happened = 0
        self._names: set[str] = set()
        self._faulty: dict[tuple[str, str], PictureFault] = {}
        self._failures: dict[str, list[tuple[datetime, str]]] = {}
        self._outages = {site.id: Outages() for site in scenario.sites}

    def learn(self, scenario: Scenario) -> None:
        """Steps of another scenario may be taken too; each id of its steps is of no other."""
        self._scenarios.append(scenario)

    def take(self, action: Action, now: datetime) -> None:
        """Something is made to happen now."""
        self._happened += 1
        world = self._worlds[action.site]
        name = self._name(action)
        consequences = tuple(self._with_expectations(action, name, consequences_of(action, world, now), now))
        self._write(self._happening(action, name, consequences, now))
        for one in consequences:
            self._write(_record(one, name, world.site))
        if isinstance(action, CameraAction):
            self._change_picture(action, name, now)
        if isinstance(action, MainsFail):
            self._failures.setdefault(action.site, []).append((now, name))
        self._outages[action.site].take(action, name, now)

    def _name(self, action: Action) -> str:
        """Unique in the run: that of its step, or one that no step has; a command may bring a name again."""
        steps = {step.id: step for scenario in self._scenarios for step in scenario.steps if step.id is not None}
        if action.id is not None and action.id not in self._names and steps.get(action.id, action) == action:
            name = action.id
        else:
            numbered = (f"{tag_of(action)}-{number}" for number in count(self._happened))
            name = next(one for one in numbered if one not in self._names and one not in steps)
        self._names.add(name)
        return name

    def finish(self, now: datetime) -> None:
        """The run is over: what is still faulty was so until now."""
        for key in [*self._faulty]:
            self._mend(key, now)
        for site, failures in self._failures.items():
            for span in self._worlds[site].power.dark:
                of = max(failure for failure in failures if failure[0] <= span.starts)[1]
                self._write_unseen(site, of, Fault.KILLED, span.starts, now if span.ends is None else span.ends)
        for site, outages in self._outages.items():
            for outage in outages.before(now):
                self._write_unseen(site, outage.of, tag_of(outage.action), outage.starts, outage.ends)

    def _write_unseen(self, site: str, of: str, fault: str, starts: datetime, ends: datetime) -> None:
        """No camera of a post without power, or behind a dead link, can be seen, whatever else is wrong with it."""
        for camera in self._worlds[site].site.cameras:
            self._write(
                PictureFault(
                    of=of,
                    site=site,
                    camera=camera.id,
                    fault=fault,
                    at=starts,
                    until=ends,
                    within_s=_PICTURE_WITHIN_S,
                )
            )

    def _happening(self, action: Action, name: str, consequences: tuple[Consequence, ...], now: datetime) -> Happening:
        world = self._worlds[action.site]
        named = [getattr(action, "device", None), getattr(action, "camera", None), getattr(action, "past", None)]
        about = [id_ for id_ in (*named, *(one.device for one in consequences)) if id_ in world.places]
        devices = {device.id for device in world.site.devices}
        sensors = tuple(dict.fromkeys(id_ for id_ in about if id_ in devices))
        cameras = {
            camera.id
            for camera in world.site.cameras
            if any(world.covers_still(camera.id, sensor) for sensor in sensors if sensor in camera.covers)
        }
        cameras |= {id_ for id_ in about if id_ not in devices}
        duration_s = getattr(action, "duration_s", None)
        return Happening(
            id=name,
            at=now,
            until=None if duration_s is None else now + timedelta(seconds=duration_s),
            site=action.site,
            what=tag_of(action),
            position=position_of(world.site.position, world.places[about[0]]) if about else None,
            sensors=sensors,
            cameras=tuple(sorted(cameras)),
        )

    def _with_expectations(
        self, action: Act, name: str, derived: Iterator[Consequence], now: datetime
    ) -> Iterator[Consequence]:
        expect = (one for scenario in self._scenarios for one in scenario.expect)
        told = [one for one in expect if action.id is not None and one.of == name]
        replaced = {(one.device, one.alarm) for one in told}
        yield from (one for one in derived if (one.device, one.alarm) not in replaced)
        for one in told:
            if not one.never:
                starts = now + timedelta(seconds=one.after_s)
                ends = max(starts + timedelta(seconds=one.within_s), now + timedelta(seconds=one.lasts_s))
                yield Consequence(one.device, one.alarm, starts, ends, one.within_s, one.excused)

    def _change_picture(self, action: CameraAction, name: str, now: datetime) -> None:
        key = action.site, action.camera
        self._mend(key, now)
        if action.fault in _DISHONEST:
            self._faulty[key] = PictureFault(
                of=name,
                site=action.site,
                camera=action.camera,
                fault=action.fault,
                at=now,
                until=now,
                within_s=_PICTURE_WITHIN_S,
            )

    def _mend(self, key: tuple[str, str], now: datetime) -> None:
        fault = self._faulty.pop(key, None)
        if fault is not None:
            self._write(structs.replace(fault, until=now))


def _record(one: Consequence, of: Ident, site: Site) -> Expected | Excused:
    """Device and alarm as a hub calls them."""
    device, alarm = hub_id(site, one.device), hub_alarm(site, one.device, one.alarm)
    if one.excused is not None:
        return Excused(
            of=of, site=site.id, device=device, alarm=alarm, at=one.starts, until=one.ends, reason=one.excused
        )
    return Expected(
        of=of,
        site=site.id,
        device=device,
        alarm=alarm,
        at=one.starts,
        within_s=one.within_s,
        until=one.ends,
    )
