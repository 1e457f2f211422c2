"""What equipment said, taken in: one message after another, in the order of its arrival."""

from collections import Counter, OrderedDict
from datetime import datetime, timedelta

import msgspec
import structlog

from hub.decisions.blame import is_shared
from hub.decisions.checking import check, find_lie
from hub.decisions.conduct import is_numbered, reading_of
from hub.decisions.dialects import MAIN, NATIVE
from hub.decisions.pictures import PICTURE
from hub.decisions.registry import Device
from hub.decisions.state import Outgoing, State, Wish
from hub.decisions.unread import NATIVE_TOPICS, Unread
from hub.decisions.vetting import Vetting
from hub.inputs import Moment, Received
from hub.protocol.training import ID_PREFIX, TRAINING_ANSWER
from sensors.catalog import CAMERA
from sensors.dialects import native
from sensors.dialects.dialect import NOTHING, Action, Dialect, Heard, Listen, Memo, Send, Unlisten
from sensors.isolation import Isolation
from sensors.model import (
    AckSeen,
    BirthSeen,
    DeviceKey,
    EventSeen,
    Message,
    Metric,
    Quality,
    Reading,
    ReadingsSeen,
    Rejected,
    SiteId,
    StateSeen,
)
from sensors.topics import RESERVED, WALLS, site_filter
from sensors.wall_orders import ORDER

_log = structlog.get_logger("hub.dialects")
MAX_UNDECLARED = 256
MAX_SITES = 1_000
MAX_EVENTS_PER_MINUTE = 60
_REMEMBERED_EVENTS = 10_000
_CLOCK_SET = timedelta(seconds=1)
"""By less, wall time and monotonic time may differ from one look at both to the next."""
_ALL = "all"
"""In whose name a picture's state is judged: what its observers say has been weighed by then."""
# Python 3.11 looks an enumeration's member up by a function call; what every reading passes has it by name.
_BAD = Quality.BAD


class Reception:
    """Takes messages into the state."""

    def __init__(self, state: State, vetting: Vetting) -> None:
        self._state = state
        self._vetting = vetting
        self._events: OrderedDict[tuple[DeviceKey, str], None] = OrderedDict()
        self._events_by_device: Counter[DeviceKey] = Counter()
        self._minute = 0
        self._asked_for: set[SiteId] = set()
        self._isolations = {dialect.name: Isolation() for dialect in state.dialects.spoken}
        self._unread = Unread(state.registry, state.settings.device_readings_per_s)
        self._began_at: datetime | None = None
        """When the monotonic clock began, by wall time as it is set now."""

    def take(self, message: Received) -> None:
        """Take in one message of the broker."""
        now = message.moment
        if message.payload_bytes > len(message.payload):
            self._state.reject(_oversized(message))
            return
        if not message.topic.startswith(NATIVE_TOPICS):
            self._take_foreign(message)
            return
        if (key := self._unread.refused_of(message)) is not None:
            limit_per_s = self._state.settings.device_readings_per_s
            self._refuse(message, f"over {limit_per_s:g} readings a second, and refused unread", key)
            return
        seen = native.decode(message.topic, message.payload, retained=message.retained, received_at=now.at)
        if seen is not None:
            self._take_one(seen, message, NATIVE)

    def take_heard(self, heard: Heard, dialect: Dialect, now: Moment) -> None:
        """Take in what a dialect says without a message: time has passed, a connection stands, a file was handed in."""
        if heard is not NOTHING:
            self._take_heard(heard, dialect, Received(now, dialect.name, b"", 0, False, 0, 0, 0))

    def lapse(self, now: Moment) -> None:
        """Time has passed: what a wall said of a picture too long ago gives way to what others say of it."""
        for picture in self._state.values.lapse(now.monotonic_s):
            device = self._state.registry.find(picture.key)
            if device is not None and (metric := device.metrics.get(PICTURE)) is not None:
                self._judge(picture, device, metric, now, _ALL)

    def keep_pace(self, now: Moment) -> None:
        """Tell the dialects when the hub's clock was set: the times that they are given are of that clock alone."""
        began_at = now.at - timedelta(seconds=now.monotonic_s)
        if self._began_at is None:
            self._began_at = began_at
        by = began_at - self._began_at
        if abs(by) >= _CLOCK_SET:
            self._began_at = began_at
            for dialect in self._state.dialects.spoken:
                dialect.clock_set(by)

    def act(self, action: Action, dialect: Dialect) -> None:
        """Do what a dialect asks for."""
        connection = self._state.dialects.connection_of(dialect)
        match action:
            case Send():
                outgoing = Outgoing(action.topic, action.payload, action.retained, action.qos, connection)
                self._state.effects.outgoing.append(outgoing)
            case Listen() | Unlisten():
                self._state.effects.wishes.append(Wish(action.topic, isinstance(action, Listen), connection))
            case Memo():
                self._state.effects.changes.memos[dialect.name, action.name] = action.content

    def _admits(self, seen: ReadingsSeen, device: Device, message: Received) -> bool:
        """Whether readings are taken. What is not is refused and counted; what was read in vain is remembered."""
        limit_per_s = self._state.settings.device_readings_per_s
        if device.barred:
            self._pass_over(device)
        elif not device.conduct.admit(seen, limit_per_s, message.moment):
            self._refuse(message, f"over {limit_per_s:g} readings a second", seen.key)
            self._unread.note_vain(device, message, spent=False)
            return False
        if device.barred or not seen.readings:
            self._unread.note_vain(device, message, spent=True)
        return not device.barred

    def _take_foreign(self, message: Received) -> None:
        dialect = self._state.dialects.claiming(message.topic)
        if dialect is None:
            # A broker keeps the subscriptions of a session: this one is from an earlier run, with other settings.
            self._state.effects.wishes.append(Wish(message.topic, wanted=False, connection=MAIN))
            self._state.reject(_unclaimed(message))
            return
        self.keep_pace(message.moment)
        at, isolation, heard = message.moment.at, self._isolations[dialect.name], NOTHING
        with isolation:
            heard = dialect.decode(message.topic, message.payload, retained=message.retained, received_at=at)
        if isolation.first_failure is not None:
            _log.error("a dialect failed on a message", dialect=dialect.name, exc_info=isolation.failure)
        if isolation.failure is not None:
            reason = f"{dialect.name} fails on it, see the hub's log: {type(isolation.failure).__name__}"
            heard = Heard((native.reject(message.topic, message.payload, reason, at),))
        self._take_heard(heard, dialect, message)

    def _take_heard(self, heard: Heard, dialect: Dialect, message: Received) -> None:
        for seen in heard.messages:
            self._take_one(seen, message, dialect.name)
        for action in heard.actions:
            self.act(action, dialect)

    def _take_one(self, seen: Message, message: Received, provenance: str) -> None:
        now = message.moment
        if isinstance(seen, Rejected):
            self._reject(seen)
            if seen.key is not None and (known := self._state.registry.find(seen.key)) is not None:
                self._unread.note_vain(known, message, spent=True)
            return
        device = self._state.registry.meet(seen.key, now, provenance)
        if isinstance(device, str):
            self._refuse(message, device, seen.key)
            return
        strange = device.introduced and provenance != device.spoken_by[0]
        if strange and (refusal := self._trespass(seen, device, provenance)) is not None:
            self._refuse(message, refusal, seen.key)
            if isinstance(seen, BirthSeen):
                self._vetting.trespass(device, provenance, refusal, now)
            return
        if not _is_memory(seen, message) and not _is_of_absence(seen, provenance):
            self._state.registry.hear(device, now)
            if not device.introduced:
                self._vetting.meet(device, now)
        self._take_seen(seen, device, message, provenance)

    def _trespass(self, seen: Message, device: Device, provenance: str) -> str | None:
        """Why a dialect may not say this of a device that speaks another; None when it may.

        Another one may add what the device itself does not say: an analysis of its picture, for instance.
        """
        owner = self._state.dialects.owner(device.spoken_by)
        name = NATIVE if owner is None else owner.name
        if name == provenance or isinstance(seen, EventSeen | AckSeen):
            return None
        if isinstance(seen, ReadingsSeen):
            own = device.metrics.keys() - device.adopted
            declared = next((each.metric for each in seen.readings if each.metric in own), None)
            return declared and f"{declared} of this device is said over {name}"
        return f"this device speaks over {name}"

    def _take_seen(
        self,
        seen: BirthSeen | StateSeen | ReadingsSeen | EventSeen | AckSeen,
        device: Device,
        message: Received,
        provenance: str,
    ) -> None:
        match seen:
            case ReadingsSeen():
                self._take_readings(seen, device, message, provenance)
            case BirthSeen():
                self._take_birth(seen, device, message, provenance)
            case StateSeen():
                self._state.registry.hear_state(device, online=seen.online)
                if seen.online and seen.key.site == WALLS and not device.barred:
                    told = self._state.moves.tell_again(seen.key.device)
                    self._state.effects.outgoing += [Outgoing(*each, retained=False) for each in told]
            case EventSeen():
                self._take_event(seen, device, message)
            case AckSeen() if device.barred:
                self._pass_over(device)
            case AckSeen():
                if seen.key.site == WALLS:
                    self._state.moves.hear_answer(seen.key.device, seen.command_id)
                outcome = "done" if seen.done else "refused"
                kind = TRAINING_ANSWER if seen.command_id.startswith(ID_PREFIX) else "command-answer"
                self._state.log(message.moment, kind, f"{seen.command_id}: {outcome} {seen.text}", key=seen.key)

    def _take_birth(self, seen: BirthSeen, device: Device, message: Received, provenance: str) -> None:
        if self._state.partitioned and provenance == NATIVE:
            self._ask_for(seen.key.site)
        if seen.birth is None:
            self._vetting.withdraw(device, provenance, message.moment)
        elif (lie := find_lie(seen.key, seen.birth)) is not None:
            self._refuse(message, lie, seen.key, head="(withheld)")
        else:
            self._vetting.hear(device, seen.birth, provenance, message.moment, live=not _is_memory(seen, message))

    def _ask_for(self, site: SiteId) -> None:
        """No ingest process takes in this site: the hub does, from its first birth on."""
        known = site in self._asked_for or site in self._state.partitioned or site in RESERVED
        if not known and len(self._asked_for) < MAX_SITES:
            self._asked_for.add(site)
            self._state.effects.wishes.append(Wish(site_filter(site), wanted=True, connection=MAIN))

    def _take_readings(self, seen: ReadingsSeen, device: Device, message: Received, provenance: str) -> None:
        if not self._admits(seen, device, message):
            return
        state, now, conduct = self._state, message.moment, device.conduct
        conduct.hear(seen, numbered=provenance == NATIVE and is_numbered(device.birth))
        metrics, move, keep = device.metrics, state.values.move, state.effects.readings.append
        is_camera = device.birth.kind == CAMERA
        for said in seen.readings:
            metric = metrics.get(said.metric) or self._adopt(said, device, provenance)
            if metric is None and not _admits_undeclared(device, said.metric):
                self._refuse(message, f"over {MAX_UNDECLARED} metrics that no birth declares", seen.key)
                return
            # A retained sample is the broker's memory: it may be stored under its own time, but is nothing new.
            reading = check(msgspec.structs.replace(said, historical=True) if message.retained else said, metric)
            if isinstance(reading, str):
                self._refuse(message, reading, seen.key)
                continue
            if seen.snapshot:
                state.values.recall(reading)
                continue
            keep(reading)
            if reading.historical:
                continue
            if is_camera:
                self._take_of_camera(reading, device, metric, now)
            elif move(reading) and metric is not None and metric.limits:
                self._judge(reading, device, metric, now)
        if conduct.due(now):
            self._report(device, now)

    def _take_of_camera(self, reading: Reading, device: Device, metric: Metric | None, now: Moment) -> None:
        """Take in what several may say: what they say of the picture is weighed, figures are judged each by itself."""
        values, current, voice = self._state.values, reading, reading.observer
        if reading.metric == PICTURE:
            believed, voice = values.weigh(reading, now.monotonic_s), _ALL
            if believed is None:
                return
            current = believed
        elif not values.move(reading) and not voice:
            # What is not the newest of all may still be the newest of its observer.
            return
        if metric is not None and metric.limits:
            self._judge(current, device, metric, now, voice)

    def _adopt(self, said: Reading, device: Device, provenance: str) -> Metric | None:
        """What the catalogue knows of a metric that another source adds to what the device itself declares."""
        metric = None if provenance == NATIVE else device.adopt(said.metric, said.value)
        if metric is not None:
            self._state.registry.changed.add(device.key)
        return metric

    def _judge(self, reading: Reading, device: Device, metric: Metric, now: Moment, voice: str = "") -> None:
        """See whether the current value of a metric with limits needs a human: a trusted one of an approved device."""
        if not device.approved or reading.quality is _BAD:
            return
        if is_shared(device, reading.value):
            self._state.engine.excuse(reading.key, reading.metric)
        elif transitions := self._state.engine.see(reading, metric, now, voice):
            self._state.move_alarms(transitions, now)

    def _report(self, device: Device, now: Moment) -> None:
        """Say, as readings of the device, how it speaks."""
        for found, value in device.conduct.report(now):
            if found.name not in device.metrics:
                self._state.registry.changed.add(device.key)
            if (metric := device.declare(found)) is not None:
                reading = reading_of(device.key, metric, value, now)
                self._state.effects.readings.append(reading)
                if self._state.values.move(reading) and metric.limits:
                    self._judge(reading, device, metric, now)

    def _take_event(self, seen: EventSeen, device: Device, message: Received) -> None:
        if device.barred:
            self._pass_over(device)
            return
        event = (seen.key, seen.id)
        if event in self._events:
            return
        minute = int(message.moment.monotonic_s // 60)
        if minute != self._minute:
            self._minute = minute
            self._events_by_device.clear()
        self._events_by_device[seen.key] += 1
        if self._events_by_device[seen.key] > MAX_EVENTS_PER_MINUTE:
            self._refuse(message, f"over {MAX_EVENTS_PER_MINUTE} events in a minute", seen.key)
            return
        self._events[event] = None
        if len(self._events) > _REMEMBERED_EVENTS:
            self._events.popitem(last=False)
        if seen.kind == ORDER and seen.key.site == WALLS:
            self._state.effects.orders.append(seen)
            return
        self._state.log(message.moment, "event", f"{seen.kind}: {seen.text}", key=seen.key)

    def _refuse(self, message: Received, reason: str, key: DeviceKey, head: str | None = None) -> None:
        rejected = native.reject(message.topic, message.payload, reason, message.moment.at, key)
        self._reject(rejected if head is None else msgspec.structs.replace(rejected, payload_head=head))

    def _pass_over(self, device: Device) -> None:
        """What does not belong to this hub is counted; why is said once, by its device's conflict."""
        self._state.rejections.total += 1
        device.conduct.refused_total += 1

    def _reject(self, rejected: Rejected) -> None:
        self._state.reject(rejected)
        if rejected.key is not None and (device := self._state.registry.find(rejected.key)) is not None:
            device.conduct.refused_total += 1


def _is_memory(seen: Message, message: Received) -> bool:
    """Whether the broker remembered it, so that it says nothing of now; a dialect may come back to it later."""
    if isinstance(seen, ReadingsSeen):
        return message.retained or seen.snapshot
    return message.retained or (isinstance(seen, BirthSeen | StateSeen) and seen.retained)


def _is_of_absence(seen: Message, provenance: str) -> bool:
    """Whether it says that a device is not there: a will, or values that a dialect does not believe any more."""
    if isinstance(seen, ReadingsSeen) and provenance != NATIVE:
        return all(reading.quality is _BAD for reading in seen.readings)
    return isinstance(seen, StateSeen) and not seen.online


def _oversized(message: Received) -> Rejected:
    reason = f"payload is over {native.MAX_PAYLOAD_BYTES} bytes"
    rejected = native.reject(message.topic, message.payload, reason, message.moment.at)
    return msgspec.structs.replace(rejected, payload_bytes=message.payload_bytes)


def _unclaimed(message: Received) -> Rejected:
    return native.reject(message.topic, message.payload, "no dialect claims this topic", message.moment.at)


def _admits_undeclared(device: Device, name: str) -> bool:
    if name not in device.undeclared and len(device.undeclared) >= MAX_UNDECLARED:
        return False
    device.undeclared.add(name)
    return True
