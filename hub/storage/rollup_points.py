"""Windows as points of an InfluxDB: how one is written, how they are asked for, and what the answer says.

Measurements `rollup_1min`, `rollup_15min` and `rollup_1h`, tags `site`, `device` and `metric` as readings have them,
the time is the window's begin. `increase` is of a counter, with the step from the window before it; `numbers` is there
where it is not `count`. A window that is empty now says so over what it was: `count` 0 and no states.
"""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Any, NamedTuple

import msgspec

from hub.storage.database import to_us
from hub.storage.influxql import identifier
from hub.storage.line_protocol import quoted, tags_of
from hub.storage.rollups import NumberedRollup
from hub.storage.tiers import Rollup, Tier, share_states, step_up
from sensors.model import DeviceId, DeviceKey, SiteId

_FIELDS = ("count", "good_fraction", "numbers", "min", "max", "mean", "first", "last", "increase", "states_s", "unit")
_states = msgspec.json.Decoder(dict[str, float])


class StoredWindows(NamedTuple):
    """Windows in order of time, their unit, and the last number before them."""

    windows: list[Rollup]
    unit: str
    before: float | None


def encode_rollup_line(numbered: NumberedRollup, *, exercise: bool = False) -> str:
    """One window as a line, without its end."""
    series, window = numbered.series, numbered.rollup
    numbers: dict[str, float | None] = {
        "count": window.count,
        "good_fraction": window.good_fraction,
        "numbers": None if window.numbers == window.count else window.numbers,
        "min": window.minimum,
        "max": window.maximum,
        "mean": window.mean,
        "first": window.first,
        "last": window.last,
        "increase": window.increase + step_up(numbered.before, window.first) if window.numbers else None,
    }
    # What an earlier hub has summed up may be without end, which no line can say.
    fields = [
        f"{name}={float(number)!r}" for name, number in numbers.items() if number is not None and isfinite(number)
    ]
    if window.states or window.numbers < window.count or not window.count:
        # Also without any: there may have been some before, which the server would keep.
        states = {share.state: share.duration_us / 1_000_000 for share in window.states}
        fields.append(f'states_s="{quoted(msgspec.json.encode(states).decode())}"')
    if series.unit:
        fields.append(f'unit="{quoted(series.unit)}"')
    key = DeviceKey(SiteId(series.site), DeviceId(series.device))
    tags = tags_of(key, series.metric, exercise=exercise)
    return f"{_measurement(numbered.tier)},{tags} {','.join(fields)} {window.start_s}000000000"


def ask_rollups(only: str, tier: Tier, since: datetime, until: datetime, limit: int) -> list[str]:
    """Two SELECTs: the windows with since <= start < until, and the last number before; `only` names the metric."""
    place = f"FROM {identifier(_measurement(tier))} WHERE {only}"
    fields = ", ".join(identifier(field) for field in _FIELDS)
    since_ns, until_ns = to_us(since) * 1_000, to_us(until) * 1_000
    return [
        f"SELECT {fields} {place} AND time >= {since_ns} AND time < {until_ns} ORDER BY time ASC LIMIT {limit}",
        f'SELECT "last" {place} AND time < {since_ns} ORDER BY time DESC LIMIT 1',
    ]


def make_rollups(rows: Sequence[Sequence[Any]], before: Sequence[Sequence[Any]]) -> StoredWindows:
    """The answers as windows, without those that are empty by now."""
    first = last = float(before[0][1]) if before and before[0][1] is not None else None
    windows: list[Rollup] = []
    unit = ""
    for at_ns, *figures, states, its_unit in rows:
        window = _window(int(at_ns) // 1_000_000_000, figures, states, last)
        if window.count or window.states:
            windows.append(window)
            unit = str(its_unit or unit)
        last = window.last if window.numbers else last
    return StoredWindows(windows, unit, first)


def _window(start_s: int, figures: Sequence[float | None], states: str | None, before: float | None) -> Rollup:
    count, good_fraction, numbers, minimum, maximum, mean, first, last, increase = figures
    held = _states.decode(states) if states else {}
    shares = share_states((state, round(duration_s * 1_000_000)) for state, duration_s in held.items())
    readings, good = round(count or 0), round((good_fraction or 0.0) * (count or 0))
    if mean is None or first is None or last is None or increase is None:
        return Rollup(start_s, readings, good, states=shares)
    measured = readings if numbers is None else round(numbers)
    within = increase - step_up(before, first)
    return Rollup(start_s, readings, good, measured, minimum, maximum, mean * measured, first, last, within, shares)


def _measurement(tier: Tier) -> str:
    return f"rollup_{tier.label}"
