"""The live feed: first a `Snapshot`; every later message is a change since it, in order.

Alarm changes are never merged; metric values may be, newest wins, each metric at most four times a second a client.
"""

import msgspec
from msgspec import Struct

from hub.protocol.alarms import AlarmView
from hub.protocol.devices import DeviceView, MetricView
from hub.protocol.records import HubStatus, LogEntry
from hub.protocol.walls import WallView
from sensors.access import Role
from sensors.model import DeviceKey


class Snapshot(Struct, frozen=True, tag="snapshot"):
    """Everything a console shows, at one moment of the pipeline."""

    status: HubStatus
    principal_name: str
    principal_role: Role
    devices: tuple[DeviceView, ...]
    metrics: tuple[MetricView, ...]
    alarms: tuple[AlarmView, ...]
    walls: tuple[WallView, ...]
    log: tuple[LogEntry, ...]


class DevicesChanged(Struct, frozen=True, tag="devices"):
    """Devices that are new or differ; `removed` are gone from the registry."""

    devices: tuple[DeviceView, ...] = ()
    removed: tuple[DeviceKey, ...] = ()


class MetricsChanged(Struct, frozen=True, tag="metrics"):
    """New last values."""

    metrics: tuple[MetricView, ...]


class AlarmChanged(Struct, frozen=True, tag="alarm"):
    """One transition; an alarm in state NORMAL leaves the list."""

    alarm: AlarmView


class WallsChanged(Struct, frozen=True, tag="walls"):
    """Walls that are new or differ."""

    walls: tuple[WallView, ...]


class Logged(Struct, frozen=True, tag="log"):
    """A new line of the operational log."""

    entry: LogEntry


class StatusChanged(Struct, frozen=True, tag="status"):
    """The hub's counters, about once in two seconds."""

    status: HubStatus


LiveMessage = Snapshot | DevicesChanged | MetricsChanged | AlarmChanged | WallsChanged | Logged | StatusChanged
live_decoder = msgspec.json.Decoder(LiveMessage)
