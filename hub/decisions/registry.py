"""The registry: which devices there are, who admitted them, and whether they are there now.

Pure: the moment of each event is an argument. Whatever changes a device's view leaves its key in `changed`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from hub.decisions.checking import fits
from hub.decisions.conduct import Conduct
from hub.decisions.deadlines import Deadlines
from hub.decisions.purpose import Purpose
from hub.decisions.records import DeviceRecord, Doubts
from hub.inputs import Moment
from hub.protocol import Approval, Conflict, DeviceView, Liveness, StreamCheck
from sensors.catalog import CAMERA, metrics_of
from sensors.equipment import complete, describe
from sensors.model import Birth, DeviceId, DeviceKey, Metric, Names, Value

MAX_DEVICES = 20_000
MAX_DEVICES_OF_SITE = 1_000
MAX_ADOPTED = 128
"""So that one post, or one stranger, cannot take the places of all others."""
UNKNOWN_KIND = "unknown"
_NOBODY = Birth(kind=UNKNOWN_KIND, names=Names())
# Python 3.11 looks an enumeration's member up by a function call; what every message passes has it by name.
_APPROVED, _ONLINE = Approval.APPROVED, Liveness.ONLINE


@dataclass(slots=True)
class Device:
    """One device as the hub holds it. `state` is what it, or its will, last said; None when it said nothing.

    `birth` is the one in force; what is doubtful about it, and a birth that waits for a technician, is in `doubts`.
    """

    key: DeviceKey
    approval: Approval
    birth: Birth
    first_seen_at: datetime
    heard_s: float
    liveness_since: datetime
    provenance: tuple[str, ...] = ()
    metrics: dict[str, Metric] = field(default_factory=dict)
    undeclared: set[str] = field(default_factory=set)
    adopted: set[str] = field(default_factory=set)
    """Metrics that others add to what the device says, and that the catalogue knows."""
    state: bool | None = None
    heard: bool = False
    last_seen_at: datetime | None = None
    liveness: Liveness = Liveness.UNKNOWN
    cut_off: bool = False
    """Whether it is the device it speaks through that is not there, so that nothing is known of this one."""
    default_limits: bool = True
    """Whether metrics that declare no limits get those of the catalogue."""
    doubts: Doubts = field(default_factory=Doubts)
    former: tuple[str, ...] = ()
    """Fingerprints of births that were taken back by another one, before anybody approved any."""
    same_as: tuple[DeviceKey, ...] = ()
    checks: tuple[StreamCheck, ...] = ()
    found_presets: tuple[str, ...] = ()
    """Positions that a camera told the hub's search when it was asked."""
    simulated: bool = False
    barred: str = ""
    """Why nothing it says is taken in, whoever approves it: `Purpose.bars`."""
    doubt_logged_s: float | None = None
    conduct: Conduct = field(default_factory=Conduct)

    @property
    def presets(self) -> tuple[str, ...]:
        """The positions that a camera can be sent to, as it names them; at most 64 of 200 letters."""
        return self.birth.presets or self.found_presets

    @property
    def spoken_by(self) -> tuple[str, ...]:
        """Who may speak for it: the source of the birth in force; others have only added to what it says."""
        return (self.doubts.birth_from,) if self.doubts.birth_from else self.provenance

    @property
    def vetted(self) -> bool:
        """Whether a technician has looked at who it is, so that it may not change by itself."""
        return self.approval in (Approval.APPROVED, Approval.RETIRED)

    @property
    def counted(self) -> bool:
        """Whether it is in use, or may be: neither kept out nor taken out of service."""
        return self.approval in (Approval.APPROVED, Approval.DISCOVERED) and not self.barred

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """What a technician has to settle."""
        return self.doubts.conflicts

    @property
    def approved(self) -> bool:
        """Whether it may raise alarms and reach a wall."""
        return self.approval is _APPROVED

    @property
    def introduced(self) -> bool:
        """Whether it ever said who it is."""
        return self.birth is not _NOBODY

    def introduce(self, birth: Birth | None) -> None:
        """Take on what a birth says, completed from the catalogue; None takes it back."""
        self.birth = birth or _NOBODY
        full = complete(self.birth, limits=self.default_limits)
        self.metrics = {metric.name: metric for metric in metrics_of(full)}
        self.undeclared.difference_update(self.metrics)
        self.adopted.clear()

    def adopt(self, name: str, value: Value) -> Metric | None:
        """A metric that another source adds, as the catalogue describes it; None where it knows no such metric."""
        known = describe(self.birth.kind, name)
        if known is None or not fits(value, known.type) or len(self.adopted) >= MAX_ADOPTED:
            return None
        self.adopted.add(name)
        limits = known.limits if self.default_limits else ()
        metric = self.metrics[name] = msgspec.structs.replace(known, name=name, limits=limits)
        return metric

    def declare(self, metric: Metric) -> Metric | None:
        """The metric as the hub found it of this device, made known; None when the device itself means another by it.

        What speaks through another device raises no alarm of its own by it: a post has one clock and one link.
        """
        declared = self.metrics.get(metric.name)
        if declared is None:
            declared = metric if self.birth.via is None else msgspec.structs.replace(metric, limits=())
            self.metrics[metric.name] = declared
        return declared if declared.names == metric.names else None

    def view(self) -> DeviceView:
        """What clients see."""
        birth = self.birth
        return DeviceView(
            key=self.key,
            kind=birth.kind,
            names=birth.names,
            site_names=birth.site_names,
            approval=self.approval,
            liveness=self.liveness,
            liveness_since=self.liveness_since,
            equipment_class=birth.equipment_class,
            position=birth.position,
            metrics=tuple(self.metrics.values()),
            streams=birth.streams,
            covers=birth.covers,
            via=birth.via,
            maker=birth.maker,
            model=birth.model,
            firmware=birth.firmware,
            serial=birth.serial,
            first_seen_at=self.first_seen_at,
            last_seen_at=self.last_seen_at,
            provenance=self.provenance,
            identities=birth.identities,
            conflicts=self.conflicts,
            same_as=self.same_as,
            checks=self.checks,
            presets=self.presets,
            exercise=self.simulated,
        )

    def record(self) -> DeviceRecord:
        """What the disk keeps."""
        birth = self.birth if self.introduced else None
        return DeviceRecord(self.key, self.approval, self.first_seen_at, self.provenance, birth, self.doubts)


class Registry:
    """All devices by key."""

    def __init__(
        self,
        remembered: Iterable[DeviceRecord],
        now: Moment,
        *,
        approve_all: bool,
        default_limits: bool = True,
        purpose: Purpose = Purpose(),  # noqa: B008 - never changed
    ) -> None:
        self._approve_all = approve_all
        self._purpose = purpose
        self._default_limits = default_limits
        self.devices: dict[DeviceKey, Device] = {}
        self.changed: set[DeviceKey] = set()
        self.removed: set[DeviceKey] = set()
        self._doubtful: dict[DeviceKey, None] = {}
        """Devices whose liveness may be another by now; an ordered set, so that a replay judges in the same order."""
        self._silences = Deadlines()
        self._carried: dict[DeviceKey, dict[DeviceKey, None]] = {}
        """What says that it speaks through a device, whether that is known or not."""
        for record in remembered:
            device = Device(
                key=record.key,
                approval=record.approval,
                birth=_NOBODY,
                first_seen_at=record.first_seen_at,
                heard_s=now.monotonic_s,
                liveness_since=now.at,
                provenance=record.provenance,
                default_limits=default_limits,
                doubts=record.doubts,
            )
            self.devices[record.key] = device
            self.introduce(device, record.birth)
        self._of_site = Counter(key.site for key in self.devices)

    def find(self, key: DeviceKey) -> Device | None:
        """The device of that key, if it was ever seen."""
        return self.devices.get(key)

    def meet(self, key: DeviceKey, now: Moment, provenance: str) -> Device | str:
        """The device of that key, made when it is new; or why there is no room for it."""
        device = self.devices.get(key)
        if device is None:
            if len(self.devices) >= MAX_DEVICES:
                return "the registry is full"
            if self._of_site[key.site] >= MAX_DEVICES_OF_SITE:
                return f"over {MAX_DEVICES_OF_SITE} devices of one site"
            barred = self._purpose.bars(key, None)
            approval = Approval.APPROVED if self._approve_all and not barred else Approval.DISCOVERED
            device = Device(
                key, approval, _NOBODY, now.at, now.monotonic_s, now.at, default_limits=self._default_limits
            )
            device.barred = barred
            self.devices[key] = device
            self._of_site[key.site] += 1
            self.changed.add(key)
            self.removed.discard(key)
            self._doubt_with_carried(key)
        if provenance not in device.provenance:
            device.provenance = (*device.provenance, provenance)
            self.changed.add(key)
        return device

    def remove(self, key: DeviceKey) -> None:
        """Forget a device: from now on it was never seen."""
        device = self.devices.pop(key)
        self._uncarry(device)
        self._of_site[key.site] -= 1
        self.changed.discard(key)
        self.removed.add(key)
        self._doubt_with_carried(key)

    def introduce(self, device: Device, birth: Birth | None) -> None:
        """Let a device be what a birth says; None takes it back. What does not belong here loses its approval."""
        self._uncarry(device)
        device.introduce(birth)
        self._sort(device, birth)
        if (carrier := _carrier(device)) is not None:
            self._carried.setdefault(carrier, {})[device.key] = None
        self._doubt_with_carried(device.key)

    def why_barred(self, key: DeviceKey, birth: Birth) -> str:
        """Why nothing may be taken in of a device that is what this birth says; empty when it may."""
        return self._purpose.bars(key, birth)

    def hear(self, device: Device, now: Moment) -> None:
        """Something came from the device just now; what is published of a camera comes from whoever watches it."""
        device.last_seen_at = now.at
        device.heard_s = now.monotonic_s
        device.heard = True
        if device.liveness is not _ONLINE:
            self._doubtful[device.key] = None
        birth = device.birth
        if birth.via is None or birth.kind == CAMERA:
            return
        if (through := self.through(device)) is not None:
            through.heard_s = now.monotonic_s
            through.heard = True
            if through.liveness is not _ONLINE:
                self._doubtful[through.key] = None

    def hear_state(self, device: Device, *, online: bool) -> None:
        """The device, its will, or whoever carries it said whether it is there."""
        device.state = online
        self._doubtful[device.key] = None

    def through(self, device: Device) -> Device | None:
        """The device of its site whose connection it speaks through, if that is known and has one of its own."""
        if (carrier := _carrier(device)) is None:
            return None
        through = self.devices.get(carrier)
        return through if through is not None and through.birth.via is None else None

    @property
    def doubtful(self) -> bool:
        """Whether the liveness of any device may be another now, silence aside."""
        return bool(self._doubtful)

    def judge(self, now: Moment) -> list[tuple[Device, Liveness]]:
        """Bring liveness up to date; the devices where it changed and what it was, carriers before the carried.

        Only what has spoken, was spoken of, or has been silent for long enough can have changed: those are looked at,
        and what they carry.
        """
        self._doubtful.update(dict.fromkeys(self._silences.take(now.monotonic_s)))
        doubtful, self._doubtful = self._doubtful, {}
        devices = [self.devices[key] for key in doubtful if key in self.devices]
        carriers = [device for device in devices if device.birth.via is None]
        changed = self._judge_each(carriers, now)
        carried = {device.key: device for device in devices if device.birth.via is not None}
        for carrier, _ in changed:
            for key in self._carried.get(carrier.key, ()):
                carried[key] = self.devices[key]
        return changed + self._judge_each(carried.values(), now)

    def cameras_covering(self, key: DeviceKey) -> tuple[DeviceKey, ...]:
        """Approved cameras of the site that see this device's surroundings, in order of key."""
        return tuple(
            sorted(
                device.key
                for device in self.devices.values()
                if device.birth.kind == CAMERA
                and device.approved
                and device.key.site == key.site
                and device.key != key
                and key.device in device.birth.covers
            )
        )

    def views(self) -> tuple[DeviceView, ...]:
        """Every device, in order of key."""
        return tuple(self.devices[key].view() for key in sorted(self.devices))

    def _judge_each(self, devices: Iterable[Device], now: Moment) -> list[tuple[Device, Liveness]]:
        judged = [(device, device.liveness, self._judge(device, now)) for device in devices]
        return [(device, before) for device, before, has_changed in judged if has_changed]

    def _judge(self, device: Device, now: Moment) -> bool:
        if device.birth.kind != CAMERA and not _is_silent(device, now):
            self._silences.set(device.key, device.heard_s + device.birth.silence_s)
        through = self.through(device)
        cut_off = through is not None and through.liveness in (Liveness.OFFLINE, Liveness.SILENT)
        liveness = _liveness(device, through, now, cut_off=cut_off)
        if (liveness, cut_off) == (device.liveness, device.cut_off):
            return False
        if liveness is not device.liveness:
            device.liveness_since = now.at
        device.liveness, device.cut_off = liveness, cut_off
        self.changed.add(device.key)
        return True

    def _sort(self, device: Device, birth: Birth | None) -> None:
        was_barred, device.barred = device.barred, self._purpose.bars(device.key, birth)
        device.simulated = self._purpose.simulated(device.key, birth)
        if device.barred and device.approved:
            device.approval = Approval.DISCOVERED
            self.changed.add(device.key)
        elif was_barred and not device.barred and self._approve_all and device.approval is Approval.DISCOVERED:
            device.approval = Approval.APPROVED

    def _doubt_with_carried(self, key: DeviceKey) -> None:
        self._doubtful[key] = None
        self._doubtful.update(self._carried.get(key, {}))

    def _uncarry(self, device: Device) -> None:
        carrier = _carrier(device)
        if carrier is not None and (carried := self._carried.get(carrier)) is not None:
            carried.pop(device.key, None)
            if not carried:
                del self._carried[carrier]


def _carrier(device: Device) -> DeviceKey | None:
    """The device that it says it speaks through."""
    return None if device.birth.via is None else DeviceKey(device.key.site, DeviceId(device.birth.via))


def _is_silent(device: Device, now: Moment) -> bool:
    return device.heard_s + device.birth.silence_s < now.monotonic_s


def _liveness(device: Device, through: Device | None, now: Moment, *, cut_off: bool) -> Liveness:
    """A camera has nothing to say of its own; whoever watches it judges its picture, so silence says nothing."""
    if device.state is False or cut_off:
        return Liveness.OFFLINE
    if device.birth.kind != CAMERA and _is_silent(device, now):
        return Liveness.SILENT
    carried = through is not None and through.liveness is Liveness.ONLINE
    return Liveness.ONLINE if device.state or device.heard or carried else Liveness.UNKNOWN
