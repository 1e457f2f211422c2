"""What the hub has said, folded: a snapshot, then every change since. Pure; time is an argument.

Screens read it on their tick. Revisions grow when the order or the members of a list may have changed, so that a
thousand new values cost no sorting.
"""

from collections import deque
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from hub.protocol import (
    AlarmChanged,
    AlarmState,
    AlarmView,
    DevicesChanged,
    DeviceView,
    HubStatus,
    LiveMessage,
    Liveness,
    LogEntry,
    Logged,
    MetricsChanged,
    MetricView,
    Snapshot,
    StatusChanged,
    WallsChanged,
    WallView,
)
from sensors.access import Role
from sensors.model import DeviceKey

ENDED_KEPT = 1024
"""Alarms that are over but may still be under someone's cursor, though a whole flood of them has ended since."""
SILENT_AFTER = timedelta(seconds=5)
"""The hub says something about every two seconds. A connection that is open and brings nothing may be a dead one."""


class Link(StrEnum):
    """Whether what is shown can still change."""

    CONNECTING = "connecting"
    UP = "up"
    SILENT = "silent"
    LOST = "lost"


class Store:
    """The console's whole knowledge. `fold` and the link methods write, everyone else reads."""

    def __init__(self, log_lines: int = 2000) -> None:
        self.status: HubStatus | None = None
        self.principal_name = ""
        self.role: Role | None = None
        self.devices: dict[DeviceKey, DeviceView] = {}
        self.metrics: dict[DeviceKey, dict[str, MetricView]] = {}
        self.alarms: dict[str, AlarmView] = {}
        self.ended: dict[str, AlarmView] = {}
        self.walls: dict[str, WallView] = {}
        self.log: deque[LogEntry] = deque(maxlen=log_lines)
        self.link = Link.CONNECTING
        self.link_since: datetime | None = None
        self.link_reason = ""
        self.data_at: datetime | None = None
        self.devices_revision = 0
        self.alarms_revision = 0
        self.log_revision = 0

    def fold(self, message: LiveMessage, at: datetime) -> bool:
        """Take in one message received `at`; true when it must be seen at once: an alarm, or everything anew."""
        self.data_at = at
        if self.link is Link.SILENT:
            self._set_link(Link.UP, at, "")
        match message:
            case MetricsChanged():
                self._fold_metrics(message.metrics)
            case StatusChanged():
                self.status = message.status
            case DevicesChanged():
                self._fold_devices(message)
            case AlarmChanged():
                self._fold_alarm(message.alarm)
                return True
            case Logged():
                self.log.appendleft(message.entry)
                self.log_revision += 1
            case WallsChanged():
                self.walls.update((wall.wall, wall) for wall in message.walls)
            case Snapshot():
                self._fold_snapshot(message)
                self._set_link(Link.UP, at, "")
                return True
        return False

    def connected(self, at: datetime) -> None:
        """The live feed is open; its snapshot is on the way, and until it has come all is as it was."""
        self._set_link(Link.CONNECTING, at, "")

    def mind_silence(self, now: datetime) -> None:
        """Time has passed. A clock that was set back says as little of the present as one that has run on."""
        if self.link is Link.UP and self.data_at is not None and abs(now - self.data_at) >= SILENT_AFTER:
            self._set_link(Link.SILENT, self.data_at, "")

    def disconnected(self, at: datetime, reason: str) -> None:
        """The live feed is gone, and everything on screen is only what was."""
        if self.link is Link.LOST:
            self.link_reason = reason
        else:
            self._set_link(Link.LOST, at, reason)

    @property
    def exercise(self) -> bool:
        """Whether all that is shown is of an exercise."""
        return self.status is not None and self.status.exercise

    def alarm(self, occurrence: str) -> AlarmView | None:
        """An alarm that stands, or one that ended lately."""
        return self.alarms.get(occurrence) or self.ended.get(occurrence)

    def metric(self, key: DeviceKey, metric: str) -> MetricView | None:
        """The last value of one metric."""
        return self.metrics.get(key, {}).get(metric)

    def stale(self, key: DeviceKey) -> bool:
        """Whether the last values of a device may no longer be taken for its present ones."""
        device = self.devices.get(key)
        return self.link is not Link.UP or device is None or device.liveness is not Liveness.ONLINE

    def _set_link(self, link: Link, at: datetime, reason: str) -> None:
        self.link, self.link_since, self.link_reason = link, at, reason

    def _fold_snapshot(self, snapshot: Snapshot) -> None:
        self.status = snapshot.status
        self.principal_name, self.role = snapshot.principal_name, snapshot.principal_role
        self.devices = {device.key: device for device in snapshot.devices}
        self.metrics = {}
        self._fold_metrics(snapshot.metrics)
        for gone in self.alarms.keys() - {alarm.occurrence for alarm in snapshot.alarms}:
            self._keep_ended(self.alarms[gone])
        self.alarms = {alarm.occurrence: alarm for alarm in snapshot.alarms if alarm.state is not AlarmState.NORMAL}
        self.walls = {wall.wall: wall for wall in snapshot.walls}
        self.log.clear()
        self.log.extend(sorted(snapshot.log, key=lambda entry: entry.number, reverse=True))
        self.devices_revision += 1
        self.alarms_revision += 1
        self.log_revision += 1

    def _fold_metrics(self, metrics: tuple[MetricView, ...]) -> None:
        for view in metrics:
            held = self.metrics.get(view.key)
            if held is None:
                self.metrics[view.key] = {view.metric: view}
            else:
                held[view.metric] = view

    def _fold_devices(self, change: DevicesChanged) -> None:
        self.devices.update((device.key, device) for device in change.devices)
        for key in change.removed:
            self.devices.pop(key, None)
            self.metrics.pop(key, None)
        self.devices_revision += 1

    def _fold_alarm(self, alarm: AlarmView) -> None:
        if alarm.state is AlarmState.NORMAL:
            self.alarms.pop(alarm.occurrence, None)
            self._keep_ended(alarm)
        else:
            self.alarms[alarm.occurrence] = alarm
        self.alarms_revision += 1

    def _keep_ended(self, alarm: AlarmView) -> None:
        over = alarm if alarm.state is AlarmState.NORMAL else _normal(alarm)
        self.ended[over.occurrence] = over
        while len(self.ended) > ENDED_KEPT:
            del self.ended[next(iter(self.ended))]


def _normal(alarm: AlarmView) -> AlarmView:
    return msgspec.structs.replace(alarm, state=AlarmState.NORMAL)
