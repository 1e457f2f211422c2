"""Walls, and what an officer may change about them; presets; how each camera is shown."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from sensors.model import DeviceKey, Ident, Language, Names, Priority
from videowall.plan import MAX_TILES, Fit, Mask, Page, Panel, Place

DEFAULT_LAYOUT: Final = "1+12"
MAX_PRESETS: Final = 64
MAX_STOPS: Final = 32
MAX_SITES: Final = 200
MAX_MASKS: Final = 16
Layout = Annotated[str, Meta(max_length=8, description="1x1 to 8x8 (columns by rows), 1+5, 1+7, 1+12, 2+8 or free")]
Places = Annotated[tuple[Place, ...], Meta(max_length=MAX_TILES)]
Sites = Annotated[tuple[Ident, ...], Meta(max_length=MAX_SITES)]


class Pinned(Struct, frozen=True, tag="camera", forbid_unknown_fields=True):
    """A tile that always has this camera; empty while the camera is not approved."""

    key: DeviceKey


class Blank(Struct, frozen=True, tag="empty", forbid_unknown_fields=True):
    """A tile that is left empty."""


Pin = Pinned | Panel | Blank | None
"""What an officer wants in a tile; None: the next camera in order."""
Pins = Annotated[tuple[Pin, ...], Meta(max_length=MAX_TILES)]


class Composition(Struct, frozen=True, omit_defaults=True):
    """One page as an officer lays it out. `tiles` say what is in which small tile, in their order.

    Tiles that nothing is said of are filled with the approved cameras of `sites` (none named: of all), by site and id.
    """

    layout: Layout = DEFAULT_LAYOUT
    places: Places = ()
    tiles: Pins = ()
    sites: Sites = ()


class Stop(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A page of a tour: a preset, or, unnamed, what the wall shows when it is on no tour.

    `through`: as many pages as it takes to show every camera once.
    """

    preset: Ident | None = None
    dwell_s: Annotated[float, Meta(ge=5, le=3600)] = 20.0
    through: bool = False


class TilePin(Struct, frozen=True, forbid_unknown_fields=True):
    """What stays in a tile, numbered from 0, on every page."""

    tile: Annotated[int, Meta(ge=0, lt=MAX_TILES)]
    content: Pinned | Panel | Blank


class Tour(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A wall's pages, shown one after another, and what lies over all of them."""

    stops: Annotated[tuple[Stop, ...], Meta(min_length=1, max_length=MAX_STOPS)]
    pinned: Annotated[tuple[TilePin, ...], Meta(max_length=MAX_TILES)] = ()


class Progress(StrEnum):
    """Whether a wall is on its tour, and whether an officer lets the pages turn."""

    OFF = "off"
    PLAYING = "playing"
    HELD = "held"


class AlarmRule(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which alarms reach a wall, and how. Their cameras are put on spots.

    `sites`: whose alarms; none named: all. While one needs a spot and the page has none, the wall takes `layout`; None:
    the smallest with a spot that has room for the page; `keeps_layout`: it takes none. An alarm is shown for at least
    `least_s`, unless one of higher priority needs the spot, and at most for `most_s`; 0: as long as it lasts.
    """

    sites: Sites = ()
    priority: Priority = Priority.LOW
    layout: Layout | None = None
    keeps_layout: bool = False
    least_s: Annotated[float, Meta(ge=0, le=600)] = 10.0
    most_s: Annotated[float, Meta(ge=0, le=86_400)] = 0.0


class WallView(Struct, frozen=True):
    """A wall as its plan and its node stand. `url` is its page.

    `layout` is what is drawn now, an alarm's included; `composition` what an officer laid out, `preset` its name if it
    has one. `spotlight` is the camera of the first spot, `chosen` the one an officer has put there.
    """

    wall: str
    title: Names
    layout: str
    online: bool
    url: str = ""
    spotlight: DeviceKey | None = None
    language: Language = Language.RU
    composition: Composition = field(default_factory=Composition)
    preset: str = ""
    chosen: DeviceKey | None = None
    spotlights: tuple[DeviceKey, ...] = ()
    spotlights_waiting: int = 0
    calm: bool = False
    exercise: bool = False
    tour: Tour | None = None
    progress: Progress = Progress.OFF
    page: Page | None = None
    alarms: AlarmRule = field(default_factory=AlarmRule)


class WallRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Body of PUT /walls/{wall}: what to change; unset stays.

    `layout`, `places`, `tiles`, `sites` and `preset` end the tour that the wall is on. `page`, from 1, turns to a page
    of the tour. `clear_spotlight` clears the officer's choice, `clear_tour` forgets the tour.
    """

    layout: Layout | None = None
    places: Places | None = None
    tiles: Pins | None = None
    sites: Sites | None = None
    preset: Ident | None = None
    language: Language | None = None
    spotlight: DeviceKey | None = None
    clear_spotlight: bool = False
    calm: bool | None = None
    tour: Tour | None = None
    clear_tour: bool = False
    progress: Progress | None = None
    page: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    alarms: AlarmRule | None = None


class PresetRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Body of PUT /presets/{preset}: what it shall show, or the wall whose page it shall be."""

    names: Names = field(default_factory=Names)
    wall: Ident | None = None
    layout: Layout | None = None
    places: Places = ()
    tiles: Pins = ()
    sites: Sites = ()


class PresetView(Struct, frozen=True):
    """A named page, kept on the hub for every wall."""

    preset: str
    names: Names
    composition: Composition
    saved_by: str
    saved_at: datetime


class CameraView(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How every wall shows a camera; also the body of PUT /devices/{site}/{device}/view, which replaces all of it.

    `rotation` is clockwise, in degrees; `masks` hide what nobody may see.
    """

    fit: Fit = Fit.LETTERBOX
    rotation: Annotated[int, Meta(ge=0, le=270, multiple_of=90)] = 0
    masks: Annotated[tuple[Mask, ...], Meta(max_length=MAX_MASKS)] = ()


class Ticket(Struct, frozen=True):
    """A one-entry address of a wall's page."""

    url: str
    expires_at: datetime
