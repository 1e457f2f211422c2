"""One ONVIF event as cameras put it on MQTT, read without trust: topic, time, operation, source and data items.

Topics are `<prefix>/onvif-ej/<event topic>[/&<source>...]` (ONVIF Core, "Event Broker"). Payloads are JSON with
UtcTime, PropertyOperation, Source and Data, in two shapes: items as members of an object, or as a list of Name and
Value under SimpleItem, as in the XML that they come from.
"""

import math
import re
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from sensors.dialects.numerals import number_of
from sensors.model import Value
from sensors.moments import parse_moment

MARK = "onvif-ej"
MAX_ITEMS = 32
MAX_TEXT = 200
_MAX_PREFIX_LEVELS = 4
_MAX_TOPIC_LEVELS = 8
_WORDS = {"true": True, "active": True, "false": False, "inactive": False}
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,3})?")


class EventTopic(NamedTuple):
    """Who says it and what it is about; `event` is without namespaces and without the source."""

    prefix: str
    event: str


class OnvifEvent(Struct, frozen=True):
    """One event. `at` is None when its time is missing or no time; `operation` is empty for what only happens."""

    at: datetime | None
    operation: str
    source: tuple[tuple[str, str], ...]
    data: tuple[tuple[str, Value], ...]


class _Payload(Struct, frozen=True):
    UtcTime: Any = None
    PropertyOperation: Any = None
    Source: Any = None
    Data: Any = None


_decoder = msgspec.json.Decoder(_Payload)


def parse_topic(topic: str) -> EventTopic | str:
    """The parts of a topic that holds `onvif-ej`, or the reason why it names no event."""
    levels = [_text(level) for level in topic.split("/")]
    place = levels.index(MARK) if MARK in levels else 0
    prefix, rest = levels[:place], levels[place + 1 :]
    event = [level.rpartition(":")[2] for level in _before_source(rest)]
    if not 1 <= len(prefix) <= _MAX_PREFIX_LEVELS or not all(prefix) or len("/".join(prefix)) > MAX_TEXT:
        return f"a prefix has 1 to {_MAX_PREFIX_LEVELS} levels, none empty"
    if not 1 <= len(event) <= _MAX_TOPIC_LEVELS or not all(event):
        return f"an event topic has 1 to {_MAX_TOPIC_LEVELS} levels, none empty"
    return EventTopic("/".join(prefix), "/".join(event))


def parse_event(payload: bytes) -> OnvifEvent | str:
    """The event, or the reason why it is none."""
    try:
        said = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return str(error)
    source, data = _items(said.Source), _items(said.Data)
    if isinstance(source, str) or isinstance(data, str):
        return f"Source and Data are objects of at most {MAX_ITEMS} items"
    return OnvifEvent(
        at=parse_moment(said.UtcTime) if isinstance(said.UtcTime, str) else None,
        operation=said.PropertyOperation.capitalize()[:20] if isinstance(said.PropertyOperation, str) else "",
        source=tuple((name, _text(value)) for name, value in source),
        data=tuple((name, said_value) for name, value in data if (said_value := _value(value)) is not None),
    )


def _before_source(levels: list[str]) -> list[str]:
    """The event's own levels: a level that begins with & begins the source. One empty level may end the topic."""
    event: list[str] = []
    for level in levels:
        if level.startswith("&"):
            return event
        event.append(level)
    return event[:-1] if event and not event[-1] else event


def _items(said: Any) -> list[tuple[str, Any]] | str:
    """Name and value of each item, of either shape."""
    if said is None:
        return []
    if not isinstance(said, dict):
        return "not an object"
    listed = said.get("SimpleItem")
    if isinstance(listed, dict):
        listed = [listed]
    if isinstance(listed, list):
        pairs = [(item.get("Name"), item.get("Value")) for item in listed if isinstance(item, dict)]
    else:
        pairs = list(said.items())
    if len(pairs) > MAX_ITEMS:
        return "too many items"
    return [(name[:MAX_TEXT], value) for name, value in pairs if isinstance(name, str)]


def _value(said: Any) -> Value | None:
    """A value in its own type, although XML's descent makes a text of most; None for what is no value."""
    if isinstance(said, bool):
        return said
    if isinstance(said, int | float):
        return number_of(said)
    if not isinstance(said, str):
        return None
    if (word := _WORDS.get(said.strip().lower())) is not None:
        return word
    if _NUMBER.fullmatch(said):
        number = float(said)
        return (int(said) if said.lstrip("+-").isdigit() else number) if math.isfinite(number) else None
    return _text(said)


def _text(said: Any) -> str:
    if isinstance(said, dict | list):
        return ""
    return "".join(letter for letter in str(said)[:MAX_TEXT] if letter.isprintable())
