"""Worlds of one post for tests that need no file."""

from sensors.model import Names, Position
from simulators.models import MODELS
from simulators.scenario.form import DeviceEntry, Site
from simulators.world.world import World

PLACE = Position(latitude_deg=43.0, longitude_deg=74.7)


def site_of_all_kinds() -> Site:
    """A site that has one device of each kind, "ups-1" and so on."""
    devices = tuple(DeviceEntry(f"{kind}-1", kind, Names()) for kind in sorted(MODELS))
    return Site("kordai", Names(), PLACE, devices=devices)


def world_of_all_kinds(seed: int) -> World:
    return World(site_of_all_kinds(), seed)
