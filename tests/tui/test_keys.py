import pytest
from textual.keys import _character_to_key

from tui.actions import COMMANDS, Scope, commands_of
from tui.keys import binding_of, keys_of, label_of, terminal_name


@pytest.mark.parametrize("character", list('aAфФәІһ,./?"№:-=`'))
def test_a_character_has_the_name_the_terminal_library_gives_it(character: str) -> None:
    assert terminal_name(character) == _character_to_key(character)


@pytest.mark.parametrize(
    ("key", "arrives_as"),
    [("a", "ф"), ("A", "Ф"), ("q", "й"), ("m", "ь"), ("n", "т"), ("2", "ә"), ("3", "і"), ("/", "full_stop")],
)
def test_a_key_answers_to_what_it_sends_under_a_cyrillic_layout(key: str, arrives_as: str) -> None:
    assert arrives_as in keys_of(key)


def test_the_kazakh_number_row_opens_the_screens() -> None:
    assert [keys_of(str(number))[1] for number in range(1, 7)] == ["quotation_mark", "ә", "і", "ң", "ғ", "comma"]


def test_a_named_key_stays_as_it_is() -> None:
    assert keys_of("enter") == ("enter",)
    assert binding_of(("?", "f1")) == "question_mark,f1"


def test_keys_are_printed_in_latin() -> None:
    assert [label_of(key) for key in ("a", "enter", "ctrl+p")] == ["a", "Enter", "^p"]


@pytest.mark.parametrize("scope", Scope)
def test_no_character_means_two_things_on_one_screen(scope: Scope) -> None:
    taken: dict[str, str] = {}
    for command in commands_of(scope):
        for name in binding_of(command.keys).split(","):
            assert taken.setdefault(name, command.id) == command.id
    lists_own = binding_of(("j", "k", "g", "G")).split(",")
    assert not set(taken) & set(lists_own)


def test_every_command_has_its_own_id() -> None:
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
