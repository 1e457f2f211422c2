"""What an officer orders is carried out or said not to be, and never hits another alarm than the one that was seen."""

import asyncio

import msgspec
import pytest

from hub.protocol import AlarmState, AlarmView, PresetRequest
from sensors.clock import ManualClock
from sensors.errors import UnavailableError
from sensors.model import Language, Names, Priority
from tests.support.console import ConsoleDriver, ScriptedHub, open_console
from tests.support.waiting import eventually_async
from tests.tui import border
from tui.config import ConsoleSettings
from tui.widgets.live_list import LiveList

ENGLISH = ConsoleSettings(language=Language.EN)


class SlowHub(ScriptedHub):
    """Answers an acknowledgement only when it is let to."""

    def __init__(self, *, fault: Exception | None = None) -> None:
        super().__init__(border.snapshot(alarms=border.busy_alarms()))
        self.heard, self.answering, self.fault = asyncio.Event(), asyncio.Event(), fault

    async def acknowledge(self, occurrence: str, text: str = "") -> AlarmView:
        self.heard.set()
        await self.answering.wait()
        if self.fault is not None:
            raise self.fault
        return await super().acknowledge(occurrence, text)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(border.NOW)


def cursor_of(console: ConsoleDriver) -> object:
    return console.desk.query(LiveList).first().cursor


@pytest.mark.parametrize("leave", ["escape", "3"])
async def test_an_acknowledgement_goes_on_when_its_page_is_left(clock: ManualClock, leave: str) -> None:
    hub = SlowHub()
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("enter", "a")
        await hub.heard.wait()
        await console.press(leave)
        hub.answering.set()
        await console.see("Acknowledged: Kordai · Ground sensor 1")
        assert hub.orders == [("acknowledge", "o-1", "")]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (UnavailableError("does not answer", subject="hub"), "does not answer"),
        (RuntimeError("a fault of ours"), "ours"),
    ],
    ids=["hub", "console"],
)
async def test_an_acknowledgement_that_fails_is_said_wherever_the_officer_is(
    clock: ManualClock, fault: Exception, said: str
) -> None:
    hub = SlowHub(fault=fault)
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("enter", "a")
        await hub.heard.wait()
        await console.press("escape")
        hub.answering.set()
        await console.see("Not done: ", said)


async def test_a_second_press_hits_no_other_alarm_when_the_first_has_taken_the_row_out_of_the_filter(
    clock: ManualClock,
) -> None:
    hub = ScriptedHub(border.snapshot(alarms=(border.alarm("o-1"), border.alarm("o-5", age_s=100))))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("/")
        await console.write("unacked")
        await console.press("enter")
        assert cursor_of(console) == "o-1"
        await console.acknowledge()
        await eventually_async(lambda: hub.orders and console.app.shared.store.alarms["o-1"].acknowledged_by)
        await console.settle()
        await console.acknowledge()
        await console.see("Already acknowledged")
        assert hub.orders == [("acknowledge", "o-1", "")]
        await console.press("j")
        assert cursor_of(console) == "o-5"
        await console.acknowledge()
        await eventually_async(lambda: hub.orders[1:] == [("acknowledge", "o-5", "")])


async def test_a_row_that_a_new_filter_does_not_want_leaves(clock: ManualClock) -> None:
    hub = ScriptedHub(border.snapshot(alarms=border.busy_alarms()))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("/")
        await console.write("ups")
        assert cursor_of(console) == "o-2"
        assert "Ground sensor" not in "".join(console.screen.splitlines()[3:])


async def test_the_next_alarm_is_found_behind_a_filter_that_hides_it(clock: ManualClock) -> None:
    hub = ScriptedHub(border.snapshot(alarms=border.busy_alarms()))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("/")
        await console.write("ups")
        await console.press("enter")
        await console.see("UPS charge is low")
        await console.press("u")
        await eventually_async(lambda: cursor_of(console) == "o-1")
        await console.see("Movement at the line", "Vibration of a climb")
        assert "No unacknowledged alarms" not in console.screen


async def test_a_flood_that_ends_does_not_take_the_row_from_under_the_cursor(clock: ManualClock) -> None:
    flood = [border.alarm(f"f-{number:03}", priority=Priority.LOW, age_s=number) for number in range(200)]
    hub = ScriptedHub(border.snapshot(alarms=(*flood, border.alarm("low", priority=Priority.LOW, age_s=999))))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        assert cursor_of(console) == "f-000"
        for alarm in flood:
            hub.raise_alarm(msgspec.structs.replace(alarm, state=AlarmState.NORMAL))
        await console.see("1 low")
        await console.acknowledge()
        assert cursor_of(console) == "f-000"
        assert hub.orders == []


async def test_a_page_is_never_kept_over_one_that_another_desk_has_kept(clock: ManualClock) -> None:
    hub = ScriptedHub(border.snapshot())
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("cameras")
        await console.press("v")
        await console.see("all cameras")
        await hub.save_preset("page-1", _named("Ночь"))
        hub.orders.clear()
        await console.press("p")
        await console.write("Ворота")
        await console.press("enter")
        await console.see("Kept: Ворота", "Ночь")
        assert [order[:3] for order in hub.orders] == [("save_preset", "page-2", "Ворота")]


def _named(name: str) -> PresetRequest:
    return PresetRequest(Names(name, name, name), wall="main")
