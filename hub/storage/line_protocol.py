"""Readings as InfluxDB line protocol, so that the same reading is the same point whenever and however often it is sent.

A point is known by its measurement, its tags and its time; writing it again overwrites it. So only what never changes
about a reading is there: tags `site`, `device`, `metric` and the time it was captured. What may be told otherwise when
it is sent again (quality, unit, delay) is a field: `q` (0 good, 1 uncertain, 2 bad), `delay` (received minus captured,
seconds), `unit` (UCUM, missing when there is none), `historical` (true or missing).

Numbers are always floats, in field `v` of measurement `reading`; switches are 0.0 or 1.0 in `v` of `reading_switch`,
texts are `s` of `reading_text`: one field never meets two types. Times are nanoseconds: the reading's microsecond, and
below it the last three digits of its sequence number, so that readings of one microsecond are told apart.
"""

from functools import lru_cache

from hub.storage.database import to_us
from sensors.model import DeviceKey, Quality, Reading, Value

NUMBERS = "reading"
SWITCHES = "reading_switch"
TEXTS = "reading_text"
QUALITY_NUMBERS = {quality: number for number, quality in enumerate(Quality)}
"""`q`: the order of the members, good first."""
_SERIES_KNOWN = 65_536
_TAG_ESCAPES = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\\": "/"})
"""A backslash at a tag's end cannot be written at all, so that none is."""
_TEXT_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\"})


def encode_line(reading: Reading) -> str:
    """One line, without its end."""
    value, captured_us = reading.value, to_us(reading.captured_at)
    if isinstance(value, str):
        head, field = _head(TEXTS, reading.key, reading.metric), f's="{_quoted(value)}"'
    else:
        measurement = SWITCHES if isinstance(value, bool) else NUMBERS
        head, field = _head(measurement, reading.key, reading.metric), f"v={float(value)!r}"
    delay_s = (to_us(reading.received_at) - captured_us) / 1_000_000
    facts = _facts(reading.quality, reading.unit, reading.historical)
    return f"{head} {field},delay={delay_s!r},{facts} {point_time_ns(captured_us, reading.sequence)}"


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


@lru_cache(_SERIES_KNOWN)
def _head(measurement: str, key: DeviceKey, metric: str) -> str:
    device, site, name = (_plain(each).translate(_TAG_ESCAPES) for each in (key.device, key.site, metric))
    return f"{measurement},device={device},metric={name},site={site}"


@lru_cache(_SERIES_KNOWN)
def _facts(quality: Quality, unit: str, historical: bool) -> str:  # noqa: FBT001 - a cache's key
    said = f"q={QUALITY_NUMBERS[quality]}.0"
    if unit:
        said += f',unit="{_quoted(unit)}"'
    return f"{said},historical=true" if historical else said


def _quoted(text: str) -> str:
    return _plain(text).translate(_TEXT_ESCAPES)


def _plain(text: str) -> str:
    """The text on one line; what cannot be shown becomes a mark."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
