"""The wall's colours: dark and calm, so that what is alarming is all that stands out."""

from typing import Final, NamedTuple

from sensors.catalog import PictureState
from sensors.model import Priority
from videowall.board import SiteCondition
from videowall.captions.face import STILL_SEEN


class Colour(NamedTuple):
    """A colour in Y'CbCr, BT.601, limited range."""

    y: int
    u: int
    v: int


def rgb(value: int) -> Colour:
    """The colour written as 0xRRGGBB."""
    red, green, blue = value >> 16 & 255, value >> 8 & 255, value & 255
    return Colour(
        round(16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255),
        round(128 + (-37.797 * red - 74.203 * green + 112.0 * blue) / 255),
        round(128 + (112.0 * red - 93.786 * green - 18.214 * blue) / 255),
    )


def mixed(colour: Colour, ground: Colour, share: float) -> Colour:
    """`share` of a colour on a ground."""
    return Colour(*(round(under + (over - under) * share) for over, under in zip(colour, ground, strict=True)))


CANVAS: Final = rgb(0x0B0D10)
EMPTY: Final = rgb(0x14181D)
PLATE: Final = rgb(0x0E1115)
RULE: Final = rgb(0x262C34)
TEXT: Final = rgb(0xE8ECF0)
QUIET: Final = rgb(0xA3ADB8)
FAINT: Final = rgb(0x6C7681)
LIVE: Final = rgb(0x5DBB80)
WARNING: Final = rgb(0xE6B04A)
FAULT: Final = rgb(0xF0685F)
EXERCISE: Final = rgb(0xD98BD3)
"""A colour that no state and no priority has."""
PRIORITIES: Final[dict[Priority | None, Colour]] = {
    None: rgb(0x7FA7D6),
    Priority.LOW: rgb(0x5FA4E6),
    Priority.MEDIUM: rgb(0xE6C34A),
    Priority.HIGH: rgb(0xF08A3C),
    Priority.CRITICAL: rgb(0xEF4B4B),
}
CONDITIONS: Final[dict[SiteCondition, Colour]] = {
    SiteCondition.NORMAL: LIVE,
    SiteCondition.DEGRADED: WARNING,
    SiteCondition.ALARM: FAULT,
    SiteCondition.UNREACHABLE: QUIET,
}
_WARNINGS = STILL_SEEN | {PictureState.CONNECTING, PictureState.DELAYED, PictureState.BEHIND, PictureState.BLACK}


def state_colour(state: PictureState) -> Colour:
    """The colour of a picture's state."""
    if state is PictureState.LIVE:
        return LIVE
    return WARNING if state in _WARNINGS else FAULT
