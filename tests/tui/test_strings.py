import re
from pathlib import Path
from string import Formatter

import pytest

import tui
from hub.protocol import AlarmState, Approval, ConflictKind, Liveness, StreamState
from sensors.access import Role
from sensors.catalog import PictureState
from sensors.model import Language, Names, Priority
from tui.actions import COMMANDS, WORKSPACES, Scope
from tui.order import Shelf
from tui.store import Link
from tui.strings import TABLES, Words, next_language
from tui.training import Stage

ENGLISH = TABLES[Language.EN]
KAZAKH_ONLY = set("әғқңөұүі")


@pytest.mark.parametrize("language", Language)
def test_every_language_has_the_same_phrases_with_the_same_fields(language: Language) -> None:
    table = TABLES[language]
    assert table.keys() == ENGLISH.keys()
    for key, phrase in table.items():
        assert _fields(phrase) == _fields(ENGLISH[key]), key


@pytest.mark.parametrize("language", Language)
def test_only_phrases_of_units_without_a_word_are_empty(language: Language) -> None:
    assert [key for key, phrase in TABLES[language].items() if not phrase] == ["unit.{count}"]


@pytest.mark.parametrize("language", [Language.RU, Language.KK])
def test_phrases_hold_no_latin_letter_that_only_looks_cyrillic(language: Language) -> None:
    for key, phrase in TABLES[language].items():
        for word in re.findall(r"\w+", phrase):
            has_cyrillic = any("\u0400" <= letter <= "\u04ff" for letter in word)
            assert not (has_cyrillic and re.search("[A-Za-z]", word)), (key, word)


def test_kazakh_is_written_with_its_own_letters() -> None:
    assert set("".join(TABLES[Language.KK].values()).lower()) >= KAZAKH_ONLY
    assert not set("".join(TABLES[Language.RU].values()).replace("Қазақша", "").lower()) & KAZAKH_ONLY


def test_every_state_and_command_has_its_phrases() -> None:
    needed = {
        *(f"state.{each}" for each in AlarmState),
        *(f"approval.{each}" for each in Approval),
        *(f"conflict.{each}" for each in ConflictKind),
        *(f"shelf.{each}" for each in Shelf),
        *(f"stream.{each}" for each in StreamState),
        *(f"liveness.{each}" for each in Liveness),
        *(f"picture.{each}" for each in PictureState),
        *(f"priority.{each}" for each in Priority),
        *(f"role.{each}" for each in Role),
        *(f"stage.{each}" for each in Stage),
        *(f"link.{each}" for each in Link),
        *(f"tab.{each}" for each in (*WORKSPACES, Scope.TRAINING)),
        *(f"action.{command.id}" for command in COMMANDS),
        *(f"action.{command.id}.help" for command in COMMANDS),
    }
    assert needed <= ENGLISH.keys()


def test_every_phrase_is_used_and_every_phrase_used_exists() -> None:
    sources = "\n".join(
        path.read_text("utf-8")
        for path in Path(tui.__path__[0]).rglob("*.py")
        if path.parent.name != "strings" or path.name == "__init__.py"
    )
    named = set(re.findall(r"""["']([a-z_]+\.[a-z_.]+)["']""", sources))
    built_from_states = {
        "state",
        "approval",
        "conflict",
        "shelf",
        "span",
        "stage",
        "stream",
        "liveness",
        "picture",
        "priority",
        "role",
        "link",
        "tab",
        "action",
        "unit",
        "log",
        "value",
    }
    built_from_names = {f"camera.{name}" for name in ("fps", "age", "bitrate", "latency", "lost", "dropped", "errors")}
    for verb in ("approve", "refuse", "retire", "accept", "leave"):
        built_from_names |= {f"dialog.{verb}", f"dialog.{verb}_ask", f"told.{verb}"}
    plain = {key for key in ENGLISH if key.split(".")[0] not in built_from_states} - built_from_names
    assert plain <= named
    heads = {key.split(".")[0] for key in plain} - {"app", "sign_in", "help", "dialog"}
    assert {key for key in named if key.split(".")[0] in heads} <= ENGLISH.keys()


def test_units_are_written_in_the_readers_language() -> None:
    assert Words(Language.RU).unit("m/s") == "м/с"
    assert Words(Language.EN).unit("{widget}") == "widget"


def test_a_missing_name_falls_back() -> None:
    assert Words(Language.KK).name(Names(ru="Кордай")) == "Кордай"
    assert Words(Language.KK).name(Names(), "kordai") == "kordai"


def test_languages_go_round() -> None:
    seen = [Language.KK]
    while (after := next_language(seen[-1])) not in seen:
        seen.append(after)
    assert set(seen) == set(Language)


def _fields(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}
