"""What of a site's readings is worth a place beside its pictures, and how it is written there. Pure."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from hub.decisions.registry import Device
from hub.decisions.values import LastValues
from hub.protocol import Liveness
from sensors.model import DeviceKey, Language, Names, Quality, Reading
from sensors.units import convert
from videowall.board import MAX_VALUES, BoardValue

_KILO: Final = 1000.0


class Worth(NamedTuple):
    """A metric of a kind, with its symbol, and what its values are given in: a UCUM code and how that is written.

    `kilo` is how the unit is written from a thousand on. `largest`: of several the largest matters, else the first's.
    """

    kind: str
    metric: str
    symbol: Names
    unit: str
    written: Names
    kilo: Names | None = None
    largest: bool = False


_CPS = Names("cps", "имп/с", "имп/с")
_KCPS = Names("kcps", "кимп/с", "кимп/с")

WORTHS: Final = (
    Worth("radiation-portal", "gamma", Names("γ", "γ", "γ"), "{count}/s", _CPS, _KCPS, largest=True),
    Worth("weather", "wind", Names("wind", "ветер", "жел"), "m/s", Names("m/s", "м/с", "м/с")),
    Worth("weather", "temperature", Names(), "Cel", Names("°C", "°C", "°C")),
    Worth("vehicle-counter", "queue", Names("queue", "очередь", "кезек"), "{vehicle}", Names(), largest=True),
    Worth("weather", "visibility", Names("visibility", "видимость", "көріну"), "m", Names("m", "м", "м")),
    Worth("ups", "charge", Names("UPS", "ИБП", "ҮҚК"), "%", Names("%", "%", "%")),
)
"""The first first; of what a site has, the first few are shown."""


class Told(NamedTuple):
    """A value that is worth it: which, how much in its unit, and whether it may be believed."""

    worth: Worth
    value: float
    doubtful: bool


class Source(NamedTuple):
    """Where values come from: a device's key and unit, how long they hold, and whether the device is there."""

    key: DeviceKey
    unit: str
    holds_s: float
    is_online: bool


Sources = tuple[tuple[Worth, tuple[Source, ...]], ...]


def sources_of(devices: Sequence[Device]) -> Sources:
    """Which metrics of a site's devices are worth it."""
    found: list[tuple[Worth, tuple[Source, ...]]] = []
    for worth in WORTHS:
        having = [device for device in devices if device.birth.kind == worth.kind and worth.metric in device.metrics]
        if having:
            found.append((worth, tuple(_source(device, worth.metric) for device in having)))
    return tuple(found)


def told_of(sources: Sources, values: LastValues, at: datetime) -> tuple[Told, ...]:
    """The values now: what may be believed before what may not."""
    told: list[Told] = []
    for worth, having in sources:
        known = [each for source in having if (each := _told(worth, source, values, at)) is not None]
        if known and len(told) < MAX_VALUES:
            told.append(min(known, key=lambda each: (each.doubtful, -each.value if worth.largest else 0.0)))
    return tuple(told)


def written(told: Told, language: Language) -> BoardValue:
    """A value in a wall's language, with three digits: what changes beyond them is no news."""
    worth, value, unit = told.worth, told.value, told.worth.written
    if worth.kilo is not None and abs(value) >= _KILO:
        value, unit = value / _KILO, worth.kilo
    symbol: str = getattr(worth.symbol, language)
    return BoardValue(symbol, float(f"{value:.3g}"), getattr(unit, language), told.doubtful)


def _source(device: Device, metric: str) -> Source:
    is_online = device.liveness is Liveness.ONLINE
    return Source(device.key, device.metrics[metric].unit, device.birth.silence_s, is_online)


def _told(worth: Worth, source: Source, values: LastValues, at: datetime) -> Told | None:
    reading = values.find(source.key, worth.metric)
    if reading is None or isinstance(reading.value, bool | str) or not math.isfinite(reading.value):
        return None
    unit = reading.unit or source.unit
    value = float(reading.value) if unit == worth.unit else convert(float(reading.value), unit, worth.unit)
    return None if value is None else Told(worth, value, _is_doubtful(reading, source, at))


def _is_doubtful(reading: Reading, source: Source, at: datetime) -> bool:
    is_old = (at - reading.received_at).total_seconds() > source.holds_s
    return is_old or not source.is_online or reading.quality is not Quality.GOOD
