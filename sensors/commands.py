"""What devices can be asked for: whether what is asked fits what they say, and how it is told in one line. Pure."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

import msgspec

from sensors.model import Argument, Command, MetricType, Value

RELIEVE = "relieve"
ORDER = "order"
"""The command that ends what a lasting one began, and its argument: that one's id."""
DURATION = "duration_s"
SCENARIO_START, SCENARIO = "scenario-start", "scenario"
"""What a simulator takes besides, and its argument; it is lasting."""
STEP, COURSE, SCENARIO_OVER = "step", "course", "scenario-over"
"""Kinds of events in which a simulator tells a step of a scenario, how far that has come, and that it is over."""
OVER, EVERYTHING = "over", "all"
"""What the last is told as; and of what it is told when a simulator starts: whatever ran before."""
REFUSED = "refused"
"""The argument in which a step is told that was not done: why."""
_LARGEST = 2**53
_TOLD = re.compile(r"(\S+): (\S+) (\{.*\})", re.DOTALL)
_arguments = msgspec.json.Decoder(dict[str, Value])


class Told(NamedTuple):
    """What somebody, or a scenario, wanted: `id` is an order's; of a step, the run's order, a slash, and the site."""

    id: str
    name: str
    arguments: Mapping[str, Value]


def write_told(told: Told) -> str:
    """In one line, as logs and events have it."""
    return f"{told.id}: {told.name} {msgspec.json.encode(told.arguments).decode()}"


def read_told(text: str) -> Told | None:
    """What a line tells; None when it tells something else."""
    found = _TOLD.fullmatch(text)
    if found is None:
        return None
    try:
        return Told(found[1], found[2], _arguments.decode(found[3]))
    except msgspec.DecodeError:
        return None


def find_misfit(command: Command, arguments: Mapping[str, Value]) -> str | None:
    """What of these arguments does not fit the command, named; None when all do."""
    known = {argument.name: argument for argument in command.arguments}
    for name in arguments:
        if name not in known:
            return f"{command.name} has no argument {name}"
    for name, argument in known.items():
        value = arguments.get(name)
        if value is None:
            if argument.required:
                return f"{name} is missing"
        elif (misfit := find_misfit_of(argument, value)) is not None:
            return f"{name} {misfit}"
    return None


def read_argument(argument: Argument, text: str) -> Value | str | None:
    """What somebody has typed, as the argument's value; None when it is left out. Whether it fits is asked elsewhere.

    Raises:
        ValueError: it is no number, where one is wanted.
    """
    text = text.strip()
    if not text:
        return None
    match argument.type:
        case MetricType.TEXT:
            return text
        case MetricType.BOOLEAN:
            return text == "true"
        case _:
            number = float(text.replace(",", "."))
            return int(number) if isfinite(number) and number == int(number) and abs(number) < 2**53 else number


def find_lie_in_commands(commands: tuple[Command, ...]) -> str | None:
    """What is wrong with declared commands although their form is right."""
    names = [command.name for command in commands]
    for command in commands:
        arguments = [argument.name for argument in command.arguments]
        if names.count(command.name) > 1 or len(set(arguments)) < len(arguments):
            return f"command {command.name} or an argument of it is declared twice"
        for argument in command.arguments:
            if argument.choices and argument.type is not MetricType.TEXT:
                return f"argument {argument.name} of {command.name} has choices and is no text"
            if argument.default is not None and (misfit := find_misfit_of(argument, argument.default)) is not None:
                return f"the default of {argument.name} of {command.name} {misfit}"
    return None


def find_misfit_of(argument: Argument, value: Value) -> str | None:
    """What is wrong with a value of an argument; None when it fits."""
    match argument.type:
        case MetricType.BOOLEAN:
            return None if isinstance(value, bool) else "is not true or false"
        case MetricType.TEXT:
            return _find_misfit_of_text(argument, value)
    return _find_misfit_of_number(argument, value)


def _find_misfit_of_text(argument: Argument, value: Value) -> str | None:
    if not isinstance(value, str):
        return "is no text"
    choices = [choice.value for choice in argument.choices]
    return f"is none of {', '.join(choices[:20])}" if choices and value not in choices else None


def _find_misfit_of_number(argument: Argument, value: Value) -> str | None:
    if isinstance(value, bool | str) or value != value:  # noqa: PLR0124 - only what is no number differs from itself
        return "is no number"
    # Compared, not turned into a float: an integer of JSON may be larger than any.
    if not -_LARGEST <= value <= _LARGEST:
        return "is beyond 2^53"
    if argument.minimum is not None and value < argument.minimum:
        return f"is below {argument.minimum:g}"
    if argument.maximum is not None and value > argument.maximum:
        return f"is over {argument.maximum:g}"
    return None
