"""Metrics of a message as readings of a device that has declared them."""

from datetime import datetime
from typing import NamedTuple

from sensors.dialects.sparkplug.declarations import Declarations, Declared
from sensors.dialects.sparkplug.properties import quality_of
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.times import moment
from sensors.dialects.sparkplug.values import Unreadable, read
from sensors.model import DeviceKey, Message, Quality, Reading, ReadingsSeen, Value


class Said(NamedTuple):
    """A metric of a message, and what it was declared as."""

    metric: Payload.Metric
    declared: Declared


class Taken(NamedTuple):
    """Readings, and why others are none."""

    messages: tuple[Message, ...]
    problems: tuple[str, ...]


def take(key: DeviceKey, said: list[Said], sent_at: datetime | None, received_at: datetime) -> Taken:
    """The readings of one message, in its order; those that the source wants no record of come as a snapshot.

    A metric without a time of its own has that of its message, one without either that of its arrival. A metric that
    is null is its last value, which can be trusted no more.
    """
    kept: list[Reading] = []
    passing: list[Reading] = []
    problems: list[str] = []
    for metric, declared in said:
        if declared.control:
            continue
        captured_at = moment(metric.timestamp) or sent_at or received_at
        try:
            value = declared.live.value if metric.is_null else read(metric, declared.datatype)
        except Unreadable as error:
            problems.append(f"{declared.name}: {error}")
            continue
        if value is None or (metric.is_null and metric.is_historical):
            continue
        quality = Quality.BAD if metric.is_null else quality_of(metric)
        historical = metric.is_historical
        trail = declared.past if historical else declared.live
        sequence = trail.follow(captured_at, value, quality, historical=historical)
        reading = _reading(key, declared, value, quality, captured_at, received_at, sequence, historical=historical)
        (passing if metric.is_transient else kept).append(reading)
    seen = (ReadingsSeen(key, tuple(kept)) if kept else None, ReadingsSeen(key, tuple(passing), snapshot=True))
    return Taken(tuple(each for each in seen if each is not None and each.readings), tuple(problems))


def stale(key: DeviceKey, declarations: Declarations, at: datetime, received_at: datetime) -> tuple[Message, ...]:
    """Every last value once more, as one that nobody vouches for from that moment on, and newer than it was."""
    readings: list[Reading] = []
    for declared in declarations.shown:
        trail = declared.live
        if trail.value is not None and not trail.stale:
            trail.stale = True
            uncertain, number = Quality.UNCERTAIN, trail.sequence + 1
            readings.append(_reading(key, declared, trail.value, uncertain, at, received_at, number, historical=False))
    return (ReadingsSeen(key, tuple(readings)),) if readings else ()


def _reading(
    key: DeviceKey,
    declared: Declared,
    value: Value,
    quality: Quality,
    captured_at: datetime,
    received_at: datetime,
    sequence: int,
    *,
    historical: bool,
) -> Reading:
    return Reading(
        key, declared.ident, value, declared.metric.unit, quality, captured_at, received_at, sequence, historical
    )
