"""Readings as InfluxDB line protocol: one measurement for each quantity, a bounded set of tags, one field.

Measurements are named by quantity, tags are `site`, `device`, `metric`, `unit` and `quality`, always all five,
because newer servers fix a table's tags at its first line. Numbers, counters and switches (0 or 1) go into the float
field `v`, texts into the string field `s` of a measurement of their own. Times are nanoseconds.
"""

from sensors.model import Reading

_QUANTITIES = {
    "Cel": "temperature",
    "K": "temperature",
    "%": "ratio",
    "m/s": "speed",
    "km/h": "speed",
    "V": "voltage",
    "mV": "voltage",
    "A": "current",
    "W": "power",
    "kW": "power",
    "hPa": "pressure",
    "Pa": "pressure",
    "mm/h": "precipitation",
    "m": "length",
    "mm": "length",
    "km": "length",
    "kg": "mass",
    "t": "mass",
    "deg": "angle",
    "lx": "illuminance",
    "Hz": "frequency",
    "ms": "duration",
    "s": "duration",
    "min": "duration",
    "h": "duration",
    "kbit/s": "data_rate",
    "{dBm}": "signal_level",
    "{count}/s": "count_rate",
    "uSv/h": "dose_rate",
}
"""UCUM unit to quantity; other units in braces are counts of something."""

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


def quantity_of(unit: str) -> str:
    """What is measured in a unit: the measurement's name."""
    return _QUANTITIES.get(unit, "count" if unit.startswith("{") else "number")


def _plain(text: str) -> str:
    """The text on one line; what cannot be shown becomes a mark."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
