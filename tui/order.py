"""What a screen lists, in which order: alarms, devices, cameras, log lines, and the posts summed up. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from hub.protocol import AlarmState, AlarmView, Approval, DeviceView, Liveness, MetricView
from sensors.catalog import CAMERA, WALL, PictureState
from sensors.model import DeviceKey, Language, Names, Priority, SiteId
from sensors.topics import RESERVED
from tui.store import Link, Store

PICTURE_HOLDS: Final = timedelta(seconds=20)
"""A wall repeats what it says of a picture every few seconds: one that was live longer ago may be anything now."""
_STATE_RANK = {
    AlarmState.UNACKNOWLEDGED: 0,
    AlarmState.RETURNED: 0,
    AlarmState.ACKNOWLEDGED: 1,
    AlarmState.NORMAL: 2,
}


class SiteSummary(NamedTuple):
    """A post on one card. `troubles` are its approved devices that are not online, cameras' pictures apart."""

    site: SiteId
    names: Names
    online: int
    total: int
    cameras_live: int
    cameras_total: int
    alarms: tuple[AlarmView, ...]
    troubles: tuple[DeviceView, ...]
    dark_cameras: tuple[DeviceView, ...]


def order_alarms(alarms: Iterable[AlarmView]) -> list[AlarmView]:
    """Unacknowledged first, then by priority, then newest."""
    return sorted(
        alarms,
        key=lambda each: (_STATE_RANK[each.state], -each.priority.rank, -each.raised_at.timestamp(), each.occurrence),
    )


def unacknowledged(alarms: Iterable[AlarmView]) -> dict[Priority, int]:
    """How many alarms of each priority nobody has acknowledged, most urgent first; only priorities that have any."""
    counts = dict.fromkeys(reversed(Priority), 0)
    for alarm in alarms:
        if wants_acknowledgement(alarm):
            counts[alarm.priority] += 1
    return {priority: count for priority, count in counts.items() if count}


def wants_acknowledgement(alarm: AlarmView) -> bool:
    """Whether an officer still has to acknowledge it."""
    return alarm.state in {AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED}


def newest_alarm(alarms: Iterable[AlarmView]) -> AlarmView | None:
    """The alarm raised last, of those nobody has acknowledged."""
    return max(filter(wants_acknowledgement, alarms), key=lambda each: each.raised_at, default=None)


def equipment(store: Store) -> list[DeviceView]:
    """Devices at posts, in site and device order; wall nodes are not equipment of a post."""
    return sorted(
        (device for device in store.devices.values() if device.key.site not in RESERVED), key=lambda device: device.key
    )


def sensors_of(store: Store) -> list[DeviceView]:
    """Approved devices with something to read, cameras apart."""
    return [
        device
        for device in equipment(store)
        if device.approval is Approval.APPROVED and device.kind not in {CAMERA, WALL}
    ]


def cameras_of(store: Store) -> list[DeviceView]:
    """Approved cameras."""
    return [device for device in equipment(store) if device.kind == CAMERA and device.approval is Approval.APPROVED]


class Shelf(StrEnum):
    """Which part of the registry is shown. The retired are on a shelf of their own, and in no other list."""

    CURRENT = "current"
    DOUBTFUL = "doubtful"
    DISCOVERED = "discovered"
    APPROVED = "approved"
    REFUSED = "refused"
    RETIRED = "retired"

    def holds(self, device: DeviceView) -> bool:
        """Whether a device is on this shelf."""
        match self:
            case Shelf.CURRENT:
                return device.approval is not Approval.RETIRED
            case Shelf.DOUBTFUL:
                return bool(device.conflicts)
        return device.approval == self.value

    @property
    def next(self) -> "Shelf":
        """The shelf after this one, and after the last the first."""
        shelves = list(Shelf)
        return shelves[(shelves.index(self) + 1) % len(shelves)]


def waiting_first(store: Store, shelf: Shelf = Shelf.CURRENT) -> list[DeviceView]:
    """The devices of one shelf: those that wait for a technician first, then those in doubt."""
    rank = {Approval.DISCOVERED: 0, Approval.APPROVED: 2, Approval.REFUSED: 3, Approval.RETIRED: 4}
    return sorted(
        filter(shelf.holds, store.devices.values()),
        key=lambda device: (1 if device.conflicts and rank[device.approval] else rank[device.approval], device.key),
    )


def picture_state(store: Store, key: DeviceKey) -> PictureState | None:
    """What the wall says of a camera's picture; None when it has said nothing, or nothing lately enough to count."""
    view = store.metric(key, "picture")
    if view is None or store.status is None or store.link is not Link.UP:
        return None
    device = store.devices.get(key)
    if view.value == PictureState.LIVE and (
        (device is not None and device.liveness is Liveness.OFFLINE)
        # Both times are the hub's own: the console's clock may be another.
        or store.status.at - view.received_at > PICTURE_HOLDS
    ):
        return None
    return PictureState(view.value) if view.value in set(PictureState) else None


def site_summaries(store: Store) -> list[SiteSummary]:
    """Every post with an approved device, in order of its id."""
    sites: dict[SiteId, list[DeviceView]] = {}
    for device in equipment(store):
        if device.approval is Approval.APPROVED:
            sites.setdefault(device.key.site, []).append(device)
    alarms = order_alarms(store.alarms.values())
    return [_summary(store, site, devices, alarms) for site, devices in sites.items()]


def _summary(store: Store, site: SiteId, devices: list[DeviceView], alarms: list[AlarmView]) -> SiteSummary:
    cameras = [device for device in devices if device.kind == CAMERA]
    dark = tuple(camera for camera in cameras if picture_state(store, camera.key) is not PictureState.LIVE)
    troubles = tuple(device for device in devices if device.liveness is not Liveness.ONLINE)
    return SiteSummary(
        site=site,
        names=next((device.site_names for device in devices if device.site_names != Names()), Names(en=site)),
        online=len(devices) - len(troubles),
        total=len(devices),
        cameras_live=len(cameras) - len(dark),
        cameras_total=len(cameras),
        alarms=tuple(alarm for alarm in alarms if alarm.key.site == site),
        troubles=troubles,
        dark_cameras=dark,
    )


def readings_of_kind(store: Store, site: SiteId, kind: str, metrics: Iterable[str]) -> list[MetricView]:
    """Those readings of a post's first device of one kind that are known."""
    for device in store.devices.values():
        if device.key.site == site and device.kind == kind and device.approval is Approval.APPROVED:
            return [view for metric in metrics if (view := store.metric(device.key, metric))]
    return []


def matches(text: str, *haystacks: str) -> bool:
    """Whether every word of a filter occurs in one of the texts, letter case apart."""
    whole = " ".join(haystacks).casefold()
    return all(word in whole for word in text.casefold().split())


def site_name(store: Store, site: SiteId, language: Language) -> str:
    """A post's name in a language, or its id."""
    for device in store.devices.values():
        if device.key.site == site and (name := device.site_names.in_language(language)):
            return name
    return site


def device_name(store: Store, key: DeviceKey, language: Language) -> str:
    """A device's name in a language, or its id."""
    device = store.devices.get(key)
    return (device.names.in_language(language) if device else "") or key.device
