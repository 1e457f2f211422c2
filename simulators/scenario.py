"""Scenario files: which posts there are, what each has, and what happens when. Described in docs/scenarios.md."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from sensors.catalog import GATEWAY
from sensors.errors import ConfigError
from sensors.model import DeviceId, DeviceKey, Ident, Names, Position, SiteId, StreamRole
from sensors.topics import WALLS
from simulators.actions import (
    Action,
    BarrierStuck,
    DeviceResume,
    DeviceSilence,
    DoorOpen,
    Herd,
    Intrusion,
    Radiation,
)
from simulators.camera_actions import CameraAction
from simulators.cameras.formats import FORMATS, Format
from simulators.cameras.vocabulary import Audio, Authentication, Codec, Terrain, View
from simulators.kinds import KINDS

T = TypeVar("T")
_SHIPPED = files("simulators")
_MAX_SITES = 64


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


class CameraEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A camera of a post. Its password, if any, comes from the secrets file."""

    id: Ident
    view: View
    names: Names
    covers: tuple[Ident, ...] = ()
    authentication: Authentication = Authentication.DIGEST
    main: StreamEntry = StreamEntry()
    sub: StreamEntry = StreamEntry()
    audio: Audio = Audio.NONE


class DeviceEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A sensor of a post, of one of the kinds in simulators/kinds."""

    id: Ident
    kind: Ident
    names: Names
    period_s: Annotated[float, Meta(ge=0.2, le=3600)] = 10.0


class Equipment(Struct, frozen=True, forbid_unknown_fields=True):
    """A set of cameras and sensors that sites take by name."""

    cameras: tuple[CameraEntry, ...] = ()
    devices: tuple[DeviceEntry, ...] = ()


class Site(Struct, frozen=True, forbid_unknown_fields=True):
    """A post. `cameras` and `devices` come on top of its equipment set."""

    id: Ident
    names: Names
    position: Position
    terrain: Terrain = Terrain.FOOTHILLS
    equipment: Ident | None = None
    cameras: tuple[CameraEntry, ...] = ()
    devices: tuple[DeviceEntry, ...] = ()


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """One scenario file. After `parse_scenario`, every site holds all it has."""

    title: Names
    sites: Annotated[tuple[Site, ...], Meta(min_length=1, max_length=_MAX_SITES)]
    seed: Annotated[int, Meta(ge=0, lt=2**32)] = 1
    light: Light = Light.LOCAL
    rtsp_host: str = "127.0.0.1"
    rtsp_port: Annotated[int, Meta(ge=0, le=65_535)] = 8554
    session_timeout_s: Annotated[int, Meta(ge=2, le=3600)] = 60
    steps: tuple[Action, ...] = ()
    equipment: dict[Ident, Equipment] = {}


def read_scenario(name: str) -> Scenario:
    """A scenario by file name, or by the name of one that is shipped.

    Raises:
        ConfigError: there is none, or it is malformed.
    """
    shipped = _SHIPPED / "scenarios" / f"{name}.toml"
    path: Path | Traversable = shipped if "/" not in name and shipped.is_file() else Path(name)
    try:
        return parse_scenario(path.read_bytes(), name)
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", subject=name, mend="Name a scenario file, or a shipped one: border"
        ) from error


def parse_scenario(text: bytes, source: str) -> Scenario:
    """The scenario in a file's bytes, checked and with equipment sets put in place.

    Raises:
        ConfigError: what is wrong, and where.
    """
    scenario = _convert(text, Scenario, source)
    sites = tuple(_equipped(site, scenario, source) for site in scenario.sites)
    _require_unique((site.id for site in sites), "sites", source)
    for site in sites:
        _check_site(site, f"{source}, site {site.id}")
    by_id = {site.id: site for site in sites}
    for number, step in enumerate(scenario.steps):
        check_action(step, by_id.get(step.site), f"{source}, steps[{number}]")
    return msgspec.structs.replace(scenario, sites=sites, equipment={})


def camera_numbers(scenario: Scenario) -> dict[DeviceKey, int]:
    """The number each camera draws into its frames: counted from 1, in the order of the scenario."""
    keys = (DeviceKey(SiteId(site.id), DeviceId(camera.id)) for site in scenario.sites for camera in site.cameras)
    return {key: number for number, key in enumerate(keys, 1)}


def formats_of(camera: CameraEntry) -> dict[StreamRole, Format]:
    """What a camera's streams are."""
    return {StreamRole.MAIN: _format(camera.main, StreamRole.MAIN), StreamRole.SUB: _format(camera.sub, StreamRole.SUB)}


def _format(entry: StreamEntry, role: StreamRole) -> Format:
    usual = FORMATS[role]
    return Format(
        entry.width or usual.width,
        entry.height or usual.height,
        usual.bit_rate if entry.bit_rate_kbps is None else entry.bit_rate_kbps * 1000,
        entry.codec,
        entry.fps,
        entry.key_every_s * entry.fps,
    )


def check_action(action: Action, site: Site | None, subject: str) -> None:
    """Whether an action names what its post has.

    Raises:
        ConfigError: it does not.
    """
    if site is None:
        raise ConfigError(f"no site {action.site}", subject=subject, mend="Name a site of the scenario")
    match action:
        case _ if isinstance(action, CameraAction):
            if action.camera not in {camera.id for camera in site.cameras}:
                raise ConfigError(f"no camera {action.camera}", subject=subject, mend=f"{site.id} has other cameras")
        case DeviceSilence() | DeviceResume():
            if action.device not in {device.id for device in site.devices}:
                raise ConfigError(f"no device {action.device}", subject=subject, mend="Name a device of the site")
        case Intrusion():
            device_of(site, action.kind, action.device, subject)
            device_of(site, "fence", action.fence, subject)
        case Herd() | Radiation() | DoorOpen() | BarrierStuck():
            device_of(site, action.kind, action.device, subject)
        case _:
            return


def device_of(site: Site, kind: str, named: str | None, subject: str) -> DeviceEntry:
    """The named device of a kind, or the first of that kind.

    Raises:
        ConfigError: the site has none.
    """
    for device in site.devices:
        if device.kind == kind and named in (None, device.id):
            return device
    raise ConfigError(f"no {kind} {named or 'at all'}", subject=subject, mend=f"Give {site.id} one, or name another")


def _equipped(site: Site, scenario: Scenario, source: str) -> Site:
    if site.equipment is None:
        return site
    equipment = scenario.equipment.get(site.equipment)
    if equipment is None:
        shipped = _SHIPPED / "equipment" / f"{site.equipment}.toml"
        if not shipped.is_file():
            raise ConfigError(
                f"no equipment set {site.equipment}",
                subject=f"{source}, site {site.id}",
                mend=f"Write [equipment.{site.equipment}], or take blo-standard",
            )
        equipment = _convert(shipped.read_bytes(), Equipment, f"{site.equipment}.toml")
    return msgspec.structs.replace(
        site, cameras=equipment.cameras + site.cameras, devices=equipment.devices + site.devices
    )


def _check_site(site: Site, subject: str) -> None:
    if site.id == WALLS:
        raise ConfigError(f"the site id {WALLS} is taken by wall nodes", subject=subject, mend="Choose another id")
    devices = {device.id for device in site.devices}
    _require_unique((GATEWAY, *devices, *(camera.id for camera in site.cameras)), "cameras and devices", subject)
    _require_unique((device.id for device in site.devices), "devices", subject)
    for device in site.devices:
        if device.kind not in KINDS or device.kind == GATEWAY:
            known = ", ".join(sorted(KINDS.keys() - {GATEWAY}))
            raise ConfigError(f"no kind {device.kind} ({device.id})", subject=subject, mend=f"Kinds are {known}")
    for camera in site.cameras:
        if missing := set(camera.covers) - devices:
            raise ConfigError(
                f"{camera.id} covers {', '.join(sorted(missing))}, which is not there",
                subject=subject,
                mend="Name devices of the same site",
            )


def _require_unique(ids: Iterable[str], what: str, subject: str) -> None:
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        raise ConfigError(f"{what} share the id {', '.join(twice)}", subject=subject, mend="Give each its own id")


def _convert(text: bytes, type_: type[T], source: str) -> T:
    try:
        document: dict[str, Any] = tomllib.loads(text.decode("utf-8"))
        return msgspec.convert(document, type_)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), subject=source, mend="Correct the line that is named") from error
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), subject=source, mend="See docs/scenarios.md") from error
