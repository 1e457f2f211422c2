"""Every fault that exercises are about can be started on the instructor's screen, with its parameters."""

import msgspec
import pytest

from hub.protocol import ControlView
from sensors.catalog import GATEWAY
from sensors.clock import ManualClock
from sensors.commands import find_misfit
from sensors.model import MetricType, Names, Value
from simulators.kinds import KINDS
from simulators.scenario.actions import action_of
from simulators.scenario.checking import check_action
from simulators.scenario.reading import read_scenario
from simulators.training.forms import commands_of
from tests.support.console import open_console
from tests.tui import border
from tests.tui.test_training import ENGLISH, KORDAI, shown, taught
from tui.console import Console
from tui.playbook import Playbook, Target

SITE = read_scenario("border").sites[0]
COMMANDS = {command.name: command for command in commands_of(SITE)}
DEVICE = SITE.devices[0]
METRIC = next(metric.name for metric in KINDS[DEVICE.kind].metrics if metric.name.isalpha())
PASSES = ("duration_s",)
FAULTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "camera-freeze", "camera-black", "camera-white", "camera-blur", "camera-cover", "camera-turn",
            "camera-noise", "camera-lock", "camera-vanish", "camera-full", "camera-stall", "camera-half-open",
            "camera-reset", "camera-bare", "camera-resize", "camera-recode",
        ),
        ("camera",),
    ),
    "camera-trickle": ("camera", "bytes_s"),
    "camera-truncate": ("camera", "share"),
    "camera-lose": ("camera", "share"),
    "camera-reorder": ("camera", "share"),
    "camera-jump": ("camera", "jump_s"),
    "camera-rollover": ("camera", "after_s"),
    "camera-restart": ("camera", "every_s"),
    "camera-leak": ("camera", "sessions"),
    "data-drop": ("device", *PASSES, "share"),
    "data-delay": ("device", *PASSES, "delay_s", "jitter_s"),
    "data-duplicate": ("device", *PASSES, "share", "copies"),
    "data-reorder": ("device", *PASSES, "share"),
    "data-corrupt": ("device", *PASSES, "share"),
    "data-flood": ("device", *PASSES, "per_s"),
    "clock-skew": ("device", *PASSES, "skew_s", "drift_s_per_h"),
    "value-stuck": ("device", *PASSES, "metric"),
    "value-impossible": ("device", *PASSES, "metric", "value"),
    "false-will": (),
    "rebirth-storm": (*PASSES, "every_s"),
    "link-cut": PASSES,
    "link-break": (*PASSES, "ending"),
    "link-brown-out": (*PASSES, "every_s", "down_s", "breaks"),
    "link-latency": (*PASSES, "latency_s", "jitter_s"),
    "link-loss": (*PASSES, "share"),
    "link-narrow": (*PASSES, "kbps"),
    "link-half-open": PASSES,
    "mains-fail": PASSES,
    "ups-age": ("health",),
}  # fmt: skip
"""Each fault's action, and what can be said of it."""


def test_each_is_declared_with_what_can_be_said_of_it_and_numbers_within_bounds() -> None:
    declared = {name: tuple(argument.name for argument in COMMANDS[name].arguments) for name in FAULTS}
    assert declared == FAULTS
    numbers = [each for name in FAULTS for each in COMMANDS[name].arguments if each.type is MetricType.NUMBER]
    assert not [each.name for each in numbers if each.minimum is None or each.maximum is None]


def test_each_is_offered_for_the_post_and_for_what_it_is_of_and_its_form_as_it_stands_can_be_done() -> None:
    playbook = Playbook(Console(taught(), ENGLISH, ManualClock(border.NOW)))
    playbook.take([_control()])
    offered = {offer.command for offer in playbook.offers(Target(KORDAI))}
    of_camera = {offer.command for offer in playbook.offers(Target(KORDAI, "cam-3"))}
    of_device = {offer.command for offer in playbook.offers(Target(KORDAI, "fence-1"))}
    assert offered >= FAULTS.keys()
    assert of_camera >= {name for name, arguments in FAULTS.items() if "camera" in arguments}
    assert of_device >= {name for name, arguments in FAULTS.items() if "device" in arguments}
    for name in FAULTS:
        form = {
            argument.name: argument.choices[0].value if argument.required and argument.choices else argument.default
            for argument in COMMANDS[name].arguments
        }
        told: dict[str, Value] = {argument: value for argument, value in form.items() if value is not None}
        assert find_misfit(COMMANDS[name], told) is None
        check_action(action_of(name, SITE.id, told), SITE, name)


@pytest.mark.slow
async def test_one_of_each_form_is_filled_in_and_told() -> None:
    hub = taught()
    hub.offered = (_control("camera-restart", "data-flood", "false-will", "link-break", "ups-age", "value-stuck"),)
    async with open_console(hub, ManualClock(border.NOW), settings=ENGLISH) as console:
        await shown(console)
        await console.press("enter", "enter")
        await console.press("down", "enter", *["backspace"] * 3, "1", "enter")
        await console.press("down", "enter")
        await console.see("reset (RST)")
        await console.press("down", "left", "enter")
        await console.press("down", "enter", "enter")
        await console.press("down", "enter", "down", "down", *METRIC, "enter")
        await console.press("down", "enter", "down", *["backspace"] * 4, "9", "enter")
    told = [(order[2], msgspec.json.decode(order[3])) for order in hub.orders]
    assert told == [
        ("false-will", {}),
        ("ups-age", {"health": 1}),
        ("link-break", {"duration_s": 60, "ending": "fin"}),
        ("data-flood", {"device": DEVICE.id, "duration_s": 60, "per_s": 500}),
        ("value-stuck", {"device": DEVICE.id, "duration_s": 60, "metric": METRIC}),
        ("camera-restart", {"camera": "cam-1", "every_s": 9}),
    ]


def _control(*names: str) -> ControlView:
    commands = tuple(command for name, command in COMMANDS.items() if name in (names or COMMANDS))
    return ControlView(KORDAI, GATEWAY, Names(), border.SITES["kordai"], online=True, commands=commands)
