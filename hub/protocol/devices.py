"""Devices and their values as clients see them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from sensors.model import DeviceKey, Metric, Names, Position, Quality, Stream, Value


class Approval(StrEnum):
    """Discovery proposes, a technician decides."""

    DISCOVERED = "discovered"
    APPROVED = "approved"
    REFUSED = "refused"
    RETIRED = "retired"
    """Taken out of service for good: no alarms, on no wall; its readings are stored and shown still."""


class ConflictKind(StrEnum):
    """What can be doubtful about who a device is."""

    CHANGED = "identity-changed"
    """Its birth says that it is another than the one a technician approved; what was approved stays in force."""
    TWO_SOURCES = "two-sources"
    """Two take turns in speaking as this device."""
    SHARED = "shared-identity"
    """Another device of the same source has the same serial number, MAC address or URN."""
    UNINTRODUCED = "unintroduced"
    """It speaks, and never said who it is."""
    ROGUE = "rogue"
    """It claims a place at a post whose approved gateway does not carry it."""
    MIXED = "exercise-mixed"
    """It is simulated and the hub is not for exercises, or the other way round: nothing it says is taken in."""


class Conflict(Struct, frozen=True):
    """A doubt about a device's identity that a technician has to settle. Orders name it by its `mark`."""

    kind: ConflictKind
    mark: str
    since: datetime
    text: str = ""
    others: tuple[DeviceKey, ...] = ()


class StreamState(StrEnum):
    """How a camera answered when it was asked about a stream, or about itself."""

    OK = "ok"
    WANTS_CREDENTIALS = "wants-credentials"
    WRONG_CREDENTIALS = "wrong-credentials"
    NOT_FOUND = "not-found"
    NO_ANSWER = "no-answer"
    NOT_UNDERSTOOD = "not-understood"


class StreamCheck(Struct, frozen=True):
    """What came of asking at one URL, of a stream or of a device service. What was not said is empty or 0."""

    url: str
    state: StreamState
    checked_at: datetime
    codec: str = ""
    width: int = 0
    height: int = 0


class Liveness(StrEnum):
    """Whether a device is there, and how the hub knows that it is not."""

    UNKNOWN = "unknown"
    ONLINE = "online"
    OFFLINE = "offline"
    SILENT = "silent"


class DeviceView(Struct, frozen=True):
    """A device as the registry knows it. `provenance` says which protocols announced it.

    `same_as` are devices of other sources that look like the same thing; nothing is ever merged.
    """

    key: DeviceKey
    kind: str
    names: Names
    site_names: Names
    approval: Approval
    liveness: Liveness
    liveness_since: datetime
    equipment_class: str = ""
    position: Position | None = None
    metrics: tuple[Metric, ...] = ()
    streams: tuple[Stream, ...] = ()
    covers: tuple[str, ...] = ()
    via: str | None = None
    maker: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    provenance: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    same_as: tuple[DeviceKey, ...] = ()
    checks: tuple[StreamCheck, ...] = ()
    presets: tuple[str, ...] = ()
    """Positions that a camera can be sent to."""
    exercise: bool = False
    """Whether it is simulated."""


class MetricView(Struct, frozen=True, gc=False):
    """The last live value of one metric."""

    key: DeviceKey
    metric: str
    value: Value
    unit: str
    quality: Quality
    captured_at: datetime
    received_at: datetime
