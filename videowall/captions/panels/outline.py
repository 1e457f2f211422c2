"""Where the border runs, for the map: read from this package's own file, so that no wall asks the internet for it."""

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from sensors.model import Names

Degrees = tuple[float, float]
"""Longitude and latitude."""


class Town(NamedTuple):
    """A town that helps to find one's way."""

    names: Names
    place: Degrees


class Outline(NamedTuple):
    """Polygons in degrees; see the head of the file for how coarse they are."""

    countries: tuple[tuple[Degrees, ...], ...]
    lakes: tuple[tuple[Degrees, ...], ...]
    towns: tuple[Town, ...]


@cache
def read_outline() -> Outline:
    """All of the file."""
    text = files("videowall.captions.panels").joinpath("outline.csv").read_text(encoding="utf-8")
    areas: dict[tuple[str, str], list[Degrees]] = {}
    towns: list[Town] = []
    for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        place = (float(row["longitude"]), float(row["latitude"]))
        if row["kind"] == "town":
            towns.append(Town(Names(en=row["name"], ru=row["russian"], kk=row["kazakh"]), place))
        else:
            areas.setdefault((row["kind"], row["name"]), []).append(place)
    countries, lakes = (
        tuple(tuple(corners) for (of, _), corners in areas.items() if of == kind) for kind in ("country", "lake")
    )
    return Outline(countries, lakes, tuple(towns))
