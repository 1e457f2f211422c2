"""Readings held against what their device declared: a lying type is refused, an implausible value is marked."""

from datetime import timedelta

import msgspec

from sensors.model import Metric, MetricType, Quality, Reading, Value

MAX_AHEAD = timedelta(seconds=60)
"""A source clock further ahead than this makes its readings uncertain."""


def check(reading: Reading, metric: Metric | None) -> Reading | str:
    """The reading with its declared unit and the quality found, or why it is refused. None: it was never declared."""
    quality = reading.quality
    if quality is Quality.GOOD and reading.captured_at - reading.received_at > MAX_AHEAD:
        quality = Quality.UNCERTAIN
    if metric is None:
        return reading if quality is reading.quality else msgspec.structs.replace(reading, quality=quality)
    if not _fits(reading.value, metric.type):
        return f"{metric.name} is declared as {metric.type}, its value is {_kind(reading.value)}"
    if quality is Quality.GOOD and not _plausible(reading.value, metric):
        quality = Quality.UNCERTAIN
    return Reading(
        reading.key,
        reading.metric,
        reading.value,
        metric.unit,
        quality,
        reading.captured_at,
        reading.received_at,
        reading.sequence,
        reading.historical,
    )


def _fits(value: Value, declared: MetricType) -> bool:
    match declared:
        case MetricType.NUMBER | MetricType.COUNTER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case MetricType.BOOLEAN:
            return isinstance(value, bool)
        case MetricType.TEXT:
            return isinstance(value, str)


def _plausible(value: Value, metric: Metric) -> bool:
    if isinstance(value, str):
        return True
    return (metric.minimum is None or value >= metric.minimum) and (metric.maximum is None or value <= metric.maximum)


def _kind(value: Value) -> str:
    return {bool: "boolean", str: "text"}.get(type(value), "a number")
