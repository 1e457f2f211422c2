"""How texts of payloads become values: each reader gives the value, None for not known, or raises Unfit."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from sensors.dialects.hass.config import Scalar, text_of
from sensors.dialects.hass.templates import Unfit
from sensors.dialects.numerals import number_of
from sensors.model import Value

MAX_TEXT_LETTERS = 256
_NOT_KNOWN = frozenset(("", "None", "unknown", "unavailable"))

Reader = Callable[[Any], Value | None]


def read_number(said: Any) -> int | float | None:
    """A number, or its text."""
    if isinstance(said, str) and said.strip() in _NOT_KNOWN:
        return None
    number = number_of(said)
    if number is None:
        raise Unfit("is not a number")
    return number


def read_text(said: Any) -> str | None:
    """A text, or a scalar as Home Assistant writes it."""
    if isinstance(said, dict | list):
        raise Unfit("is not a single value")
    text = text_of(said)
    if len(text) > MAX_TEXT_LETTERS:
        raise Unfit(f"is over {MAX_TEXT_LETTERS} letters")
    return None if text in _NOT_KNOWN else text


def two_states(on: Scalar, off: Scalar) -> Reader:
    """True and false by the payloads that were declared for them."""
    yes, no = text_of(on), text_of(off)

    def read(said: Any) -> bool | None:
        text = said if isinstance(said, str) else read_text(said)
        if text == yes:
            return True
        if text == no:
            return False
        if text is None or text in _NOT_KNOWN:
            return None
        raise Unfit("is neither of the two declared states")

    return read


def one_of(words: Mapping[str, str]) -> Reader:
    """A declared word, as we call it."""

    def read(said: Any) -> str | None:
        text = read_text(said)
        if text is None:
            return None
        if text not in words:
            raise Unfit("is none of the declared states")
        return words[text]

    return read


def renamed(words: Mapping[str, str]) -> Reader:
    """A declared word as we call it, or any other text as it is."""
    return lambda said: words.get(text, text) if (text := read_text(said)) is not None else None


def share_of(closed: float, opened: float) -> Reader:
    """Per cent open of a position in the entity's own scale."""

    def read(said: Any) -> float | None:
        number = read_number(said)
        if number is None:
            return None
        if opened == closed:
            raise Unfit("is on a scale without length")
        share = (number - closed) / (opened - closed) * 100.0
        if not isfinite(share):
            raise Unfit("is on a scale without an end")
        return share

    return read
