"""In an exercise every screen says so, in every language and at every size, whatever else there is to say."""

import msgspec
import pytest

from hub.protocol import Approval, Conflict, ConflictKind, LogEntry, Logged, Snapshot
from sensors.clock import ManualClock
from sensors.model import Language, Names
from tests.support.console import ScriptedHub, open_console
from tests.tui import border
from tests.tui.test_snapshots import SMALL, compare
from tui.actions import WORKSPACES
from tui.config import ConsoleSettings
from tui.console import Console
from tui.watch import Watch

WORDS = {Language.EN: "EXERCISE", Language.RU: "УЧЕНИЕ", Language.KK: "ОҚУ-ЖАТТЫҒУ"}
MIXED = Conflict(ConflictKind.MIXED, "mixed", border.NOW, "it does not say so")


def exercising() -> Snapshot:
    lookalike = border.device("kordai", "fence-9", "fence", Names(en="Fence 9"), approval=Approval.DISCOVERED)
    lookalike = msgspec.structs.replace(lookalike, conflicts=(MIXED,))
    snapshot = border.snapshot(alarms=border.busy_alarms(), extra=(lookalike,))
    return msgspec.structs.replace(snapshot, status=msgspec.structs.replace(snapshot.status, exercise=True))


@pytest.mark.parametrize("language", Language)
async def test_every_screen_and_dialog_bears_the_word(language: Language) -> None:
    hub, clock, word = ScriptedHub(exercising()), ManualClock(border.NOW), WORDS[language]
    settings = ConsoleSettings(language=language)
    async with open_console(hub, clock, size=SMALL, settings=settings) as console:
        await console.see("14:03:10", word)
        for number, workspace in enumerate(WORKSPACES, 1):
            await console.press(str(number))
            assert console.screen.splitlines()[0].startswith(f" {word} "), workspace
        await console.press("?")
        assert word in console.screen
        await console.press("escape")
        await console.press("1")
        compare(f"{language.value}-exercise-overview", console.screen, SMALL)
        hub.lose_link()
        await console.see(word)
        clock.advance(75)
        await console.settle()
        compare(f"{language.value}-exercise-lost", console.screen, SMALL)


async def test_signing_in_says_so_before_anybody_is_known() -> None:
    settings = ConsoleSettings(language=Language.EN)
    async with open_console(
        ScriptedHub(exercising()), ManualClock(border.NOW), size=SMALL, settings=settings, signed_in=False
    ) as console:
        await console.see("EXERCISE")
        compare("en-exercise-sign-in", console.screen, SMALL)
    async with open_console(
        ScriptedHub(border.snapshot()), ManualClock(border.NOW), size=SMALL, settings=settings, signed_in=False
    ) as console:
        await console.settle()
        assert "EXERCISE" not in console.screen


async def test_what_does_not_belong_says_why_and_is_not_offered_for_approval() -> None:
    hub = ScriptedHub(exercising())
    settings = ConsoleSettings(language=Language.EN)
    async with open_console(hub, ManualClock(border.NOW), settings=settings) as console:
        await console.open("devices")
        await console.see("this hub is for exercises")
        await console.press("y")
        await console.see("cannot be approved")
        await console.press("d")
        await console.see("Nothing")
    assert hub.orders == []


def test_plain_lines_bear_the_word() -> None:
    lines: list[str] = []
    console = Console(ScriptedHub(exercising()), ConsoleSettings(language=Language.EN), ManualClock(border.NOW))
    watch = Watch(console, lines.append)
    for item in (exercising(), Logged(LogEntry(9, border.NOW, "note", "aigul", "quiet"))):
        console.store.fold(item, border.NOW)
        watch.hear(item, urgent=False)
    assert lines
    assert all("  EXERCISE  " in line for line in lines)
