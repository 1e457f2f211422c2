"""Devices for the cameras of a server."""

from collections.abc import Mapping

from sensors.clock import Clock
from sensors.model import DeviceKey, StreamRole
from simulators.cameras.nameplate import nameplate_of
from simulators.cameras.server import CameraServer
from simulators.cameras.way import Way
from simulators.onvif.device import Device
from simulators.onvif.subject import Subject


def devices_of(server: CameraServer, names: Mapping[DeviceKey, str], clock: Clock) -> tuple[Device, ...]:
    """A device for each camera that has a name here, in that order.

    Its `clock` is what a client must make its tokens for.
    """
    return tuple(_device(server, key, name, clock) for key, name in names.items())


def _device(server: CameraServer, key: DeviceKey, name: str, clock: Clock) -> Device:
    def stream_url(role: StreamRole, host: str) -> str:
        return server.url(key, role, host)

    def way_of() -> Way | None:
        return server.ways.get(key.site)

    return Device(Subject(server.rigs[key], nameplate_of(key), name, stream_url, clock, way_of))
