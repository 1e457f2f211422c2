import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.dialects.hass.templates import MAX_LETTERS, MISSING, Fault, Spoken, compile_template

PAYLOAD = json.dumps(
    {
        "temperature": 21.57,
        "power": 1500,
        "on": True,
        "none": None,
        "ENERGY": {"Power": [7, 8], "Apparent Power": "9.5"},
        "list": [{"deep": "x"}],
    }
)


def apply(template: str, payload: str = PAYLOAD) -> Any:
    compiled = compile_template(template)
    assert compiled is not None, template
    return compiled.apply(Spoken(payload))


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ value_json.temperature }}", 21.57),
        ("{{value_json.temperature}}", 21.57),
        ("{{- value_json.temperature -}}", 21.57),
        ("{{ value_json['temperature'] | round(1) }}", 21.6),
        ('{{ value_json["ENERGY"]["Apparent Power"] | float }}', 9.5),
        ("{{ value_json.ENERGY.Power[1] }}", 8),
        ("{{ value_json.list[0].deep }}", "x"),
        ("{{ value_json.on }}", True),
        ("{{ value_json.power / 1000 }}", 1.5),
        ("{{ (value_json.power | float / 1000) | round(0) }}", 2.0),
        ("{{ value_json.power | float * 0.001 + 1 }}", 2.5),
        ("{{ 2 + 3 * 4 - 6 / 2 }}", 11.0),
        ("{{ (2 + 3) * -4 }}", -20),
        ("{{ value_json.temperature | int }}", 21),
        ("{{ value_json.temperature | round }}", 22),
        ("{{ (value_json.power - 2000) | abs }}", 500),
        ("{{ value_json.absent | default(0) }}", 0),
        ("{{ value_json.absent | default('off') }}", "off"),
        ("{{ value_json.absent | float(0) }}", 0),
        ("{{ value_json.list | float(-1) }}", -1),
        ("{{ value_json.power | is_defined }}", 1500),
        ("{{ value_json.none }}", None),
    ],
)
def test_the_path_language_finds_and_calculates(template: str, value: object) -> None:
    assert apply(template) == value


@pytest.mark.parametrize(
    "template", ["{{ value_json.absent }}", "{{ value_json.a.b | float * 2 }}", "{{ value_json.list[9] }}"]
)
def test_what_is_not_in_the_payload_is_missing_and_no_fault(template: str) -> None:
    assert apply(template) is MISSING


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ value_json.on.x / 0 }}", None),
        ("{{ value_json.power / 0 }}", "division by zero"),
        ("{{ value_json.ENERGY['Apparent Power'] * 2 }}", "calculates with a text"),
        ("{{ value_json.list | float }}", "not a number"),
        ("{{ value_json.on + 1 }}", "not a number"),
    ],
)
def test_what_cannot_be_calculated_is_a_fault(template: str, reason: str | None) -> None:
    said = apply(template)
    if reason is None:
        assert said is MISSING
    else:
        assert isinstance(said, Fault)
        assert reason in said.reason


def test_a_plain_value_needs_no_json() -> None:
    assert apply("{{ value }}", "21.5 ") == "21.5 "
    assert apply("{{ value | float / 10 }}", "215") == 21.5
    said = apply("{{ value_json.a }}", "no json")
    assert said == Fault("is not JSON")


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{{ }}",
        "{{}}",
        "plain",
        "{{ value }} %",
        "{% if value_json.a %}1{% endif %}",
        "{{ 'on' if value_json.a else 'off' }}",
        "{{ value_json.a == 1 }}",
        "{{ value_json.a ** 9 }}",
        "{{ value_json.a // 2 }}",
        "{{ value_json.a % 2 }}",
        "{{ value_json.get('a') }}",
        "{{ value_json.a() }}",
        "{{ value_json.a.__class__.__mro__[1].__subclasses__() }}",
        "{{ states('sensor.secret') }}",
        "{{ now() }}",
        "{{ value.split(',')[0] }}",
        "{{ value | regex_findall('(a+)+b') }}",
        "{{ range(10000000) | list }}",
        "{{ value_json[-1] }}",
        "{{ value | round(99) }}",
        "{{ 'a' * 1000000000 }}{{ value }}",
        "{{ value | tojson }}",
        "{{ value",
        "{{ (value }}",
        "{{ value) }}",
        "{{ value | }}",
        "{{ " + "(" * 9 + "value" + ")" * 9 + " }}",
        "{{ " + "1+" * MAX_LETTERS + "1 }}",
        "{{ value ~ 'x' }}",
        "{{ value_json.'a' }}",
        "{{ 'it\\'s' }}",
    ],
)
def test_anything_else_is_not_a_template_and_never_runs(template: str) -> None:
    assert compile_template(template) is None


def test_a_dunder_is_but_a_key_that_no_payload_has() -> None:
    assert apply("{{ value_json.__class__ }}") is MISSING


def test_a_number_too_large_to_be_one_is_a_fault() -> None:
    said = apply("{{ value_json.a * value_json.a }}", json.dumps({"a": 10**18}))
    assert isinstance(said, Fault)
    assert isinstance(apply("{{ value_json.a | float * 2 }}", '{"a": 1e308}'), Fault)
    assert isinstance(apply("{{ value_json.a | float }}", '{"a": %s}' % ("9" * 4_000)), Fault)


WORDS = st.sampled_from(
    [
        "value",
        "value_json",
        ".",
        "[",
        "]",
        "(",
        ")",
        "|",
        "float",
        "round",
        "default",
        "1",
        "0.5",
        "'a'",
        "a",
        "*",
        "/",
        "-",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=14).map(" ".join)), st.text(max_size=60))
def test_no_template_and_no_payload_can_raise(template: str, payload: str) -> None:
    for text in (template, f"{{{{ {template} }}}}"):
        compiled = compile_template(text)
        for said in (payload, PAYLOAD, '{"a": {"a": [1, "2"]}}'):
            if compiled is not None:
                compiled.apply(Spoken(said))
