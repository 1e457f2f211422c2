"""One bad device never harms another: odd names, numbers and times are shown, and end neither screen nor console."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hub.protocol import (
    Aggregate,
    AlarmChanged,
    Approval,
    DevicesChanged,
    History,
    HistoryStep,
    HistorySteps,
    LogEntry,
    Logged,
    MetricsChanged,
    StateTime,
)
from sensors.clock import ManualClock
from sensors.commands import Told, write_told
from sensors.model import Condition, Language, Names, Priority
from tests.support.console import ScriptedHub, open_console
from tests.tui import border
from tests.tui.test_training import COMMANDS, KORDAI
from tui.config import ConsoleSettings, GlyphLevel
from tui.figures import band, shown_minute, shown_moment, shown_time
from tui.glyphs import Tone
from tui.lines import fit, width_of
from tui.series import Series, Span
from tui.training import ends_at, read_steps
from tui.trend import Point, draw_trend

ENGLISH = ConsoleSettings(language=Language.EN)
HITS = border.posts()[0][1].metrics[0]
ENORMOUS = 1.7e308
END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(border.NOW)


@pytest.mark.parametrize("name", ["[/]", "[@click=app.exit]OK[/]", "[bold red]gate", "gate]["])
async def test_a_device_is_asked_about_by_the_name_it_has(clock: ManualClock, name: str) -> None:
    new = border.device("kordai", "zz-new", "fence", Names(en=name), approval=Approval.DISCOVERED)
    hub = ScriptedHub(border.snapshot(extra=(new,)))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("devices")
        await console.press("y")
        await console.see(f"Approve Kordai · {name}", "Cancel")
        await console.press("right", "enter")
        await console.see(f"Approved: Kordai · {name}")
        assert hub.orders == [("approve", "kordai/zz-new", "")]


@pytest.mark.parametrize("value", [ENORMOUS, -ENORMOUS, 2**63 - 1])
@pytest.mark.parametrize("bounds", [(-ENORMOUS, ENORMOUS), (0.0, 1e-300), (None, None)])
def test_a_number_beyond_all_bounds_has_a_place_at_the_edge_or_none(
    value: float, bounds: tuple[float | None, float | None]
) -> None:
    metric = msgspec.structs.replace(HITS, minimum=bounds[0], maximum=bounds[1])
    for limits in ((), (border.limit("many", Condition.ABOVE, ENORMOUS, Priority.HIGH, Names()),), HITS.limits):
        drawn = band(msgspec.structs.replace(metric, limits=limits), value, 14, GlyphLevel.UNICODE, Tone.NORMAL)
        assert sum(width_of(piece.text) for piece in drawn) in (0, 14)


def test_a_trend_of_numbers_beyond_all_bounds_is_no_trend() -> None:
    points = [Point(0, -ENORMOUS), Point(1, ENORMOUS), Point(2, 3.0)]
    assert draw_trend(points, 20, 4, GlyphLevel.UNICODE) is None


@pytest.mark.parametrize("shown", [shown_time, shown_minute, shown_moment])
@pytest.mark.parametrize("at", [END_OF_TIME, datetime.min.replace(tzinfo=UTC)], ids=["last", "first"])
def test_the_first_and_the_last_moment_of_all_can_be_shown(
    shown: Callable[[datetime, ZoneInfo], str], at: datetime
) -> None:
    for zone in (ZoneInfo("Asia/Almaty"), ZoneInfo("America/New_York")):
        assert shown(at, zone)


def test_a_switch_that_was_in_no_state_for_any_time_has_no_share() -> None:
    series = Series(Span.DAY)
    step = HistoryStep(border.NOW, 1, states=(StateTime("true", 0.0), StateTime("false", 0.0)))
    until = border.NOW
    key = border.key("kordai", "ups")
    series.begin_steps(HistorySteps(key, "mains", "", Aggregate.MEAN, 300, until - Span.DAY.length, until, (step,)))
    assert series.points == ()


async def test_a_device_gone_mad_ends_no_screen(clock: ManualClock) -> None:
    ground, camera = border.key("konysbayev", "fence-1"), border.key("konysbayev", "cam-1")
    hub = ScriptedHub(border.snapshot(), history=History(ground, "energy", "", ()))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        for value in (ENORMOUS, -ENORMOUS, 5.0):
            mad = msgspec.structs.replace(border.reading(ground, "energy", value), captured_at=END_OF_TIME)
            hub.say(MetricsChanged((mad, border.reading(camera, "fps", value), border.reading(camera, "age", value))))
            alarm = border.alarm("mad", at=ground, metric="energy", limit_id="climb", value=value)
            hub.say(AlarmChanged(msgspec.structs.replace(alarm, captured_at=END_OF_TIME)))
            for workspace in ("overview", "cameras", "sensors", "alarms"):
                await console.open(workspace)
            await console.press("enter")
            await console.see("Movement at the line", "Measured")
            await console.press("escape")


def test_what_is_to_last_beyond_all_time_goes_on_until_it_is_ended() -> None:
    told = Told("training-1", "intrusion", {"duration_s": 1e300})
    (step,) = read_steps([LogEntry(1, border.NOW, "training-order", "dana", write_told(told), KORDAI)])
    assert ends_at(step, COMMANDS[0]) is None


@pytest.mark.parametrize("name", ["ก็", "e\u0488"])
def test_marks_that_take_no_cell_are_counted_as_none(name: str) -> None:
    from rich.cells import cell_len  # noqa: PLC0415 - what the terminal library counts

    assert width_of(name) == cell_len(name)
    assert cell_len(fit(name, 12)) == 12


async def test_a_log_line_of_a_kind_that_is_not_known_is_shown_as_it_is(clock: ManualClock) -> None:
    hub = ScriptedHub(border.snapshot())
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("log")
        hub.say(Logged(LogEntry(77, END_OF_TIME, "moon-landed", "x" * 200, "y" * 2000)))
        hub.say(DevicesChanged(removed=(border.key("kordai", "ups"),)))
        await console.see("moon-landed")
