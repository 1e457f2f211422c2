"""A throw-away installation: free ports, settings, secrets and one administrator, in a folder of its own."""

import secrets
import socket
from pathlib import Path

from msgspec import Struct

from sensors.model import DeviceKey, Language, SiteId
from sensors.topics import wall_key

LOOPBACK = "127.0.0.1"
WALL = "main"
ACCOUNT = "demo"
_USUAL_PORTS = {"hub": 8460, "wall": 8461, "broker": 1883, "rtsp": 8554}


class Installation(Struct, frozen=True):
    """Where everything of one demonstration is."""

    folder: Path
    hub_url: str
    wall_url: str
    broker_port: int
    rtsp_port: int
    password: str

    @property
    def config(self) -> Path:
        """The shekara.toml."""
        return self.folder / "shekara.toml"

    @property
    def departures(self) -> Path:
        """When each frame left the cameras."""
        return self.folder / "departures.bin"

    @property
    def readings(self) -> Path:
        """The hub's store."""
        return self.folder / "data" / "readings.sqlite"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.folder / "logs"

    @property
    def wall(self) -> DeviceKey:
        """The wall node's key."""
        return wall_key(WALL)

    def __repr__(self) -> str:
        return f"Installation({self.folder})"


def install(folder: Path, sites: tuple[SiteId, ...], language: Language) -> Installation:
    """Write settings and secrets into `folder`; nothing is started.

    Usual ports are taken where they are free, others where they are not.
    """
    ports = {name: free_port(usual) for name, usual in _USUAL_PORTS.items()}
    made = Installation(
        folder=folder,
        hub_url=f"http://{LOOPBACK}:{ports['hub']}",
        wall_url=f"http://{LOOPBACK}:{ports['wall']}",
        broker_port=ports["broker"],
        rtsp_port=ports["rtsp"],
        password=secrets.token_urlsafe(18),
    )
    made.logs.mkdir(parents=True, exist_ok=True)
    made.config.write_text(_settings(made, ports, language), encoding="utf-8")
    secrets_file = folder / "secrets.toml"
    secrets_file.touch(mode=0o600)
    secrets_file.write_text(_secrets(sites), encoding="utf-8")
    return made


def free_port(usual: int = 0) -> int:
    """The usual port when nobody listens there, else any free one."""
    for port in (usual, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return usual


def _settings(made: Installation, ports: dict[str, int], language: Language) -> str:
    data = made.folder / "data"
    return f"""\
# A demonstration's settings: thrown away with it.
[secrets]
file = "secrets.toml"

[hub]
data_dir = "{data}"
host = "{LOOPBACK}"
port = {ports["hub"]}
language = "{language}"
approve_all = true
exercise = true
mdns = false

[discovery]
onvif = false
streams = false

[broker]
host = "{LOOPBACK}"
port = {ports["broker"]}

[wall]
name = "{WALL}"
host = "{LOOPBACK}"
port = {ports["wall"]}
public_key_file = "{data / "keys" / "session.pub"}"
references_dir = "{data / "references"}"
sign_in_url = "{made.hub_url}/sign-in"

[console]
hub_url = "{made.hub_url}"
wall = "{WALL}"
language = "{language}"
"""


def _secrets(sites: tuple[SiteId, ...]) -> str:
    lines = ["[mqtt]", 'user = "demo"', f'password = "{secrets.token_urlsafe(18)}"']
    for site in sites:
        lines += [f'[cameras."{site}"]', 'user = "viewer"', f'password = "{secrets.token_urlsafe(12)}"']
    return "\n".join(lines) + "\n"
