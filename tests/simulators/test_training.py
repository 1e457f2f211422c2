"""A post declares what an instructor can start: every action that a form can ask for, in three languages."""

import pytest

from sensors.commands import RELIEVE, find_lie_in_commands, find_misfit
from sensors.dialects import native
from sensors.errors import ConfigError
from sensors.model import Command, DeviceId, Names, Value
from simulators.births import births_of
from simulators.scenario.actions import DeviceResume, action_of
from simulators.scenario.camera_actions import CameraResume
from simulators.scenario.checking import check_action
from simulators.scenario.reading import read_scenario
from simulators.training.begun import Begun
from simulators.training.forms import commands_of

SITE = read_scenario("border").sites[0]
COMMANDS = {command.name: command for command in commands_of(SITE)}


def least(command: Command) -> dict[str, Value]:
    """The arguments that cannot be left out, as a form has them at first."""
    said: dict[str, Value] = {}
    for argument in command.arguments:
        if argument.choices and (argument.required or argument.name in ("device", "camera")):
            said[argument.name] = argument.choices[0].value
        elif argument.required:
            said[argument.name] = argument.minimum or 1.0
    return said


def test_the_gateway_says_what_can_be_started_in_a_birth_that_may_be_believed() -> None:
    birth = births_of(SITE, lambda _: (), tuple(COMMANDS.values()))[DeviceId("gateway")]
    assert birth.exercise
    assert birth.commands == tuple(COMMANDS.values())
    assert find_lie_in_commands(birth.commands) is None
    assert len(native.encode_birth(birth)) < native.MAX_PAYLOAD_BYTES / 2
    assert {"intrusion", "mains-fail", "camera-freeze", "link-loss", "value-stuck", RELIEVE} <= COMMANDS.keys()


def test_all_is_named_in_three_languages() -> None:
    named = [command.names for command in COMMANDS.values()]
    named += [
        choice.names
        for command in COMMANDS.values()
        for argument in command.arguments
        for choice in argument.choices
        if choice.names != Names()
    ]
    named += [argument.names for command in COMMANDS.values() for argument in command.arguments]
    named += [command.about for command in COMMANDS.values()]
    assert not [names for names in named if not (names.en and names.ru and names.kk)]


@pytest.mark.parametrize(
    "name", ["intrusion", "enter", "herd", "radiation", "mains-fail", "camera-freeze", "device-silence"]
)
def test_what_fits_the_form_is_an_action_of_the_post(name: str) -> None:
    command = COMMANDS[name]
    arguments = least(command)
    assert find_misfit(command, arguments) is None
    check_action(action_of(name, SITE.id, arguments), SITE, "order")


def test_an_order_is_ended_by_what_mends_it_once_and_only_while_it_is_in_force() -> None:
    begun = Begun()
    begun.note("a", action_of("camera-freeze", SITE.id, {"camera": "cam-1"}))
    begun.note("b", action_of("camera-black", SITE.id, {"camera": "cam-1"}))
    begun.note("c", action_of("device-silence", SITE.id, {"device": "fence-1"}))
    begun.note("d", action_of("herd", SITE.id, {}))
    assert begun.end_of("a") is None
    assert begun.end_of("b") == CameraResume(site=SITE.id, camera="cam-1")
    assert begun.end_of("c") == DeviceResume(site=SITE.id, device="fence-1")
    for order, reason in (("b", "not begun here"), ("d", "ends by itself")):
        with pytest.raises(ConfigError, match=reason):
            begun.end_of(order)
