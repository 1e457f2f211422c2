"""What a scenario file may say: which posts there are, what each has, and what happens when."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from sensors.model import Ident, Names, Position
from simulators.cameras.look import PAN_MOST_DEG, TILT_LEAST_DEG, TILT_MOST_DEG, ZOOM_MOST
from simulators.cameras.mount import MAX_PRESETS
from simulators.cameras.vocabulary import Audio, Authentication, Codec, Imager, Terrain, View
from simulators.foreign.vocabulary import Dialect
from simulators.scenario.actions import Action
from simulators.scenario.acts import Seconds
from simulators.scenario.expectation import Expectation
from simulators.world.ground import Spot

MAX_SITES = 64
MAX_STEPS = 2_000
MAX_SPEED = 1_000
Bearing = Annotated[float, Meta(ge=0, lt=360)]
Speed = Annotated[float, Meta(ge=0.1, le=MAX_SPEED)]
_NAME = r"[0-9A-Za-z_-]{1,63}(?:\.[0-9A-Za-z_-]{1,63})*"
Host = Annotated[
    str, Meta(max_length=253, pattern=rf"^(?:{_NAME}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?:%[0-9A-Za-z_-]+)?)$(?!\n)")
]
"""A name, or an address of either sort."""


class Light(StrEnum):
    """Whether cameras film by day or by night; LOCAL follows the sun over each site when the scenario starts."""

    DAY = "day"
    NIGHT = "night"
    LOCAL = "local"


class StreamEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """One of a camera's streams. What is left out is as `FORMATS` has it; a long `key_every_s` is a "smart codec"."""

    codec: Codec = Codec.H264
    width: Annotated[int, Meta(ge=320, le=1920, multiple_of=4)] | None = None
    height: Annotated[int, Meta(ge=180, le=1080, multiple_of=4)] | None = None
    fps: Annotated[int, Meta(ge=1, le=25)] = 25
    bit_rate_kbps: Annotated[int, Meta(ge=32, le=8000)] | None = None
    key_every_s: Annotated[int, Meta(ge=1, le=8)] = 1


class PresetEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A place that a camera turns to by name: degrees to the right of and above its own view, and how much larger."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    pan_deg: Annotated[float, Meta(ge=-PAN_MOST_DEG, le=PAN_MOST_DEG)] = 0.0
    tilt_deg: Annotated[float, Meta(ge=TILT_LEAST_DEG, le=TILT_MOST_DEG)] = 0.0
    zoom: Annotated[float, Meta(ge=1.0, le=ZOOM_MOST)] = 1.0


class OnvifEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """Cameras speak ONVIF: the first one at `port`, each next one at the next; 0 takes free ones."""

    port: Annotated[int, Meta(ge=0, le=65_535)] = 8600
    discovery: bool = True


class CameraEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A camera of a post, `at` metres east and north of it. Its password, if any, comes from the secrets file.

    With `presets` it turns. Without `onvif` it does not speak ONVIF where the scenario's others do.
    """

    id: Ident
    view: View
    names: Names
    covers: tuple[Ident, ...] = ()
    authentication: Authentication = Authentication.DIGEST
    main: StreamEntry = StreamEntry()
    sub: StreamEntry = StreamEntry()
    audio: Audio = Audio.NONE
    dialect: Dialect = Dialect.NATIVE
    imager: Imager = Imager.COLOUR
    onvif: bool = True
    presets: Annotated[tuple[PresetEntry, ...], Meta(max_length=MAX_PRESETS)] = ()
    at: Spot | None = None
    bearing_deg: Bearing | None = None


class DeviceEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A sensor of a post, of one of the kinds in simulators/kinds.

    It stands `at` metres east and north of the post; a line goes on `to` its other end; a radar looks along its
    bearing.
    """

    id: Ident
    kind: Ident
    names: Names
    period_s: Annotated[float, Meta(ge=0.2, le=3600)] = 10.0
    dialect: Dialect = Dialect.NATIVE
    at: Spot | None = None
    to: Spot | None = None
    bearing_deg: Bearing | None = None


class Equipment(Struct, frozen=True, forbid_unknown_fields=True):
    """A set of cameras and sensors that sites take by name."""

    cameras: tuple[CameraEntry, ...] = ()
    devices: tuple[DeviceEntry, ...] = ()


class Site(Struct, frozen=True, forbid_unknown_fields=True):
    """A post. `cameras` and `devices` come on top of its equipment set.

    With a `line`, or with a step for its link, its gateway speaks to the broker through a proxy that can be faulty.
    `dialects` say of devices and cameras, the set's own too, how they speak. Its cameras are at the address `host`, or
    where `simulators.scenario.streams.hosts_of` says.
    """

    id: Ident
    names: Names
    position: Position
    terrain: Terrain = Terrain.FOOTHILLS
    equipment: Ident | None = None
    line: bool = False
    host: Host | None = None
    cameras: tuple[CameraEntry, ...] = ()
    devices: tuple[DeviceEntry, ...] = ()
    dialects: dict[Ident, Dialect] = {}


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """One scenario file. After `simulators.scenario.reading`, every site holds all it has.

    `about` is a line of what happens, for instructors. `starts` and `lasts_s` are for a fixed clock; a faster one
    begins at `starts` if there is one, else now. `frigate` is the post at which a Frigate stands, where sets or
    tables give one to several.
    """

    title: Names
    sites: Annotated[tuple[Site, ...], Meta(min_length=1, max_length=MAX_SITES)]
    seed: Annotated[int, Meta(ge=0, lt=2**32)] = 1
    light: Light = Light.LOCAL
    rtsp_host: Host = "127.0.0.1"
    rtsp_port: Annotated[int, Meta(ge=0, le=65_535)] = 8554
    session_timeout_s: Annotated[int, Meta(ge=2, le=3600)] = 60
    onvif: OnvifEntry | None = None
    frigate: Ident | None = None
    starts: Annotated[datetime, Meta(tz=True)] | None = None
    lasts_s: Seconds = 600.0
    speed: Speed = 1.0
    about: Names = Names()
    steps: Annotated[tuple[Action, ...], Meta(max_length=MAX_STEPS)] = ()
    expect: Annotated[tuple[Expectation, ...], Meta(max_length=MAX_STEPS)] = ()
    equipment: dict[Ident, Equipment] = {}
