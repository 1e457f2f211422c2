"""What is in a page's small tiles: what officers want there, and the cameras that fill the rest. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from hub.protocol import Composition, Pinned, Stop, TilePin, Tour
from hub.protocol.walls import Blank, Pin
from sensors.errors import WireError
from sensors.model import DeviceKey
from videowall.plan import FREE, Canvas, Feed, Panel, TileContent, find_fault, small_tiles_of, spots_of


class Contents(NamedTuple):
    """The small tiles of a page, the empty ones at its end left out; and how many pages show each camera once."""

    tiles: tuple[TileContent, ...]
    parts: int


class Leaf(NamedTuple):
    """One page of a tour: its stop, and which part of the cameras it shows."""

    stop: Stop
    composition: Composition
    part: int


def fill(composition: Composition, cameras: Sequence[Feed], pinned: Sequence[TilePin] = (), part: int = 0) -> Contents:
    """A page's tiles: what is pinned where it is pinned; in the rest, in order, the cameras that are not."""
    count = small_tiles_of(composition.layout, composition.places)
    pins: dict[int, Pin] = {number: pin for number, pin in enumerate(composition.tiles[:count]) if pin is not None}
    pins.update((pin.tile, pin.content) for pin in pinned if pin.tile < count)
    known = {feed.key: feed for feed in cameras}
    taken = {pin.key for pin in pins.values() if isinstance(pin, Pinned)}
    sites = set(composition.sites)
    rest = [feed for feed in cameras if feed.key not in taken and (not sites or feed.key.site in sites)]
    free = [number for number in range(count) if number not in pins]
    tiles: list[TileContent] = [_content(pins.get(number), known) for number in range(count)]
    for number, feed in zip(free, rest[part * len(free) :], strict=False):
        tiles[number] = feed
    while tiles and tiles[-1] is None:
        tiles.pop()
    return Contents(tuple(tiles), max(1, -(-len(rest) // len(free))) if free else 1)


def pages_of(
    tour: Tour, own: Composition, presets: dict[str, Composition], cameras: Sequence[Feed]
) -> tuple[Leaf, ...]:
    """All pages of a tour, at least one; stops whose preset is no more are passed over."""
    leaves: list[Leaf] = []
    for stop in tour.stops:
        composition = own if stop.preset is None else presets.get(stop.preset)
        if composition is not None:
            parts = fill(composition, cameras, tour.pinned).parts if stop.through else 1
            leaves += [Leaf(stop, composition, part) for part in range(parts)]
    return tuple(leaves) or (Leaf(tour.stops[0], own, 0),)


def check(composition: Composition) -> None:
    """That a wall can show it.

    Raises:
        WireError: there is no such layout, its places cannot be drawn, or it has fewer tiles than were spoken of.
    """
    fault = find_fault(composition.layout, composition.places, Canvas())
    if fault:
        raise WireError(fault, subject="layout")
    count = small_tiles_of(composition.layout, composition.places)
    if len(composition.tiles) > count:
        raise WireError(f"{composition.layout} has {count} small tiles, not {len(composition.tiles)}", subject="tiles")


def check_alarm_layout(layout: str) -> None:
    """That alarms can be shown on a layout of this name.

    Raises:
        WireError: it has no spot, or its rectangles are not known.
    """
    if layout == FREE or find_fault(layout, (), Canvas()) or not spots_of(layout):
        raise WireError("alarms need 1+5, 1+7, 1+12 or 2+8", subject="layout of alarms")


def cameras_in(pins: Sequence[Pin]) -> list[DeviceKey]:
    """The cameras that tiles are pinned to."""
    return [pin.key for pin in pins if isinstance(pin, Pinned)]


def _content(pin: Pin, known: dict[DeviceKey, Feed]) -> TileContent:
    match pin:
        case Pinned():
            return known.get(pin.key)
        case Panel():
            return pin
        case Blank() | None:
            return None
