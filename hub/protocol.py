"""What the hub and its clients say to each other: JSON over HTTP, and over one live WebSocket.

The live feed begins with a `Snapshot`; every later message is a change since it, in order. Alarm changes are never
merged; metric values may be, newest wins, each metric at most four times a second a client.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from sensors.access import Role
from sensors.model import (
    DeviceKey,
    Language,
    Line,
    Metric,
    Names,
    Paragraph,
    Position,
    Priority,
    Quality,
    Stream,
    Value,
)

API = "/api/v1"


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


class MetricView(Struct, frozen=True, gc=False):
    """The last live value of one metric."""

    key: DeviceKey
    metric: str
    value: Value
    unit: str
    quality: Quality
    captured_at: datetime
    received_at: datetime


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


class LogEntry(Struct, frozen=True):
    """One line of the operational log: what happened, to what, who did it and why."""

    number: int
    at: datetime
    kind: str
    who: str
    text: str
    key: DeviceKey | None = None
    occurrence: str = ""


class WallView(Struct, frozen=True):
    """A wall as its plan and its node stand. `url` is its page."""

    wall: str
    title: Names
    layout: str
    online: bool
    url: str = ""
    spotlight: DeviceKey | None = None


class HubStatus(Struct, frozen=True):
    """The hub's own counters since it started; every drop is here.

    `dead_letters` are the readings that InfluxDB refused and that wait for a technician; `influx_missing_total` are
    those it confirmed and did not have when some of them were looked for (`influx_read_back_total`).
    """

    at: datetime
    started_at: datetime
    broker: str
    broker_connected: bool
    storage: str
    storage_writable: bool
    messages_received_total: int = 0
    readings_stored_total: int = 0
    readings_duplicate_total: int = 0
    messages_acknowledged_total: int = 0
    rejected_total: int = 0
    live_dropped_total: int = 0
    influx_pending: int = 0
    influx_written_total: int = 0
    influx_read_back_total: int = 0
    influx_missing_total: int = 0
    dead_letters: int = 0
    rollups_pending: int = 0
    rollups_written_total: int = 0
    rollups_forwarded_total: int = 0
    readings_deleted_total: int = 0
    rollups_deleted_total: int = 0
    problems: tuple[str, ...] = ()


class RejectedView(Struct, frozen=True):
    """Bad input, for the technician."""

    at: datetime
    topic: str
    reason: str
    payload_head: str
    payload_bytes: int


class Snapshot(Struct, frozen=True, tag="snapshot"):
    """Everything a console shows, at one moment of the pipeline."""

    status: HubStatus
    principal_name: str
    principal_role: Role
    devices: tuple[DeviceView, ...]
    metrics: tuple[MetricView, ...]
    alarms: tuple[AlarmView, ...]
    walls: tuple[WallView, ...]
    log: tuple[LogEntry, ...]


class DevicesChanged(Struct, frozen=True, tag="devices"):
    """Devices that are new or differ; `removed` are gone from the registry."""

    devices: tuple[DeviceView, ...] = ()
    removed: tuple[DeviceKey, ...] = ()


class MetricsChanged(Struct, frozen=True, tag="metrics"):
    """New last values."""

    metrics: tuple[MetricView, ...]


class AlarmChanged(Struct, frozen=True, tag="alarm"):
    """One transition; an alarm in state NORMAL leaves the list."""

    alarm: AlarmView


class WallsChanged(Struct, frozen=True, tag="walls"):
    """Walls that are new or differ."""

    walls: tuple[WallView, ...]


class Logged(Struct, frozen=True, tag="log"):
    """A new line of the operational log."""

    entry: LogEntry


class StatusChanged(Struct, frozen=True, tag="status"):
    """The hub's counters, about once in two seconds."""

    status: HubStatus


LiveMessage = Snapshot | DevicesChanged | MetricsChanged | AlarmChanged | WallsChanged | Logged | StatusChanged
live_decoder = msgspec.json.Decoder(LiveMessage)


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /session."""

    name: Line
    password: Annotated[str, Meta(max_length=256)]


class Session(Struct, frozen=True):
    """A sign-in: send `token` as `Authorization: Bearer`."""

    token: str
    name: str
    role: Role
    expires_at: datetime


class Ticket(Struct, frozen=True):
    """A one-entry address of a wall's page."""

    url: str
    expires_at: datetime


class Note(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of requests that take the officer's words: acknowledge, approve, refuse, log."""

    text: Paragraph = ""


class FileReceipt(Struct, frozen=True):
    """What became of a file that was handed in, once it is on the disk; the file itself is not kept.

    `readings` were taken in; the store keeps each once, however often the file is handed in. `refused` were not, and
    are shown among what was rejected.
    """

    key: DeviceKey
    sha256: str
    readings: int
    refused: int
    alarms: int


class Settlement(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of requests that settle a conflict: which one, as its `mark` says, and the technician's words."""

    mark: Line
    text: Paragraph = ""


class WallRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Body of PUT /walls/{wall}: what to change; unset stays. An empty spotlight clears the operator's choice."""

    layout: str | None = None
    language: Language | None = None
    spotlight: DeviceKey | None = None
    clear_spotlight: bool = False


class AccountRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of PUT /accounts/{name}."""

    role: Role
    password: Annotated[str, Meta(min_length=12, max_length=256)]


class AccountView(Struct, frozen=True):
    """An account without its secret."""

    name: str
    role: Role
    created_at: datetime


class HistoryPoint(Struct, frozen=True):
    """One stored reading."""

    captured_at: datetime
    received_at: datetime
    value: Value
    quality: Quality
    historical: bool = False


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
    `source` says where it is from: local, local-1min, local-15min, local-1h, influx, influx-1min, ...; two where both
    were needed. `missing` says what nobody gave; `truncated` that there was more than an answer may hold.
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


class Problem(Struct, frozen=True):
    """An error's body: the closed kind, and one line for people."""

    kind: str
    detail: str


class Page(Struct, frozen=True):
    """Log entries, newest first."""

    entries: tuple[LogEntry, ...] = field(default_factory=tuple)
