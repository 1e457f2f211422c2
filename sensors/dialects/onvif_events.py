"""ONVIF events over MQTT: cameras that publish to `<prefix>/onvif-ej/...`, as ONVIF's event broker makes them do.

What has a state (motion, tampering, a relay) becomes a metric of the camera; what only happens (a line crossed) becomes
an event. ONVIF announces nothing, so births are made here: on first sight, and again with each property that is new.
"""

import hashlib
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from sensors.catalog import CAMERA, EquipmentClass
from sensors.dialects.dialect import NOTHING, Filter, Heard, OneWay
from sensors.dialects.native import reject
from sensors.dialects.onvif_message import MARK, EventTopic, OnvifEvent, parse_event, parse_topic
from sensors.dialects.onvif_properties import Said, kind_of_happening, properties_of, switch_of
from sensors.identity import UNASSIGNED, device_id, identity_mark
from sensors.model import (
    Birth,
    BirthSeen,
    DeviceId,
    DeviceKey,
    EventSeen,
    Message,
    MetricName,
    MetricType,
    Names,
    Quality,
    Reading,
    ReadingsSeen,
    SiteId,
    Value,
)

MAX_CAMERAS = 1_000
MAX_PROPERTIES = 64
_LEVELS = 4
_RECENT = 4
"""Readings of one metric by which it is told that a message came again."""
_DELETED = "Deleted"


class Place(NamedTuple):
    """Where a prefix belongs: a site; and, for a camera that introduces itself in another way, that device's id."""

    site: SiteId
    device: DeviceId | None = None


class _Last(NamedTuple):
    """A reading of one metric."""

    at: datetime
    value: Value
    sequence: int


class _Trail:
    """The newest readings of one metric, so that two values of one moment are both kept, and what is new is newer.

    A camera's clock may be set back: then its number makes a reading newer than those before it, and its time does not.
    """

    __slots__ = ("_recent",)

    def __init__(self) -> None:
        self._recent: deque[_Last] = deque(maxlen=_RECENT)

    @property
    def at(self) -> datetime:
        """The time of the last."""
        return self._recent[-1].at

    def follow(self, at: datetime, value: Value, *, retained: bool) -> int:
        """The number of the next reading. What a broker kept, or delivers again, may be older than what followed it."""
        last = self._recent[-1] if self._recent else None
        if last is not None and at < last.at:
            known = next((each.sequence for each in self._recent if (each.at, each.value) == (at, value)), None)
            if known is not None or retained:
                return known or 0
        number = 0 if last is None or at > last.at else last.sequence + (at < last.at or value != last.value)
        self._recent.append(_Last(at, value, number))
        return number


class _Camera:
    """What is known of one prefix. `names`: the metrics of each event topic and source.

    `joined`: it is a device that introduces itself in another way, so no birth is made for it here.
    """

    __slots__ = ("birth", "introduced", "joined", "key", "names", "trails")

    def __init__(self, key: DeviceKey, birth: Birth, *, introduced: bool, joined: bool) -> None:
        self.key = key
        self.joined = joined
        self.birth = birth
        self.introduced = introduced
        self.trails: dict[str, _Trail] = {}
        self.names: dict[tuple[str, tuple[tuple[str, str], ...]], frozenset[str]] = {}

    def introduce(self, received_at: datetime, *, retained: bool) -> tuple[Message, ...]:
        """The birth, where it is new or has changed."""
        if self.introduced or self.joined:
            return ()
        self.introduced = True
        return (BirthSeen(self.key, self.birth, received_at, retained),)

    def declare(self, said: tuple[Said, ...]) -> bool:
        """Add to the birth what it lacks; False when that is too much."""
        declared = {metric.name for metric in self.birth.metrics}
        new = tuple(one.metric for one in said if one.metric.name not in declared)
        if len(declared) + len(new) > MAX_PROPERTIES:
            return False
        if new:
            self.birth = replace(self.birth, metrics=(*self.birth.metrics, *new))
            self.introduced = False
        return True

    def forget(self, names: frozenset[str], received_at: datetime) -> tuple[Message, ...]:
        """Take metrics out of the birth, which is said anew; the hub withdraws their alarms."""
        kept = tuple(metric for metric in self.birth.metrics if metric.name not in names)
        if kept != self.birth.metrics:
            self.birth = replace(self.birth, metrics=kept)
            self.introduced = False
        for name in names:
            self.trails.pop(name, None)
        return self.introduce(received_at, retained=False)

    def after(self, name: str, at: datetime) -> datetime:
        """That time, or the one of the metric's last value where that is later."""
        trail = self.trails.get(name)
        return at if trail is None else max(at, trail.at)

    def read(self, said: Said, at: datetime | None, received_at: datetime, *, retained: bool = False) -> Reading:
        """One reading; without a time of its own it has the hub's, and is uncertain."""
        name, when = said.metric.name, at or received_at
        sequence = self.trails.setdefault(name, _Trail()).follow(when, said.value, retained=retained)
        quality = Quality.GOOD if at is not None else Quality.UNCERTAIN
        return Reading(
            self.key, MetricName(name), said.value, "", quality, when, received_at, sequence, historical=False
        )


class OnvifEvents(OneWay):
    """The dialect. `places` by prefix, or by the beginning of one at a level's end; the longest wins.

    `known` are births of an earlier run, so that a restart takes no metric away.
    """

    name = "onvif-ej"
    refusal = "a camera takes no commands by ONVIF events"
    filters = tuple(Filter("+/" * levels + f"{MARK}/#") for levels in range(1, _LEVELS + 1))

    def __init__(self, places: Mapping[str, Place], known: Mapping[DeviceKey, Birth] | None = None) -> None:
        self._places = dict(places)
        self._known = dict(known or {})
        self._cameras: dict[str, _Camera] = {}

    def claims(self, topic: str) -> bool:
        """Whether one of its levels, not the first, says that these are ONVIF events in JSON."""
        return f"/{MARK}/" in topic

    def decode(self, topic: str, payload: bytes, *, retained: bool, received_at: datetime) -> Heard:
        """One event. An empty payload only clears what the broker kept."""
        if not payload:
            return NOTHING
        parsed = parse_topic(topic)
        if isinstance(parsed, str):
            return Heard((reject(topic, payload, parsed, received_at),))
        camera = self._meet(parsed.prefix)
        if camera is None:
            return Heard((reject(topic, payload, f"over {MAX_CAMERAS} cameras", received_at),))
        event = parse_event(payload)
        if isinstance(event, str):
            return Heard((reject(topic, payload, event, received_at, camera.key),))
        if not event.operation and switch_of(parsed.event) is None:
            happening = _happening(camera.key, parsed, event, payload, received_at)
            return Heard((*camera.introduce(received_at, retained=retained), happening))
        said = _take(camera, parsed, event, retained=retained, received_at=received_at)
        return Heard((reject(topic, payload, said, received_at, camera.key),) if isinstance(said, str) else said)

    def _meet(self, prefix: str) -> _Camera | None:
        camera = self._cameras.get(prefix)
        if camera is None and len(self._cameras) < MAX_CAMERAS:
            marks = (identity_mark(level) for level in prefix.split("/"))
            mac = next((mark for mark in marks if mark.startswith("mac:")), "")
            place = self._place(prefix)
            key = DeviceKey(place.site, place.device or device_id(prefix, mac or f"{MARK}:{prefix}"))
            known = None if place.device else self._known.pop(key, None)
            birth = known or Birth(
                kind=CAMERA,
                names=Names(en=prefix),
                equipment_class=EquipmentClass.SURVEILLANCE,
                identities=(mac,) if mac else (),
            )
            camera = self._cameras[prefix] = _Camera(
                key, birth, introduced=known is not None, joined=place.device is not None
            )
        return camera

    def _place(self, prefix: str) -> Place:
        """Where the operator has put it. A device named for the beginning of a prefix names none of those below."""
        levels = prefix.split("/")
        for length in range(len(levels), 0, -1):
            place = self._places.get("/".join(levels[:length]))
            if place is not None:
                return place if length == len(levels) else Place(place.site)
        return Place(UNASSIGNED)


def _take(
    camera: _Camera, topic: EventTopic, event: OnvifEvent, *, retained: bool, received_at: datetime
) -> tuple[Message, ...] | str:
    """A property event: its readings, after the birth where that grew."""
    of_topic = (topic.event, event.source)
    said = properties_of(topic.event, event)
    if event.operation == _DELETED:
        names = camera.names.pop(of_topic, frozenset()) | (frozenset() if isinstance(said, str) else _names(said))
        at = event.at or received_at
        return _switch_off(camera, names, at, received_at) if camera.joined else camera.forget(names, received_at)
    if isinstance(said, str):
        return said
    if not camera.declare(said):
        return f"over {MAX_PROPERTIES} properties of one camera"
    if len(camera.names) < MAX_PROPERTIES:
        camera.names[of_topic] = _names(said)
    readings = tuple(camera.read(one, event.at, received_at, retained=retained) for one in said)
    told = ReadingsSeen(camera.key, readings, snapshot=retained and event.at is None)
    return (*camera.introduce(received_at, retained=retained), told)


def _switch_off(camera: _Camera, names: frozenset[str], at: datetime, received_at: datetime) -> tuple[Message, ...]:
    """Properties of a camera with another birth are no more: switches are said to be off, so that no alarm stays."""
    gone = [metric for metric in camera.birth.metrics if metric.name in names and metric.type is MetricType.BOOLEAN]
    off = (camera.read(Said(metric, False), camera.after(metric.name, at), received_at) for metric in gone)
    return (ReadingsSeen(camera.key, tuple(replace(reading, quality=Quality.UNCERTAIN) for reading in off)),)


def _names(said: tuple[Said, ...]) -> frozenset[str]:
    return frozenset(one.metric.name for one in said)


def _happening(
    key: DeviceKey, topic: EventTopic, event: OnvifEvent, payload: bytes, received_at: datetime
) -> EventSeen:
    """Something that happened; the same bytes are the same happening."""
    mark = hashlib.sha256(b"\0".join((str(topic).encode("utf-8", "replace"), payload))).hexdigest()[:32]
    text = " ".join(f"{name}={value}" for name, value in (*event.source, *event.data))
    return EventSeen(key, mark, kind_of_happening(topic.event), text[:2000], event.at or received_at, received_at)
