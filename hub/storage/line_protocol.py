"""Readings as InfluxDB line protocol: one measurement for each quantity, a bounded set of tags, one field.

Measurements are named by quantity, tags are `site`, `device`, `metric`, `unit` and `quality`, always all five,
because newer servers fix a table's tags at its first line. Numbers, counters and switches (0 or 1) go into the float
field `v`, texts into the string field `s` of a measurement of their own. Times are nanoseconds.
"""

from sensors.model import Reading
from sensors.units import quantity_of

_TAG_ESCAPES = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\\": "/"})
_TEXT_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\"})


def encode_line(reading: Reading) -> str:
    """One line, without its end."""
    value = reading.value
    if isinstance(value, str):
        measurement, field = "text", f's="{_plain(value).translate(_TEXT_ESCAPES)}"'
    else:
        measurement = "switch" if isinstance(value, bool) else quantity_of(reading.unit)
        field = f"v={float(value)!r}"
    tags = {
        "device": reading.key.device,
        "metric": reading.metric,
        "quality": reading.quality.value,
        "site": reading.key.site,
        "unit": reading.unit or "1",
    }
    written = ",".join(f"{name}={_plain(tag).translate(_TAG_ESCAPES)}" for name, tag in tags.items())
    captured_ns = round(reading.captured_at.timestamp() * 1_000_000) * 1_000
    return f"{measurement},{written} {field} {captured_ns}"


def _plain(text: str) -> str:
    """The text on one line; what cannot be shown becomes a mark."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
