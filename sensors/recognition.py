"""Which kind of equipment a device is, by the whole of what it measures: for makers who name no kind.

A temperature alone is of anything; beside fuel, coolant and whether it runs, it is a generator's. The catalogue says
which metrics a kind has. It is told when all of them are there, three or more, or two of which no other kind has one;
or more than half of them, with two that no other kind has.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from sensors.catalog import CAMERA, GATEWAY, SIMULATOR, WALL
from sensors.equipment import CATALOGUE, SENSOR
from sensors.model import Metric, MetricType

NOT_ANNOUNCED = frozenset((SENSOR, CAMERA, GATEWAY, WALL, SIMULATOR))
"""What a device is not made by its words alone: these have a picture, a connection, a plan, a scenario."""
_GENERAL = frozenset(("climate", "power-meter"))
"""These measure what equipment of many kinds says beside its own: told only where nothing else is."""
_LEAST_OWN = 2
_FEWEST_METRICS = 3
_NUMERIC = frozenset((MetricType.NUMBER, MetricType.COUNTER))
_UNTELLING = frozenset(("total",))
_WORD = re.compile(r"[a-z0-9]+")


class Measured(NamedTuple):
    """One thing that a device measures, in its maker's words: a name such as "coolant-temperature", and a class."""

    name: str
    type: MetricType
    device_class: str = ""


class _Sign(NamedTuple):
    """A metric of a kind: by which words and type it is known, and whether no other kind has it."""

    words: frozenset[str]
    is_numeric: bool
    type: MetricType
    is_own: bool


def recognise(measured: Iterable[Measured]) -> str:
    """The kind that all of it together tells; empty when it tells none, or two alike."""
    heard = [(each.type, frozenset(_words(each.name)), each.device_class.lower()) for each in measured]
    told: list[tuple[bool, int, str]] = []
    for kind, signs in _SIGNS.items():
        found = [sign for sign in signs if any(_is_met(sign, *each) for each in heard)]
        own = sum(sign.is_own for sign in found)
        is_whole = len(found) == len(signs) >= (_FEWEST_METRICS if own == 0 else _FEWEST_METRICS - 1)
        if is_whole or (own >= _LEAST_OWN and 2 * len(found) > len(signs)):
            told.append((kind not in _GENERAL, len(found), kind))
    told.sort(reverse=True)
    if not told or (len(told) > 1 and told[0][:2] == told[1][:2]):
        return ""
    return told[0][2]


def _is_met(sign: _Sign, type_: MetricType, words: frozenset[str], device_class: str) -> bool:
    fits = type_ in _NUMERIC if sign.is_numeric else type_ is sign.type
    return fits and (sign.words <= words or sign.words == frozenset(_words(device_class)))


def _words(name: str) -> Iterable[str]:
    return (word for word in _WORD.findall(name.lower()) if word not in _UNTELLING)


def _signs() -> dict[str, tuple[_Sign, ...]]:
    kinds = {id_: kind.metrics for id_, kind in CATALOGUE.items() if id_ not in NOT_ANNOUNCED}
    holders = Counter(metric.name for metrics in kinds.values() for metric in metrics)

    def sign(metric: Metric) -> _Sign:
        numeric = metric.type in _NUMERIC
        return _Sign(frozenset(_words(metric.name)), numeric, metric.type, holders[metric.name] == 1)

    return {id_: tuple(sign(metric) for metric in metrics) for id_, metrics in kinds.items()}


_SIGNS = _signs()
