"""The console's words: one table a language, chosen at run time. Ids, units of storage and log kinds stay neutral."""

from typing import Final

from sensors.model import Language, Names
from tui.strings import english, kazakh, russian, training_words, wall_words

TABLES: Final = {
    Language.KK: kazakh.TABLE | wall_words.KAZAKH | training_words.KAZAKH,
    Language.RU: russian.TABLE | wall_words.RUSSIAN | training_words.RUSSIAN,
    Language.EN: english.TABLE | wall_words.ENGLISH | training_words.ENGLISH,
}


class Words:
    """One language. `words("age.s", n=5)` is a phrase; a key that no table has is an error of ours."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._table = TABLES[language]

    def __call__(self, key: str, **fields: object) -> str:
        """The phrase of `key` with its fields filled in.

        Raises:
            KeyError: there is no such phrase.
        """
        phrase = self._table[key]
        return phrase.format_map(fields) if fields else phrase

    def unit(self, code: str) -> str:
        """A UCUM code as people write it; an unknown one without its braces."""
        return self._table.get(f"unit.{code}", code.replace("{", "").replace("}", ""))

    def happening(self, kind: str) -> str:
        """A kind of log entry in words; one that is not known here as the hub named it."""
        return self._table.get(f"log.{kind}", kind)

    def state(self, text: str) -> str:
        """What a device says of itself in words; a word that is not known here as it came."""
        return self._table.get(f"value.{text}", text)

    def name(self, names: Names, otherwise: str = "") -> str:
        """A name in this language, or the nearest there is."""
        return names.in_language(self.language) or otherwise


def next_language(language: Language) -> Language:
    """The language after this one, round and round."""
    order = list(Language)
    return order[(order.index(language) + 1) % len(order)]
