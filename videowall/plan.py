"""What a wall shows, as the hub says it: a retained message, drawn as it stands, asked of nobody.

Topic `shekara/v1/walls/<wall>/plan`. The hub may import this module and nothing else of the wall.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from sensors.errors import WireError
from sensors.model import DeviceKey, Language, Line, Names, Priority, Stream


class Layout(StrEnum):
    """Named arrangements. Those with a spot keep it for the spotlight; the rest are plain grids."""

    GRID_1 = "1x1"
    GRID_4 = "2x2"
    GRID_9 = "3x3"
    GRID_12 = "4x3"
    GRID_16 = "4x4"
    GRID_25 = "5x5"
    GRID_36 = "6x6"
    GRID_64 = "8x8"
    SPOT_5 = "1+5"
    SPOT_7 = "1+7"
    SPOT_12 = "1+12"


class Canvas(Struct, frozen=True):
    """The wall's picture: even pixels, frames per second."""

    width: Annotated[int, Meta(ge=320, le=7680, multiple_of=2)] = 1920
    height: Annotated[int, Meta(ge=180, le=4320, multiple_of=2)] = 1080
    fps: Annotated[float, Meta(ge=1, le=60)] = 25.0


class Feed(Struct, frozen=True):
    """A camera as the wall needs it; credentials come from the wall's own secrets."""

    key: DeviceKey
    names: Names
    site_names: Names
    streams: tuple[Stream, ...]


class Spotlight(Struct, frozen=True):
    """The alarm, or the officer's wish, that brought a camera to the spot tile."""

    feed: Feed
    since: datetime
    reason: Names
    priority: Priority | None = None
    procedure: Names = field(default_factory=Names)
    occurrence: str = ""


class Plan(Struct, frozen=True):
    """One wall's picture in full. `tiles` fill the layout's small tiles in order; a None leaves one empty."""

    revision: int
    wall: str
    title: Names
    canvas: Canvas
    layout: Layout
    tiles: Annotated[tuple[Feed | None, ...], Meta(max_length=64)]
    language: Language = Language.RU
    time_zone: Line = "Asia/Almaty"
    spotlight: Spotlight | None = None
    spotlights_waiting: int = 0


_decoder = msgspec.json.Decoder(Plan)


def encode_plan(plan: Plan) -> bytes:
    """The retained payload."""
    return msgspec.json.encode(plan)


def decode_plan(payload: bytes) -> Plan:
    """The plan in a payload.

    Raises:
        WireError: it is not a plan.
    """
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(str(error), subject="wall plan") from error
