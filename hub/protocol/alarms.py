"""Alarms as clients see them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from sensors.model import DeviceKey, Names, Priority, Value


class AlarmState(StrEnum):
    """ISA-18.2 states B, C and D; normal (A) is an alarm that is no longer listed."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned-unacknowledged"
    NORMAL = "normal"


class AlarmView(Struct, frozen=True):
    """One occurrence of one alarm. An acknowledgement names the occurrence, never the alarm."""

    occurrence: str
    key: DeviceKey
    metric: str
    limit: str
    state: AlarmState
    priority: Priority
    message: Names
    procedure: Names
    cause: str
    value: Value
    unit: str
    captured_at: datetime
    raised_at: datetime
    cameras: tuple[DeviceKey, ...] = ()
    returned_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    preset: str = ""
    """Where its cameras were sent, those that know it."""
    exercise: bool = False
    """Whether it was raised in an exercise."""
