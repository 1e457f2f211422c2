"""Value templates without a template engine: a small path language that covers what equipment really sends.

    {{ value }}    {{ value_json.a.b[0]['c d'] }}    filters: float int round abs default is_defined
    + - * / with parentheses, in Jinja's order: a filter binds before * and /, those before + and -

Whatever else a stranger writes is not a template here: `compile_template` gives None, and nothing of it ever runs.
Time and memory are bounded by the text's length: there is no loop, no call, no attribute, no power.
"""

import operator
import re
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from sensors.dialects.numerals import number_of

MAX_LETTERS = 500
_MAX_DEPTH = 8
_MAX_DIGITS = 12
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d{1,15}(?:\.\d{1,15})?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<text>'[^'\\]*'|\"[^\"\\]*\")|(?P<sign>[-+*/|.,()\[\]]))",
    re.ASCII,
)


class Unfit(ValueError):  # noqa: N818 - says what a payload is; it leaves no function of this folder but a reader
    """A payload is not what it was declared to be; the text says in what."""


class Nothing(Enum):
    """What a path without an end amounts to."""

    MISSING = "missing"
    UNREAD = "unread"


MISSING: Final = Nothing.MISSING


class Fault(NamedTuple):
    """Why a template has no value for a payload."""

    reason: str


class Spoken:
    """A payload as templates see it: its text, and the JSON in it once that is asked for."""

    __slots__ = ("_json", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._json: Any = Nothing.UNREAD

    @property
    def json(self) -> Any:
        """The JSON value.

        Raises:
            Unfit: the text is none.
        """
        if self._json is Nothing.UNREAD:
            try:
                self._json = msgspec.json.decode(self.text)
            except (msgspec.DecodeError, RecursionError, ValueError) as error:
                raise Unfit("is not JSON") from error
        return self._json


_Node = Callable[[Spoken], Any]


class Template(NamedTuple):
    """A template that can be trusted to end."""

    text: str
    node: _Node

    def apply(self, spoken: Spoken) -> Any:
        """Its value as JSON has it; `MISSING` when the payload does not hold what it asks for; or a `Fault`."""
        try:
            return self.node(spoken)
        except (ValueError, OverflowError, ZeroDivisionError) as error:
            return Fault(str(error))


PLAIN = Template("{{ value }}", lambda spoken: spoken.text)


@lru_cache(maxsize=4_096)
def compile_template(text: str) -> Template | None:
    """The template, or None when it is not of the path language."""
    stripped = text.strip()
    if len(text) > MAX_LETTERS or not (stripped.startswith("{{") and stripped.endswith("}}")) or len(stripped) < 5:
        return None
    inner = stripped[2:-2]
    # Jinja's marks for trimming the blanks around a template; there is nothing around this one.
    inner = inner.removeprefix("-").removesuffix("-")
    tokens = _tokens(inner)
    if tokens is None:
        return None
    parser = _Parser(tokens)
    try:
        return Template(text, parser.whole())
    except _NotOurs:
        return None


class _NotOurs(Exception):  # noqa: N818 - it says what was found, and never leaves this module
    """The text is not of the path language."""


def _tokens(text: str) -> list[tuple[str, str]] | None:
    found: list[tuple[str, str]] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            return None
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


class _Parser:
    """Recursive descent over the tokens, at most `_MAX_DEPTH` parentheses deep."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> _Node:
        node = self._sum()
        if self._at != len(self._tokens):
            raise _NotOurs
        return node

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, *signs: str) -> str | None:
        kind, text = self._peek()
        if kind == "sign" and text in signs:
            self._at += 1
            return text
        return None

    def _expect(self, sign: str) -> None:
        if self._take(sign) is None:
            raise _NotOurs

    def _sum(self) -> _Node:
        node = self._product()
        while (sign := self._take("+", "-")) is not None:
            node = _arithmetic(sign, node, self._product())
        return node

    def _product(self) -> _Node:
        node = self._filtered()
        while (sign := self._take("*", "/")) is not None:
            node = _arithmetic(sign, node, self._filtered())
        return node

    def _filtered(self) -> _Node:
        node = self._primary()
        while self._take("|"):
            node = self._filter(node)
        return node

    def _primary(self) -> _Node:
        kind, _ = self._peek()
        if kind == "name":
            return self._path()
        if self._take("("):
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise _NotOurs
            node = self._sum()
            self._expect(")")
            self._depth -= 1
            return node
        literal = self._literal()
        return lambda _: literal

    def _literal(self) -> Any:
        negative = self._take("-") is not None
        kind, text = self._next()
        if kind == "number":
            return (-1 if negative else 1) * (float(text) if "." in text else int(text))
        if kind == "text" and not negative:
            return text[1:-1]
        if kind == "name" and not negative and text.lower() in _WORDS:
            return _WORDS[text.lower()]
        raise _NotOurs

    def _path(self) -> _Node:
        _, root = self._next()
        if root == "value":
            return PLAIN.node
        if root != "value_json":
            raise _NotOurs
        steps: list[str | int] = []
        while (sign := self._take(".", "[")) is not None:
            if sign == ".":
                kind, text = self._next()
                if kind != "name":
                    raise _NotOurs
                steps.append(text)
                continue
            step = self._literal()
            if not isinstance(step, str | int) or (isinstance(step, int) and step < 0):
                raise _NotOurs
            steps.append(step)
            self._expect("]")
        return _walk(tuple(steps))

    def _filter(self, node: _Node) -> _Node:
        kind, name = self._next()
        arguments: list[Any] = []
        if kind != "name":
            raise _NotOurs
        if self._take("(") and not self._take(")"):
            arguments.append(self._literal())
            while self._take(","):
                arguments.append(self._literal())
            self._expect(")")
        return _apply_filter(name, node, arguments)


_WORDS = {"true": True, "false": False, "none": None}


def _walk(steps: tuple[str | int, ...]) -> _Node:
    def walk(spoken: Spoken) -> Any:
        here = spoken.json
        for step in steps:
            if isinstance(step, str):
                here = here.get(step, MISSING) if isinstance(here, dict) else MISSING
            else:
                here = here[step] if isinstance(here, list) and step < len(here) else MISSING
        return here

    return walk


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _arithmetic(sign: str, left: _Node, right: _Node) -> _Node:
    operation = _OPERATIONS[sign]

    def calculate(spoken: Spoken) -> Any:
        a, b = left(spoken), right(spoken)
        if a is MISSING or b is MISSING:
            return MISSING
        if isinstance(a, str) or isinstance(b, str):
            raise Unfit("calculates with a text")
        return _number(operation(_number(a), _number(b)))

    return calculate


def _apply_filter(name: str, node: _Node, arguments: list[Any]) -> _Node:  # noqa: PLR0911 - one return for each filter
    match name, arguments:
        case "is_defined", []:
            return node
        case (("default" | "d"), [instead]):
            return lambda spoken: instead if (said := node(spoken)) is MISSING else said
        case "float", []:
            return _converted(node, lambda said: float(_number(said)))
        case "int", []:
            return _converted(node, lambda said: int(_number(said)))
        case "float", [instead]:
            return _converted(node, lambda said: instead if (n := number_of(said)) is None else float(n), instead)
        case "int", [instead]:
            return _converted(node, lambda said: instead if (n := number_of(said)) is None else int(n), instead)
        case "round", []:
            return _converted(node, lambda said: round(_number(said)))
        case "round", [int(digits)] if 0 <= digits <= _MAX_DIGITS:
            return _converted(node, lambda said: round(_number(said), digits))
        case "abs", []:
            return _converted(node, lambda said: abs(_number(said)))
        case _:
            raise _NotOurs


def _converted(node: _Node, convert: Callable[[Any], Any], instead: Any = MISSING) -> _Node:
    return lambda spoken: instead if (said := node(spoken)) is MISSING else convert(said)


def _number(said: Any) -> int | float:
    number = number_of(said)
    if number is None:
        raise Unfit("is not a number")
    return number
