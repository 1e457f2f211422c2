"""Everything at one post that needs no network: its world, its instruments, and what becomes of what they say.

Time is an argument and goes forward; the same seed, actions and moments make the same utterances.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random

from sensors.catalog import GATEWAY
from sensors.dialects.native import Sample
from sensors.model import DeviceId, Value
from simulators.faults.link import Link
from simulators.faults.spans import Spans
from simulators.faults.telemetry import Telemetry, Utterance
from simulators.kinds import KINDS
from simulators.models import MODELS
from simulators.models.model import Model
from simulators.scenario.actions import Action, ArrivalAction
from simulators.scenario.camera_actions import CameraAction
from simulators.scenario.checking import check_action
from simulators.scenario.form import Site
from simulators.scenario.gateway_actions import FalseWill, LinkCut, RebirthStorm
from simulators.scenario.link_actions import LinkAction
from simulators.scenario.nature_actions import NatureAction
from simulators.scenario.power_actions import (
    GeneratorRefuse,
    GeneratorStart,
    MainsFail,
    MainsRestore,
    PowerAction,
    Refuel,
    UpsAge,
)
from simulators.scenario.telemetry_actions import TelemetryAction
from simulators.troubles import trouble
from simulators.world.troubles import Trouble
from simulators.world.world import World

TICK_S = 0.2
GATEWAY_PERIOD_S = 10.0


class Notice(Enum):
    """What a gateway says besides samples."""

    BIRTHS = auto()
    FALSE_WILL = auto()


@dataclass(slots=True)
class _Instrument:
    device: DeviceId
    kind: str
    model: Model
    sequence: int
    due: datetime
    state: Hashable = None


class Premises:
    """One site, from `began` on."""

    def __init__(self, site: Site, seed: int, began: datetime, link: Link | None = None) -> None:
        self.site = site
        self.began = began
        self.world = World(site, seed, link)
        metrics = {DeviceId(device.id): KINDS[device.kind].metrics for device in site.devices}
        metrics[DeviceId(GATEWAY)] = KINDS[GATEWAY].metrics
        self._telemetry = Telemetry(f"{seed}/{site.id}", metrics)
        self._storms: Spans[RebirthStorm] = Spans()
        self._born = began
        self._false_wills = 0
        self._instruments = tuple(_instruments(site, seed, self.world, began))
        self._sequence = _first_sequence(began)
        self._gateway_due = began

    @property
    def link(self) -> Link:
        """The post's link to the centre."""
        return self.world.link

    def perform(self, action: Action, now: datetime) -> None:
        """Make something happen, now. What happens to cameras is not done here.

        Raises:
            ConfigError: the post has no such device or camera.
        """
        check_action(action, self.site, action.site)
        match action:
            case _ if isinstance(action, CameraAction):
                return
            case LinkCut():
                self.link.cut(action, now)
            case RebirthStorm(duration_s=duration_s):
                self._storms.add(action, now, duration_s)
                self._born = now
            case FalseWill():
                self._false_wills += 1
            case _ if isinstance(action, NatureAction | ArrivalAction):
                self.world.act(action, now)
            case _ if isinstance(action, LinkAction):
                self.link.act(action, now)
            case _ if isinstance(action, TelemetryAction):
                self._telemetry.act(action, now)
            case _ if isinstance(action, PowerAction):
                self._switch(action, now)
            case _:
                trouble(self.world, self.site, action, now)

    def speaks(self, now: datetime) -> bool:
        """Whether the gateway has power and its cable is whole."""
        return not self.link.is_cut(now) and self.feeds(GATEWAY, now)

    def feeds(self, kind: str, now: datetime) -> bool:
        """Whether devices of a kind have power."""
        return self.world.supply(now).feeds(kind)

    def wake(self, now: datetime) -> None:
        """Every device says its values at the next chance."""
        for instrument in self._instruments:
            instrument.due = now

    def notices(self, now: datetime) -> list[Notice]:
        """What the gateway, or the broker in its name, has to say besides samples, since this was last asked."""
        notices = [Notice.FALSE_WILL] * self._false_wills
        self._false_wills = 0
        storms = self._storms.at(now)
        if storms and (now - self._born).total_seconds() >= storms[-1].fault.every_s:
            self._born = now
            notices.append(Notice.BIRTHS)
        return notices

    def utterances(self, now: datetime, accounts: dict[str, Value | None]) -> Iterator[Utterance]:
        """What leaves the devices now; `accounts` are what the gateway says of its outbox."""
        for device, values, sequence in self.samples(now, accounts):
            yield from self._telemetry.say(device, Sample(now, sequence, values), now)
        yield from self._telemetry.late(now)

    def samples(
        self, now: datetime, accounts: dict[str, Value | None]
    ) -> Iterator[tuple[DeviceId, dict[str, Value | None], int]]:
        """Device, values and sequence number of every sample that is due, before any fault."""
        for instrument in self._instruments:
            state = self._state(instrument, now)
            if state is None or (now < instrument.due and state == instrument.state):
                continue
            instrument.state = state
            instrument.due = now + timedelta(seconds=instrument.model.period_s - TICK_S / 2)
            instrument.sequence += 1
            yield instrument.device, dict(instrument.model.sample(now)), instrument.sequence
        if now >= self._gateway_due and self.feeds(GATEWAY, now):
            self._gateway_due = now + timedelta(seconds=GATEWAY_PERIOD_S)
            self._sequence += 1
            values: dict[str, Value | None] = {
                "uptime": round((now - self.began).total_seconds()),
                "load": round(12.0 + 6.0 * self.world.slow("gateway", now), 1),
            }
            yield DeviceId(GATEWAY), values | accounts, self._sequence

    def _state(self, instrument: _Instrument, now: datetime) -> Hashable:
        """What makes a device speak at once when it changes; None while it cannot speak."""
        troubles = self.world.troubled(instrument.device, now)
        supply = self.world.supply(now)
        if Trouble.SILENT in troubles or not supply.feeds(instrument.kind):
            return None
        source = supply.source if instrument.kind in ("ups", "generator") else None
        near = bool(self.world.sensed_by(instrument.device, now))
        return troubles, source, near, bool(self.world.at_work(instrument.device, now))

    def _switch(self, action: PowerAction, now: datetime) -> None:
        power = self.world.power
        match action:
            case MainsFail(duration_s=duration_s):
                power.fail(now, duration_s)
            case MainsRestore():
                power.restore(now)
            case UpsAge(health=health):
                power.age(now, health)
            case GeneratorRefuse(duration_s=duration_s):
                power.refuse(now, duration_s)
            case GeneratorStart():
                power.start_by_hand(now)
            case Refuel():
                power.refuel(now)


def _instruments(site: Site, seed: int, world: World, now: datetime) -> Iterator[_Instrument]:
    for device in site.devices:
        random = Random(f"{seed}/{site.id}/{device.id}")  # noqa: S311 - repeatable noise, not a secret
        model = MODELS[device.kind](device.id, device.period_s, world, random)
        yield _Instrument(DeviceId(device.id), device.kind, model, _first_sequence(now), now)


def _first_sequence(now: datetime) -> int:
    """Grows over restarts, since no device speaks ten times a second."""
    return int(now.timestamp()) * 10
