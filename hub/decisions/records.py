"""What the hub keeps of its decisions over a restart."""

from datetime import datetime

from msgspec import Struct, field

from hub.protocol import (
    AlarmRule,
    AlarmView,
    Approval,
    CameraView,
    Composition,
    Conflict,
    LogEntry,
    PresetView,
    Progress,
    Tour,
)
from hub.protocol.walls import DEFAULT_LAYOUT, Pin
from sensors.model import Birth, DeviceKey, Language
from videowall.plan import LayoutName, Place


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
    """What an officer chose for a wall; None leaves it to the hub. `revision` is that of the last plan made.

    `layout`, `places`, `tiles` and `sites` are the wall's own composition, `preset` the name of the one it came from.
    `page` is that of the tour, from 0. `lasted_s` is for how long alarms that still ask for a spot have had one, by
    occurrence, where the rule bounds that; as of the last plan made.
    """

    layout: LayoutName | None = None
    places: tuple[Place, ...] = ()
    tiles: tuple[Pin, ...] = ()
    sites: tuple[str, ...] = ()
    preset: str = ""
    language: Language | None = None
    spotlight: DeviceKey | None = None
    spotlight_since: datetime | None = None
    spotlight_by: str = ""
    calm: bool = False
    tour: Tour | None = None
    progress: Progress = Progress.OFF
    page: int = 0
    alarms: AlarmRule = AlarmRule()
    revision: int = 0
    lasted_s: dict[str, float] = {}

    @property
    def composition(self) -> Composition:
        """The wall's own page."""
        return Composition(self.layout or DEFAULT_LAYOUT, self.places, self.tiles, self.sites)


class Changes(Struct):
    """What one batch of inputs decided and the disk does not know yet. No device is both in `devices` and `removed`.

    A preset that is None is no more.
    """

    log: list[LogEntry] = field(default_factory=list)
    devices: dict[DeviceKey, DeviceRecord] = field(default_factory=dict)
    removed: set[DeviceKey] = field(default_factory=set)
    alarms: dict[tuple[DeviceKey, str, str], AlarmRecord] = field(default_factory=dict)
    walls: dict[str, WallChoice] = field(default_factory=dict)
    presets: dict[str, PresetView | None] = field(default_factory=dict)
    views: dict[DeviceKey, CameraView] = field(default_factory=dict)
    memos: dict[tuple[str, str], bytes | None] = field(default_factory=dict)
    """By dialect and name; None for what need not be remembered any more."""

    def __bool__(self) -> bool:
        of_walls = self.walls or self.presets or self.views
        return bool(self.log or self.devices or self.removed or self.alarms or of_walls or self.memos)


class Remembered(Struct, frozen=True):
    """What an earlier run decided. `log` is the newest part, oldest first."""

    devices: tuple[DeviceRecord, ...] = ()
    alarms: tuple[AlarmRecord, ...] = ()
    walls: dict[str, WallChoice] = {}
    presets: tuple[PresetView, ...] = ()
    views: dict[DeviceKey, CameraView] = {}
    memos: dict[str, dict[str, bytes]] = {}
    """By dialect and name, in the order in which they were first kept."""
    log: tuple[LogEntry, ...] = ()
