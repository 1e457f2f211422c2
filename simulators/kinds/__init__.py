"""What each kind of device declares in its birth: one TOML file a kind, so that translators need read no code."""

import tomllib
from importlib.resources import files

import msgspec
from msgspec import Struct

from sensors.model import Line, Metric, Word


class Kind(Struct, frozen=True, forbid_unknown_fields=True):
    """What all devices of a kind have in common."""

    equipment_class: Word
    maker: Line
    model: Line
    firmware: Line
    silence_s: float
    metrics: tuple[Metric, ...]


def _load() -> dict[str, Kind]:
    return {
        file.name.removesuffix(".toml"): msgspec.convert(tomllib.loads(file.read_text("utf-8")), Kind)
        for file in files(__name__).iterdir()
        if file.name.endswith(".toml")
    }


KINDS = _load()
"""Every kind by its id."""
