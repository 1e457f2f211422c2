"""Stored readings, one by one or summed up in steps."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from sensors.model import DeviceKey, Quality, Value


class HistoryPoint(Struct, frozen=True):
    """One stored reading. `observer` is the wall that said it of a camera, where that is known and kept here."""

    captured_at: datetime
    received_at: datetime
    value: Value
    quality: Quality
    historical: bool = False
    observer: str = ""


class History(Struct, frozen=True):
    """Stored readings of one metric, oldest first; `truncated` when there were more than asked for.

    `source` and `missing` as `HistorySteps` has them.
    """

    key: DeviceKey
    metric: str
    unit: str
    points: tuple[HistoryPoint, ...]
    truncated: bool = False
    source: str = "local"
    missing: str = ""
    exercise: bool = False


class Aggregate(StrEnum):
    """Which figure of a step is its `value`. `good` is the share of readings of quality GOOD."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    FIRST = "first"
    LAST = "last"
    COUNT = "count"
    INCREASE = "increase"
    GOOD = "good"


class StateTime(Struct, frozen=True):
    """How long a boolean ("true", "false") or a text held within a step."""

    state: str
    duration_s: float


class HistoryStep(Struct, frozen=True, omit_defaults=True):
    """One step of time that has readings, or into which a state lasts (`count` 0). No number: None."""

    at: datetime
    count: int
    value: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    good_fraction: float | None = None
    states: tuple[StateTime, ...] = ()


class Gap(Struct, frozen=True):
    """A silence longer than this metric's own."""

    since: datetime
    until: datetime


class HistorySteps(Struct, frozen=True):
    """One metric over time, oldest first; steps that have nothing are not there.

    `step_s`, `since` and `until` are those that were used: whole steps, and longer ones where only those are kept.
    `source` says where it is from: local (readings) or local-1min, local-15min, local-1h (windows), influx or
    influx-1min, ...; several where they were needed. `missing` says what nobody gave; `truncated` that there was more
    than an answer may hold.
    """

    key: DeviceKey
    metric: str
    unit: str
    aggregate: Aggregate
    step_s: int
    since: datetime
    until: datetime
    steps: tuple[HistoryStep, ...]
    gaps: tuple[Gap, ...] = ()
    truncated: bool = False
    source: str = "local"
    missing: str = ""
    exercise: bool = False
