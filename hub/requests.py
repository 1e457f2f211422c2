"""What operators and clients ask of the pipeline. Each request names its reply's type, and who asks.

Requests are inputs like messages and ticks: recorded, they replay.
"""

from typing import Generic, TypeVar

from msgspec import Struct

from hub.live import Subscription
from hub.protocol import (
    AlarmView,
    DeviceView,
    LogEntry,
    MetricView,
    RejectedView,
    WallRequest,
    WallView,
)
from sensors.dialects.native import CommandPayload
from sensors.model import Birth, DeviceKey

R = TypeVar("R")


class Request(Struct, Generic[R], frozen=True):
    """Something asked of the pipeline, answered with an `R` or a `ShekaraError`."""


class Stand(Struct, frozen=True):
    """All that the pipeline holds, at one moment."""

    devices: tuple[DeviceView, ...]
    metrics: tuple[MetricView, ...]
    alarms: tuple[AlarmView, ...]
    walls: tuple[WallView, ...]
    log: tuple[LogEntry, ...]


class ReadStand(Request[Stand], frozen=True):
    """How things stand; with a subscription, also every change from this moment on."""

    subscription: Subscription | None = None


class ReadRejected(Request[tuple[RejectedView, ...]], frozen=True):
    """The newest bad input, newest first."""

    limit: int


class Acknowledge(Request[AlarmView], frozen=True):
    """An officer has seen this occurrence."""

    occurrence: str
    who: str
    text: str


class Approve(Request[DeviceView], frozen=True):
    """A technician admits a device."""

    key: DeviceKey
    who: str
    text: str


class Refuse(Request[DeviceView], frozen=True):
    """A technician keeps a device out."""

    key: DeviceKey
    who: str
    text: str


class ChangeWall(Request[WallView], frozen=True):
    """An officer's choice for one wall."""

    wall: str
    change: WallRequest
    who: str


class Propose(Request[DeviceView], frozen=True):
    """Discovery other than by MQTT has found something; a birth over MQTT says more and replaces this one."""

    key: DeviceKey
    birth: Birth
    provenance: str


class WriteNote(Request[LogEntry], frozen=True):
    """An officer's own line in the operational log."""

    who: str
    text: str
    key: DeviceKey | None = None


class SendCommand(Request[LogEntry], frozen=True):
    """Something asked of a device, logged and published."""

    key: DeviceKey
    command: CommandPayload
    who: str
