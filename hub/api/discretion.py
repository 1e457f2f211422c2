"""What a trainee is not told: what the instructor does, and what the simulators of an exercise say.

It is left out of the live feed, the lists of devices and alarms and the log of whoever may not instruct. No secret is
kept by it: readings of a simulator stand in history and exports.
"""

from collections.abc import Iterable

from msgspec import structs

from hub.protocol import (
    AlarmChanged,
    AlarmView,
    DevicesChanged,
    DeviceView,
    LiveMessage,
    LogEntry,
    Logged,
    MetricsChanged,
    Page,
    Snapshot,
)
from hub.protocol.training import is_of_training
from sensors.access import ALLOWED, Action, Principal
from sensors.model import DeviceKey
from sensors.topics import SIMULATORS


def is_told_all(principal: Principal, *, exercise: bool) -> bool:
    """Whether nothing is left out for this role: an actual hub has no trainees, and shows all that it holds."""
    return not exercise or Action.INSTRUCT in ALLOWED[principal.role]


def devices_for_trainees(devices: Iterable[DeviceView]) -> tuple[DeviceView, ...]:
    """Devices without simulators."""
    return tuple(device for device in devices if not _is_hidden(device.key))


def alarms_for_trainees(alarms: Iterable[AlarmView]) -> tuple[AlarmView, ...]:
    """Alarms without those of simulators."""
    return tuple(alarm for alarm in alarms if not _is_hidden(alarm.key))


def page_for_trainees(page: Page) -> Page:
    """A page of the log without the instructor's lines; it may be shorter than was asked for."""
    return structs.replace(page, entries=_entries(page.entries))


def message_for_trainees(message: LiveMessage) -> LiveMessage | None:
    """A live message without what is left out; None when nothing remains of it."""
    match message:
        case Snapshot():
            return structs.replace(
                message,
                devices=devices_for_trainees(message.devices),
                metrics=tuple(metric for metric in message.metrics if not _is_hidden(metric.key)),
                alarms=alarms_for_trainees(message.alarms),
                log=_entries(message.log),
            )
        case AlarmChanged():
            return None if _is_hidden(message.alarm.key) else message
        case Logged():
            return message if _entries((message.entry,)) else None
        case DevicesChanged():
            devices = devices_for_trainees(message.devices)
            removed = tuple(key for key in message.removed if not _is_hidden(key))
            return DevicesChanged(devices, removed) if devices or removed else None
        case MetricsChanged():
            metrics = tuple(metric for metric in message.metrics if not _is_hidden(metric.key))
            return MetricsChanged(metrics) if metrics else None
        case _:
            return message


def _entries(entries: Iterable[LogEntry]) -> tuple[LogEntry, ...]:
    return tuple(
        entry for entry in entries if not (is_of_training(entry) or (entry.key is not None and _is_hidden(entry.key)))
    )


def _is_hidden(key: DeviceKey) -> bool:
    return key.site == SIMULATORS
