"""What equipment says, as types: devices, their metrics and streams, readings and events.

Every time is aware UTC; every quantity carries its UCUM unit; every id is checked by pattern, because
ids become topic levels, file names and tags. What comes by the thousand a second is kept from the garbage collector
(`gc=False`): it holds only values, so it cannot be part of a cycle, and looking at it doubles what a reading costs.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, NewType

from msgspec import Meta, Struct, field

SiteId = NewType("SiteId", str)
DeviceId = NewType("DeviceId", str)
MetricName = NewType("MetricName", str)

ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$(?!\n)"
# The last group refuses what Python's $ alone would let pass: a newline at the end.
Ident = Annotated[str, Meta(pattern=ID_PATTERN, description="lower-case letters, digits, - and _; 1 to 63")]
Word = Annotated[str, Meta(max_length=64)]
Line = Annotated[str, Meta(max_length=200)]
Paragraph = Annotated[str, Meta(max_length=2000)]

Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""JSON has larger ones: no float holds them, and so nothing can be calculated with both."""
Value = bool | Whole | float | Annotated[str, Meta(max_length=256)]


class DeviceKey(Struct, frozen=True, order=True, cache_hash=True, gc=False):
    """A device's place in the whole network: site, then device."""

    site: SiteId
    device: DeviceId

    def __str__(self) -> str:
        return f"{self.site}/{self.device}"


class Language(StrEnum):
    """Languages the product speaks."""

    KK = "kk"
    RU = "ru"
    EN = "en"


class Names(Struct, frozen=True, omit_defaults=True):
    """One name in three languages; a missing one falls back ru, en, kk."""

    en: Line = ""
    ru: Line = ""
    kk: Line = ""

    def in_language(self, language: Language) -> str:
        """The name in `language`, or the nearest that exists, or an empty string."""
        wanted = {Language.KK: self.kk, Language.RU: self.ru, Language.EN: self.en}[language]
        return wanted or self.ru or self.en or self.kk


class Quality(StrEnum):
    """How far a value can be trusted, as the source says or the hub found."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


class Priority(StrEnum):
    """How soon a human must respond, lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the lowest; higher is more urgent."""
        return list(Priority).index(self)


class Condition(StrEnum):
    """How a limit compares a value with its bound."""

    ABOVE = "above"
    BELOW = "below"
    EQUALS = "equals"
    DIFFERS = "differs"


class Limit(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """When a metric's value needs a human (ISA-18.2 alarm attributes).

    ABOVE and BELOW take a number, return to normal only `deadband` back inside the bound; EQUALS and DIFFERS
    take any value. A condition must hold `on_delay_s` to raise and be gone `off_delay_s` to clear.
    """

    id: Ident
    condition: Condition
    bound: Value
    priority: Priority
    message: Names
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    on_delay_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    off_delay_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    cause: Paragraph = ""
    procedure: Names = field(default_factory=Names)
    preset: Line = ""
    """Where the cameras that see the device are sent when it is raised: those that have a preset of this name."""


class MetricType(StrEnum):
    """What a metric's values are; a value of another type is rejected."""

    NUMBER = "number"
    COUNTER = "counter"
    BOOLEAN = "boolean"
    TEXT = "text"


class Metric(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing a device measures. `minimum` and `maximum` are the plausible range, in `unit`."""

    name: Ident
    type: MetricType
    names: Names = field(default_factory=Names)
    unit: Annotated[str, Meta(max_length=24, description="UCUM code, empty when dimensionless")] = ""
    minimum: float | None = None
    maximum: float | None = None
    limits: Annotated[tuple[Limit, ...], Meta(max_length=8)] = ()


class StreamRole(StrEnum):
    """What a stream is for."""

    MAIN = "main"
    SUB = "sub"
    WALL = "wall"


class Stream(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a picture can be fetched. The URL never holds a user name or a password."""

    role: StreamRole
    url: Annotated[str, Meta(max_length=500)]
    codec: Word = ""
    width: Annotated[int, Meta(ge=0, le=16_384)] = 0
    height: Annotated[int, Meta(ge=0, le=16_384)] = 0
    fps: Annotated[float, Meta(ge=0, le=240)] = 0.0


class Position(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """WGS 84, degrees; bearing is where a camera looks, clockwise from north."""

    latitude_deg: Annotated[float, Meta(ge=-90, le=90)]
    longitude_deg: Annotated[float, Meta(ge=-180, le=180)]
    bearing_deg: Annotated[float, Meta(ge=0, lt=360)] | None = None


class Choice(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One of the texts that an argument may be; without names it is the id of a device of the same site.

    `about` says more of it, for whoever chooses.
    """

    value: Word
    names: Names = field(default_factory=Names)
    about: Names = field(default_factory=Names)


class Argument(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a command can be told: a number in its range, a boolean, or a text, one of `choices` where there are any.

    What is left out is `default`; where that is None the device itself knows what to do, unless it is `required`.
    """

    name: Ident
    type: MetricType
    names: Names = field(default_factory=Names)
    unit: Annotated[str, Meta(max_length=24, description="UCUM code, empty when dimensionless")] = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: Annotated[tuple[Choice, ...], Meta(max_length=256)] = ()
    default: Value | None = None
    required: bool = False


class Command(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that a device can be asked for. `expects`: what should come of it, for whoever asks.

    What is `lasting` goes on for its argument `duration_s`, or for ever, and is ended by the command `relieve` with the
    id of the command that began it.
    """

    name: Ident
    names: Names = field(default_factory=Names)
    about: Names = field(default_factory=Names)
    arguments: Annotated[tuple[Argument, ...], Meta(max_length=16)] = ()
    lasting: bool = False
    expects: Names = field(default_factory=Names)


class Birth(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who a device is. `covers` names the devices of its site whose surroundings this camera sees.

    `silence_s` is how long it may say nothing before it counts as offline; `via` is the device of the same site
    whose connection it speaks through, so that it goes offline with it. `identities` are what it is known by for
    good, besides its serial number: "mac:00:40:8c:01:02:03", "urn:uuid:…".
    """

    kind: Ident
    names: Names
    site_names: Names = field(default_factory=Names)
    equipment_class: Word = ""
    position: Position | None = None
    metrics: Annotated[tuple[Metric, ...], Meta(max_length=256)] = ()
    streams: Annotated[tuple[Stream, ...], Meta(max_length=8)] = ()
    covers: Annotated[tuple[Ident, ...], Meta(max_length=64)] = ()
    presets: Annotated[tuple[Line, ...], Meta(max_length=64)] = ()
    """Positions that it can be sent to, by the command `go-to-preset`."""
    via: Ident | None = None
    silence_s: Annotated[float, Meta(gt=0, le=604_800)] = 180.0
    receipts: bool = False
    """Whether it wants to be told what is stored of what it carries; meant for whoever has a connection."""
    maker: Line = ""
    model: Line = ""
    firmware: Line = ""
    serial: Line = ""
    identities: Annotated[tuple[Word, ...], Meta(max_length=8)] = ()
    exercise: bool = False
    """Whether it is simulated. An exercise hub takes in nothing else, and any other hub nothing of it."""
    commands: Annotated[tuple[Command, ...], Meta(max_length=128)] = ()
    """What it can be asked for, where it says so."""


class Reading(Struct, frozen=True, gc=False):
    """One value of one metric at one moment. Identity: site, device, metric, captured_at, sequence.

    The `observer` is who said it, where that is not the device and named itself.
    """

    key: DeviceKey
    metric: MetricName
    value: Value
    unit: str
    quality: Quality
    captured_at: datetime
    received_at: datetime
    sequence: int
    historical: bool
    observer: str = ""


class BirthSeen(Struct, frozen=True):
    """A device said who it is; None when its retained birth was removed."""

    key: DeviceKey
    birth: Birth | None
    received_at: datetime
    retained: bool


class StateSeen(Struct, frozen=True):
    """A device, or its will, said whether it is online and since when."""

    key: DeviceKey
    online: bool
    since: datetime
    received_at: datetime
    retained: bool


class ReadingsSeen(Struct, frozen=True):
    """The readings of one message, in the order given.

    A `snapshot` is the broker's memory of a value without a time of its own: it is shown where nothing newer is
    known, and neither stored nor judged.
    """

    key: DeviceKey
    readings: tuple[Reading, ...]
    snapshot: bool = False


class EventSeen(Struct, frozen=True):
    """Something that happened, with an id that makes a repeat recognisable."""

    key: DeviceKey
    id: str
    kind: str
    text: str
    happened_at: datetime
    received_at: datetime


class AckSeen(Struct, frozen=True):
    """A device's answer to a command."""

    key: DeviceKey
    command_id: str
    done: bool
    text: str
    received_at: datetime


class Rejected(Struct, frozen=True):
    """Bad input as a value: kept, counted and shown, never raised.

    `payload_head` is at most the first 200 bytes, made printable.
    """

    topic: str
    reason: str
    payload_head: str
    payload_bytes: int
    received_at: datetime
    key: DeviceKey | None = None


Message = BirthSeen | StateSeen | ReadingsSeen | EventSeen | AckSeen | Rejected
