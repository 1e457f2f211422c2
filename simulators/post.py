"""One simulated post: its devices sampled on time, what happens to them, and its gateway's commands."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sensors.catalog import GATEWAY
from sensors.clock import Clock
from sensors.dialects.native import CommandPayload, Sample, decode_command, encode_ack, encode_birth
from sensors.errors import ShekaraError
from sensors.model import DeviceId, DeviceKey, SiteId, Stream, Value
from simulators.births import births_of
from simulators.cameras.vocabulary import Fault
from simulators.models import MODELS
from simulators.models.model import Model
from simulators.publish_connection import Broker
from simulators.publisher import Publisher
from simulators.scenario.actions import Action, LinkCut, action_of
from simulators.scenario.camera_actions import CameraAction
from simulators.scenario.checking import check_action
from simulators.scenario.form import CameraEntry, Scenario, Site
from simulators.troubles import trouble
from simulators.world.troubles import Trouble
from simulators.world.world import World

_TICK_S = 0.2
_GATEWAY_PERIOD_S = 10.0
_CUT_AFTER_S = 0.5
"""A cut line first lets the answer to the command out."""
_MAX_COMMANDS = 32
_GRACE_S = 3.0
"""The first connection gets a moment, so that the first samples are live ones."""


@dataclass(slots=True)
class _Instrument:
    device: DeviceId
    model: Model
    sequence: int
    due: datetime
    troubles: frozenset[Trouble] = field(default_factory=frozenset)


class Post:
    """Runs one site. `set_fault` breaks and mends its cameras."""

    def __init__(
        self,
        site: Site,
        scenario: Scenario,
        clock: Clock,
        broker: Broker,
        streams_of: Callable[[CameraEntry], tuple[Stream, ...]],
        set_fault: Callable[[DeviceKey, Fault, float], Awaitable[None]],
    ) -> None:
        self._site = site
        self._clock = clock
        self._set_fault = set_fault
        self._began = now = clock.now()
        self._around = World(site, scenario.seed)
        self._instruments = tuple(_instruments(site, scenario.seed, self._around, now))
        self._sequence = _first_sequence(now)
        self._gateway_due = now
        self._line_changes: list[tuple[datetime, bool]] = []
        self._commands: asyncio.Queue[bytes] = asyncio.Queue(_MAX_COMMANDS)
        self._connections = 0
        self.commands_dropped_total = 0
        births = {device: encode_birth(birth) for device, birth in births_of(site, streams_of).items()}
        self.publisher = Publisher(SiteId(site.id), broker, births, self._take_command, clock)

    async def run(self) -> None:
        """Sample, publish and obey until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.publisher.run(), name=f"publisher-{self._site.id}")
            group.create_task(self._obey(), name=f"commands-{self._site.id}")
            await self.publisher.meet_broker(within_s=_GRACE_S)
            while True:
                self.tick(self._clock.now())
                await asyncio.sleep(_TICK_S)

    def tick(self, now: datetime) -> None:
        """Publish what is due at this moment, what has just changed, and everything on a new connection."""
        if self._connections != self.publisher.connections_total:
            self._connections = self.publisher.connections_total
            for instrument in self._instruments:
                instrument.due = now
        for device, values, sequence in self.samples(now):
            self.publisher.publish(device, Sample(now, sequence, dict(values)))
        due = [whole for at, whole in self._line_changes if at <= now]
        if due:
            self._line_changes = [change for change in self._line_changes if change[0] > now]
            if due[-1]:
                self.publisher.restore()
            else:
                self.publisher.cut()

    def samples(self, now: datetime) -> Iterator[tuple[DeviceId, dict[str, Value | None], int]]:
        """Device, values and sequence number of every sample that is due."""
        for instrument in self._instruments:
            troubles = self._around.troubled(instrument.device, now)
            if Trouble.SILENT in troubles or (now < instrument.due and troubles == instrument.troubles):
                continue
            instrument.troubles = troubles
            instrument.due = now + timedelta(seconds=instrument.model.period_s - _TICK_S / 2)
            instrument.sequence += 1
            yield instrument.device, dict(instrument.model.sample(now)), instrument.sequence
        if now >= self._gateway_due:
            self._gateway_due = now + timedelta(seconds=_GATEWAY_PERIOD_S)
            self._sequence += 1
            outbox = self.publisher.outbox
            values: dict[str, Value | None] = {
                "uptime": round((now - self._began).total_seconds()),
                "load": round(12.0 + 6.0 * self._around.slow("gateway", now), 1),
                "pending": len(outbox),
                "acknowledged_total": outbox.acknowledged_total,
                "dropped_total": outbox.dropped_total,
            }
            yield DeviceId(GATEWAY), values, self._sequence

    async def perform(self, action: Action) -> None:
        """Make something happen, now.

        Raises:
            ConfigError: the post has no such device or camera.
        """
        check_action(action, self._site, action.site)
        now = self._clock.now()
        if isinstance(action, CameraAction):
            key = DeviceKey(SiteId(self._site.id), DeviceId(action.camera))
            await self._set_fault(key, action.fault, action.amount)
        elif isinstance(action, LinkCut):
            cut = now + timedelta(seconds=_CUT_AFTER_S)
            self._line_changes += [(cut, False), (cut + timedelta(seconds=action.duration_s), True)]
        else:
            trouble(self._around, self._site, action, now)
            self.tick(now)

    def _take_command(self, payload: bytes) -> None:
        if self._commands.full():
            self.commands_dropped_total += 1
        else:
            self._commands.put_nowait(payload)

    async def _obey(self) -> None:
        while True:
            command = decode_command(await self._commands.get())
            if isinstance(command, CommandPayload):
                self.publisher.answer(await self._answer(command))

    async def _answer(self, command: CommandPayload) -> bytes:
        try:
            await self.perform(action_of(command.name, self._site.id, command.arguments))
        except ShekaraError as error:
            return encode_ack(command.id, done=False, text=error.text)
        return encode_ack(command.id, done=True, text=command.name)


def _instruments(site: Site, seed: int, around: World, now: datetime) -> Iterator[_Instrument]:
    for device in site.devices:
        random = Random(f"{seed}/{site.id}/{device.id}")  # noqa: S311 - repeatable noise, not a secret
        model = MODELS[device.kind](device.id, device.period_s, around, random)
        yield _Instrument(DeviceId(device.id), model, _first_sequence(now), now)


def _first_sequence(now: datetime) -> int:
    """Grows over restarts, since no device speaks ten times a second."""
    return int(now.timestamp()) * 10
