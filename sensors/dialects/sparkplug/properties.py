"""What a metric's property set says that the hub can use: its unit, its range, its quality."""

import math
from typing import NamedTuple

from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.values import MAX_TEXT, text_of
from sensors.model import Quality
from sensors.units import ucum_of

_MAX_PROPERTIES = 64
_GOOD, _BAD, _STALE = 192, 0, 500
_QUALITIES = {_GOOD: Quality.GOOD, _BAD: Quality.BAD, _STALE: Quality.UNCERTAIN}
_QUALITY, _UNIT, _LOW, _HIGH = "quality", "engunit", "englow", "enghigh"


class Scale(NamedTuple):
    """Unit and range of a metric. `wording` is what the source calls a unit that has no UCUM code."""

    unit: str = ""
    wording: str = ""
    minimum: float | None = None
    maximum: float | None = None


def quality_of(metric: Payload.Metric) -> Quality:
    """192 is good and 0 bad, as the specification has it; 500, stale, and what it does not name are uncertain.

    A metric that says nothing of its quality is good.
    """
    said = said_quality(metric)
    return Quality.GOOD if said is None else _QUALITIES.get(int(said), Quality.UNCERTAIN)


def known_properties(metric: Payload.Metric) -> Payload.PropertySet:
    """What of a metric's property set is read here, and no more: however often it is inherited, it stays small."""
    said = _properties(metric)
    numbers = {key: _number(said.get(key)) for key in (_QUALITY, _LOW, _HIGH)}
    known = {key: Payload.PropertyValue(double_value=number) for key, number in numbers.items() if number is not None}
    if _UNIT in said and 0 < len(said[_UNIT].string_value) <= MAX_TEXT:
        known[_UNIT] = Payload.PropertyValue(string_value=said[_UNIT].string_value)
    return Payload.PropertySet(keys=known, values=known.values())


def said_quality(metric: Payload.Metric) -> float | None:
    """The number that a metric says of its quality; None when it says none."""
    return _number(_properties(metric).get(_QUALITY)) if metric.HasField("properties") else None


def inherit_quality(member: Payload.Metric, said: float) -> None:
    """Let what is said of a whole hold for a part of it that says nothing of its own quality."""
    if _QUALITY not in _properties(member):
        member.properties.keys.append(_QUALITY)
        member.properties.values.add(double_value=said)


def scale_of(metric: Payload.Metric) -> Scale:
    """`engUnit`, `engLow` and `engHigh`; a range that is upside down is none."""
    if not metric.HasField("properties"):
        return Scale()
    said = _properties(metric)
    unit = said.get(_UNIT)
    wording = "" if unit is None else text_of(unit.string_value).strip()
    code = ucum_of(wording)
    low, high = _number(said.get(_LOW)), _number(said.get(_HIGH))
    if low is not None and high is not None and low >= high:
        low = high = None
    return Scale(code or "", wording if code is None else "", low, high)


def _properties(metric: Payload.Metric) -> dict[str, Payload.PropertyValue]:
    """By key in small letters. Keys and values are two lists: of different length, nothing of them can be believed."""
    keys, values = metric.properties.keys, metric.properties.values
    if len(keys) != len(values):
        return {}
    pairs = zip(keys[:_MAX_PROPERTIES], values[:_MAX_PROPERTIES], strict=True)
    return {text_of(key).lower(): value for key, value in pairs if not value.is_null}


def _number(said: Payload.PropertyValue | None) -> float | None:
    """A number, whichever field it came in; signed ones travel as two's complement."""
    if said is None:
        return None
    match said.WhichOneof("value"):
        case "int_value":
            number: float = said.int_value - 2**32 if said.int_value >= 2**31 else said.int_value
        case "long_value":
            number = said.long_value - 2**64 if said.long_value >= 2**63 else said.long_value
        case "float_value":
            number = said.float_value
        case "double_value":
            number = said.double_value
        case _:
            return None
    return float(number) if math.isfinite(number) else None
