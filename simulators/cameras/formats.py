"""What a stream's pictures are before any is drawn: codec, size, rate."""

from typing import NamedTuple

from sensors.model import StreamRole
from simulators.cameras.vocabulary import Codec


class Format(NamedTuple):
    """Picture size in pixels (multiples of 4), bits and pictures a second, pictures from key frame to key frame."""

    width: int
    height: int
    bit_rate: int
    codec: Codec = Codec.H264
    fps: int = 25
    key_every: int = 25


FORMATS: dict[StreamRole, Format] = {
    StreamRole.MAIN: Format(1280, 720, 2_000_000),
    StreamRole.SUB: Format(640, 360, 400_000),
}
"""What a camera's streams are when a scenario does not say otherwise."""
