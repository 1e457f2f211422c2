"""Frigate: availability, tracked objects, reviews, camera status, motion, object counts, statistics.

Identity: a camera's name in Frigate is a word of its settings, and no identity. The operator's table says which
camera of which site it is; what Frigate says then belongs to that device. What is not in the table is a device of
its own, and nothing is ever merged by likeness of names. Pictures are not subscribed to.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from sensors.dialects.dialect import NOTHING, Filter, Heard, OneWay
from sensors.dialects.frigate_payloads import (
    moment_of,
    read_activity,
    read_change,
    read_recognised,
    read_review,
    read_stats,
)
from sensors.dialects.frigate_views import ANALYSER, OFFLINE, VIEW, View
from sensors.dialects.native import reject
from sensors.dialects.numerals import number_of
from sensors.identity import UNASSIGNED, device_id
from sensors.model import Birth, BirthSeen, DeviceKey, EventSeen, Message, ReadingsSeen, SiteId, StateSeen, Value

NAME = "frigate"
MAX_CAMERAS = 256
MAX_OBJECTS = 1_000
"""Objects in sight whose zones are remembered; the oldest is forgotten first."""
MAX_ZONES = 64
OFFLINE_DELAY_S = 30.0
_LEVELS = ("available", "events", "reviews", "stats", "camera_activity", "tracked_object_update")
_BELOW_CAMERA = ("+", "status/+", "+/active", "+/state", "audio/+")
_ROLES = frozenset(("detect", "record", "audio"))
_STATUSES = frozenset(("online", OFFLINE, "disabled"))
_SWITCHES = frozenset(("audio", "detect", "enabled", "motion", "recordings", "snapshots"))
_ON = {"ON": True, "OFF": False}
_NOT_COUNTS = frozenset(("ptz", "ptz_autotracker"))
_NOT_SOUNDS = frozenset(("set", "state", "transcription"))
_COUNT_DIGITS = 6
_NAME_LETTERS = 64
_RATES = ("camera_fps", "process_fps", "skipped_fps", "detection_fps")


class Word(NamedTuple):
    """A message as it is passed on."""

    payload: bytes
    at: datetime
    retained: bool


class Said(NamedTuple):
    """A value of a metric; None is none."""

    name: str
    value: Value | None
    unit: str = ""


class Frigate(OneWay):
    """The dialect. `site` is where Frigate stands; `cameras` names the device that each of its cameras is.

    `remembered`: births of an earlier run.
    """

    def __init__(
        self,
        prefix: str = "frigate",
        site: SiteId = UNASSIGNED,
        cameras: Mapping[str, DeviceKey] | None = None,
        *,
        offline_delay_s: float = OFFLINE_DELAY_S,
        remembered: Mapping[DeviceKey, Birth] | None = None,
    ) -> None:
        self._prefix = f"{prefix.strip('/')}/"
        self._site = site
        self._known = dict(cameras or {})
        self._offline_delay = timedelta(seconds=offline_delay_s)
        self._identity = f"frigate {self._prefix}"
        key = DeviceKey(site, device_id(prefix, self._identity))
        self._remembered = dict(remembered or {})
        self._itself = View(key, f"Frigate {prefix}", ANALYSER, remembered=self._remembered.get(key), adopted=False)
        self._views: dict[str, View] = {}
        self._cameras_told = False
        self._zones: OrderedDict[str, set[str]] = OrderedDict()
        self._leaves: dict[str, Callable[[Word], Iterator[Message]]] = {
            "available": self._available,
            "events": self._object,
            "reviews": self._review,
            "stats": self._stats,
            "camera_activity": self._activity,
            "tracked_object_update": self._recognised,
        }

    @property
    def name(self) -> str:
        """Provenance of its devices."""
        return NAME

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Everything that is read; never the pictures, which lie a level deeper."""
        levels = (*_LEVELS, *(f"+/{below}" for below in _BELOW_CAMERA))
        return tuple(Filter(self._prefix + level) for level in levels)

    def claims(self, topic: str) -> bool:
        """All below its prefix."""
        return topic.startswith(self._prefix)

    def decode(self, topic: str, payload: bytes, *, retained: bool, received_at: datetime) -> Heard:
        """One message of Frigate."""
        word = Word(payload, received_at, retained)
        levels = topic.removeprefix(self._prefix).split("/")
        said: list[Message] = []
        try:
            leaf = self._leaves.get(levels[0]) if len(levels) == 1 else None
            for message in self._of_camera(levels, word) if leaf is None else leaf(word):
                said.append(message)  # noqa: PERF402 - what was said before a fault stands
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            said.append(reject(topic, payload, str(error), received_at))
        return Heard(tuple(said)) if said else NOTHING

    def tick(self, now: datetime) -> Heard:
        """Believe the offline that has lasted."""
        said: list[Message] = []
        for view in self._views.values():
            for role in view.offline_longer_than(self._offline_delay, now):
                word = Word(b"", now, retained=False)
                said += self._measured(view, [Said(f"status {role}", OFFLINE)], word)
        return Heard(tuple(said)) if said else NOTHING

    def clock_set(self, by: timedelta) -> None:
        """What is offline has been so for as long as before."""
        for view in self._views.values():
            view.clock_set(by)

    def _available(self, word: Word) -> Iterator[Message]:
        text = word.payload.decode("utf-8")
        if text not in ("online", OFFLINE):
            raise ValueError("is neither online nor offline")
        yield from self._born(self._itself, word)
        yield StateSeen(self._itself.key, text == "online", word.at, word.at, word.retained)
        if text == OFFLINE and not word.retained:
            for view in (self._itself, *self._views.values()):
                yield from view.doubt(word.at)

    def _stats(self, word: Word) -> Iterator[Message]:
        stats = read_stats(word.payload)
        self._itself.firmware = stats.service.version
        own: list[Said] = [
            Said("detection fps", stats.detection_fps, "Hz"),
            Said("uptime", stats.service.uptime, "s"),
        ]
        own += [Said(f"inference {name}", each.inference_speed, "ms") for name, each in stats.detectors.items()]
        yield from self._measured(self._itself, own, word)
        for name, each in stats.cameras.items():
            rates = [Said(rate.replace("_", " "), getattr(each, rate), "Hz") for rate in _RATES]
            yield from self._measured(self._view(name), rates, word)
        self._cameras_told = True

    def _activity(self, word: Word) -> Iterator[Message]:
        for name, activity in read_activity(word.payload).items():
            motion = activity.get("motion") if isinstance(activity, dict) else None
            if isinstance(motion, bool):
                yield from self._measured(self._view(name), [Said("motion", motion)], word)

    def _object(self, word: Word) -> Iterator[Message]:
        change = read_change(word.payload)
        after, at = change.after, word.at
        if after.false_positive or word.retained:
            return
        view = self._view(after.camera)
        yield from self._born(view, word)
        words = f"{after.label}{_called(after.sub_label)}{_sure(after.top_score)}"
        told = self._zones.get(after.id)
        if told is None:
            told = self._zones[after.id] = set(after.entered_zones)
            if len(self._zones) > MAX_OBJECTS:
                self._zones.popitem(last=False)
            begun = moment_of(after.start_time, at)
            yield EventSeen(view.key, after.id, "object-seen", words + _within(after.entered_zones), begun, at)
        for zone in dict.fromkeys(after.entered_zones):
            if zone not in told and len(told) < MAX_ZONES:
                told.add(zone)
                yield EventSeen(view.key, f"{after.id} {zone}", "zone-entered", f"{words} in {zone}", at, at)
        if change.type == "end":
            self._zones.pop(after.id, None)
            yield EventSeen(view.key, f"{after.id} end", "object-gone", words, moment_of(after.end_time, at), at)

    def _review(self, word: Word) -> Iterator[Message]:
        change = read_review(word.payload)
        after, at = change.after, word.at
        if word.retained:
            return
        view = self._view(after.camera)
        yield from self._born(view, word)
        words = ", ".join(after.data.objects) + _within(after.data.zones)
        # The severity is part of the id: a detection that becomes an alert is news, all other updates are not.
        kind, begun = f"review-{after.severity}", moment_of(after.start_time, at)
        yield EventSeen(view.key, f"{after.id} {after.severity}", kind, words, begun, at)
        if change.type == "end":
            yield EventSeen(view.key, f"{after.id} end", "review-end", words, moment_of(after.end_time, at), at)

    def _recognised(self, word: Word) -> Iterator[Message]:
        read = read_recognised(word.payload)
        what = {"lpr": read.plate, "face": read.name}.get(read.type)
        if not what or read.camera is None or word.retained:
            return
        view = self._view(read.camera)
        yield from self._born(view, word)
        kind, read_at = ("plate-read" if read.type == "lpr" else "face-known"), moment_of(read.timestamp, word.at)
        yield EventSeen(view.key, f"{read.id} {what}", kind, f"{what}{_sure(read.score)}", read_at, word.at)

    def _of_camera(self, levels: list[str], word: Word) -> Iterator[Message]:
        text = word.payload.decode("utf-8")
        match levels:
            case [camera, "status", role] if role in _ROLES:
                yield from self._status(camera, role, text, word)
            case [camera, feature, "state"] if feature in _SWITCHES:
                yield from self._measured(self._view(camera), [Said(f"{feature} on", _on(text))], word)
            case [camera, "motion"]:
                yield from self._measured(self._view(camera), [Said("motion", _on(text))], word)
            case [camera, "review_status"]:
                yield from self._measured(self._view(camera), [Said("review status", text.lower()[:64])], word)
            case [camera, "audio", sound] if sound not in _NOT_SOUNDS:
                heard = _ON[text] if text in _ON else number_of(text)
                yield from self._measured(self._view(camera), [Said(f"sound {sound}", heard)], word)
            case [name, thing] if thing not in _NOT_COUNTS:
                yield from self._count(name, f"{thing} count", text, word)
            case [name, thing, "active"] if thing not in _NOT_COUNTS:
                yield from self._count(name, f"{thing} active count", text, word)

    def _status(self, camera: str, role: str, status: str, word: Word) -> Iterator[Message]:
        if status not in _STATUSES:
            raise ValueError("is neither online nor offline nor disabled")
        view = self._view(camera)
        if view.hold_status(role, status, word.at):
            yield from self._measured(view, [Said(f"status {role}", status)], word)

    def _count(self, name: str, metric: str, text: str, word: Word) -> Iterator[Message]:
        """Objects of a camera, or of a zone: both stand at the same level, and only cameras are told by name."""
        is_count = text.isascii() and text.isdigit() and len(text) <= _COUNT_DIGITS
        if name in self._views or name in self._known:
            if not is_count:
                raise ValueError("is no count of objects")
            yield from self._measured(self._view(name), [Said(metric, int(text))], word)
        elif self._cameras_told and is_count:
            yield from self._measured(self._itself, [Said(f"{name} {metric}", int(text))], word)

    def _view(self, camera: str) -> View:
        view = self._views.get(camera)
        if view is not None:
            return view
        if not 0 < len(camera) <= _NAME_LETTERS:
            raise ValueError("is no name of a camera")
        if len(self._views) >= MAX_CAMERAS:
            raise ValueError(f"over {MAX_CAMERAS} cameras")
        known = self._known.get(camera)
        own = DeviceKey(self._site, device_id(f"frigate {camera}", f"{self._identity} {camera}"))
        key, via = known or own, self._itself.key.device
        view = View(key, camera, VIEW, via, self._remembered.get(key), adopted=known is not None)
        self._views[camera] = view
        return view

    def _measured(self, view: View, said: Iterable[Said], word: Word) -> Iterator[Message]:
        """The birth first where it has changed; what cannot be measured is refused after all the rest."""
        readings: list[ReadingsSeen] = []
        refused: ValueError | None = None
        for name, value, unit in said:
            try:
                if value is not None:
                    readings.append(view.measure(name, value, word.at, unit, retained=word.retained))
            except ValueError as error:
                refused = error
        yield from self._born(view, word)
        yield from readings
        if refused is not None:
            raise refused

    def _born(self, view: View, word: Word) -> Iterator[Message]:
        birth = view.new_birth()
        if birth is not None:
            yield BirthSeen(view.key, birth, word.at, word.retained)


def _on(text: str) -> bool:
    if text not in _ON:
        raise ValueError("is neither ON nor OFF")
    return _ON[text]


def _sure(score: float | None) -> str:
    return "" if score is None else f" {score:.2f}"


def _within(zones: list[str]) -> str:
    return f" in {', '.join(zones)}" if zones else ""


def _called(sub_label: object) -> str:
    """A sub-label, which is a text, or a text with its score."""
    said = sub_label[0] if isinstance(sub_label, list) and sub_label else sub_label
    return f" ({said[:_NAME_LETTERS]})" if isinstance(said, str) else ""
