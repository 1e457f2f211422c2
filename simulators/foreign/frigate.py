"""A Frigate that looks at some cameras of a post, and says over MQTT what it sees, and which cameras it cannot see.

It asks for attention (an alert) where its settings here say so: for people before a perimeter camera. All else that it
follows is a detection.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from sensors.dialects.dialect import Send
from sensors.model import DeviceId, SiteId
from simulators.cameras.vocabulary import Fault, View
from simulators.foreign.frigate_words import LABELS, Review, Tracked, stats_words
from simulators.foreign.sight import Label, Look, Sighting
from simulators.foreign.speaker import Speaker

MAX_FOLLOWED = 64
"""Objects of one camera."""
_GONE_S = 1.0
_UPDATE_S = 5.0
_REVIEW_ENDS_S = 5.0
_MOTION_LASTS = timedelta(seconds=5)
_STATS_EVERY = timedelta(seconds=60)
_FENCE_M = -4.6
_NEAR_M = 3.0
_UNSEEN = frozenset(
    {
        Fault.KILLED,
        Fault.STALLED,
        Fault.LOCKED,
        Fault.GONE,
        Fault.FULL,
        Fault.HALF_OPEN,
        Fault.RESET,
        Fault.RESTARTING,
    }
)
"""Faults with which no picture reaches Frigate."""
_encode = msgspec.json.Encoder().encode


class _Camera:
    """What is known of one camera."""

    def __init__(self, name: str, view: View) -> None:
        self.name = name
        self.view = view
        self.tracked: dict[str, Tracked] = {}
        self.review: Review | None = None
        self.counts: Counter[str] = Counter()
        self.moved_at: datetime | None = None
        self.motion = False
        self.status = "online"


class _Message(NamedTuple):
    leaf: str
    payload: bytes
    retained: bool = False


class FrigateBox(Speaker):
    """The speaker. `prefix` is Frigate's topic prefix; a camera's name there is its id here."""

    def __init__(self, prefix: str, site: SiteId, cameras: Mapping[DeviceId, View]) -> None:
        super().__init__()
        self._prefix = prefix
        self._cameras = {id_: _Camera(str(id_), view) for id_, view in cameras.items()}
        self._began: datetime | None = None
        self._stats_due: datetime | None = None
        self.client = f"frigate-{site}"
        self.cameras = frozenset(self._cameras)

    def will(self, now: datetime) -> Send:
        """Frigate is gone."""
        del now
        return Send(f"{self._prefix}/available", b"offline", retained=True)

    def connected(self, now: datetime) -> tuple[Send, ...]:
        """That it runs, and how everything stands."""
        self.there, self._stats_due = True, now
        return tuple(map(self._send, self._standing()))

    def see(self, camera: DeviceId, look: Look, now: datetime) -> tuple[Send, ...]:
        """What has changed before a camera; statistics once a minute."""
        self._began = self._began or now
        watched = self._cameras[camera]
        messages = (*self._look(watched, look, now), *self._stats(now))
        return tuple(map(self._send, messages)) if self.there else ()

    def leave(self, now: datetime) -> tuple[Send, ...]:
        """Its will, said by itself."""
        return (self.will(now),)

    def _send(self, said: _Message) -> Send:
        return Send(f"{self._prefix}/{said.leaf}", said.payload, retained=said.retained)

    def _standing(self) -> Iterator[_Message]:
        yield _Message("available", b"online", retained=True)
        for camera in self._cameras.values():
            for feature in ("detect", "recordings", "snapshots"):
                yield _Message(f"{camera.name}/{feature}/state", _on(state=feature == "detect"), retained=True)
            yield _Message(f"{camera.name}/status/detect", camera.status.encode(), retained=True)
            yield _Message(f"{camera.name}/motion", _on(state=camera.motion))
            yield _status(camera)
            for label in LABELS.values():
                yield _Message(f"{camera.name}/{label}", str(camera.counts[label]).encode())

    def _stats(self, now: datetime) -> Iterator[_Message]:
        if self._stats_due is None or now < self._stats_due or self._began is None:
            return
        self._stats_due = now + _STATS_EVERY
        online = frozenset(each.name for each in self._cameras.values() if each.status == "online")
        followed = sum(len(each.tracked) for each in self._cameras.values())
        names = [each.name for each in self._cameras.values()]
        uptime_s = (now - self._began).total_seconds()
        yield _Message("stats", _encode(stats_words(names, online, uptime_s, 2.0 * followed)))

    def _look(self, camera: _Camera, look: Look, now: datetime) -> Iterator[_Message]:
        status = "offline" if look.fault in _UNSEEN else "online"
        if status != camera.status:
            camera.status = status
            yield _Message(f"{camera.name}/status/detect", status.encode(), retained=True)
        noticed = look.noticed if status == "online" else ()
        yield from _motion(camera, noticed, now)
        before = Counter(tracked.label for tracked in camera.tracked.values())
        yield from _follow(camera, noticed, now.timestamp())
        yield from _review(camera, now.timestamp())
        counts = Counter(tracked.label for tracked in camera.tracked.values())
        for label in sorted(before.keys() | counts.keys()):
            if before[label] != counts[label]:
                yield _Message(f"{camera.name}/{label}", str(counts[label]).encode())
        if before != counts:
            yield _Message(f"{camera.name}/all", str(counts.total()).encode())
        camera.counts = counts


def _motion(camera: _Camera, noticed: Iterable[Sighting], now: datetime) -> Iterator[_Message]:
    if any(seen.speed_mps > 0.0 for seen in noticed):
        camera.moved_at = now
    motion = camera.moved_at is not None and now - camera.moved_at < _MOTION_LASTS
    if motion is not camera.motion:
        camera.motion = motion
        yield _Message(f"{camera.name}/motion", _on(state=motion))


def _follow(camera: _Camera, noticed: tuple[Sighting, ...], now_s: float) -> Iterator[_Message]:
    for seen in noticed:
        tracked = camera.tracked.get(seen.id)
        if tracked is None:
            if len(camera.tracked) < MAX_FOLLOWED:
                tracked = camera.tracked[seen.id] = _begin(camera, seen, now_s)
                yield _event("new", tracked.words(), tracked.words())
            continue
        old, zones = tracked.words(), _zones(camera, seen)
        tracked.seen, tracked.now_s = seen, now_s
        news = zones != tracked.zones or now_s - tracked.told_s >= _UPDATE_S
        tracked.zones, tracked.entered = zones, tuple(dict.fromkeys((*tracked.entered, *zones)))
        if news:
            tracked.told_s = now_s
            yield _event("update", old, tracked.words())
    for id_, tracked in tuple(camera.tracked.items()):
        if now_s - tracked.now_s >= _GONE_S:
            del camera.tracked[id_]
            yield _event("end", tracked.words(), tracked.words(ended_s=tracked.now_s))


def _begin(camera: _Camera, seen: Sighting, now_s: float) -> Tracked:
    id_, share = _id(now_s, f"{camera.name}/{seen.id}")
    zones = _zones(camera, seen)
    return Tracked(id_, camera.name, seen, round(0.72 + 0.23 * share, 4), now_s, now_s, zones, zones, now_s)


def _id(now_s: float, words: str) -> tuple[str, float]:
    """A time and six letters, as Frigate's ids are; and a share of 1 that belongs to them."""
    mark = hashlib.sha256(f"{words}/{now_s}".encode()).digest()
    letters = "".join(chr(ord("a") + byte % 26) for byte in mark[:6])
    return f"{now_s:.6f}-{letters}", mark[6] / 255


def _zones(camera: _Camera, seen: Sighting) -> tuple[str, ...]:
    """At the fence of a perimeter; other views have no zones."""
    near = camera.view is View.PERIMETER and abs(seen.right_m - _FENCE_M) <= _NEAR_M
    return ("fence",) if near else ()


def _review(camera: _Camera, now_s: float) -> Iterator[_Message]:
    """Begin a review with the first object, make an alert of it when one comes, end it when all have gone."""
    review, tracked = camera.review, list(camera.tracked.values())
    if tracked:
        alerting = any(each.seen.label is Label.PERSON for each in tracked) and camera.view is View.PERIMETER
        severity = "alert" if alerting else "detection"
        if review is None:
            review = camera.review = _begin_review(tracked[0], severity, now_s)
            _add_all(review, tracked)
            yield _Message("reviews", _encode({"type": "new", "before": review.words(), "after": review.words()}))
            yield _status(camera)
        before, was = review.words(), review.severity
        review.last_s = now_s
        _add_all(review, tracked)
        if alerting:
            review.severity = severity
        if before != review.words():
            yield _Message("reviews", _encode({"type": "update", "before": before, "after": review.words()}))
        if review.severity != was:
            yield _status(camera)
    elif review is not None and now_s - review.last_s >= _REVIEW_ENDS_S:
        camera.review = None
        ended = review.words(ended_s=review.last_s)
        yield _Message("reviews", _encode({"type": "end", "before": review.words(), "after": ended}))
        yield _status(camera)


def _begin_review(first: Tracked, severity: str, now_s: float) -> Review:
    id_, _ = _id(now_s, f"review/{first.id}")
    return Review(id_, first.camera, severity, now_s, now_s, [], [], [])


def _add_all(review: Review, tracked: Iterable[Tracked]) -> None:
    for each in tracked:
        _add(review.objects, each.label)
        _add(review.detections, each.id)
        for zone in each.entered:
            _add(review.zones, zone)


def _add(words: list[str], word: str) -> None:
    if word not in words and len(words) < MAX_FOLLOWED:
        words.append(word)


def _status(camera: _Camera) -> _Message:
    word = "NONE" if camera.review is None else camera.review.severity.upper()
    return _Message(f"{camera.name}/review_status", word.encode(), retained=True)


def _event(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> _Message:
    return _Message("events", _encode({"type": kind, "before": before, "after": after}))


def _on(*, state: bool) -> bytes:
    return b"ON" if state else b"OFF"
