"""Section [wall]: one wall node."""

from typing import Annotated

from msgspec import Meta, Struct

from sensors.model import ID_PATTERN
from videowall.hardware.choice import Choice


class WallSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a wall node needs to know; what it shows comes in its plan."""

    name: Annotated[str, Meta(pattern=ID_PATTERN, description="id of this wall, as in its plan's topic")] = "main"
    host: Annotated[str, Meta(description="address the wall's page listens on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535, description="port of the wall's page; 0 takes a free one")] = 8461
    public_url: Annotated[
        str, Meta(description="address of the page as browsers reach it, {wall} being its id; empty: host and port")
    ] = ""
    public_key_file: Annotated[
        str, Meta(description="the hub's public session key, which proves sign-ins to this wall")
    ] = "data/keys/session.pub"
    sign_in_url: Annotated[str, Meta(description="the hub's sign-in page, where visitors without proof are sent")] = (
        "http://127.0.0.1:8460/sign-in"
    )
    references_dir: Annotated[
        str, Meta(description="folder where each wall keeps what cameras shall look like, to tell when one was moved")
    ] = "data/references"
    workers: Annotated[int, Meta(ge=0, le=64, description="decoding threads; 0: as many as the machine has cores")] = 2
    shards: Annotated[
        int,
        Meta(
            ge=0, le=64, description="processes that decode, so that no camera can end the wall; 0: threads of the wall"
        ),
    ] = 0
    shard_memory_mb: Annotated[
        int, Meta(ge=100, le=100_000, description="memory of one such process, in MB; beyond it it is begun anew")
    ] = 1500
    encoder: Annotated[
        Choice, Meta(description="what encodes the wall: auto (hardware where it proves itself), or one of them")
    ] = Choice.AUTO
    decoder: Annotated[
        Choice, Meta(description="what decodes main streams: auto (hardware where it proves itself), or one of them")
    ] = Choice.AUTO
    hardware_decoders: Annotated[
        int, Meta(ge=0, le=256, description="main streams that hardware may decode at a time")
    ] = 8
    fps: Annotated[float, Meta(ge=0, le=60, description="pictures a second; 0: as many as the plan says")] = 0.0
    bitrate_kbps: Annotated[int, Meta(ge=200, le=100_000, description="bit rate of the encoded wall, in kbit/s")] = 6000
    key_frame_s: Annotated[float, Meta(ge=0.5, le=10, description="seconds between key frames of the wall")] = 2.0
    transport: Annotated[
        str,
        Meta(
            pattern="^(tcp|udp|multicast)$",
            description="how packets of cameras travel, at first: tcp (in the connection), udp or multicast",
        ),
    ] = "tcp"
    redirects: Annotated[
        str,
        Meta(
            pattern="^(never|same-host|anywhere)$",
            description="where a camera may send the wall instead: never, same-host or anywhere (without the password)",
        ),
    ] = "same-host"
    openings_at_once: Annotated[int, Meta(ge=1, le=256, description="camera streams that may be opening at once")] = 32
    openings_per_s: Annotated[float, Meta(gt=0, le=1000, description="camera streams opened a second, at most")] = 12.0
    site_openings_at_once: Annotated[int, Meta(ge=1, le=256, description="the same of one site, at once")] = 8
    site_openings_per_s: Annotated[float, Meta(gt=0, le=1000, description="the same of one site, a second")] = 8.0
    films: Annotated[
        str, Meta(description="folder of films that streams may name as film:NAME; empty: there are none")
    ] = ""
