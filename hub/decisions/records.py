"""What the hub keeps of its decisions over a restart."""

from datetime import datetime

from msgspec import Struct, field

from hub.protocol import AlarmView, Approval, Conflict, LogEntry
from sensors.model import Birth, DeviceKey, Language
from videowall.plan import LayoutName


class Doubts(Struct, frozen=True, omit_defaults=True):
    """What is open or settled about a device's identity. `birth_from` is the source of the birth in force.

    `held` is a birth that waits for a technician; `settled` are the marks of what one has dismissed, oldest first.
    """

    birth_from: str = ""
    conflicts: tuple[Conflict, ...] = ()
    held: Birth | None = None
    held_from: str = ""
    settled: tuple[str, ...] = ()


class DeviceRecord(Struct, frozen=True):
    """A device over restarts; `birth` None when it was never heard to introduce itself, or has left."""

    key: DeviceKey
    approval: Approval
    first_seen_at: datetime
    provenance: tuple[str, ...]
    birth: Birth | None
    doubts: Doubts = Doubts()


class AlarmRecord(Struct, frozen=True):
    """An alarm over restarts: how often it occurred, and the occurrence that is not yet normal."""

    key: DeviceKey
    metric: str
    limit: str
    count: int
    view: AlarmView | None


class WallChoice(Struct, frozen=True, omit_defaults=True):
    """What an officer chose for a wall; None leaves it to the hub. `revision` is that of the last plan made."""

    layout: LayoutName | None = None
    language: Language | None = None
    spotlight: DeviceKey | None = None
    spotlight_since: datetime | None = None
    spotlight_by: str = ""
    revision: int = 0


class Changes(Struct):
    """What one batch of inputs decided and the disk does not know yet. No device is both in `devices` and `removed`."""

    log: list[LogEntry] = field(default_factory=list)
    devices: dict[DeviceKey, DeviceRecord] = field(default_factory=dict)
    removed: set[DeviceKey] = field(default_factory=set)
    alarms: dict[tuple[DeviceKey, str, str], AlarmRecord] = field(default_factory=dict)
    walls: dict[str, WallChoice] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.log or self.devices or self.removed or self.alarms or self.walls)


class Remembered(Struct, frozen=True):
    """What an earlier run decided. `log` is the newest part, oldest first."""

    devices: tuple[DeviceRecord, ...] = ()
    alarms: tuple[AlarmRecord, ...] = ()
    walls: dict[str, WallChoice] = {}
    log: tuple[LogEntry, ...] = ()
