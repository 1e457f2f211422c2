"""Typed settings from one `shekara.toml` and the environment. The caller reads the file; nothing here does I/O.

Each room declares its own section as a msgspec Struct whose fields carry descriptions. An environment variable
`SHEKARA_<SECTION>_<KEY>` overrides the file. A key that nobody knows is an error, not a silence.
"""

import tomllib
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints

import msgspec
from msgspec import Struct

from sensors.errors import ConfigError
from sensors.secrets import Secrets

T = TypeVar("T", bound=Struct)
SECTIONS = (
    "hub",
    "discovery",
    "onvif_events",
    "n42",
    "sparkplug",
    "frigate",
    "home_assistant",
    "broker",
    "ingest",
    "storage",
    "influx",
    "wall",
    "walls",
    "outputs",
    "console",
    "simulators",
    "secrets",
)
"""Every section a shekara.toml may have; which Struct describes each is the business of the room that reads it."""


class Documented(NamedTuple):
    """One key as the reference page and `doctor` show it."""

    section: str
    key: str
    type: str
    allowed: str
    default: str
    description: str


def parse_document(text: bytes, source: str) -> dict[str, dict[str, Any]]:
    """The sections of a shekara.toml.

    Raises:
        ConfigError: it is not UTF-8 TOML, or holds a section that nobody reads.
    """
    try:
        document = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), subject=source, mend="Correct the line that is named") from error
    for name, section in document.items():
        if name not in SECTIONS or not isinstance(section, dict):
            raise ConfigError(f"unknown section [{name}]", subject=source, mend=f"Sections are {', '.join(SECTIONS)}")
    return document


class Settings(Struct, frozen=True):
    """One shekara.toml with its secrets and the environment, as every command is handed it."""

    source: str
    document: Mapping[str, Mapping[str, Any]]
    environ: Mapping[str, str]
    secrets: Secrets
    secrets_file: Path | None = None
    """Where the secrets were read, for those that can take new ones."""

    @property
    def exercise(self) -> bool:
        """`[hub] exercise`, for those who heed it without being the hub: walls and simulators.

        Raises:
            ConfigError: it is neither true nor false.
        """
        said = self.environ.get("SHEKARA_HUB_EXERCISE", self.document.get("hub", {}).get("exercise", False))
        try:
            return msgspec.convert(said, bool, strict=False)
        except msgspec.ValidationError as error:
            subject = f"{self.source} [hub] exercise"
            raise ConfigError(str(error), subject=subject, mend="Write true or false") from error

    def section(self, type_: type[T], name: str) -> T:
        """One section as its type, with the environment's overrides applied.

        Raises:
            ConfigError: a key is unknown, or its value has the wrong type or is out of range.
        """
        subject = f"{self.source} [{name}]"
        values = dict(self.document.get(name, {}))
        known = {item.encode_name for item in msgspec.structs.fields(type_)}
        for key in values.keys() - known:
            raise ConfigError(f"unknown key {key}", subject=subject, mend=f"Keys are {', '.join(sorted(known))}")
        for key in known:
            if (text := self.environ.get(f"SHEKARA_{name}_{key}".upper())) is not None:
                values[key] = text
        try:
            return msgspec.convert(values, type_, strict=False, dec_hook=_decode_path)
        except msgspec.ValidationError as error:
            raise ConfigError(str(error), subject=subject, mend="See docs/configuration.md") from error


def document_section(type_: type[Struct], name: str) -> list[Documented]:
    """Every key of a section with its type, default and description, for the reference page.

    Raises:
        ConfigError: a key has no description.
    """
    hints = get_type_hints(type_, include_extras=True)
    rows: list[Documented] = []
    for item in msgspec.structs.fields(type_):
        metas = [meta for meta in getattr(hints[item.name], "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
        description = next((meta.description for meta in metas if meta.description), None)
        if description is None:
            raise ConfigError(f"{item.encode_name} has no description", subject=f"[{name}]")
        bare = hints[item.name].__origin__
        type_name = getattr(bare, "__name__", str(bare))
        rows.append(Documented(name, item.encode_name, type_name, _allowed(bare, metas), _shown(item), description))
    return rows


def _allowed(type_: Any, metas: list[msgspec.Meta]) -> str:
    """The bounds of a value, in words; empty when there are none."""
    if isinstance(type_, type) and issubclass(type_, Enum):
        return ", ".join(str(member.value) for member in type_)
    words = {"ge": "at least", "gt": "over", "le": "at most", "lt": "below"}
    lengths = {"min_length": "at least", "max_length": "at most"}
    said = [
        f"{word} {bound}" for meta in metas for key, word in words.items() if (bound := getattr(meta, key)) is not None
    ]
    said += [
        f"{word} {bound} characters"
        for meta in metas
        for key, word in lengths.items()
        if (bound := getattr(meta, key)) is not None
    ]
    return ", ".join(said + [f"pattern {meta.pattern}" for meta in metas if meta.pattern])


def _shown(item: msgspec.structs.FieldInfo) -> str:
    if item.default is not msgspec.NODEFAULT:
        return str(item.default)
    return str(item.default_factory()) if item.default_factory is not msgspec.NODEFAULT else "required"


def _decode_path(type_: type[Any], value: object) -> object:
    if type_ is Path and isinstance(value, str):
        return Path(value)
    message = f"cannot read a {type_.__name__} here"
    raise TypeError(message)
