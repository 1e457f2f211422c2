from datetime import timedelta

import msgspec
import pytest
from textual import events
from textual.widgets import Input

from hub.client import HubClient
from hub.protocol import (
    AlarmChanged,
    AlarmState,
    Approval,
    LogEntry,
    Logged,
    MetricsChanged,
)
from sensors.access import Role
from sensors.clock import ManualClock
from sensors.errors import AccessError, ConflictError
from sensors.model import Language, Names, Priority
from tests.support.console import ConsoleDriver, ScriptedHub, open_console
from tests.support.waiting import eventually_async
from tests.tui import border
from tui.config import ConsoleSettings
from tui.screens.alarms import Alarms
from tui.screens.sign_in import SignInScreen
from tui.widgets.live_list import LiveList

ENGLISH = ConsoleSettings(language=Language.EN)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(border.NOW)


@pytest.fixture
def hub() -> ScriptedHub:
    return ScriptedHub(border.snapshot(alarms=border.busy_alarms()), picture=border.bitmap())


def cursor_of(console: ConsoleDriver) -> object:
    return console.desk.query(LiveList).first().cursor


@pytest.mark.parametrize("key", ["a", "ф"])
async def test_the_key_a_acknowledges_under_any_layout(hub: ScriptedHub, clock: ManualClock, key: str) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press(key)
        await console.see("Acknowledged: Kordai · Ground sensor 1")
        assert hub.orders == [("acknowledge", "o-1", "")]
        await eventually_async(lambda: console.app.shared.store.alarms["o-1"].state is AlarmState.ACKNOWLEDGED)


@pytest.mark.parametrize("keys", [("2", "3"), ("ә", "і")])
async def test_screens_open_under_the_kazakh_number_row(
    hub: ScriptedHub, clock: ManualClock, keys: tuple[str, str]
) -> None:
    async with open_console(hub, clock) as console:
        await console.press(keys[0])
        assert console.desk.SCOPE.value == "alarms"
        await console.press(keys[1])
        assert console.desk.SCOPE.value == "cameras"


async def test_an_alarm_is_seen_on_every_screen_without_waiting_for_a_tick(
    hub: ScriptedHub, clock: ManualClock
) -> None:
    slow = ConsoleSettings(language=Language.EN, refresh_hz=1)
    async with open_console(hub, clock, settings=slow) as console:
        for workspace in ("overview", "cameras", "sensors", "devices", "log"):
            await console.open(workspace)
            hub.raise_alarm(border.alarm(f"n-{workspace}", at=border.key("kordai", "fence-1"), age_s=0))
            await console.see("14:03:22 Kordai · Fence, north")
            over = msgspec.structs.replace(border.alarm(f"n-{workspace}"), state=AlarmState.NORMAL)
            hub.raise_alarm(over)
            await console.miss("14:03:22 Kordai · Fence, north")


async def test_the_row_under_the_cursor_stays_when_alarms_come(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("j", "j")
        assert cursor_of(console) == "o-4"
        for number in range(30):
            hub.raise_alarm(border.alarm(f"n-{number}", age_s=0))
        await console.see("31 critical")
        assert cursor_of(console) == "o-4"
        await console.acknowledge()
        assert hub.orders == [("acknowledge", "o-4", "")]


async def test_the_row_under_the_cursor_does_not_move_on_the_screen(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH, size=(120, 20)) as console:
        await console.open("alarms")
        for number in range(40):
            hub.raise_alarm(border.alarm(f"old-{number}", priority=Priority.LOW, age_s=100 + number))
        await console.see("40 low")
        await console.press(*["j"] * 25)
        before = [line.split("│")[0] for line in console.screen.splitlines()].index(_cursor_line(console))
        hub.raise_alarm(border.alarm("new", age_s=0))
        await console.see("2 critical")
        assert console.screen.splitlines().index(_cursor_line(console)) == before


async def test_an_alarm_that_ends_under_the_cursor_is_not_replaced_by_another(
    hub: ScriptedHub, clock: ManualClock
) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        assert cursor_of(console) == "o-1"
        hub.raise_alarm(msgspec.structs.replace(border.alarm("o-1"), state=AlarmState.NORMAL))
        await console.miss("1 critical ")
        await console.acknowledge()
        assert hub.orders == []
        await console.see("Already acknowledged")
        await console.press("j")
        await console.press("k")
        assert cursor_of(console) == "o-3", "it left when the cursor did"


async def test_a_late_acknowledgement_is_said_to_be_late(hub: ScriptedHub, clock: ManualClock) -> None:
    hub.refuse_with = ConflictError("has moved on", subject="o-1")
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.acknowledge()
        await console.see("That occurrence has moved on")


async def test_an_acknowledgement_can_carry_a_note(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("A")
        await console.see("Acknowledge with a note")
        await console.write("Мал өтті")
        await console.press("enter")
        assert hub.orders == [("acknowledge", "o-1", "Мал өтті")]


async def test_what_is_typed_is_never_translated(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("/")
        await console.write("qф")
        assert console.app.screen.query_one("#filter", Input).value == "qф"
        await console.see("Nothing matches the filter")


async def test_the_detail_says_who_when_why_and_what_to_do(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH, size=(80, 24)) as console:
        await console.open("alarms")
        await console.press("enter")
        await console.see("> 5 hits", "14.03.2026 14:03:10, 12 s ago", "Perimeter, north", "Look at the linked camera")
        await console.see("A person or an animal", "not yet")
        await console.acknowledge()
        await console.see("aigul, 14.03.2026 14:03:10")
        await console.press("escape")
        assert isinstance(console.app.screen, Alarms)


async def test_a_role_that_may_not_is_told_so(clock: ManualClock) -> None:
    hub = ScriptedHub(border.snapshot(role=Role.VIEWER, alarms=border.busy_alarms()))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.see("(Acknowledge)")
        await console.acknowledge()
        await console.see("Your role (viewer) may not do this: Acknowledge")
        assert hub.orders == []


async def test_a_lost_link_is_on_the_whole_screen_and_mends_itself(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        hub.lose_link()
        await console.see("NO LINK TO THE HUB")
        clock.advance(12)
        await console.see("NO LINK TO THE HUB", "12 s", "data as of 14:03:22", "◌ devices")
        await console.open("alarms")
        await console.acknowledge()
        await console.see("There is no link to the hub: Acknowledge")
        assert hub.orders == []
        await console.open("cameras")
        await console.see("NOT LIVE: unknown")
        await console.miss("Entry · Kordai  live")
        hub.restore_link()
        await console.see("connected", "Entry · Kordai")
        await console.miss("NO LINK")


async def test_a_sign_in_that_is_over_leads_to_another_one(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        hub.end_sign_in()
        await console.see("Password")
        assert isinstance(console.app.screen, SignInScreen)
        await console.see("The sign-in is over")


async def test_signing_in_never_shows_the_password(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH, signed_in=False) as console:
        await console.see("Sign in")
        await console.write("aigul")
        await console.press("enter")
        await console.write("wrong horse")
        assert "horse" not in console.screen
        await console.press("enter")
        await console.see("The name or the password is wrong")
        await console.write("correct horse")
        await console.press("enter")
        await console.see("Kordai", "aigul")


async def test_a_hub_that_does_not_answer_is_named_at_sign_in(clock: ManualClock) -> None:
    settings = msgspec.structs.replace(ENGLISH, hub_url="http://127.0.0.1:9", user="aigul")
    async with (
        HubClient(settings.hub_url) as client,
        open_console(client, clock, settings=settings, signed_in=False) as console,
    ):
        await console.write("correct horse")
        await console.press("enter")
        await console.see("The hub at http://127.0.0.1:9 does not answer")


async def test_a_camera_goes_to_the_wall_and_comes_back(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("cameras")
        await console.see("▀▀▀▀", "live · fetched 0 s ago")
        await console.press("w")
        await console.see("on the wall's spotlight")
        await console.press("W")
        await console.see("spotlight is free again")
        await console.miss("on the wall's spotlight")
        assert hub.orders == [("change_wall", "main", "konysbayev/cam-1"), ("change_wall", "main", "clear")]


async def test_a_frozen_camera_is_never_said_to_be_live(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("cameras")
        await console.press("j")
        await console.see("NOT LIVE: frozen", "× Exit")


async def test_a_picture_that_does_not_come_is_said(clock: ManualClock) -> None:
    async with open_console(ScriptedHub(border.snapshot()), clock, settings=ENGLISH) as console:
        await console.open("cameras")
        await console.see("live · no picture: does not answer")


async def test_the_alarms_camera_goes_to_the_wall(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("ц")
        assert hub.orders == [("change_wall", "main", "kordai/cam-3")]


async def test_a_new_value_repaints_its_line_and_joins_the_trend(clock: ManualClock) -> None:
    ground = border.key("kordai", "ground-1")
    hub = ScriptedHub(border.snapshot(), history=border.history(ground, "hits"))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("sensors")
        await console.press("/")
        await console.write("kordai/ground")
        await console.press("enter")
        await console.see("2 hits", "last 30 min")
        hub.say(MetricsChanged((border.reading(ground, "hits", 9.5, "{hit}", age_s=0),)))
        await console.see("△ 9.5 hits")


async def test_the_trend_goes_back_as_far_as_is_wanted_and_says_where_it_is_from(clock: ManualClock) -> None:
    ground = border.key("kordai", "ground-1")
    hub = ScriptedHub(border.snapshot(), history=border.history(ground, "hits"))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("sensors")
        await console.see("last 30 min · local")
        for span, days in (("last 24 h", 1), ("last 7 days", 7), ("last 30 days", 30)):
            await console.press("s")
            await console.see(f"{span} · local-15min")
            assert hub.asked[-1][1] == timedelta(days=days)
        await console.press("s")
        await console.see("last 30 min · local")


async def test_a_post_opens_with_its_sensors(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.press("j", "enter")
        await console.see("kordai/", "Ground sensor 1 · Kordai")
        assert "Sypatai" not in console.screen
        await console.press("escape")
        await console.see("Sypatai")


@pytest.mark.parametrize(("answer", "orders"), [("enter", 0), ("escape", 0)])
async def test_refusing_a_device_asks_and_cancel_is_the_default(
    hub: ScriptedHub, clock: ManualClock, answer: str, orders: int
) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("devices")
        await console.press("x")
        await console.see("Refuse B. Konysbayev · Entry", "Cancel")
        await console.press(answer)
        await console.miss("Cancel")
        assert len(hub.orders) == orders


async def test_a_discovered_device_is_first_and_can_be_approved(clock: ManualClock) -> None:
    new = border.device("kordai", "zz-new", "fence", Names(en="New fence"), approval=Approval.DISCOVERED)
    hub = ScriptedHub(border.snapshot(extra=(new,)))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("devices")
        await console.see("? waiting")
        await console.press("y")
        await console.press("right", "enter")
        await console.miss("? waiting")
        assert hub.orders == [("approve", "kordai/zz-new", "")]


async def test_a_note_goes_into_the_log(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("log")
        await console.press("n")
        await console.write("Patrol is back")
        await console.press("enter")
        await console.see("Written to the log", "Patrol is back")


async def test_the_language_changes_at_once(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.see("Movement at the line", "Overview")
        await console.press("L")
        await console.see("Шепте қозғалыс бар", "Шолу", "Растау")
        await console.press("L")
        await console.see("Движение у рубежа", "Обзор")


async def test_the_address_of_the_walls_page_is_one_key_away(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.press("o")
        await console.see("http://127.0.0.1:8461/?ticket=for-main", "good for one entry")
        assert console.app.clipboard.endswith("for-main")
        await console.press("escape")
        await console.miss("ticket=")


async def test_the_palette_holds_the_commands_of_the_screen(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.press("ctrl+p")
        await console.see("Search for a command")
        await console.write("acknow")
        await console.see("Accept the selected alarm in your name")
        await console.press("down", "enter")
        await eventually_async(lambda: hub.orders == [("acknowledge", "o-1", "")])


async def test_help_lists_the_keys_of_the_screen(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("devices")
        await console.press("?")
        await console.see("Let the device's readings in")
        await console.press("end")
        await console.see("hollow: acknowledged")
        await console.press("escape")
        await console.miss("hollow: acknowledged")


async def test_names_from_devices_can_not_steer_the_terminal(clock: ManualClock) -> None:
    evil = border.device("kordai", "aa-evil", "fence", Names(en="gate\x1b]0;owned\x07\x1b[31m[bold]"))
    entry = LogEntry(99, border.NOW, "note", "x\x1b[2J", "y\x1b[2J[red]z")
    hub = ScriptedHub(border.snapshot(extra=(evil,)))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        hub.say(Logged(entry))
        hub.say(AlarmChanged(border.alarm("e", at=evil.key, message=Names(en="\x1b[2Jboom"))))
        for workspace in ("overview", "alarms", "sensors", "devices", "log"):
            await console.open(workspace)
            assert "\x1b" not in console.screen
        await console.see("y·[2J[red]z")


async def test_a_hub_that_refuses_says_why(hub: ScriptedHub, clock: ManualClock) -> None:
    hub.refuse_with = AccessError("the role may not do this", signed_in=True)
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("alarms")
        await console.acknowledge()
        await console.see("Not done: the role may not do this")


async def test_q_ends_the_console(hub: ScriptedHub, clock: ManualClock) -> None:
    async with open_console(hub, clock) as console:
        console.app.post_message(events.Key("й", "й"))
        await eventually_async(lambda: console.app._exit)


def _cursor_line(console: ConsoleDriver) -> str:
    return next(line for line in console.screen.splitlines() if line.startswith("▌"))
