"""What an ONVIF service speaks of: a camera as it stands, its nameplate, and where it is asked."""

from collections.abc import Callable
from typing import NamedTuple

from sensors.clock import Clock
from sensors.model import StreamRole
from simulators.cameras.nameplate import Nameplate
from simulators.cameras.rig import Rig
from simulators.cameras.way import Way

DEVICE_PATH, MEDIA_PATH, PTZ_PATH = "/onvif/device_service", "/onvif/media_service", "/onvif/ptz_service"
MEDIA2_PATH, SNAPSHOT_PATH = "/onvif/media2_service", "/onvif/snapshot"
"""Snapshots lie below theirs, under the names of profiles."""


class Subject(NamedTuple):
    """`stream_url` gives a stream's address at a host; `way_of` the line of its post, if it has one."""

    rig: Rig
    plate: Nameplate
    name: str
    stream_url: Callable[[StreamRole, str], str]
    clock: Clock
    way_of: Callable[[], Way | None]

    @property
    def turns(self) -> bool:
        """Whether it has a PTZ service."""
        return self.rig.mount.turns


class Address(NamedTuple):
    """Where a client has reached a device."""

    host: str
    port: int

    @property
    def written_host(self) -> str:
        """The host as a URL has it."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def url(self, path: str) -> str:
        """The URL of a path there."""
        return f"http://{self.written_host}:{self.port}{path}"
