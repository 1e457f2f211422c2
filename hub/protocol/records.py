"""What the hub writes down, and what it says of itself."""

from datetime import datetime

from msgspec import Struct, field

from sensors.model import DeviceKey


class LogEntry(Struct, frozen=True):
    """One line of the operational log: what happened, to what, who did it and why."""

    number: int
    at: datetime
    kind: str
    who: str
    text: str
    key: DeviceKey | None = None
    occurrence: str = ""
    exercise: bool = False
    """Whether it happened in an exercise, here as in every record that has this field."""


class Page(Struct, frozen=True):
    """Log entries, newest first."""

    entries: tuple[LogEntry, ...] = field(default_factory=tuple)
    exercise: bool = False


class RejectedView(Struct, frozen=True):
    """Bad input, for the technician."""

    at: datetime
    topic: str
    reason: str
    payload_head: str
    payload_bytes: int


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


class HubStatus(Struct, frozen=True):
    """The hub's own counters since it started; every drop is here.

    `dead_letters` are the readings that InfluxDB refused and that wait for a technician; `influx_missing_total` are
    those it confirmed and did not have when some of them were looked for (`influx_read_back_total`).
    `services_failed_total` counts how often a search for cameras, or other work beside the hub's own, was begun again.
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
    services_failed_total: int = 0
    connections_refused_total: int = 0
    connections_unheard_total: int = 0
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
    exercise: bool = False
    """Whether this hub is for exercises: everything it says and keeps is of one."""
