"""Sections [hub], [storage] and [influx] of shekara.toml. Secrets are never here: see `sensors.secrets`."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from sensors.model import Language, Line


class HubSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the hub keeps its files, where it listens, and what it presumes."""

    data_dir: Annotated[Path, Meta(description="folder of the hub's databases and keys; made when missing")] = Path(
        "data"
    )
    host: Annotated[str, Meta(description="address the HTTP API listens on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535, description="port the HTTP API listens on; 0 takes a free one")] = 8460
    public_url: Annotated[
        str, Meta(description="address under which browsers reach the hub; empty: http://host:port")
    ] = ""
    name: Annotated[
        str, Meta(min_length=1, max_length=60, description="this hub's MQTT client id and its name on the network")
    ] = "shekara-hub"
    approve_all: Annotated[bool, Meta(description="approve every device that is discovered; for demonstrations")] = (
        False
    )
    default_limits: Annotated[
        bool,
        Meta(description="watch metrics that declare no alarm limits by those of the device catalogue"),
    ] = True
    device_readings_per_s: Annotated[
        float,
        Meta(
            gt=0,
            description="most readings a second that one device may send for longer than a minute; more are refused",
        ),
    ] = 2_000.0
    mdns: Annotated[bool, Meta(description="look for cameras and brokers by mDNS, and advertise the hub")] = True
    language: Annotated[Language, Meta(description="language of walls until an officer chooses: kk, ru or en")] = (
        Language.RU
    )
    time_zone: Annotated[Line, Meta(description="IANA zone of the times on walls")] = "Asia/Almaty"
    exercise: Annotated[
        bool,
        Meta(
            description="this hub is for exercises: it takes in simulated equipment alone and says EXERCISE"
            " everywhere; walls and simulators heed it too"
        ),
    ] = False
    simulated: Annotated[
        str,
        Meta(
            max_length=10_000,
            description="equipment that is simulated and cannot say so in its own dialect: sites, or site/device,"
            " with spaces",
        ),
    ] = ""

    @property
    def url(self) -> str:
        """The address browsers are sent to."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"


class WallsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The walls that one machine shows, each in a process of its own: `shekara walls`."""

    names: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9_-]+(\s*,\s*[a-z0-9_-]+){0,15}$",
            description="ids of the walls, with commas; each takes the rest of its settings from [wall]",
        ),
    ] = "main"
    port: Annotated[
        int,
        Meta(ge=0, le=65_520, description="port of the first wall's page, the others follow; 0 takes free ones"),
    ] = 8461
    silent_s: Annotated[
        float, Meta(ge=3, le=600, description="a wall that has not drawn for so many seconds is ended and begun again")
    ] = 10.0
    memory_mb: Annotated[
        int, Meta(ge=200, le=1_000_000, description="and one that takes more memory, its children included, in MB")
    ] = 4000

    @property
    def walls(self) -> tuple[tuple[str, int], ...]:
        """Each wall's id and port, counted up from the first wall's; 0: any."""
        ids = dict.fromkeys(name.strip() for name in self.names.split(","))
        return tuple((name, self.port + place if self.port else 0) for place, name in enumerate(ids))


class StorageSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How readings reach the disk, and how long they and their summaries stay there."""

    batch_messages: Annotated[
        int, Meta(ge=1, le=10_000, description="most messages that share one commit to the disk")
    ] = 500
    batch_linger_ms: Annotated[
        float,
        Meta(
            ge=0, le=1000, description="least time between commits while messages keep coming; 0 commits what is there"
        ),
    ] = 10.0
    inbox_messages: Annotated[
        int,
        Meta(ge=100, le=1_000_000, description="messages held in memory before the broker has to wait; 64 MB at most"),
    ] = 10_000
    keep_raw_days: Annotated[
        int, Meta(ge=0, le=36_500, description="how long readings stay after they were received; 0 keeps all")
    ] = 30
    keep_1min_days: Annotated[int, Meta(ge=0, le=36_500, description="how long windows of 1 minute stay; 0: all")] = 180
    keep_15min_days: Annotated[
        int, Meta(ge=0, le=36_500, description="how long windows of 15 minutes stay; 0: all")
    ] = 730
    keep_1h_days: Annotated[int, Meta(ge=0, le=36_500, description="how long windows of 1 hour stay; 0: all")] = 0


class IngestSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Processes that take in messages before the hub, when one is not enough for a broker's traffic."""

    partitions: Annotated[
        str,
        Meta(
            max_length=50_000,
            description="sites that a process of their own takes in, with spaces, and the next process's after a comma:"
            " kordai konysbayev, sypatai-batyr; all others the hub takes in itself",
        ),
    ] = ""
    spool_messages: Annotated[
        int,
        Meta(ge=1_000, le=1_000_000_000, description="most messages of a partition that wait on the disk for the hub"),
    ] = 5_000_000

    @property
    def lists(self) -> tuple[tuple[str, ...], ...]:
        """The sites of each process."""
        return tuple(tuple(each.split()) for each in self.partitions.split(",") if each.strip())


class InfluxSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """An InfluxDB that readings are forwarded to; used when `url` is set. Its token is a secret."""

    url: Annotated[str, Meta(description="http://host:port of an InfluxDB; empty: readings stay local")] = ""
    org: Annotated[str, Meta(description="organisation, for InfluxDB 2")] = "shekara"
    bucket: Annotated[str, Meta(description="bucket (InfluxDB 2) or database (1.x and 3)")] = "shekara"
    batch_lines: Annotated[int, Meta(ge=1, le=20_000, description="most lines in one write request")] = 5_000
    timeout_s: Annotated[float, Meta(gt=0, le=300, description="how long one request may take, in seconds")] = 10.0
    gzip: Annotated[bool, Meta(description="compress what is written")] = True
    create_database: Annotated[bool, Meta(description="make the database when InfluxDB 1.x has none of that name")] = (
        False
    )
    retention_days: Annotated[
        int, Meta(ge=0, le=36_500, description="how long a database that the hub makes keeps points; 0 keeps all")
    ] = 0
    read_back_every_s: Annotated[
        float,
        Meta(ge=0, le=86_400, description="how often confirmed points are looked for in the database; 0 never looks"),
    ] = 60.0
    forward_rollups: Annotated[
        bool, Meta(description="forward windows of 1 min, 15 min and 1 h too, into measurements of their own")
    ] = True
    rollup_bucket: Annotated[
        str, Meta(description="bucket or database of those windows, with its own retention; empty: that of readings")
    ] = ""

    @property
    def enabled(self) -> bool:
        """Whether readings are forwarded at all."""
        return bool(self.url)
