"""The actions of a post as commands that its gateway declares: made from their types, so that none can be left out."""

from collections.abc import Iterable, Iterator
from typing import Any, get_args

import msgspec
from msgspec import inspect

from sensors.commands import ORDER, RELIEVE
from sensors.model import Argument, Choice, Command, MetricType, Names, Value
from simulators.scenario.actions import Action
from simulators.scenario.acts import Act
from simulators.scenario.form import Site
from simulators.training.translations import KAZAKH, RUSSIAN
from simulators.training.words import ABOUT, ARGUMENTS, CHOICES, EXPECTED, NAMES

_MAX_CHOICES = 256
_OWN = frozenset({"site", "at_s", "id"})
_ASKED_FOR = frozenset({("enter", "past")})
"""What may be left out only where something is given that no form can ask for: a path on the ground."""
_RESUMES = "-resume"
"""How the names of actions end that only mend."""
RELIEF = Command(
    RELIEVE, NAMES[RELIEVE], ABOUT[RELIEVE], (Argument(ORDER, MetricType.TEXT, ARGUMENTS[ORDER], required=True),)
)


def commands_of(site: Site) -> tuple[Command, ...]:
    """All that can be asked of a post's gateway; left out is what it has no device for."""
    found = (_command(type_, site) for type_ in get_args(Action))
    return (*(command for command in found if command is not None), RELIEF)


def is_lasting(action: type[Act] | Act) -> bool:
    """Whether there is something to relieve after it."""
    type_ = action if isinstance(action, type) else type(action)
    return not _name_of(type_).endswith(_RESUMES)


def _command(type_: type[Act], site: Site) -> Command | None:
    name = _name_of(type_)
    arguments: list[Argument] = []
    for field in msgspec.structs.fields(type_):
        if field.encode_name in _OWN:
            continue
        devices = _devices(field.encode_name, type_, site)
        if devices is not None and not devices:
            return None
        if field.required and not _is_plain(field):
            return None
        if _is_plain(field):
            required = field.required or (name, field.encode_name) in _ASKED_FOR
            arguments.append(_argument(field, devices or (), required=required))
    names, expects = NAMES.get(name, Names(en=name)), EXPECTED.get(name, Names())
    english = (type_.__doc__ or "").partition("\n")[0].replace("`", "")
    about = ABOUT.get(name, Names(english, RUSSIAN.get(name, ""), KAZAKH.get(name, "")))
    return Command(name, names, about, tuple(arguments), lasting=is_lasting(type_), expects=expects)


def _devices(argument: str, type_: type[Act], site: Site) -> tuple[str, ...] | None:
    """The ids that an argument may be; None when it names no device."""
    match argument:
        case "camera":
            return tuple(camera.id for camera in site.cameras)
        case "fence":
            return _of_kind("fence", site)
        case "past":
            return _of_kind("", site)
        case "device":
            return _of_kind(getattr(type_, "kind", ""), site)
    return None


def _of_kind(kind: str, site: Site) -> tuple[str, ...]:
    return tuple(device.id for device in site.devices if kind in ("", device.kind))[:_MAX_CHOICES]


def _argument(field: Any, devices: Iterable[str], *, required: bool) -> Argument:
    kinds = list(_bare(inspect.type_info(field.type)))
    number = next((kind for kind in kinds if isinstance(kind, inspect.FloatType | inspect.IntType)), None)
    named = next((kind for kind in kinds if isinstance(kind, inspect.EnumType)), None)
    choices = tuple(Choice(device) for device in devices)
    if named is not None:
        choices = tuple(Choice(str(each.value), CHOICES.get(each.value, Names(en=each.value))) for each in named.cls)
    type_ = MetricType.TEXT
    if number is not None:
        type_ = MetricType.NUMBER
    elif any(isinstance(kind, inspect.BoolType) for kind in kinds):
        type_ = MetricType.BOOLEAN
    name = field.encode_name
    return Argument(
        name=name,
        type=type_,
        names=ARGUMENTS.get(name, Names(en=name)),
        unit="s" if name.endswith("_s") and name != "bytes_s" else "",
        minimum=None if number is None else _first(number.ge, number.gt),
        maximum=None if number is None else _first(number.le, number.lt),
        choices=choices,
        default=_plain(field.default),
        required=required,
    )


def _is_plain(field: Any) -> bool:
    """Whether it is one number, text or choice, and no list or structure."""
    plain = inspect.FloatType | inspect.IntType | inspect.BoolType | inspect.StrType | inspect.EnumType
    return any(isinstance(kind, plain) for kind in _bare(inspect.type_info(field.type)))


def _bare(type_: inspect.Type) -> Iterator[inspect.Type]:
    """The members of a union, and what stands behind descriptions of types."""
    if isinstance(type_, inspect.Metadata):
        yield from _bare(type_.type)
    elif isinstance(type_, inspect.UnionType):
        for each in type_.types:
            yield from _bare(each)
    else:
        yield type_


def _first(*bounds: float | None) -> float | None:
    return next((bound for bound in bounds if bound is not None), None)


def _plain(default: object) -> Value | None:
    value = getattr(default, "value", default)
    return value if isinstance(value, bool | int | float | str) else None


def _name_of(type_: type[Act]) -> str:
    info = inspect.type_info(type_)
    return str(info.tag) if isinstance(info, inspect.StructType) else type_.__name__
