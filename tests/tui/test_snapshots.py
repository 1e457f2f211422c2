"""Every screen as plain text beside this file, at two sizes and in three languages.

SHEKARA_UPDATE_SNAPSHOTS=1 writes them anew; read the difference before committing it.
"""

import os
from pathlib import Path

import pytest

from sensors.clock import ManualClock
from sensors.model import Language
from tests.support.console import ConsoleDriver, ScriptedHub, open_console
from tests.tui import border
from tui.config import ConsoleSettings, GlyphLevel

FOLDER = Path(__file__).parent / "snapshots"
SMALL, LARGE = (80, 24), (120, 40)


def compare(name: str, screen: str, size: tuple[int, int]) -> None:
    assert len(screen.splitlines()) == size[1]
    assert max(map(len, screen.splitlines())) <= size[0]
    path = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
    if os.environ.get("SHEKARA_UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(screen, "utf-8")
    assert screen == path.read_text("utf-8"), f"{path.name} differs"


def busy_hub() -> ScriptedHub:
    history = border.history(border.key("konysbayev", "fence-1"), "energy")
    return ScriptedHub(border.snapshot(alarms=border.busy_alarms()), picture=border.bitmap(), history=history)


async def walk(console: ConsoleDriver, name: str, size: tuple[int, int]) -> None:
    await console.see("14:03:10")
    compare(f"{name}-overview", console.screen, size)
    await console.open("alarms")
    compare(f"{name}-alarms", console.screen, size)
    await console.press("enter")
    compare(f"{name}-alarm", console.screen, size)
    await console.press("escape")
    await console.open("cameras")
    await console.see("++++" if console.app.shared.settings.glyphs is GlyphLevel.ASCII else "▀▀▀▀")
    compare(f"{name}-cameras", console.screen, size)
    await console.open("sensors")
    await console.see("13:33:22")
    compare(f"{name}-sensors", console.screen, size)
    await console.open("devices")
    compare(f"{name}-devices", console.screen, size)
    await console.open("log")
    compare(f"{name}-log", console.screen, size)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("language", Language)
async def test_every_screen_looks_as_agreed(language: Language, size: tuple[int, int]) -> None:
    settings = ConsoleSettings(language=language)
    async with open_console(busy_hub(), ManualClock(border.NOW), size=size, settings=settings) as console:
        await walk(console, language.value, size)


async def test_a_terminal_without_unicode_and_colour_tells_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    settings = ConsoleSettings(language=Language.EN, glyphs=GlyphLevel.ASCII)
    async with open_console(busy_hub(), ManualClock(border.NOW), size=SMALL, settings=settings) as console:
        assert console.app.no_color
        await walk(console, "ascii", SMALL)


async def test_a_lost_link_looks_as_agreed() -> None:
    hub, clock = busy_hub(), ManualClock(border.NOW)
    async with open_console(hub, clock, size=SMALL) as console:
        hub.lose_link()
        await console.see("НЕТ СВЯЗИ С ХАБОМ")
        clock.advance(75)
        await console.settle()
        compare("lost-overview", console.screen, SMALL)
        await console.open("cameras")
        await console.see("▀▀▀▀")
        compare("lost-cameras", console.screen, SMALL)


@pytest.mark.parametrize("language", Language)
async def test_signing_in_and_help_look_as_agreed(language: Language) -> None:
    settings = ConsoleSettings(language=language)
    async with open_console(
        busy_hub(), ManualClock(border.NOW), size=SMALL, settings=settings, signed_in=False
    ) as console:
        await console.settle()
        compare(f"{language.value}-sign-in", console.screen, SMALL)
        await console.write("aigul")
        await console.press("enter")
        await console.write("correct horse")
        await console.press("enter")
        await console.see("14:03:10")
        await console.press("?")
        compare(f"{language.value}-help", console.screen, SMALL)
