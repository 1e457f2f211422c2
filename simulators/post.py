"""One simulated post: its devices sampled on time, what happens to them, and its gateway's commands."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sensors.clock import Clock
from sensors.commands import ORDER, RELIEVE
from sensors.dialects.native import CommandPayload, encode_ack, encode_birth
from sensors.errors import ConfigError, ShekaraError
from sensors.model import Command, DeviceId, DeviceKey, SiteId, Stream, Value
from simulators.births import births_of
from simulators.cameras.vocabulary import Fault
from simulators.faults.link import Link
from simulators.foreign.filing import Filing
from simulators.foreign.post import ForeignPost
from simulators.orders import Orders
from simulators.premises import TICK_S, Notice, Premises
from simulators.publish_connection import Broker
from simulators.publisher import Publisher
from simulators.scenario.actions import Action, action_of
from simulators.scenario.camera_actions import CameraAction
from simulators.scenario.checking import check_action
from simulators.scenario.form import CameraEntry, Scenario, Site
from simulators.scenario.link_actions import LinkAction
from simulators.training.begun import Begun

_TICK = timedelta(seconds=TICK_S)
_MOST_TICKS = 1_000
_WELL, _DEAD = (Fault.NONE, 0.0), (Fault.KILLED, 0.0)
_GRACE_S = 3.0
"""The first connection gets a moment, so that the first samples are live ones."""


class Post:
    """Runs one site.

    `set_fault` breaks and mends its cameras; `link` is that of the line to the broker, if there is one; `filing` takes
    the files of its portals; `on_action` may be set to hear of what was made to happen.
    """

    def __init__(
        self,
        site: Site,
        scenario: Scenario,
        clock: Clock,
        broker: Broker,
        streams_of: Callable[[CameraEntry], tuple[Stream, ...]],
        set_fault: Callable[[DeviceKey, Fault, float], Awaitable[None]],
        link: Link | None = None,
        commands: tuple[Command, ...] = (),
        filing: Filing | None = None,
    ) -> None:
        self._site = site
        self._clock = clock
        self._set_fault = set_fault
        self.on_action: Callable[[Action, datetime], None] | None = None
        self._has_line = link is not None
        self._reached = clock.now()
        self.premises = Premises(site, scenario.seed, self._reached, link)
        self._cameras_there = True
        self._ordered: dict[str, tuple[Fault, float]] = {}
        self._orders = Orders()
        self._connections = 0
        self._begun = Begun()
        births = births_of(site, streams_of, commands)
        self.foreign = ForeignPost(site, births, self.premises.world, broker, clock, filing or Filing())
        native = (device for device in births if not self.foreign.speaks_for(device))
        announced = {device: encode_birth(births[device]) for device in native}
        self.publisher = Publisher(SiteId(site.id), broker, announced, self._orders.take, clock)

    async def run(self) -> None:
        """Sample, publish and obey until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.publisher.run(), name=f"publisher-{self._site.id}")
            group.create_task(self._orders.obey(self.answer, self.publisher.answer), name=f"commands-{self._site.id}")
            await self.publisher.meet_broker(within_s=_GRACE_S)
            # Whoever says what a camera sees comes after its birth: a hub takes a camera for what it first hears of it.
            group.create_task(self.foreign.run(), name=f"foreign-{self._site.id}")
            while True:
                self.catch_up()
                await self.show_cameras()
                await asyncio.sleep(TICK_S)

    def catch_up(self) -> None:
        """Tick at every moment that has passed, so that a faster clock leaves none out; of many only the last."""
        now = self._clock.now()
        self._reached = max(self._reached, now - _TICK * _MOST_TICKS)
        while now - self._reached >= 2 * _TICK:
            self.tick(self._reached + _TICK)
        self.tick(now)

    def tick(self, now: datetime) -> None:
        """Publish what is due, what has just changed, and everything on a new connection."""
        self._reached = now
        premises, publisher = self.premises, self.publisher
        if self._connections != publisher.connections_total:
            self._connections = publisher.connections_total
            premises.wake(now)
        if premises.speaks(now):
            publisher.restore()
            self.foreign.restore()
        else:
            publisher.cut()
            self.foreign.cut()
        for notice in premises.notices(now):
            if notice is Notice.BIRTHS:
                publisher.announce()
            else:
                publisher.deny()
        for utterance in premises.utterances(now, self.accounts):
            if self.foreign.speaks_for(utterance.device):
                if utterance.garbled is None:
                    self.foreign.take(utterance.device, utterance.sample)
            elif utterance.garbled is None:
                publisher.publish(utterance.device, utterance.sample)
            else:
                publisher.publish_garbled(utterance.device, utterance.garbled)
        self.foreign.see(now)

    @property
    def accounts(self) -> dict[str, Value | None]:
        """What the gateway says of its outbox."""
        outbox = self.publisher.outbox
        return {
            "pending": len(outbox),
            "acknowledged_total": outbox.acknowledged_total,
            "dropped_total": outbox.dropped_total,
        }

    async def show_cameras(self) -> None:
        """Cameras without power, or behind a cut cable, are gone, and come back with all else that is wrong."""
        now = self._reached
        there = self.premises.feeds("camera", now) and not self.premises.link.is_cut(now)
        if there != self._cameras_there:
            self._cameras_there = there
            for camera in self._site.cameras:
                ordered = self._ordered.get(camera.id, _WELL)
                await self._set_fault(self._key(camera.id), *(ordered if there else _DEAD))

    async def perform(self, action: Action) -> None:
        """Make something happen, now.

        Raises:
            ConfigError: the post has no such device or camera.
        """
        check_action(action, self._site, action.site)
        if isinstance(action, LinkAction) and not self._has_line:
            raise ConfigError(
                "the link of this post cannot be made faulty",
                subject=self._site.id,
                mend="Give the site line = true in the scenario, and start again",
            )
        self.catch_up()
        now = self._reached
        if isinstance(action, CameraAction):
            await self._order_fault(action)
        else:
            self.premises.perform(action, now)
            self.tick(now)
        if self.on_action is not None:
            self.on_action(action, now)

    async def _order_fault(self, action: CameraAction) -> None:
        """Break or mend a camera; one that is gone shows it when it is there again."""
        self._ordered[action.camera] = action.fault, action.amount
        self.foreign.note_fault(DeviceId(action.camera), action.fault)
        if self._cameras_there:
            await self._set_fault(self._key(action.camera), action.fault, action.amount)

    def _key(self, camera: str) -> DeviceKey:
        return DeviceKey(SiteId(self._site.id), DeviceId(camera))

    async def begin(self, order: str, action: Action) -> None:
        """Make something happen, now, so that `relieve` can end it.

        Raises:
            ConfigError: the post has no such device or camera.
        """
        await self.perform(action)
        self._begun.note(order, action)

    async def relieve(self, order: str) -> None:
        """End what an order began, unless a later one has taken its place.

        Raises:
            ConfigError: it was not begun here, or ends by itself alone.
        """
        if (end := self._begun.end_of(order)) is not None:
            await self.perform(end)

    async def answer(self, command: CommandPayload) -> bytes:
        """Do what is asked, and say whether it is done."""
        try:
            if command.name == RELIEVE:
                await self.relieve(str(command.arguments.get(ORDER, "")))
            else:
                await self.begin(command.id, action_of(command.name, self._site.id, command.arguments))
        except ShekaraError as error:
            return encode_ack(command.id, done=False, text=error.text)
        return encode_ack(command.id, done=True, text=command.name)
