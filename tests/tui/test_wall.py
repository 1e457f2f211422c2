"""The wall's screen: what it shows, what it is told to show, in three languages, and where a key press goes."""

import pytest
from msgspec.structs import replace

from hub.protocol import Composition, PresetView, Progress, Stop, Tour, WallsChanged, WallView
from sensors.access import Role
from sensors.clock import ManualClock
from sensors.model import Language, Names
from tests.support.console import ScriptedHub, open_console
from tests.tui import border
from tests.tui.test_snapshots import LARGE, SMALL, compare
from tui.config import ConsoleSettings
from videowall.plan import Page

NIGHT = PresetView("night", Names("Night", "Ночь", "Түн"), Composition("2x2"), "aigul", border.NOW)
ON_TOUR = WallView(
    "main",
    Names("Main wall", "Главная стена", "Басты қабырға"),
    "1+5",
    online=True,
    spotlight=border.key("kordai", "cam-3"),
    spotlights=(border.key("kordai", "cam-3"),),
    spotlights_waiting=2,
    calm=True,
    exercise=True,
    tour=Tour((Stop("night"), Stop(through=True))),
    progress=Progress.PLAYING,
    page=Page(1, 4, NIGHT.names, paused=True),
)


def hub_of(wall: WallView, role: Role = Role.DUTY_OFFICER) -> ScriptedHub:
    snapshot = replace(border.snapshot(), walls=(wall,), principal_role=role)
    hub = ScriptedHub(snapshot)
    hub.keep(NIGHT)
    return hub


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("language", Language)
async def test_the_walls_screen_looks_as_agreed(language: Language, size: tuple[int, int]) -> None:
    settings = ConsoleSettings(language=language)
    async with open_console(hub_of(ON_TOUR), ManualClock(border.NOW), size=size, settings=settings) as console:
        await console.open("cameras")
        await console.press("v")
        await console.see(NIGHT.names.in_language(language))
        compare(f"{language.value}-wall", console.screen, size)


async def test_a_layout_a_kept_page_and_tours_are_chosen_from_one_list() -> None:
    hub = hub_of(replace(ON_TOUR, tour=None, progress=Progress.OFF, page=None))
    async with open_console(hub, ManualClock(border.NOW), settings=ConsoleSettings(language=Language.EN)) as console:
        await console.open("cameras")
        await console.press("v")
        await console.see("Night")
        await console.press("home", "enter", "down", "enter", "down", "enter", "end", "enter")
        said = [order[2] for order in hub.orders]
        assert said == [
            '{"preset":"night"}',
            '{"tour":{"stops":[{"through":true}]},"progress":"playing","page":1}',
            '{"tour":{"stops":[{"preset":"night"}]},"progress":"playing","page":1}',
            '{"layout":"8x8"}',
        ]
        await console.press("escape")
        assert console.desk.SCOPE == "cameras"


async def test_a_tour_is_held_turned_and_ended_and_the_wall_made_calm_and_lit() -> None:
    hub = hub_of(ON_TOUR)
    async with open_console(hub, ManualClock(border.NOW), settings=ConsoleSettings(language=Language.EN)) as console:
        await console.open("cameras")
        await console.press("v")
        await console.see("waits for the alarm", "2 more waiting", "EXERCISE")
        await console.press("n", "b", "b", "h", "h", "m", "m", "e")
        said = [order[2] for order in hub.orders]
        assert said == [
            '{"page":2}',
            '{"page":1}',
            '{"page":4}',
            '{"progress":"held"}',
            '{"progress":"playing"}',
            '{"calm":false}',
            '{"calm":true}',
            '{"progress":"off"}',
        ]


async def test_a_page_is_kept_under_any_name_and_forgotten_after_a_question() -> None:
    hub = hub_of(replace(ON_TOUR, tour=None, progress=Progress.OFF, page=None))
    async with open_console(hub, ManualClock(border.NOW), settings=ConsoleSettings(language=Language.RU)) as console:
        await console.open("cameras")
        await console.press("v")
        await console.see("Ночь")
        await console.press("p")
        await console.write("ворота")
        await console.press("enter")
        await console.see("Сохранено: ворота")
        await console.press("p")
        await console.write("gates")
        await console.press("enter")
        await console.see("Сохранено: gates")
        assert [order[:3] for order in hub.orders] == [
            ("save_preset", "page-1", "ворота"),
            ("save_preset", "gates", ""),
        ]
        await console.press("home", "x", "enter")
        assert len(hub.orders) == 2
        await console.press("x", "tab", "enter")
        await console.see("Удалено: ")
        assert hub.orders[-1][0] == "remove_preset"


async def test_who_may_not_change_walls_sees_and_is_told_so_and_without_a_tour_nothing_turns() -> None:
    hub = hub_of(replace(ON_TOUR, tour=None, progress=Progress.OFF, page=None), Role.VIEWER)
    async with open_console(hub, ManualClock(border.NOW), settings=ConsoleSettings(language=Language.EN)) as console:
        await console.open("cameras")
        await console.press("v")
        await console.see("Shown now")
        await console.press("m")
        assert hub.orders == []
    officer = hub_of(replace(ON_TOUR, tour=None, progress=Progress.OFF, page=None))
    async with open_console(
        officer, ManualClock(border.NOW), settings=ConsoleSettings(language=Language.EN)
    ) as console:
        await console.open("cameras")
        await console.press("v", "n")
        await console.see("The wall is on no tour")
        assert officer.orders == []
        officer.say(WallsChanged((replace(ON_TOUR, online=False),)))
        await console.see("NOT ON LINE")
