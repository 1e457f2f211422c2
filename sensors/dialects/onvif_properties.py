"""What an ONVIF event says as metrics: which event topics hold a state, and how a camera's many sources are told apart.

A metric is named `<what>--<which>`: what it is as the catalogue calls it, and which of the camera's sources, rules and
relays says it. `which` is left out where an event names no source.
"""

from typing import NamedTuple

from sensors.catalog import CAMERA
from sensors.dialects.onvif_message import OnvifEvent
from sensors.equipment import describe
from sensors.identity import device_id, slug
from sensors.model import Metric, MetricType, Names, Value

_SWITCHES = {
    "RuleEngine/CellMotionDetector/Motion": "motion",
    "RuleEngine/MotionRegionDetector/Motion": "motion",
    "VideoSource/MotionAlarm": "motion",
    "VideoAnalytics/MotionDetection": "motion",
    "RuleEngine/FieldDetector/ObjectsInside": "inside",
    "RuleEngine/TamperDetector/Tamper": "tamper",
    "VideoSource/Tampering": "tamper",
    "Device/Tampering": "tamper",
    "VideoSource/GlobalSceneChange": "scene_change",
    "VideoSource/ImageTooDark": "too_dark",
    "VideoSource/ImageTooBright": "too_bright",
    "VideoSource/ImageTooBlurry": "too_blurry",
    "VideoSource/SignalLoss": "signal_loss",
    "VideoSource/VideoLoss": "signal_loss",
    "Device/Trigger/Relay": "relay",
    "Device/Trigger/DigitalInput": "input",
    "Device/HardwareFailure": "failure",
    "AudioAnalytics/Audio/DetectedSound": "sound",
}
"""Event topics that hold a state, each with all topics below it. Services that see the same share one metric."""
_PARTED = "Device/HardwareFailure"
"""Below this, each topic is about another part."""
_HAPPENINGS = {
    "RuleEngine/LineDetector/Crossed": "line-crossed",
    "RuleEngine/LoiteringDetector/ObjectIsLoitering": "loitering",
}
_SAME_EVERYWHERE = frozenset(
    {"VideoAnalyticsConfigurationToken", "AnalyticsConfigurationToken", "AnalyticsConfiguration"}
)
"""Source items that tell no two sources of a camera apart."""
_NAMES_WHOM = ("Id", "ID", "Token")
"""How data items end that tell an object, which may be number 0 or 1, and no state."""
_MAX_LABEL = 80
_MAX_PART = 30
"""Two parts and two dashes make an id of 62 letters at most."""


class Said(NamedTuple):
    """One value of one metric, and how a birth declares that metric."""

    metric: Metric
    value: Value


def switch_of(topic: str) -> str | None:
    """The switch that an event topic is about, if it holds a known state."""
    levels = topic.split("/")
    return next(
        (found for n in range(len(levels), 0, -1) if (found := _SWITCHES.get("/".join(levels[:n]))) is not None), None
    )


def properties_of(topic: str, event: OnvifEvent) -> tuple[Said, ...] | str:
    """The values of a property event; or why it has none."""
    label = " ".join(_sources(topic, event))[:_MAX_LABEL]
    switch = switch_of(topic)
    if switch is not None:
        state = _state_of(event)
        return "its Data holds no state" if state is None else (Said(_declare(switch, label, state), state),)
    about = "-".join(topic.split("/")[-2:])
    said = {
        metric.name: Said(metric, value)
        for name, value in event.data
        for metric in (_declare(_id(f"{about}-{name}"), label, value, f"{about} {name}"),)
    }
    return tuple(said.values()) or "its Data holds no value"


def _state_of(event: OnvifEvent) -> bool | None:
    """The state among an event's data: words before numbers, and never the number of whom it is about."""
    said = [value for name, value in event.data if not name.endswith(_NAMES_WHOM) and value in (0, 1)]
    words = (value for value in said if isinstance(value, bool))
    return next(words, None if not said else bool(said[0]))


def kind_of_happening(topic: str) -> str:
    """What happened, as an id."""
    return _HAPPENINGS.get(topic) or slug("-".join(topic.split("/")[-2:])) or "event"


def _declare(base: str, label: str, value: Value, words: str = "") -> Metric:
    known = describe(CAMERA, base)
    names = known.names if known else Names(en=words)
    if label:
        names = Names(*(f"{name}: {label}" if name else "" for name in (names.en, names.ru, names.kk)))
    return Metric(f"{base}--{_id(label)}" if label else base, _type_of(value), names)


def _type_of(value: Value) -> MetricType:
    if isinstance(value, bool):
        return MetricType.BOOLEAN
    return MetricType.TEXT if isinstance(value, str) else MetricType.NUMBER


def _sources(topic: str, event: OnvifEvent) -> list[str]:
    part = topic.removeprefix(f"{_PARTED}/") if topic.startswith(f"{_PARTED}/") else ""
    return [word for word in (part, *(value for name, value in event.source if name not in _SAME_EVERYWHERE)) if word]


def _id(text: str) -> str:
    """The text as part of an id; marked where that loses something, so that two texts never make one id."""
    plain = slug(text)
    faithful = 0 < len(plain) <= _MAX_PART and plain == text.lower().replace(" ", "-")
    return plain if faithful else device_id(text[: _MAX_PART - 8], text)
