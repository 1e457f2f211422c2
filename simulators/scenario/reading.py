"""Scenario files: from their bytes to what they say, checked. Described in docs/scenarios.md."""

import re
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sensors.errors import ConfigError
from simulators.scenario.checking import check_action, check_expectation, check_site, check_start, require_unique
from simulators.scenario.dialects import check_dialects, with_dialects, with_one_frigate
from simulators.scenario.form import Equipment, Scenario, Site
from simulators.scenario.library import scenario_names, shipped

T = TypeVar("T")
_ENTRY = re.compile(r"`\$\.(?P<table>sites|steps|expect)\[(?P<number>\d+)\]")
_EQUIPMENT = files("simulators") / "equipment"


def read_scenario(name: str) -> Scenario:
    """A scenario by file name, or by the name of one that is shipped.

    Raises:
        ConfigError: there is none, or it is malformed.
    """
    path: Path | Traversable = shipped(name) or Path(name)
    try:
        return parse_scenario(path.read_bytes(), name)
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}",
            subject=name,
            mend=f"Name a scenario file, or a shipped one: {', '.join(scenario_names())}",
        ) from error


def parse_scenario(text: bytes, source: str) -> Scenario:
    """The scenario in a file's bytes, checked and with equipment sets put in place.

    Raises:
        ConfigError: what is wrong, and where.
    """
    scenario = _convert(text, Scenario, source)
    check_start(scenario.starts, source)
    sites = tuple(with_dialects(_equipped(site, scenario, source), source) for site in scenario.sites)
    require_unique((site.id for site in sites), "sites", source)
    for site in sites:
        check_site(site, f"{source}, site {site.id}")
    sites = with_one_frigate(sites, scenario.frigate, source)
    check_dialects(sites, source)
    by_id = {site.id: site for site in sites}
    for number, step in enumerate(scenario.steps):
        check_action(step, by_id.get(step.site), _place(text, source, "steps", number))
    require_unique((step.id for step in scenario.steps if step.id is not None), "steps", source)
    named = {step.id: step for step in scenario.steps if step.id is not None}
    for number, expectation in enumerate(scenario.expect):
        of = named.get(expectation.of)
        place = _place(text, source, "expect", number)
        check_expectation(expectation, of, None if of is None else by_id.get(of.site), place)
    return msgspec.structs.replace(scenario, sites=sites, equipment={})


def _equipped(site: Site, scenario: Scenario, source: str) -> Site:
    if site.equipment is None:
        return site
    equipment = scenario.equipment.get(site.equipment)
    if equipment is None:
        file = _EQUIPMENT / f"{site.equipment}.toml"
        if not file.is_file():
            raise ConfigError(
                f"no equipment set {site.equipment}",
                subject=f"{source}, site {site.id}",
                mend=f"Write [equipment.{site.equipment}], or take blo-standard",
            )
        equipment = _convert(file.read_bytes(), Equipment, f"{site.equipment}.toml")
    return msgspec.structs.replace(
        site, cameras=equipment.cameras + site.cameras, devices=equipment.devices + site.devices
    )


def _convert(text: bytes, type_: type[T], source: str) -> T:
    try:
        document: dict[str, Any] = tomllib.loads(text.decode("utf-8"))
        return msgspec.convert(document, type_)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), subject=source, mend="Correct the line that is named") from error
    except msgspec.ValidationError as error:
        mend = "See docs/scenarios.md for the keys there are, and what each may be"
        raise ConfigError(str(error), subject=_found(text, source, str(error)), mend=mend) from error
    except (ValueError, RecursionError) as error:
        mend = "Write numbers of a few digits, and lists within lists of a few levels"
        raise ConfigError("a number is too long, or a list too deep", subject=source, mend=mend) from error


def _found(text: bytes, source: str, message: str) -> str:
    """The file, and the line of the entry that a message of msgspec's is about."""
    place = _ENTRY.search(message)
    return source if place is None else _place(text, source, place["table"], int(place["number"]))


def _place(text: bytes, source: str, table: str, number: int) -> str:
    """The file, and the line on which the entry of that number in an array of tables begins."""
    wanted = b"[[" + table.encode() + b"]]"
    lines = [at for at, line in enumerate(text.splitlines(), 1) if line.strip().startswith(wanted)]
    where = f"line {lines[number]}, " if number < len(lines) else ""
    return f"{source}, {where}{table}[{number}]"
