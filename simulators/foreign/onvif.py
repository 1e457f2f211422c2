"""A camera that puts its own events on MQTT, as ONVIF Profile M has it.

Motion, an object in a field, a line crossed, tampering, and what is wrong with its picture. Properties are said when
they change, and all of them, as `Initialized`, on each connection.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from sensors.dialects.dialect import Send
from sensors.model import DeviceId, SiteId
from simulators.cameras.vocabulary import Fault, View
from simulators.foreign.sight import Label, Look, Sighting
from simulators.foreign.speaker import Speaker

_VIDEO_SOURCE, _CONFIGURATION, _ANALYTICS = "vs1", "vsc1", "vac1"
_QUIET = timedelta(seconds=2)
"""How long a property lasts after its cause."""
_MOVES_MPS = 0.1
_MAX_FOLLOWED = 256
_encode = msgspec.json.Encoder().encode


class _Property(NamedTuple):
    """An event topic that holds a state. Without a rule it is of the video source itself."""

    topic: str
    item: str
    rule: str = ""


class _Line(NamedTuple):
    """A line over a scene: at so many metres to the right of the axis, or away from the camera."""

    right_m: float | None
    away_m: float | None

    def side(self, seen: Sighting) -> bool:
        """On which side of it a body is."""
        return seen.right_m > self.right_m if self.right_m is not None else seen.away_m > (self.away_m or 0.0)


_MOTION = _Property("RuleEngine/CellMotionDetector/Motion", "IsMotion", "Motion 1")
_INSIDE = _Property("RuleEngine/FieldDetector/ObjectsInside", "IsInside", "Field 1")
_TAMPER = _Property("RuleEngine/TamperDetector/Tamper", "IsTamper", "Tamper 1")
_OF_FAULTS: dict[_Property, frozenset[Fault]] = {
    _TAMPER: frozenset({Fault.COVERED, Fault.TURNED}),
    _Property("VideoSource/GlobalSceneChange/ImagingService", "State"): frozenset({Fault.TURNED}),
    _Property("VideoSource/ImageTooDark/ImagingService", "State"): frozenset({Fault.BLACK, Fault.COVERED}),
    _Property("VideoSource/ImageTooBright/ImagingService", "State"): frozenset({Fault.WHITE}),
    _Property("VideoSource/ImageTooBlurry/ImagingService", "State"): frozenset({Fault.BLURRED}),
}
_CROSSED, _LINE_RULE = "RuleEngine/LineDetector/Crossed", "Line 1"
_LINES = {
    View.PERIMETER: _Line(right_m=-4.6, away_m=None),
    View.GATE: _Line(right_m=None, away_m=19.9),
    View.LANE: _Line(right_m=None, away_m=14.5),
}
"""The fence, the barrier, the weighbridge: as the scenes have them."""
_WATCHED = {View.PERIMETER: frozenset({Label.PERSON})}
"""Where a rule watches a field, and for whom."""


class OnvifCamera(Speaker):
    """The speaker of one camera. `prefix` is its topic prefix at the broker."""

    def __init__(self, prefix: str, site: SiteId, camera: DeviceId, view: View) -> None:
        super().__init__()
        self._prefix = prefix
        self._line = _LINES.get(view)
        self._watched = _WATCHED.get(view)
        self._states = dict.fromkeys((_MOTION, *([_INSIDE] if self._watched else []), *_OF_FAULTS), False)
        self._caused: dict[_Property, datetime] = {}
        self._sides: dict[str, bool] = {}
        self.client = f"onvif-{site}-{camera}"
        self.cameras = frozenset((camera,))

    def connected(self, now: datetime) -> tuple[Send, ...]:
        """Every property as it stands."""
        self.there = True
        return tuple(self._say(each, state, "Initialized", now) for each, state in self._states.items())

    def see(self, camera: DeviceId, look: Look, now: datetime) -> tuple[Send, ...]:
        """What has changed, and who has crossed the line. Nobody hears of it without a connection."""
        del camera
        changes = tuple(self._changes(look, now))
        crossings = tuple(self._crossings(look.noticed, now))
        return (*changes, *crossings) if self.there else ()

    def _changes(self, look: Look, now: datetime) -> Iterator[Send]:
        noticed = look.noticed
        causes = {each: look.fault in faults for each, faults in _OF_FAULTS.items()}
        causes[_MOTION] = any(seen.speed_mps > _MOVES_MPS for seen in noticed)
        if self._watched is not None:
            causes[_INSIDE] = any(seen.label in self._watched for seen in noticed)
        for each, caused in causes.items():
            if caused:
                self._caused[each] = now
            state = caused or (each in self._caused and now - self._caused[each] < _QUIET)
            if state is not self._states[each]:
                self._states[each] = state
                yield self._say(each, state, "Changed", now)

    def _crossings(self, noticed: tuple[Sighting, ...], now: datetime) -> Iterator[Send]:
        if self._line is None:
            return
        sides = {seen.id: self._line.side(seen) for seen in noticed[:_MAX_FOLLOWED]}
        for id_, side in sides.items():
            if self._sides.get(id_, side) is not side:
                source = _source_of(_LINE_RULE)
                said = {"UtcTime": _time(now), "Source": source, "Data": {"ObjectId": _number(id_)}}
                yield Send(self._topic(_CROSSED, _LINE_RULE), _encode(said))
        self._sides = sides

    def _say(self, said: _Property, state: bool, operation: str, now: datetime) -> Send:  # noqa: FBT001 - its value
        payload = {
            "UtcTime": _time(now),
            "PropertyOperation": operation,
            "Source": _source_of(said.rule),
            "Data": {said.item: state},
        }
        return Send(self._topic(said.topic, said.rule), _encode(payload))

    def _topic(self, event: str, rule: str) -> str:
        source = f"&{_VIDEO_SOURCE}/{rule}" if rule else f"&{_VIDEO_SOURCE}"
        return f"{self._prefix}/onvif-ej/{event}/{source}"


def _source_of(rule: str) -> dict[str, str]:
    if not rule:
        return {"Source": _VIDEO_SOURCE}
    return {
        "VideoSourceConfigurationToken": _CONFIGURATION,
        "VideoAnalyticsConfigurationToken": _ANALYTICS,
        "Rule": rule,
    }


def _number(id_: str) -> str:
    """A body's number, as a tracker gives one."""
    return str(int.from_bytes(id_.encode()[-4:], "big") % 100_000)


def _time(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
