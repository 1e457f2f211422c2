"""What devices say that they can be asked for, and whether what is asked fits that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.commands import find_lie_in_commands, find_misfit, read_argument
from sensors.model import Argument, Choice, Command, MetricType, Value

SHARE = Argument("share", MetricType.NUMBER, minimum=0, maximum=1, default=0.2)
SENSOR = Argument("device", MetricType.TEXT, choices=(Choice("ground-1"), Choice("ground-2")), required=True)
NOTE = Argument("note", MetricType.TEXT)
LOUD = Argument("loud", MetricType.BOOLEAN, default=False)
COMMAND = Command("disturb", arguments=(SHARE, SENSOR, NOTE, LOUD))


@pytest.mark.parametrize(
    ("arguments", "misfit"),
    [
        ({"device": "ground-1"}, None),
        ({"device": "ground-2", "share": 1, "note": "x", "loud": True}, None),
        ({}, "device is missing"),
        ({"device": "ground-3"}, "device is none of ground-1, ground-2"),
        ({"device": 7}, "device is no text"),
        ({"device": "ground-1", "share": 1.5}, "share is over 1"),
        ({"device": "ground-1", "share": -0.5}, "share is below 0"),
        ({"device": "ground-1", "share": "half"}, "share is no number"),
        ({"device": "ground-1", "share": True}, "share is no number"),
        ({"device": "ground-1", "share": float("nan")}, "share is no number"),
        ({"device": "ground-1", "share": float("-inf")}, "share is beyond 2^53"),
        ({"device": "ground-1", "share": 10**400}, "share is beyond 2^53"),
        ({"device": "ground-1", "loud": 1}, "loud is not true or false"),
        ({"device": "ground-1", "colour": "red"}, "disturb has no argument colour"),
    ],
)
def test_what_does_not_fit_is_named(arguments: dict[str, Value], misfit: str | None) -> None:
    assert find_misfit(COMMAND, arguments) == misfit


@pytest.mark.parametrize(
    ("commands", "lie"),
    [
        ((COMMAND,), None),
        ((COMMAND, COMMAND), "declared twice"),
        ((Command("a", arguments=(NOTE, NOTE)),), "declared twice"),
        ((Command("a", arguments=(Argument("n", MetricType.NUMBER, choices=(Choice("1"),)),)),), "is no text"),
        ((Command("a", arguments=(Argument("n", MetricType.NUMBER, maximum=1, default=2),)),), "is over 1"),
        ((Command("a", arguments=(Argument("n", MetricType.NUMBER, default=10**400),)),), "is beyond 2^53"),
    ],
)
def test_a_declaration_against_itself_is_a_lie(commands: tuple[Command, ...], lie: str | None) -> None:
    found = find_lie_in_commands(commands)
    assert (found is None) is (lie is None)
    assert (lie or "") in (found or "")


@pytest.mark.parametrize(
    ("argument", "typed", "value"),
    [
        (SHARE, " 0,25 ", 0.25),
        (SHARE, "1", 1),
        (SHARE, "", None),
        (NOTE, "quiet night", "quiet night"),
        (LOUD, "true", True),
        (LOUD, "false", False),
    ],
)
def test_what_is_typed_is_read(argument: Argument, typed: str, value: Value | None) -> None:
    read = read_argument(argument, typed)
    assert (read, type(read)) == (value, type(value))


@given(st.text(max_size=20))
def test_whatever_is_typed_fits_or_is_named(typed: str) -> None:
    try:
        read = read_argument(SHARE, typed)
    except ValueError:
        return
    fitting = (None, "share is over 1", "share is below 0", "share is no number", "share is beyond 2^53")
    assert read is None or find_misfit(Command("a", arguments=(SHARE,)), {"share": read}) in fitting
