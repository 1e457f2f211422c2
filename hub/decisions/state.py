"""All that the hub knows while it runs, and what one batch of inputs makes of it.

Nothing here does I/O or asks for the time. Effects are gathered, and let out by the pipeline once they are durable.
"""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any, NamedTuple

from msgspec import Struct, field

from hub.alarms.engine import AlarmEngine, Transition, reading_of_state
from hub.alarms.liveness import LIVENESS
from hub.config import HubSettings
from hub.decisions.blame import is_passing, is_shared
from hub.decisions.boards import Boards
from hub.decisions.dialects import MAIN, Dialects
from hub.decisions.journal import HUB, Journal
from hub.decisions.moves import Moves
from hub.decisions.pictures import PICTURE
from hub.decisions.planner import House
from hub.decisions.purpose import read_purpose
from hub.decisions.receipts import Receipts
from hub.decisions.records import Changes, DeviceRecord, Remembered
from hub.decisions.registry import Device, Registry
from hub.decisions.rejections import Rejections
from hub.decisions.values import LastValues
from hub.decisions.walls import Walls, is_wall
from hub.inputs import Moment
from hub.protocol import (
    AlarmChanged,
    AlarmView,
    Approval,
    DevicesChanged,
    LiveMessage,
    Liveness,
    LogEntry,
    Logged,
    MetricsChanged,
    WallsChanged,
)
from hub.requests import Stand, Standing
from sensors.errors import ShekaraError
from sensors.model import DeviceId, DeviceKey, EventSeen, Quality, Reading, Rejected, SiteId
from sensors.topics import Leaf, topic, wall_key
from videowall.plan import Plan, encode_plan


class Outgoing(NamedTuple):
    """Something to publish."""

    topic: str
    payload: bytes
    retained: bool
    qos: int = 1
    connection: str = MAIN


class Wish(NamedTuple):
    """A topic that a dialect wants to hear, or no more."""

    topic: str
    wanted: bool
    connection: str


class Answer(NamedTuple):
    """A request's outcome, given once it is durable; a question about everything is answered only then."""

    reply: Future[Any]
    result: object | ShekaraError | Standing[Any]


class Cue(NamedTuple):
    """A camera is to look at what has happened."""

    camera: DeviceKey
    preset: str


class Effects(Struct):
    """What a batch of inputs leads to, in the order in which it may leave: readings, decisions, then the rest."""

    readings: list[Reading] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    live: list[LiveMessage] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    orders: list[EventSeen] = field(default_factory=list)
    """What people at walls' pages ask, not proven yet."""
    cues: list[Cue] = field(default_factory=list)


class State:
    """The parts, and the few steps that touch more than one of them."""

    def __init__(
        self,
        settings: HubSettings,
        remembered: Remembered,
        newest: list[Reading],
        started: Moment,
        dialects: Dialects | None = None,
        partitioned: frozenset[SiteId] = frozenset(),
    ) -> None:
        self.settings = settings
        self.partitioned = partitioned
        """Sites whose messages come through ingest processes; when there are any, the hub asks for the others'."""
        self.dialects = dialects or Dialects()
        self.registry = Registry(
            remembered.devices,
            started,
            approve_all=settings.approve_all,
            default_limits=settings.default_limits,
            purpose=read_purpose(exercise=settings.exercise, simulated=settings.simulated),
        )
        self.engine = AlarmEngine(remembered.alarms, self.registry.cameras_covering, exercise=settings.exercise)
        self.values = LastValues(newest)
        self.receipts = Receipts(self.registry)
        self.walls = Walls(remembered, House(settings.language, settings.time_zone, settings.exercise))
        self.boards = Boards()
        self.moves = Moves()
        self.journal = Journal(remembered.log, exercise=settings.exercise)
        self.rejections = Rejections()
        self.connected: set[str] = set()
        """The connections to the broker that stand."""
        self.plans_due = True
        self.effects = Effects()
        self._kept: dict[DeviceKey, DeviceRecord] = {record.key: record for record in remembered.devices}

    def log(
        self, now: Moment, kind: str, text: str, *, who: str = HUB, key: DeviceKey | None = None, occurrence: str = ""
    ) -> LogEntry:
        """Write a line into the operational log."""
        entry = self.journal.write(now, kind, text, who=who, key=key, occurrence=occurrence)
        self.effects.changes.log.append(entry)
        self.effects.live.append(Logged(entry))
        return entry

    def reject(self, rejected: Rejected) -> None:
        """Keep bad input for the technician."""
        self.rejections.add(rejected)

    def move_alarms(self, transitions: list[Transition], now: Moment, *, who: str = HUB, text: str = "") -> None:
        """Make known what became of alarms."""
        for kind, view in transitions:
            self.log(now, kind, text or self._words(view), who=who, key=view.key, occurrence=view.occurrence)
            self._tell(view)
            if kind == "alarm-raised":
                self._cue(view, view.cameras)

    def relink_alarms(self, site: SiteId, covered: Iterable[DeviceId]) -> None:
        """A camera that sees these devices has come, has gone or was exchanged: what stands is seen by others now."""
        for before, after in self.engine.relink(DeviceKey(site, device) for device in covered):
            self._tell(after)
            self._cue(after, tuple(key for key in after.cameras if key not in before.cameras))

    def judge_alarms_of(self, device: Device, now: Moment) -> None:
        """Show the device's liveness to the alarm engine, if anything is known of the device itself."""
        if device.cut_off:
            self.engine.excuse(device.key, LIVENESS.name)
        elif device.approved and device.liveness is not Liveness.UNKNOWN:
            reading = reading_of_state(device.key, LIVENESS, device.liveness, now)
            self.move_alarms(self.engine.see(reading, LIVENESS, now), now)

    def judge_values_of(self, device: Device, now: Moment) -> None:
        """Show the alarm engine what a device has said already: equipment that speaks of changes does not say it again.

        What is said of a camera's picture is: by walls, every few seconds.
        """
        if device.liveness is not Liveness.ONLINE:
            return
        for reading in self.values.said_by(device.key):
            metric = device.metrics.get(reading.metric)
            is_of_itself = not reading.observer and reading.metric != PICTURE
            if metric is not None and metric.limits and is_of_itself and reading.quality is not Quality.BAD:
                self.move_alarms(self.engine.see(reading, metric, now), now)

    def judge_liveness(self, now: Moment) -> None:
        """Bring the liveness of all devices up to date, and say what changed."""
        for device, before in self.registry.judge(now):
            after = device.liveness
            first = before is Liveness.UNKNOWN and after is Liveness.ONLINE
            retired = device.approval is Approval.RETIRED
            if before is not after and not (first or device.cut_off or retired or device.barred):
                self.log(now, f"device-{after}", self.name(device), key=device.key)
            if is_wall(device):
                self.plans_due = True
            if (picture := self.values.find(device.key, PICTURE)) is not None and is_shared(device, picture.value):
                self.engine.excuse(device.key, PICTURE)
            self.judge_alarms_of(device, now)

    def name(self, device: Device) -> str:
        """The device's name in the hub's language, or its key."""
        return device.birth.names.in_language(self.settings.language) or str(device.key)

    def publish_plan(self, plan: Plan) -> None:
        """Send a wall its plan, retained."""
        self.effects.outgoing.append(Outgoing(topic(wall_key(plan.wall), Leaf.PLAN), encode_plan(plan), retained=True))

    def plan(self, now: Moment) -> None:
        """Make the walls' plans anew, and send those that changed."""
        self.plans_due = False
        before, watched = set(self.walls.views(self.registry)), self.walls.watched
        for plan in self.walls.plan(self.registry, self.engine.listed, now):
            self.effects.changes.walls[plan.wall] = self.walls.choices[plan.wall]
            self.publish_plan(plan)
        for key in watched - self.walls.watched:
            picture = self.values.find(key, PICTURE)
            if picture is not None and is_passing(picture.value):
                self.engine.excuse(key, PICTURE)
        changed = tuple(view for view in self.walls.views(self.registry) if view not in before)
        if changed:
            self.effects.live.append(WallsChanged(changed))

    def tell_boards(self, now: Moment) -> None:
        """Send the walls whose nodes are known their boards, those that it is time for, retained."""
        if not self.boards.due(now):
            return
        walls = {
            wall: (plan, self.walls.choices[wall])
            for wall, plan in self.walls.plans.items()
            if (node := self.registry.find(wall_key(wall))) is not None and not node.barred
        }
        if not walls:
            return
        for wall, payload in self.boards.make(self.registry, self.values, self.engine.listed, walls, now):
            self.effects.outgoing.append(Outgoing(topic(wall_key(wall), Leaf.BOARD), payload, retained=True))

    def settle(self, now: Moment) -> Effects:
        """End a batch: what changed, once for all of it."""
        if self.registry.doubtful:
            self.judge_liveness(now)
        if self.plans_due:
            self.plan(now)
        self._settle_devices()
        for gateway, receipt in self.receipts.due(now):
            self.effects.outgoing.append(Outgoing(topic(gateway, Leaf.STORED), receipt, retained=False))
        if changed := self.values.take_changed():
            self.effects.live.append(MetricsChanged(changed))
        effects, self.effects = self.effects, Effects()
        return effects

    def stand(self) -> Stand:
        """All of it, for a client."""
        return Stand(
            devices=self.registry.views(),
            metrics=self.values.views,
            alarms=self.engine.listed,
            walls=self.walls.views(self.registry),
            log=self.journal.recent,
        )

    def _tell(self, view: AlarmView) -> None:
        """Keep an occurrence as it is now, show it to clients, and see what walls make of it."""
        record = self.engine.record(view)
        self.effects.changes.alarms[record.key, record.metric, record.limit] = record
        self.effects.live.append(AlarmChanged(view))
        self.plans_due = True

    def _cue(self, view: AlarmView, cameras: tuple[DeviceKey, ...]) -> None:
        for key in cameras if view.preset else ():
            camera = self.registry.find(key)
            if camera is not None and view.preset in camera.presets:
                self.effects.cues.append(Cue(key, view.preset))

    def _settle_devices(self) -> None:
        if not (self.registry.changed or self.registry.removed):
            return
        devices = [self.registry.devices[key] for key in sorted(self.registry.changed)]
        self.boards.note(self.registry.changed | self.registry.removed)
        self.walls.note()
        removed = self.registry.removed & self._kept.keys()
        self.registry.changed.clear()
        self.registry.removed.clear()
        for key in removed:
            del self._kept[key]
        self.effects.changes.removed |= removed
        if devices or removed:
            views = tuple(device.view() for device in devices)
            self.effects.live.append(DevicesChanged(views, tuple(sorted(removed))))
        for device in devices:
            record = device.record()
            if self._kept.get(device.key) != record:
                self._kept[device.key] = self.effects.changes.devices[device.key] = record

    def _words(self, view: AlarmView) -> str:
        message = view.message.in_language(self.settings.language)
        return f"{message} ({view.value} {view.unit})" if view.unit else f"{message} ({view.value})"
