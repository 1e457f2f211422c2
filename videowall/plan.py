"""What a wall shows, as the hub says it: a retained message, drawn as it stands, asked of nobody.

Topic `shekara/v1/walls/<wall>/plan`. Of the wall, the hub may import this module and `videowall.board`, nothing else.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from sensors.errors import WireError
from sensors.model import DeviceKey, Language, Line, Names, Priority, Stream

FREE: Final = "free"
"""The layout whose rectangles are the plan's own `places`."""
LAYOUT_PATTERN: Final = r"^([1-8]x[1-8]|1\+5|1\+7|1\+12|2\+8|free)$"
MAX_TILES: Final = 64
MAX_SPOTS: Final = 4
MAX_PLAN_BYTES: Final = 250_000
"""Of a plan, and of a board, as the hub sends it: what every broker passes on."""
MIN_SHARE: Final = 0.05
"""The least width and height of a free layout's rectangle."""
_SEAM: Final = 4
"""Pixels of two neighbours' rectangles that are left free between their tiles: by so much they may overlap."""
_ROUNDING: Final = 1e-6
LayoutName = Annotated[str, Meta(pattern=LAYOUT_PATTERN)]
"""Columns by rows; spots and small tiles (`2+8`: two spots of a quarter of the canvas each); or `free`."""
Share = Annotated[float, Meta(ge=0, le=1)]
"""Of a picture's width or height."""


class Canvas(Struct, frozen=True):
    """The wall's picture: even pixels, frames per second."""

    width: Annotated[int, Meta(ge=320, le=7680, multiple_of=2)] = 1920
    height: Annotated[int, Meta(ge=180, le=4320, multiple_of=2)] = 1080
    fps: Annotated[float, Meta(ge=1, le=60)] = 25.0


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """A rectangle of a free layout, as shares of the canvas. Later ones lie over earlier ones nowhere: none overlap."""

    x: Share
    y: Share
    width: Share
    height: Share
    spot: bool = False


class Fit(StrEnum):
    """How a picture fills a tile of other proportions: all of it with bars beside it, or without bars and cut."""

    LETTERBOX = "letterbox"
    CROP = "crop"


class Mask(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a camera nobody may see: a polygon, its corners as shares of the picture before it is rotated."""

    corners: Annotated[tuple[tuple[Share, Share], ...], Meta(min_length=3, max_length=16)]


class Feed(Struct, frozen=True, tag="camera"):
    """A camera as the wall needs it; credentials come from the wall's own secrets. `rotation` is clockwise, in degrees.

    Masks are burned in before anything of the camera is composed, encoded, stored or handed on, so a camera with masks
    is never passed through as it comes. `presets` are the PTZ positions that an officer may send it to.
    """

    key: DeviceKey
    names: Names
    site_names: Names
    streams: tuple[Stream, ...]
    fit: Fit = Fit.LETTERBOX
    rotation: Annotated[int, Meta(ge=0, le=270, multiple_of=90)] = 0
    masks: Annotated[tuple[Mask, ...], Meta(max_length=16)] = ()
    presets: Annotated[tuple[Line, ...], Meta(max_length=64)] = ()


class PanelKind(StrEnum):
    """What a tile shows that is not a camera's."""

    ALARMS = "alarms"
    SITES = "sites"
    MAP = "map"
    CLOCK = "clock"
    MESSAGE = "message"


class Panel(Struct, frozen=True, tag="panel"):
    """A tile that is no camera's; all but the clock and a message's `text` is said by the board."""

    kind: PanelKind
    text: Names = field(default_factory=Names)


TileContent = Feed | Panel | None
"""None leaves a tile empty."""


class Spotlight(Struct, frozen=True):
    """The alarm, or the officer's wish, that brought a camera to a spot tile."""

    feed: Feed
    since: Annotated[datetime, Meta(tz=True)]
    reason: Names
    priority: Priority | None = None
    procedure: Names = field(default_factory=Names)
    occurrence: str = ""


class Page(Struct, frozen=True):
    """Which of a tour's pages this is, from 1; `paused` while an alarm or an officer holds it."""

    number: int
    of: int
    names: Names = field(default_factory=Names)
    paused: bool = False


class Plan(Struct, frozen=True):
    """One wall's picture in full. `tiles` fill the layout's small tiles in order; `spotlights` its spots in order.

    `places` are the rectangles of a free layout. `preload` are cameras that the next page will show: their streams are
    opened and kept ready, not drawn. `calm`: the wall stays dark until something needs eyes. `exercise`: what is shown
    is simulated, and every picture says so.
    """

    revision: int
    wall: str
    title: Names
    canvas: Canvas
    layout: LayoutName
    tiles: Annotated[tuple[TileContent, ...], Meta(max_length=MAX_TILES)]
    language: Language = Language.RU
    time_zone: Line = "Asia/Almaty"
    places: Annotated[tuple[Place, ...], Meta(max_length=MAX_TILES)] = ()
    spotlights: Annotated[tuple[Spotlight, ...], Meta(max_length=MAX_SPOTS)] = ()
    spotlights_waiting: int = 0
    preload: Annotated[tuple[Feed, ...], Meta(max_length=MAX_TILES)] = ()
    page: Page | None = None
    calm: bool = False
    exercise: bool = False


def spots_of(layout: str, places: tuple[Place, ...] = ()) -> int:
    """How many spots a layout has."""
    if layout == FREE:
        return sum(place.spot for place in places)
    return int(layout.partition("+")[0]) if "+" in layout else 0


def small_tiles_of(layout: str, places: tuple[Place, ...] = ()) -> int:
    """How many tiles a layout has beside its spots."""
    if layout == FREE:
        return sum(not place.spot for place in places)
    if "+" in layout:
        return int(layout.partition("+")[2])
    columns, _, rows = layout.partition("x")
    return int(columns) * int(rows)


class Edges(NamedTuple):
    """A place on a canvas, in even pixels, what is left free around its tile included."""

    left: int
    top: int
    right: int
    bottom: int


def edges_of(place: Place, canvas: Canvas) -> Edges:
    """Where a place of a free layout lies."""
    left, right = (int(edge * canvas.width / 2) * 2 for edge in (place.x, place.x + place.width))
    top, bottom = (int(edge * canvas.height / 2) * 2 for edge in (place.y, place.y + place.height))
    return Edges(left, top, right, bottom)


def find_fault(layout: str, places: tuple[Place, ...], canvas: Canvas) -> str:
    """Why a layout cannot be drawn on a canvas; empty when it can. Places are numbered from 1."""
    if not re.match(LAYOUT_PATTERN, layout):
        return f"there is no layout {layout[:20]!r}: there are 1x1 to 8x8, 1+5, 1+7, 1+12, 2+8 and free"
    if layout != FREE:
        return "only the free layout has places" if places else ""
    if not 0 < len(places) <= MAX_TILES:
        return f"a free layout has 1 to {MAX_TILES} places, not {len(places)}"
    if spots_of(layout, places) > MAX_SPOTS:
        return f"over {MAX_SPOTS} places are spots"
    return next(filter(None, (_fault_of(number, places, canvas) for number in range(len(places)))), "")


def _fault_of(number: int, places: tuple[Place, ...], canvas: Canvas) -> str:
    place = places[number]
    if max(place.x + place.width, place.y + place.height) > 1 + _ROUNDING:
        return f"place {number + 1} sticks out of the canvas"
    if min(place.width, place.height) < MIN_SHARE:
        return f"place {number + 1} is smaller than {MIN_SHARE:g} of the canvas"
    here = edges_of(place, canvas)
    for other, former in enumerate(places[:number], 1):
        there = edges_of(former, canvas)
        across = min(here.right, there.right) - max(here.left, there.left)
        down = min(here.bottom, there.bottom) - max(here.top, there.top)
        if across > _SEAM and down > _SEAM:
            return f"places {other} and {number + 1} overlap"
    return ""


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
