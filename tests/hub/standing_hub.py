"""A whole hub without a broker: real stores, pipeline, accounts, and HTTP on a free loopback port."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from argon2 import PasswordHasher
from msgspec.structs import replace

from hub.api.app import build_app
from hub.api.server import bind, serve
from hub.config import HubSettings, StorageSettings
from hub.core import Hub
from hub.decisions.center import Center
from hub.decisions.dialects import Dialects
from hub.decisions.state import Outgoing, State, Wish
from hub.health import Health
from hub.inputs import Moment, Received
from hub.live import LiveFeed
from hub.people.accounts import Accounts
from hub.people.keys import SigningKeys, load_or_create_keys
from hub.pipeline import Pipeline
from hub.storage.archive import Archive
from hub.storage.history import Distant, Historian
from hub.storage.operations import OperationsStore
from hub.storage.readings import ReadingsStore
from hub.storage.rollups import RollupStore
from sensors.access import Role
from sensors.clock import Clock, SystemClock
from sensors.dialects import native
from sensors.model import (
    Birth,
    Condition,
    DeviceId,
    DeviceKey,
    Limit,
    Metric,
    MetricType,
    Names,
    Priority,
    SiteId,
    Stream,
    StreamRole,
    Value,
)
from sensors.reception import Reception
from sensors.topics import Leaf, topic, wall_key

PASSWORD = "quiet-border-night"
FENCE = DeviceKey(SiteId("kordai"), DeviceId("fence-1"))
CAMERA = DeviceKey(SiteId("kordai"), DeviceId("cam-1"))
WALL_URL = "http://127.0.0.1:8461/"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

FENCE_BIRTH = Birth(
    kind="fence",
    names=Names(en="Fence"),
    metrics=(
        Metric(
            "alarm",
            MetricType.BOOLEAN,
            limits=(Limit("cut", Condition.EQUALS, True, Priority.CRITICAL, Names(en="The fence is cut")),),
        ),
        Metric("tension", MetricType.NUMBER, unit="N"),
    ),
)
CAMERA_BIRTH = Birth(
    kind="camera",
    names=Names(en="Entry"),
    streams=(Stream(StreamRole.MAIN, "rtsp://127.0.0.1:1/main"),),
    covers=("fence-1",),
)
WALL_BIRTH = Birth(kind="wall", names=Names(en="Main wall"), streams=(Stream(StreamRole.WALL, WALL_URL),))


class Outbox:
    """The broker's side: takes what is published."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.wishes: list[Wish] = []

    def acknowledge(self, messages: object) -> int:
        del messages
        return 0

    def publish(self, outgoing: Outgoing) -> None:
        self.published.append(outgoing)

    def listen(self, wishes: Sequence[Wish]) -> None:
        self.wishes.extend(wishes)


class StandingHub:
    """What tests hold on to."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        approve_all: bool = True,
        dialects: Dialects | None = None,
        exercise: bool = False,
        distant: Distant | None = None,
    ) -> None:
        self.clock = clock
        self.distant = distant
        self.dialects = dialects
        self.settings = HubSettings(data_dir=folder, approve_all=approve_all, mdns=False, exercise=exercise)
        self.accounts = Accounts(folder, clock, CHEAP)
        self.keys: SigningKeys = load_or_create_keys(folder)
        self.reception = Reception(clock)
        self.health = Health(clock.now(), "none", str(folder), exercise=exercise)
        self.health.turned_away = lambda: (self.reception.refused_total, self.reception.unheard_total)
        self.outbox = Outbox()
        self.url = ""
        self._numbers = count(1)

    async def start(self, stack: AsyncExitStack) -> None:
        folder, exercise = self.settings.data_dir, self.settings.exercise
        readings, operations = ReadingsStore(folder, exercise=exercise), OperationsStore(folder, exercise=exercise)
        stack.callback(readings.close)
        stack.callback(operations.close)
        self.feed = LiveFeed()
        started = Moment(self.clock.now(), self.clock.monotonic_s())
        center = Center(State(self.settings, operations.recall(), [], started, self.dialects))
        self.pipeline = Pipeline(center, readings, operations, self.feed, self.health, self.clock, StorageSettings())
        self.rollups = RollupStore(self.settings.data_dir)
        stack.callback(self.rollups.close)
        historian = Historian(readings, self.rollups, StorageSettings(), self.clock, self.distant)
        self.facade = Hub(self.pipeline, Archive(historian, operations), lambda: self.health.status(self.clock.now()))
        self.pipeline.start(self.outbox)
        stack.callback(self.pipeline.stop, 5.0)

    def hear(self, key: DeviceKey, leaf: Leaf, payload: bytes) -> None:
        """As if the broker had delivered it."""
        moment = Moment(self.clock.now(), self.clock.monotonic_s())
        number = next(self._numbers)
        self.pipeline.inbox.put(Received(moment, topic(key, leaf), payload, len(payload), False, 1, number, 1))

    def measure(self, key: DeviceKey, **values: Value) -> None:
        """A live sample of a device, taken now."""
        self.hear(key, Leaf.DATA, native.encode_data(datetime.now(UTC), next(self._numbers), values))

    async def furnish(self) -> None:
        """A fence, its camera and a wall, all online; one account for each role."""
        for key, birth in ((FENCE, FENCE_BIRTH), (CAMERA, CAMERA_BIRTH), (wall_key("main"), WALL_BIRTH)):
            self.hear(key, Leaf.BIRTH, native.encode_birth(replace(birth, exercise=self.settings.exercise)))
            self.hear(key, Leaf.STATE, native.encode_state(online=True, since=self.clock.now()))
        for role in set(Role) - {account.role for account in self.accounts.all()}:
            await asyncio.to_thread(self.accounts.set, role.value, role, PASSWORD)
        await self.facade.devices()


@asynccontextmanager
async def standing_hub(
    folder: Path,
    clock: Clock | None = None,
    port: int = 0,
    *,
    approve_all: bool = True,
    dialects: Dialects | None = None,
    exercise: bool = False,
    distant: Distant | None = None,
) -> AsyncIterator[StandingHub]:
    """A furnished hub that answers at `url` until the context ends."""
    async with AsyncExitStack() as stack:
        hub = StandingHub(
            folder,
            clock or SystemClock(),
            approve_all=approve_all,
            dialects=dialects,
            exercise=exercise,
            distant=distant,
        )
        await hub.start(stack)
        await hub.furnish()
        listener = bind("127.0.0.1", port)
        hub.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = build_app(hub.facade, hub.accounts, hub.keys, hub.settings, hub.clock)
        server = asyncio.create_task(serve(app, listener, hub.reception), name="server-under-test")
        try:
            yield hub
        finally:
            hub.feed.close()
            server.cancel()
            await asyncio.wait({server})
