import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.unit_tables import COUNTED, TABLES
from sensors.units import canonical_unit, convert, quantity_of, ucum_of

CODES = [row.code for table in TABLES.values() for row in table]


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("", ""),
        ("  ", ""),
        ("°C", "Cel"),
        ("℃", "Cel"),
        ("Celsius", "Cel"),
        ("CELSIUS", "Cel"),
        ("deg C", "Cel"),
        ("°F", "[degF]"),
        ("µg/m³", "ug/m3"),
        ("μg/m³", "ug/m3"),
        ("W/m²", "W/m2"),
        ("mmHg", "mm[Hg]"),
        ("мм рт. ст.", "mm[Hg]"),
        ("мкЗв/ч", "uSv/h"),
        ("µSv/h", "uSv/h"),
        ("mR/h", "mR/h"),
        ("cps", "{count}/s"),
        ("RPM", "{rev}/min"),
        ("kWh", "kW.h"),
        ("VA", "V.A"),
        ("mW", "mW"),
        ("MW", "MW"),
        ("dBm", "{dBm}"),
        ("Mbit/s", "Mbit/s"),
        ("kB/s", "kBy/s"),
        ("vehicles", "{vehicle}"),
        ("{sheep}", "{sheep}"),
        ("{sheep}/h", "{sheep}/h"),
        ("mw", None),
        ("{Sheep", None),
        ("furlongs per fortnight", None),
        ("%" * 65, None),
    ],
)
def test_a_spelling_of_the_field_has_its_code(spelling: str, code: str | None) -> None:
    assert ucum_of(spelling) == code


@pytest.mark.parametrize("code", [*CODES, *COUNTED])
def test_every_code_is_a_spelling_of_itself_and_fits_a_birth(code: str) -> None:
    assert ucum_of(code) == code
    assert len(code) <= 24


def test_no_spelling_means_two_units() -> None:
    meanings: dict[str, set[str]] = {}
    for table in TABLES.values():
        for row in table:
            for spelling in row.spellings.split():
                meanings.setdefault(spelling, set()).add(row.code)
    assert {spelling: codes for spelling, codes in meanings.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(
    ("value", "unit", "to_unit", "expected"),
    [
        (98.6, "[degF]", "Cel", 37.0),
        (32, "[degF]", "Cel", 0.0),
        (-40, "Cel", "[degF]", -40.0),
        (0, "K", "Cel", -273.15),
        (0.1, "K", "K", 0.1),
        (1, "mR/h", "uR/h", 1000.0),
        (1200, "{count}/min", "{count}/s", 20.0),
        (0.1, "m", "km", 0.0001),
        (36, "km/h", "m/s", 10.0),
    ],
)
def test_conversion_is_exact(value: float, unit: str, to_unit: str, expected: float) -> None:
    assert convert(value, unit, to_unit) == expected


@pytest.mark.parametrize(
    ("value", "unit", "to_unit"),
    [(1, "Cel", "m"), (1, "{person}", "{vehicle}"), (1, "x", "Cel"), (math.nan, "K", "Cel"), (1.7e308, "TBy", "By")],
)
def test_what_has_no_way_is_not_converted(value: float, unit: str, to_unit: str) -> None:
    assert convert(value, unit, to_unit) is None


@given(st.floats(-1e12, 1e12), st.sampled_from(CODES))
def test_there_and_back_is_the_same_value(value: float, unit: str) -> None:
    there = convert(value, unit, canonical_unit(unit))
    assert there is not None
    back = convert(there, canonical_unit(unit), unit)
    assert back == pytest.approx(value, rel=1e-9, abs=1e-6)


@given(st.text(max_size=80))
def test_any_text_is_a_unit_or_none(unit: str) -> None:
    code = ucum_of(unit)
    assert code is None or ucum_of(code) == code
    assert quantity_of(unit)


def test_quantities_name_what_is_measured() -> None:
    assert [quantity_of(unit) for unit in ("Cel", "uSv/h", "{count}/s", "{hit}", "", "bogus")] == [
        "temperature",
        "dose_rate",
        "count_rate",
        "count",
        "number",
        "number",
    ]
    assert canonical_unit("[degF]") == "Cel"
    assert canonical_unit("{hit}") == "{hit}"
