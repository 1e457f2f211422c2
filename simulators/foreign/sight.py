"""What a camera's own analysis notices: bodies before it, and what is wrong with its picture."""

from enum import StrEnum
from typing import NamedTuple

from simulators.cameras.vocabulary import Fault

_BLIND = frozenset(
    {
        Fault.KILLED,
        Fault.FROZEN,
        Fault.BLACK,
        Fault.WHITE,
        Fault.BLURRED,
        Fault.COVERED,
        Fault.TURNED,
        Fault.RESTARTING,
    }
)
"""Faults with which an analysis within the camera sees nobody."""


class Label(StrEnum):
    """What an analysis takes a body for."""

    PERSON = "person"
    VEHICLE = "vehicle"
    ANIMAL = "animal"
    TRAIN = "train"


class Sighting(NamedTuple):
    """One body, in the metres of the camera's scene: to the right of its axis, and away from it."""

    id: str
    label: Label
    right_m: float
    away_m: float
    speed_mps: float


class Look(NamedTuple):
    """What is before a camera at one moment."""

    sightings: tuple[Sighting, ...] = ()
    fault: Fault = Fault.NONE

    @property
    def noticed(self) -> tuple[Sighting, ...]:
        """Whom the camera can make out."""
        return () if self.fault in _BLIND else self.sightings
