"""How the catalogue's entries are written: one call a metric, one call a limit."""

from typing import NamedTuple

from msgspec import Struct

from sensors.catalog import EquipmentClass
from sensors.model import Condition, Ident, Limit, Metric, MetricType, Names, Priority, Value


class Kind(Struct, frozen=True):
    """A sort of equipment: its names, its class in decision 688, and what it may measure."""

    id: Ident
    names: Names
    equipment_class: EquipmentClass
    metrics: tuple[Metric, ...]


def number(name: str, names: Names, unit: str, minimum: float | None, maximum: float | None, *limits: Limit) -> Metric:
    """A number with its UCUM unit and its plausible range, in that unit."""
    return Metric(name, MetricType.NUMBER, names, unit, minimum, maximum, limits)


def counter(name: str, names: Names, unit: str, *limits: Limit) -> Metric:
    """A number that only grows, until it begins anew at 0."""
    return Metric(name, MetricType.COUNTER, names, unit, 0, None, limits)


def switch(name: str, names: Names, *limits: Limit) -> Metric:
    """True or false."""
    return Metric(name, MetricType.BOOLEAN, names, limits=limits)


def text(name: str, names: Names, *limits: Limit) -> Metric:
    """One of a few words."""
    return Metric(name, MetricType.TEXT, names, limits=limits)


class _Needs(NamedTuple):
    """Writes the limits of one condition. `bound` and `deadband` are in the metric's unit."""

    condition: Condition

    def __call__(
        self,
        id_: str,
        bound: Value,
        priority: Priority,
        message: Names,
        cause: str,
        procedure: Names,
        *,
        deadband: float = 0.0,
        on_delay_s: float = 0.0,
        off_delay_s: float = 0.0,
    ) -> Limit:
        return Limit(id_, self.condition, bound, priority, message, deadband, on_delay_s, off_delay_s, cause, procedure)


above = _Needs(Condition.ABOVE)
below = _Needs(Condition.BELOW)
equals = _Needs(Condition.EQUALS)
differs = _Needs(Condition.DIFFERS)
