"""What equipment said, taken in: one message after another, in the order of its arrival."""

from collections import Counter, OrderedDict

import msgspec

from hub.alarms.liveness import LIVENESS
from hub.checking import check, find_lie
from hub.inputs import Received
from hub.protocol import Liveness
from hub.registry import Device
from hub.state import State
from sensors.catalog import CAMERA, PictureState
from sensors.dialects import native
from sensors.model import (
    AckSeen,
    BirthSeen,
    DeviceKey,
    EventSeen,
    Metric,
    Quality,
    Reading,
    ReadingsSeen,
    Rejected,
    StateSeen,
)

MQTT = "mqtt"
MAX_UNDECLARED = 256
MAX_EVENTS_PER_MINUTE = 60
_REMEMBERED_EVENTS = 10_000
_LINK_LOST = (PictureState.NO_PACKETS, PictureState.CONNECTING)


class Reception:
    """Takes messages into the state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._events: OrderedDict[tuple[DeviceKey, str], None] = OrderedDict()
        self._events_by_device: Counter[DeviceKey] = Counter()
        self._minute = 0

    def take(self, message: Received) -> None:
        """Take in one message of the broker."""
        now = message.moment
        if message.payload_bytes > len(message.payload):
            self._state.reject(_oversized(message))
            return
        seen = native.decode(message.topic, message.payload, retained=message.retained, received_at=now.at)
        if seen is None:
            return
        if isinstance(seen, Rejected):
            self._state.reject(seen)
            return
        device = self._state.registry.meet(seen.key, now, MQTT)
        if device is None:
            self._refuse(message, "the registry is full", seen.key)
            return
        is_will = isinstance(seen, StateSeen) and not seen.online
        if not message.retained and not is_will:
            self._state.registry.hear(device, now)
            self._state.liveness_due |= device.liveness is not Liveness.ONLINE
        self._take_seen(seen, device, message)

    def _take_seen(
        self, seen: BirthSeen | StateSeen | ReadingsSeen | EventSeen | AckSeen, device: Device, message: Received
    ) -> None:
        match seen:
            case BirthSeen():
                self._take_birth(seen, device, message)
            case StateSeen():
                device.state = seen.online
                self._state.liveness_due = True
            case ReadingsSeen():
                self._take_readings(seen, device, message)
            case EventSeen():
                self._take_event(seen, message)
            case AckSeen():
                outcome = "done" if seen.done else "refused"
                self._state.log(
                    message.moment, "command-answer", f"{seen.command_id}: {outcome} {seen.text}", key=seen.key
                )

    def _take_birth(self, seen: BirthSeen, device: Device, message: Received) -> None:
        state, now = self._state, message.moment
        state.liveness_due = True
        if seen.birth is None:
            device.state = False
            state.log(now, "device-withdrawn", state.name(device), key=device.key)
            return
        if (lie := find_lie(seen.key, seen.birth)) is not None:
            self._refuse(message, lie, seen.key, head="(withheld)")
            return
        if not message.retained:
            state.values.restart(device.key)
        if seen.birth == device.birth:
            return
        is_new = not device.introduced
        device.introduce(seen.birth)
        state.receipts.meet(device)
        state.registry.changed.add(device.key)
        state.plans_due = True
        if is_new:
            kind = "device-approved" if device.approved else "device-discovered"
            state.log(now, kind, state.name(device), key=device.key)
        metrics = (*device.metrics.values(), LIVENESS)
        state.move_alarms(state.engine.withdraw(device.key, metrics, now), now)

    def _take_readings(self, seen: ReadingsSeen, device: Device, message: Received) -> None:
        state, now = self._state, message.moment
        for said in seen.readings:
            metric = device.metrics.get(said.metric)
            if metric is None and not _admits_undeclared(device, said.metric):
                self._refuse(message, f"over {MAX_UNDECLARED} metrics that no birth declares", seen.key)
                return
            # A retained sample is the broker's memory: it may be stored under its own time, but is nothing new.
            reading = check(msgspec.structs.replace(said, historical=True) if message.retained else said, metric)
            if isinstance(reading, str):
                self._refuse(message, reading, seen.key)
                continue
            state.effects.readings.append(reading)
            if reading.historical or not state.values.move(reading) or metric is None:
                continue
            if _may_alarm(device, reading, metric):
                state.move_alarms(state.engine.see(reading, metric, now), now)

    def _take_event(self, seen: EventSeen, message: Received) -> None:
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
        self._state.log(message.moment, "event", f"{seen.kind}: {seen.text}", key=seen.key)

    def _refuse(self, message: Received, reason: str, key: DeviceKey, head: str | None = None) -> None:
        rejected = native.reject(message.topic, message.payload, reason, message.moment.at, key)
        self._state.reject(rejected if head is None else msgspec.structs.replace(rejected, payload_head=head))


def _oversized(message: Received) -> Rejected:
    reason = f"payload is over {native.MAX_PAYLOAD_BYTES} bytes"
    rejected = native.reject(message.topic, message.payload, reason, message.moment.at)
    return msgspec.structs.replace(rejected, payload_bytes=message.payload_bytes)


def _admits_undeclared(device: Device, name: str) -> bool:
    if name not in device.undeclared and len(device.undeclared) >= MAX_UNDECLARED:
        return False
    device.undeclared.add(name)
    return True


def _may_alarm(device: Device, reading: Reading, metric: Metric) -> bool:
    """Only a trusted value of an approved device; and a dead link is one alarm, not one for each camera behind it."""
    if not metric.limits or not device.approved or reading.quality is Quality.BAD:
        return False
    return not (device.cut_off and device.birth.kind == CAMERA and reading.value in _LINK_LOST)
