"""Readings as InfluxDB line protocol, so that the same reading is the same point whenever and however often it is sent.

A point is known by its measurement, its tags and its time; writing it again overwrites it. So only what never changes
about a reading is there: tags `site`, `device`, `metric` and the time it was captured. What may be told otherwise when
it is sent again (quality, unit, delay) is a field: `q` (0 good, 1 uncertain, 2 bad), `delay` (received minus captured,
seconds), `unit` (UCUM, missing when there is none), `historical` (true or missing). Points of an exercise also have the
tag `exercise`, true: they are other series, and lie in a bucket of their own (`check_bucket`).

Numbers are always floats, in field `v` of measurement `reading`; switches are 0.0 or 1.0 in `v` of `reading_switch`,
texts are `s` of `reading_text`: one field never meets two types. Times are nanoseconds: the reading's microsecond, and
below it the last three digits of its sequence number, so that readings of one microsecond are told apart.
"""

from functools import lru_cache
from typing import NamedTuple

from hub.config import InfluxSettings
from hub.storage.database import to_us
from sensors.errors import ConfigError
from sensors.model import DeviceKey, Quality, Reading, Value

NUMBERS = "reading"
SWITCHES = "reading_switch"
TEXTS = "reading_text"
QUALITY_NUMBERS = {quality: number for number, quality in enumerate(Quality)}
"""`q`: the order of the members, good first."""
_WORD = "exercise"
_SERIES_KNOWN = 65_536
_TAG_ESCAPES = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\\": "/"})
"""A backslash at a tag's end cannot be written at all, so that none is."""
_TEXT_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\"})


class Series(NamedTuple):
    """What the lines of one metric of one device begin with, by the kind of value, and the unit they say."""

    numbers: str
    switches: str
    texts: str
    unit: str


def encode_line(reading: Reading) -> str:
    """One line, without its end."""
    return write_line(
        name_series(reading.key, reading.metric, reading.unit),
        reading.value,
        isinstance(reading.value, bool),
        QUALITY_NUMBERS[reading.quality],
        to_us(reading.captured_at),
        to_us(reading.received_at),
        reading.sequence,
        reading.historical,
    )


def write_line(
    series: Series,
    value: Value,
    is_boolean: bool,  # noqa: FBT001 - the order of the outbox's columns
    quality: int,
    captured_us: int,
    received_us: int,
    sequence: int,
    historical: bool,  # noqa: FBT001 - same
) -> str:
    """One line from a reading's parts; a boolean's value may be 0 or 1."""
    if is_boolean:
        head = f"{series.switches} v={value:d}.0"
    elif isinstance(value, str):
        head = f'{series.texts} s="{quoted(value)}"'
    else:
        head = f"{series.numbers} v={float(value)!r}"
    said = f"{series.unit},historical=true" if historical else series.unit
    delay_s = (received_us - captured_us) / 1_000_000
    return f"{head},delay={delay_s!r},q={quality}.0{said} {captured_us * 1_000 + sequence % 1_000}"


@lru_cache(_SERIES_KNOWN)
def name_series(key: DeviceKey, metric: str, unit: str, *, exercise: bool = False) -> Series:
    """The beginnings of a metric's lines."""
    tags = tags_of(key, metric, exercise=exercise)
    said = f',unit="{quoted(unit)}"' if unit else ""
    return Series(f"{NUMBERS},{tags}", f"{SWITCHES},{tags}", f"{TEXTS},{tags}", said)


def point_time_ns(captured_us: int, sequence: int) -> int:
    """The time of a reading's point."""
    return captured_us * 1_000 + sequence % 1_000


def tag_value(text: str) -> str:
    """A tag's value as it is stored: what the line cannot say is replaced."""
    return _plain(text).replace("\\", "/")


def stored_value(value: Value) -> float | str:
    """A value as a point holds it."""
    return _plain(value) if isinstance(value, str) else float(value)


def place_of(value: Value) -> tuple[str, str]:
    """The measurement and the field that hold a value."""
    if isinstance(value, str):
        return TEXTS, "s"
    return (SWITCHES if isinstance(value, bool) else NUMBERS), "v"


def tags_of(key: DeviceKey, metric: str, *, exercise: bool = False) -> str:
    """The tags of a metric, in their order."""
    device, site, name = (_plain(each).translate(_TAG_ESCAPES) for each in (key.device, key.site, metric))
    marked = ",exercise=true" if exercise else ""
    return f"device={device}{marked},metric={name},site={site}"


def check_bucket(influx: InfluxSettings, *, exercise: bool) -> None:
    """Whether a hub may write to these buckets: the name of an exercise's says so, and no other's does.

    Raises:
        ConfigError: points of exercises and of actual work would lie in one bucket.
    """
    for setting, bucket in (("bucket", influx.bucket), ("rollup_bucket", influx.rollup_bucket)):
        if influx.enabled and bucket and (_WORD in bucket.lower()) is not exercise:
            raise ConfigError(
                f"{bucket!r} would mix an exercise with actual work",
                subject=f"[influx] {setting}",
                mend=f"Name a bucket {'with' if exercise else 'without'} the word {_WORD!r} in it",
            )


def quoted(text: str) -> str:
    """A text as it stands between the quotes of a string field."""
    return _plain(text).translate(_TEXT_ESCAPES)


def _plain(text: str) -> str:
    """The text on one line; what cannot be shown becomes a mark."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
