"""What operators and clients ask of the pipeline. Each request names its reply's type, and who asks.

Requests are inputs like messages and ticks: recorded, they replay.
"""

from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from hub.live import Subscription
from hub.protocol import (
    AlarmView,
    CameraView,
    ControlView,
    DeviceView,
    FileReceipt,
    LogEntry,
    MetricView,
    PresetRequest,
    PresetView,
    RejectedView,
    StreamCheck,
    WallRequest,
    WallView,
)
from sensors.dialects.n42 import Handed
from sensors.dialects.native import CommandPayload
from sensors.model import Birth, DeviceKey, Value

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


class Standing(Request[R], Generic[R], frozen=True):
    """A question that is answered after its batch, so that it shows what that has come to."""


class ReadStand(Standing[Stand], frozen=True):
    """How things stand; with a subscription, also every change from this moment on."""

    subscription: Subscription | None = None


class ReadDevices(Standing[tuple[DeviceView, ...]], frozen=True):
    """Every device, in order of key."""


class ReadAlarms(Standing[tuple[AlarmView, ...]], frozen=True):
    """Every occurrence that is not normal, most urgent first."""


class ReadWalls(Standing[tuple[WallView, ...]], frozen=True):
    """Every wall, in order of name. A page for anybody asks it, signed in or not: it must cost little."""


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


class Retire(Request[DeviceView], frozen=True):
    """A technician takes an approved device out of service for good."""

    key: DeviceKey
    who: str
    text: str


class Settle(Request[DeviceView], frozen=True):
    """A technician settles one conflict of a device: the change it stands for is accepted, or it is dismissed."""

    key: DeviceKey
    mark: str
    who: str
    text: str
    accepted: bool


class NoteChecks(Request[DeviceView], frozen=True):
    """What a camera answered when it was asked about its streams."""

    key: DeviceKey
    checks: tuple[StreamCheck, ...]
    presets: tuple[str, ...] | None = None


class Turn(NamedTuple):
    """A camera's move as it is logged. `service`: the device service that has to be asked for it, if one has to."""

    entry: LogEntry
    service: str = ""


class TurnCamera(Request[Turn], frozen=True):
    """A camera shall go to one of its presets; walls are told before."""

    key: DeviceKey
    preset: str
    who: str


class NoteTurn(Request[LogEntry], frozen=True):
    """A camera has not gone where it was sent, and why."""

    key: DeviceKey
    preset: str
    who: str
    problem: str


class ChangeWall(Request[WallView], frozen=True):
    """An officer's choice for one wall."""

    wall: str
    change: WallRequest
    who: str


class ReadPresets(Request[tuple[PresetView, ...]], frozen=True):
    """All presets, in order of id."""


class SavePreset(Request[PresetView], frozen=True):
    """An officer's page, kept under an id for all walls."""

    preset: str
    asked: PresetRequest
    who: str


class RemovePreset(Request[None], frozen=True):
    """A preset that an officer does not want any more."""

    preset: str
    who: str


class ReadView(Request[CameraView], frozen=True):
    """How walls show a camera."""

    key: DeviceKey


class SetView(Request[CameraView], frozen=True):
    """How walls shall show a camera, and what of it nobody may see."""

    key: DeviceKey
    view: CameraView
    who: str


class Propose(Request[DeviceView], frozen=True):
    """The hub's own search has found something; what another source has introduced only gains this provenance.

    What is not `whole` is less than the thing has to say, and contradicts nothing that is known of it.
    """

    key: DeviceKey
    birth: Birth
    provenance: str
    whole: bool = True


class WriteNote(Request[LogEntry], frozen=True):
    """An officer's own line in the operational log."""

    who: str
    text: str
    key: DeviceKey | None = None


class Upload(Request[FileReceipt], frozen=True):
    """A file of a radiation portal, handed in by hand or by the portal itself."""

    key: DeviceKey
    handed: Handed
    who: str


class SendCommand(Request[LogEntry], frozen=True):
    """Something asked of a device, logged and published."""

    key: DeviceKey
    command: CommandPayload
    who: str


class ReadControls(Request[tuple[ControlView, ...]], frozen=True):
    """What can be told to simulated posts and simulators, in order of key."""


class Instruct(Request[LogEntry], frozen=True):
    """Something that an instructor starts or ends in an exercise, logged and published."""

    key: DeviceKey
    id: str
    name: str
    arguments: dict[str, Value]
    who: str
