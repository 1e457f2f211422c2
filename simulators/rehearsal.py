"""A scenario on a fixed clock, without a broker: the messages its posts would send, one after another, and their hash.

The same file is the same messages, byte for byte. Lines are modelled: what a link lets through comes when it does, and
what was kept comes afterwards as historical. Reconnecting takes no time, and everything sent is stored at once.
"""

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sensors.model import DeviceId, DeviceKey, SiteId, Stream
from simulators.messages import Message
from simulators.premises import TICK_S
from simulators.rehearsed_gateway import RehearsedGateway
from simulators.scenario.actions import Action
from simulators.scenario.form import CameraEntry, Scenario, Site
from simulators.scenario.streams import formats_of, hosts_of, picture_ports
from simulators.world.world import World

DEFAULT_START = datetime(2026, 7, 1, 6, tzinfo=UTC)
_RTSP_PORT = 8554
"""Of the cameras' addresses in births, where the scenario takes a free port."""


class Rehearsal:
    """One play of a scenario. `on_step` may be set to hear of each step when it has been performed."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.on_step: Callable[[Action, datetime], None] | None = None
        self.starts = scenario.starts or DEFAULT_START
        self.until = self.starts + timedelta(seconds=scenario.lasts_s)
        self._gateways = {
            site.id: RehearsedGateway(site, scenario.seed, self.starts, _streams_of(site, scenario))
            for site in scenario.sites
        }

    @property
    def worlds(self) -> dict[str, World]:
        """The world of each site."""
        return {id_: gateway.premises.world for id_, gateway in self._gateways.items()}

    def messages(self) -> Iterator[Message]:
        """All messages in the order of the times at which they come out of the posts' lines."""
        waiting: list[_Waiting] = []
        number = 0
        steps = sorted(self._scenario.steps, key=lambda step: step.at_s)
        for now in self._moments():
            while steps and self.starts + timedelta(seconds=steps[0].at_s) <= now:
                self._perform(steps.pop(0), now)
            for gateway in self._gateways.values():
                for message in gateway.tick(now):
                    number += 1
                    heapq.heappush(waiting, _Waiting(message.at, number, message))
            while waiting and waiting[0].at <= now:
                yield heapq.heappop(waiting).message
        while waiting:
            yield heapq.heappop(waiting).message

    def _moments(self) -> Iterator[datetime]:
        for tick in range(int((self.until - self.starts).total_seconds() / TICK_S) + 1):
            yield self.starts + timedelta(seconds=round(tick * TICK_S, 3))

    def _perform(self, step: Action, now: datetime) -> None:
        self._gateways[step.site].perform(step, now)
        if self.on_step is not None:
            self.on_step(step, now)


class _Waiting(NamedTuple):
    at: datetime
    number: int
    message: Message


class StreamHash:
    """SHA-256 over the time, topic and payload of every message taken."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.messages = 0

    def take(self, message: Message) -> None:
        """One message more."""
        self.messages += 1
        self._hash.update(f"{message.at.isoformat()} {message.topic} {len(message.payload)} ".encode())
        self._hash.update(message.payload)

    @property
    def sha256(self) -> str:
        """Of all so far, as hexadecimal digits."""
        return self._hash.hexdigest()


def hash_of(messages: Iterable[Message]) -> StreamHash:
    """The hash of all messages."""
    stream = StreamHash()
    for message in messages:
        stream.take(message)
    return stream


def _streams_of(site: Site, scenario: Scenario) -> Callable[[CameraEntry], tuple[Stream, ...]]:
    server = scenario.rtsp_port or _RTSP_PORT
    host, port = hosts_of(scenario)[site.id], picture_ports(scenario, server).get(site.id, server)

    def streams_of(camera: CameraEntry) -> tuple[Stream, ...]:
        key = DeviceKey(SiteId(site.id), DeviceId(camera.id))
        return tuple(
            Stream(role, f"rtsp://{host}:{port}/{key}/{role}", form.codec, form.width, form.height, form.fps)
            for role, form in formats_of(camera).items()
        )

    return streams_of
