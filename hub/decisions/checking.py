"""Births held against themselves, and readings against births: lies are refused, the implausible is marked."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from sensors.catalog import SIMULATOR, WALL
from sensors.commands import find_lie_in_commands
from sensors.model import Birth, Condition, DeviceKey, Limit, Metric, MetricType, Quality, Reading, Value
from sensors.topics import SIMULATORS, WALLS

_SITES_OF_KINDS = ((WALLS, WALL), (SIMULATORS, SIMULATOR))
MAX_AHEAD = timedelta(seconds=60)
"""A source clock further ahead than this makes its readings uncertain."""
CLOCKS_SET_SINCE = 2020
"""A year before this is a clock that was never set: Shekara is younger."""
_SINCE = datetime(CLOCKS_SET_SINCE, 1, 1, tzinfo=UTC)
# Python 3.11 looks an enumeration's member up by a function call; what every reading passes has it by name.
_GOOD, _UNCERTAIN = Quality.GOOD, Quality.UNCERTAIN
_TYPES = {
    MetricType.NUMBER: (float, int),
    MetricType.COUNTER: (int, float),
    MetricType.BOOLEAN: (bool,),
    MetricType.TEXT: (str,),
}
"""What a value may be by its declaration; a boolean is no number, although Python thinks so."""


def find_lie(key: DeviceKey, birth: Birth) -> str | None:
    """What is wrong with a birth although its form is right; None when it may be believed."""
    for site, kind in _SITES_OF_KINDS:
        if (key.site == site) is not (birth.kind == kind):
            return f"the site {site} belongs to devices of kind {kind}, and they to it"
    if any(_holds_password(stream.url) for stream in birth.streams):
        return "a stream's URL holds a user name or a password, or is none"
    if (name := _repeated(metric.name for metric in birth.metrics)) is not None:
        return f"metric {name} is declared twice"
    if (lie := find_lie_in_commands(birth.commands)) is not None:
        return lie
    return next((lie for metric in birth.metrics if (lie := _lie_of_metric(metric)) is not None), None)


def check(reading: Reading, metric: Metric | None) -> Reading | str:
    """The reading with its declared unit and the quality found, or why it is refused. None: it was never declared."""
    quality, value = reading.quality, reading.value
    captured_at, received_at = reading.captured_at, reading.received_at
    # It may be old: it may have waited for a link, or for the hub.
    if quality is _GOOD and not (_SINCE <= captured_at <= received_at or _is_near(captured_at, received_at)):
        quality = _UNCERTAIN
    if metric is None:
        return reading if quality is reading.quality else msgspec.structs.replace(reading, quality=quality)
    if type(value) not in _TYPES[metric.type]:
        return f"{metric.name} is declared as {metric.type}, its value is {_kind(value)}"
    if quality is _GOOD and not isinstance(value, str):
        least, most = metric.minimum, metric.maximum
        if not ((least is None or value >= least) and (most is None or value <= most)):
            quality = _UNCERTAIN
    return Reading(
        reading.key,
        reading.metric,
        value,
        metric.unit,
        quality,
        captured_at,
        received_at,
        reading.sequence,
        reading.historical,
        reading.observer,
    )


def _is_near(captured_at: datetime, received_at: datetime) -> bool:
    """Whether a clock is ahead by no more than clocks may be."""
    return received_at < captured_at <= received_at + MAX_AHEAD


def _lie_of_metric(metric: Metric) -> str | None:
    if metric.minimum is not None and metric.maximum is not None and metric.minimum > metric.maximum:
        return f"the range of {metric.name} is empty"
    if (name := _repeated(limit.id for limit in metric.limits)) is not None:
        return f"limit {name} of {metric.name} is declared twice"
    return next(
        (f"limit {limit.id} of {metric.name} can never be met" for limit in metric.limits if _is_vain(limit, metric)),
        None,
    )


def _is_vain(limit: Limit, metric: Metric) -> bool:
    ordered = limit.condition in (Condition.ABOVE, Condition.BELOW)
    numeric = metric.type in (MetricType.NUMBER, MetricType.COUNTER)
    return not fits(limit.bound, metric.type) or (ordered and not numeric)


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _holds_password(url: str) -> bool:
    try:
        return urlsplit(url).username is not None
    except ValueError:
        return True


def fits(value: Value, declared: MetricType) -> bool:
    """Whether a value is of the declared type."""
    return type(value) in _TYPES[declared]


def _kind(value: Value) -> str:
    return {bool: "boolean", str: "text"}.get(type(value), "a number")
