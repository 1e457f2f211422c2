"""What a wall writes beside its pictures, as the hub says it: values of sites, alarms, states.

Topic `shekara/v1/walls/<wall>/board`, retained, said at most once a second and at least every `REPEAT_S`. A board
older than `STALE_S` is never shown as if it were now.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from sensors.errors import WireError
from sensors.model import DeviceKey, Ident, Line, Names, Priority

REPEAT_S: Final = 5.0
STALE_S: Final = 20.0
MAX_ALARMS: Final = 32
MAX_SITES: Final = 200
MAX_VALUES: Final = 4
Moment = Annotated[datetime, Meta(tz=True)]


class SiteCondition(StrEnum):
    """The gravest that is true of a site, best first."""

    NORMAL = "normal"
    DEGRADED = "degraded"
    ALARM = "alarm"
    UNREACHABLE = "unreachable"


class BoardValue(Struct, frozen=True):
    """A reading of a site that matters to who watches it: "γ 1.2 kcps". `doubtful`: old, or of bad quality."""

    symbol: Line
    value: float
    unit: Line
    doubtful: bool = False


class BoardSite(Struct, frozen=True):
    """A site: where it is, how it stands, and its few values. Degrees, WGS 84; None where nobody has said."""

    site: Ident
    names: Names
    condition: SiteCondition
    latitude: float | None = None
    longitude: float | None = None
    alarms: int = 0
    cameras_live: int = 0
    cameras: int = 0
    values: Annotated[tuple[BoardValue, ...], Meta(max_length=MAX_VALUES)] = ()


class BoardAlarm(Struct, frozen=True):
    """An alarm that is not over, and the cameras that see what raised it."""

    occurrence: str
    key: DeviceKey
    site_names: Names
    message: Names
    priority: Priority
    raised_at: Moment
    acknowledged: bool
    cameras: tuple[DeviceKey, ...] = ()


class Board(Struct, frozen=True):
    """All of it; alarms that nobody has taken on first, most urgent first; `alarms_total` counts those left out too."""

    at: Moment
    sites: Annotated[tuple[BoardSite, ...], Meta(max_length=MAX_SITES)] = ()
    alarms: Annotated[tuple[BoardAlarm, ...], Meta(max_length=MAX_ALARMS)] = ()
    alarms_total: int = 0


_decoder = msgspec.json.Decoder(Board)


def encode_board(board: Board) -> bytes:
    """The retained payload."""
    return msgspec.json.encode(board)


def decode_board(payload: bytes) -> Board:
    """The board in a payload.

    Raises:
        WireError: it is not a board.
    """
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(str(error), subject="wall board") from error
