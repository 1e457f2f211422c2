"""Units: what equipment calls them, their UCUM codes, what they measure, and how to get from one to another.

Codes are of the Unified Code for Units of Measure; what UCUM has no unit for (things counted, levels above a
milliwatt) is an annotation in braces. Spellings are those of Home Assistant, Sparkplug `engUnit`, ONVIF, N42.42 and
plain field usage, Russian included. Where usage and UCUM differ, usage wins, because equipment follows it: `C` and
`F` are degrees, not coulomb and farad; `B` is a byte, not a bel. Factors are exact by definition.
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from sensors.unit_tables import COUNTED, TABLES

_MAX_SPELLING = 64
_FOLDED_LETTERS = 4
"""Shorter spellings keep their case: mW is not MW."""
_ANNOTATION = re.compile(r"\{[a-z][a-z0-9 _-]*\}(?:/(?:s|min|h|d|m3))?")
_LETTERS = str.maketrans({"μ": "u", "·": ".", "⋅": ".", "∙": ".", "º": "°", "˚": "°", "⁄": "/", "−": "-"})


class _Unit(NamedTuple):
    """`value * factor + offset` is the value in the first unit of the quantity."""

    quantity: str
    factor: Fraction
    offset: Fraction


def ucum_of(unit: str) -> str | None:
    """The UCUM code of a unit as equipment spells it; "" for none, None when it is not known."""
    if len(unit) > _MAX_SPELLING:
        return None
    spelling = _plain(unit)
    if not spelling:
        return ""
    code = _SPELLINGS.get(spelling) or _FOLDED.get(spelling.casefold())
    if code is None and len(spelling) <= 24 and _ANNOTATION.fullmatch(spelling):
        return spelling
    return code


def quantity_of(unit: str) -> str:
    """What is measured in a UCUM unit, as one word; `count` of what stands in braces, else `number`."""
    known = _UNITS.get(unit)
    if known is not None:
        return known.quantity
    return "count" if unit.startswith("{") else "number"


def canonical_unit(unit: str) -> str:
    """The unit in which this unit's quantity is best compared (Fahrenheit's is Cel); unknown ones stay as they are."""
    known = _UNITS.get(unit)
    return unit if known is None else _CANONICAL[known.quantity]


def convert(value: float, unit: str, to_unit: str) -> float | None:
    """The value in another UCUM unit of the same quantity; None when there is no way, or no finite result.

    The arithmetic is of exact fractions on the value's shortest decimal form: 98.6 [degF] is 37 Cel, and not nearly so.
    """
    if unit == to_unit:
        return value
    known, wanted = _UNITS.get(unit), _UNITS.get(to_unit)
    if known is None or wanted is None or known.quantity != wanted.quantity or not math.isfinite(value):
        return None
    exact = (Fraction(repr(value)) * known.factor + known.offset - wanted.offset) / wanted.factor
    try:
        return float(exact)
    except OverflowError:
        return None


def _plain(unit: str) -> str:
    """The spelling without blanks, in one form of each letter: µ as u, superscripts as digits."""
    return "".join(unicodedata.normalize("NFKC", unit).translate(_LETTERS).split())


def _rows() -> Iterator[tuple[str, _Unit, tuple[str, ...]]]:
    for quantity, table in TABLES.items():
        for row in table:
            unit = _Unit(quantity, Fraction(row.factor), Fraction(row.offset))
            yield row.code, unit, (row.code, *row.spellings.split())


def _folded() -> dict[str, str]:
    """Longer spellings whatever their case, where that leaves no doubt."""
    codes: dict[str, set[str]] = {}
    for spelling, code in _SPELLINGS.items():
        if len(spelling) >= _FOLDED_LETTERS:
            codes.setdefault(spelling.casefold(), set()).add(code)
    return {spelling: found.pop() for spelling, found in codes.items() if len(found) == 1}


_UNITS = {code: unit for code, unit, _ in _rows()}
_CANONICAL = {quantity: table[0].code for quantity, table in TABLES.items()}
_SPELLINGS = {_plain(spelling): code for code, _, spellings in _rows() for spelling in spellings} | {
    _plain(spelling): code for code, spellings in COUNTED.items() for spelling in (code, *spellings.split())
}
_FOLDED = _folded()
