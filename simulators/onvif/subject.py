"""What an ONVIF service speaks of: a camera as it stands, its nameplate, and where it is asked."""

from collections.abc import Callable
from typing import NamedTuple

from sensors.clock import Clock
from sensors.model import StreamRole
from simulators.cameras.nameplate import Nameplate
from simulators.cameras.rig import Rig

DEVICE_PATH, MEDIA_PATH, PTZ_PATH = "/onvif/device_service", "/onvif/media_service", "/onvif/ptz_service"


class Subject(NamedTuple):
    """`stream_url` gives a stream's address at a host."""

    rig: Rig
    plate: Nameplate
    name: str
    stream_url: Callable[[StreamRole, str], str]
    clock: Clock

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
