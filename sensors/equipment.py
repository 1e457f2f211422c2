"""The device catalogue: which kinds of border equipment there are, what each measures, and what a birth leaves out.

The one source of plausible ranges, units, names and default alarm limits; its entries are in `sensors/kinds`. A
device's own word always goes first: the catalogue fills gaps, it never overrides.
"""

import re

from msgspec import structs

from sensors.kinds import crossing, exercises, perimeter, pictures, premises, supplies, uplinks
from sensors.kinds.form import Kind, counter, number
from sensors.kinds.words import OF_DEVICE_CLASS, OF_WORD, ONVIF_ROOTS
from sensors.model import Birth, Limit, Metric, MetricType, Names
from sensors.units import convert, ucum_of

SENSOR = "sensor"
"""The kind of what the catalogue cannot place."""
_MAX_CLASS = 200
_NUMERIC = (MetricType.NUMBER, MetricType.COUNTER)

_MODULES = (perimeter, crossing, supplies, uplinks, pictures, premises, exercises)
CATALOGUE: dict[str, Kind] = {kind.id: kind for module in _MODULES for kind in module.KINDS}
"""Every kind by its id."""

_OF_ANY_KIND = {
    metric.name: metric
    for metric in (
        number("temperature", Names("Temperature", "Температура", "Температура"), "Cel", -60, 150),
        number("humidity", Names("Humidity", "Влажность", "Ылғалдылық"), "%", 0, 100),
        number("battery_level", Names("Battery", "Заряд батареи", "Батарея заряды"), "%", 0, 100),
        number("voltage", Names("Voltage", "Напряжение", "Кернеу"), "V", None, None),
        number("rssi", Names("Signal", "Уровень сигнала", "Сигнал деңгейі"), "{dBm}", -150, 30),
        number("uptime", Names("Uptime", "Время работы", "Жұмыс уақыты"), "s", 0, None),
        counter("dropped_total", Names("Dropped", "Потеряно", "Жоғалған"), ""),
    )
}
"""What a device of any kind may say of itself."""
_NUMBERED = {kind.id: {metric.name: metric for metric in kind.metrics} for kind in CATALOGUE.values()}


def kind_of(device_class: str) -> str:
    """Our kind for a Home Assistant device class, an ONVIF event topic or a Sparkplug template name.

    A name of several words goes by the first that is known; what says nothing is a `sensor`.
    """
    said = device_class[:_MAX_CLASS]
    lowered = said.lower()
    if lowered in CATALOGUE:
        return lowered
    if lowered in OF_DEVICE_CLASS:
        return OF_DEVICE_CLASS[lowered]
    if "/" in said and lowered.split("/", 1)[0].rpartition(":")[2] in ONVIF_ROOTS:
        return "camera"
    words = re.findall(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z0-9]+", said)
    return next((OF_WORD[word.lower()] for word in words if word.lower() in OF_WORD), SENSOR)


def describe(kind: str, metric: str) -> Metric | None:
    """What the catalogue knows of a metric of that kind, or of any kind; None when it knows nothing.

    `relay--2` is a `relay`: what follows two dashes tells several of a device apart. `gamma-alarm` is a `gamma_alarm`:
    ids made of other makers' words have dashes between them.
    """
    base = metric.partition("--")[0].replace("-", "_")
    return _NUMBERED.get(kind, {}).get(base) or _OF_ANY_KIND.get(base)


def complete(birth: Birth, *, limits: bool = True) -> Birth:
    """The birth with what it leaves out: names, class, and each metric's names, unit, range and, if wanted, limits.

    A unit that is spelled otherwise gets its UCUM code; the values stay. Range and limits are given in the unit the
    device says, and left out where there is no way to it.
    """
    kind = CATALOGUE.get(birth.kind)
    coded = (structs.replace(metric, unit=_code(metric.unit)) for metric in birth.metrics)
    metrics = tuple(
        metric if (known := describe(birth.kind, metric.name)) is None else _complete(metric, known, limits=limits)
        for metric in coded
    )
    if kind is None:
        return structs.replace(birth, metrics=metrics)
    return structs.replace(
        birth,
        metrics=metrics,
        names=birth.names if birth.names != Names() else kind.names,
        equipment_class=birth.equipment_class or kind.equipment_class,
    )


def _complete(metric: Metric, known: Metric, *, limits: bool) -> Metric:
    names = metric.names if metric.names != Names() else known.names
    if metric.type is not known.type and not (metric.type in _NUMERIC and known.type in _NUMERIC):
        return structs.replace(metric, names=names)
    unit = metric.unit or known.unit
    minimum, maximum = (
        own if own is not None else _converted(bound, known.unit, unit)
        for own, bound in ((metric.minimum, known.minimum), (metric.maximum, known.maximum))
    )
    if minimum is not None and maximum is not None and minimum > maximum:
        minimum, maximum = metric.minimum, metric.maximum
    defaults = (_limit_in(limit, known.unit, unit) for limit in known.limits) if limits and not metric.limits else ()
    return Metric(
        name=metric.name,
        type=metric.type,
        names=names,
        unit=unit,
        minimum=minimum,
        maximum=maximum,
        limits=metric.limits or tuple(limit for limit in defaults if limit is not None),
    )


def _code(unit: str) -> str:
    """The UCUM code of a unit; one that is not known stays as the device spells it."""
    return ucum_of(unit) or unit


def _converted(bound: float | None, unit: str, to_unit: str) -> float | None:
    return None if bound is None else convert(bound, unit, to_unit)


def _limit_in(limit: Limit, unit: str, to_unit: str) -> Limit | None:
    """The limit in another unit; None when there is no way. A deadband is a difference: offsets do not count."""
    if unit == to_unit or isinstance(limit.bound, str | bool):
        return limit
    bound, zero = convert(limit.bound, unit, to_unit), convert(0.0, unit, to_unit)
    span = convert(limit.deadband, unit, to_unit)
    if bound is None or zero is None or span is None:
        return None
    return structs.replace(limit, bound=bound, deadband=span - zero)
