"""What can be wrong at or around a device, and since when."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple


class Trouble(Enum):
    """What can be wrong at or around a device."""

    DOOR = auto()
    STUCK = auto()
    LEFT_OPEN = auto()
    TAMPER = auto()
    OVERLOAD = auto()
    BROKEN = auto()
    JAMMED = auto()
    SPOOFED = auto()
    SILENT = auto()


class Effect(NamedTuple):
    """A trouble of one device (None: of the whole post) over a span of time."""

    trouble: Trouble
    device: str | None
    starts: datetime
    ends: datetime


class Troubles:
    """The troubles of one post; those that are over are forgotten."""

    def __init__(self) -> None:
        self._effects: list[Effect] = []

    def cause(self, effects: Iterable[Effect]) -> None:
        """Add troubles."""
        self._effects += effects

    def relieve(self, trouble: Trouble, device: str | None) -> None:
        """End a trouble before its time."""
        self._effects = [effect for effect in self._effects if (effect.trouble, effect.device) != (trouble, device)]

    def since(self, trouble: Trouble, device: str | None, now: datetime) -> float | None:
        """For how many seconds a device, or the post, has had a trouble; None when it has not."""
        for effect in self._effects:
            if effect.trouble is trouble and effect.device in (device, None) and effect.starts <= now < effect.ends:
                return (now - effect.starts).total_seconds()
        return None

    def troubled(self, device: str, now: datetime) -> frozenset[Trouble]:
        """All troubles of a device at a moment, the post's own included."""
        self._effects = [effect for effect in self._effects if now < effect.ends]
        return frozenset(
            effect.trouble for effect in self._effects if effect.device in (device, None) and effect.starts <= now
        )
