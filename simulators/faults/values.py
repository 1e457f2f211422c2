"""Sensors that lie: values that stand still, run away or cannot be."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sensors.model import Metric, MetricType, Value
from simulators.faults.spans import Span
from simulators.scenario.telemetry_actions import TelemetryFault, ValueDrift, ValueImpossible, ValueStuck

Values = dict[str, Value | None]
_NUMERIC = (MetricType.NUMBER, MetricType.COUNTER)
_BEYOND = 1_000.0


def measured(metrics: Iterable[Metric], named: str | None) -> Metric | None:
    """The numeric metric of that name, or without a name the first number that has a range; None without one."""
    for metric in metrics:
        if named is None and metric.type is MetricType.NUMBER and None not in (metric.minimum, metric.maximum):
            return metric
        if metric.name == named and metric.type in _NUMERIC:
            return metric
    return None


def impossible(metric: Metric) -> float:
    """A value far outside the range of a metric."""
    low, high = metric.minimum, metric.maximum
    if high is not None:
        return high + (high - low if low is not None else _BEYOND)
    return (0.0 if low is None else low) - _BEYOND


def falsified(
    values: Values,
    spans: Iterable[Span[TelemetryFault]],
    metrics: Iterable[Metric],
    before: Mapping[str, Value | None],
    now: datetime,
) -> Values:
    """The values as the faults in force have them said; `before` is what the device said before it stood still."""
    told, declared = dict(values), tuple(metrics)
    for span in spans:
        match span.fault:
            case ValueStuck(metric=name):
                told |= {metric: value for metric, value in before.items() if name in (None, metric)}
            case ValueImpossible(metric=name, value=value):
                if (metric := measured(declared, name)) is not None:
                    told[metric.name] = impossible(metric) if value is None else value
            case ValueDrift(metric=name, per_h=per_h):
                metric = measured(declared, name)
                if metric is not None and isinstance(number := told.get(metric.name), int | float):
                    told[metric.name] = round(number + per_h * (now - span.starts).total_seconds() / 3600.0, 3)
            case _:
                pass
    return told
