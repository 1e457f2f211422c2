"""Windows of one metric, summarised by an InfluxDB from the points it has: the questions, and what the answers say.

Only numbers: how long a switch or a text held is no question for InfluxQL, and is answered from the points themselves.
A counter's increase knows its peak, and so counts rightly through one fresh start in a window, not through several.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hub.storage.database import to_us
from hub.storage.influxql import identifier
from hub.storage.line_protocol import NUMBERS, QUALITY_NUMBERS
from hub.storage.tiers import Rollup
from sensors.model import Quality

_BAD = QUALITY_NUMBERS[Quality.BAD]
_GOOD = QUALITY_NUMBERS[Quality.GOOD]
Row = Sequence[Any]


def ask_windows(only: str, step_s: int, since: datetime, until: datetime, limit: int) -> list[str]:
    """Three SELECTs: the numbers that are not BAD, all readings, and the GOOD ones; `only` names the metric."""
    between = f"{only} AND time >= {to_us(since) * 1_000} AND time < {to_us(until) * 1_000}"
    return [
        f"SELECT {figures} FROM {identifier(NUMBERS)} WHERE {between}{condition}"  # noqa: S608 - quoted by its maker
        f" GROUP BY time({step_s}s) fill(none) LIMIT {limit}"
        for figures, condition in (
            ("count(v), min(v), max(v), sum(v), first(v), last(v)", f" AND q < {_BAD}"),
            ("count(q)", ""),
            ("count(q)", f" AND q = {_GOOD}"),
        )
    ]


def make_windows(numbers: Sequence[Row], all_: Sequence[Row], good: Sequence[Row]) -> list[Rollup]:
    """The answers joined, oldest window first. A row is a time in nanoseconds and its figures."""
    measured = {row[0]: row[1:] for row in numbers}
    good_counts = {row[0]: row[1] for row in good}
    return [_make(at_ns, count, good_counts.get(at_ns, 0), measured.get(at_ns)) for at_ns, count in all_ if count]


def _make(at_ns: int, count: int, good: int, figures: Row | None) -> Rollup:
    start_s = at_ns // 1_000_000_000
    if figures is None or not figures[0]:
        return Rollup(start_s, count, good)
    numbers, (minimum, maximum, total, first, last) = figures[0], map(float, figures[1:])
    increase = _increase(first, last, minimum, maximum)
    return Rollup(start_s, count, good, numbers, minimum, maximum, total, first, last, increase)


def _increase(first: float, last: float, minimum: float, maximum: float) -> float:
    """A counter that ends below its peak, or was below its first number, has begun again at zero."""
    if last < maximum:
        return maximum - first + last
    return last if minimum < first else last - first
