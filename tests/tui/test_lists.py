"""Lists keep what is most urgent in sight, and hold at every width; what matters on a line is never what is cut off."""

import msgspec
import pytest

from hub.protocol import LogEntry, Logged
from sensors.clock import ManualClock
from sensors.model import Language, Names, Priority
from tests.support.console import ScriptedHub, open_console
from tests.tui import border
from tui.config import ConsoleSettings
from tui.widgets.live_list import LiveList

ENGLISH = ConsoleSettings(language=Language.EN)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(border.NOW)


async def test_the_overview_shows_the_most_urgent_alarms_and_the_newest_log_however_many_come(
    clock: ManualClock,
) -> None:
    calm = border.alarm("calm", priority=Priority.LOW, age_s=9000, message=Names(en="Calm one"))
    hub = ScriptedHub(border.snapshot(alarms=(calm,)))
    async with open_console(hub, clock, settings=ENGLISH, size=(120, 30)) as console:
        await console.see("Calm one")
        for number in range(60):
            message = Names(en=f"Urgent {number}")
            hub.raise_alarm(border.alarm(f"n-{number}", age_s=60 - number, message=message))
            hub.say(Logged(LogEntry(100 + number, border.NOW, "note", "aigul", f"line {number}")))
            if number % 5 == 4:
                await console.settle()
        await console.see("60 critical")
        side = [line[66:] for line in console.screen.splitlines()[3:]]
        assert "Urgent 59" in side[1]
        assert any("Note: line 59" in line for line in side), "\n".join(side)


async def test_rows_change_between_one_line_and_two_at_any_width(clock: ManualClock) -> None:
    alarms = tuple(border.alarm(f"n-{number}", age_s=number) for number in range(30))
    hub = ScriptedHub(border.snapshot(alarms=alarms))
    async with open_console(hub, clock, settings=ENGLISH, size=(106, 16)) as console:
        await console.open("alarms")
        for width in (104, 102, 101, 100, 99, 101, 103, 60, 106):
            await console.resize(width, 16)
            assert "Movement at the line" in console.screen
        assert console.desk.query(LiveList).first().cursor == "n-0"


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (100, 30)])
async def test_a_card_of_a_post_says_its_alarm_however_long_the_posts_name_is(
    clock: ManualClock, size: tuple[int, int]
) -> None:
    long = Names(en="The automobile crossing of Kordai and Ak-Zhol at the river Chu")
    snapshot = border.snapshot(alarms=(border.alarm(),))
    devices = tuple(
        msgspec.structs.replace(each, site_names=long) if each.key.site == "kordai" else each
        for each in snapshot.devices
    )
    hub = ScriptedHub(msgspec.structs.replace(snapshot, devices=devices))
    async with open_console(hub, clock, settings=ENGLISH, size=size) as console:
        await console.see("The automobile", "▲ critical  1")


@pytest.mark.parametrize(("zone", "city"), [("Asia/Almaty", "Almaty"), ("Europe/Berlin", "Berlin"), ("UTC", "UTC")])
async def test_the_clock_names_the_zone_it_shows(clock: ManualClock, zone: str, city: str) -> None:
    settings = ConsoleSettings(language=Language.EN, time_zone=zone)
    async with open_console(ScriptedHub(border.snapshot()), clock, settings=settings) as console:
        await console.see(city)
        assert console.screen.splitlines()[0].endswith(city)
