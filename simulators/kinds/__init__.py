"""The simulated devices: one TOML file a kind names maker, model and metrics; the catalogue knows the rest."""

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec
from msgspec import Struct

from sensors.equipment import CATALOGUE
from sensors.model import Ident, Line, Metric, Word


class Kind(Struct, frozen=True):
    """What all simulated devices of a kind have in common."""

    equipment_class: Word
    maker: Line
    model: Line
    firmware: Line
    silence_s: float
    metrics: tuple[Metric, ...]


class _Sheet(Struct, frozen=True, forbid_unknown_fields=True):
    maker: Line
    model: Line
    firmware: Line
    silence_s: float
    metrics: tuple[Ident, ...]


def _load() -> dict[str, Kind]:
    return {
        file.name.removesuffix(".toml"): _read(file)
        for file in files(__name__).iterdir()
        if file.name.endswith(".toml")
    }


def _read(file: Traversable) -> Kind:
    sheet = msgspec.convert(tomllib.loads(file.read_text("utf-8")), _Sheet)
    kind = CATALOGUE[file.name.removesuffix(".toml")]
    known = {metric.name: metric for metric in kind.metrics}
    return Kind(
        equipment_class=kind.equipment_class,
        maker=sheet.maker,
        model=sheet.model,
        firmware=sheet.firmware,
        silence_s=sheet.silence_s,
        metrics=tuple(known[name] for name in sheet.metrics),
    )


KINDS = _load()
"""Every kind by its id."""
