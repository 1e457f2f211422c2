"""Keys that work whatever layout is active: a terminal sends the character, not the key that was pressed.

With the Russian or Kazakh layout the key `a` arrives as `ф`, and the Kazakh layout has letters where the digits are.
One table makes the aliases. They are for commands only: text that is typed is never translated.
"""

import unicodedata
from typing import Final

_LATIN: Final = "qwertyuiopasdfghjklzxcvbnm"
_CYRILLIC: Final = "йцукенгшщзфывапролдячсмить"
_NUMBER_ROW: Final = "1234567890-="
_KAZAKH_NUMBER_ROW: Final = '"әіңғ,.үұқөһ'

_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    **{latin: (cyrillic,) for latin, cyrillic in zip(_LATIN, _CYRILLIC, strict=True)},
    **{latin.upper(): (cyrillic.upper(),) for latin, cyrillic in zip(_LATIN, _CYRILLIC, strict=True)},
    **{digit: (letter,) for digit, letter in zip(_NUMBER_ROW, _KAZAKH_NUMBER_ROW, strict=True)},
    "/": (".", "№"),  # the same key under the Russian and under the Kazakh layout
    "ctrl+p": ("ctrl+з",),
    "ctrl+q": ("ctrl+й",),
}
_RENAMED: Final = {"solidus": "slash", "hyphen_minus": "minus"}


def terminal_name(character: str) -> str:
    """The name the terminal library gives the key that sends `character`."""
    if character.isalnum():
        return character
    name = unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    return _RENAMED.get(name, name)


def keys_of(key: str) -> tuple[str, ...]:
    """All names a command's key may arrive under: a character with its aliases, or a named key as it is."""
    if len(key) > 1:
        return (key, *_ALIASES.get(key, ()))
    return tuple(terminal_name(character) for character in (key, *_ALIASES.get(key, ())))


def binding_of(keys: tuple[str, ...]) -> str:
    """The keys of one command, aliases included, as one comma-separated binding."""
    return ",".join(dict.fromkeys(name for key in keys for name in keys_of(key)))


def label_of(key: str) -> str:
    """How a key is printed: always Latin, as on the keycap."""
    return {
        "enter": "Enter",
        "escape": "Esc",
        "tab": "Tab",
        "f1": "F1",
        "ctrl+p": "^p",
        "ctrl+q": "^q",
        "ctrl+c": "^c",
    }.get(key, key)
