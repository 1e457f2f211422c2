"""What the cameras of a scenario draw and send: their numbers, the formats of their streams, where they turn to."""

from ipaddress import IPv4Address

from sensors.model import DeviceId, DeviceKey, SiteId, StreamRole
from simulators.cameras.formats import FORMATS, Format
from simulators.cameras.look import Look
from simulators.cameras.mount import Preset
from simulators.scenario.form import CameraEntry, Scenario, Site, StreamEntry
from simulators.scenario.link_actions import LinkAction
from simulators.world.uplinks import Path, path_of


def camera_numbers(scenario: Scenario) -> dict[DeviceKey, int]:
    """The number each camera draws into its frames: counted from 1, in the order of the scenario."""
    keys = (DeviceKey(SiteId(site.id), DeviceId(camera.id)) for site in scenario.sites for camera in site.cameras)
    return {key: number for number, key in enumerate(keys, 1)}


def hosts_of(scenario: Scenario) -> dict[str, str]:
    """The address at which the cameras of each post are reached: the post's own, else `rtsp_host`.

    Over ONVIF on loopback the posts' addresses follow `rtsp_host`: discovery tells posts apart by nothing else.
    """
    first = None if scenario.onvif is None else _loopback(scenario.rtsp_host)
    return {
        site.id: site.host or (scenario.rtsp_host if first is None else str(first + number))
        for number, site in enumerate(scenario.sites)
    }


def _loopback(host: str) -> IPv4Address | None:
    try:
        address = IPv4Address(host)
    except ValueError:
        return None
    return address if address.is_loopback else None


def formats_of(camera: CameraEntry) -> dict[StreamRole, Format]:
    """What a camera's streams are."""
    return {StreamRole.MAIN: _format(camera.main, StreamRole.MAIN), StreamRole.SUB: _format(camera.sub, StreamRole.SUB)}


def presets_of(camera: CameraEntry) -> tuple[Preset, ...]:
    """Where a camera can be sent; tokens count from 1."""
    return tuple(
        Preset(str(number), entry.name, Look(entry.pan_deg, entry.tilt_deg, entry.zoom))
        for number, entry in enumerate(camera.presets, 1)
    )


def picture_ports(scenario: Scenario, rtsp_port: int) -> dict[str, int]:
    """Where the cameras of posts that have a line are reached: one port after another behind the server's own.

    All are 0, which takes free ones, where that is 0.
    """
    lined = [site.id for site in scenario.sites if _has_line(site, scenario)]
    return {site: rtsp_port + number if rtsp_port else 0 for number, site in enumerate(lined, 1)}


def _has_line(site: Site, scenario: Scenario) -> bool:
    """Whether a post speaks through lines of ours, which cost two listening ports and a little time.

    One over a satellite or a mobile network does, so that it is as slow as its link says.
    """
    return (
        site.line
        or path_of(site) is not Path.FIBRE
        or any(step.site == site.id and isinstance(step, LinkAction) for step in scenario.steps)
    )


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
