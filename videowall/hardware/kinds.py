"""How FFmpeg calls each kind of hardware."""

from collections.abc import Mapping
from typing import Final

from av.codec.hwaccel import HWAccel, hwdevices_available
from msgspec import Struct

from videowall.hardware.choice import Choice


class EncoderCandidate(Struct, frozen=True):
    """An H.264 encoder by its name in FFmpeg; `device` is the hardware that pictures are handed to, if it needs one."""

    name: str
    device: str = ""
    options: Mapping[str, str] = {}


class DecoderCandidate(Struct, frozen=True):
    """A device that decodes what FFmpeg's own decoders read."""

    device: str


ENCODERS: Final[Mapping[Choice, EncoderCandidate]] = {
    Choice.NVIDIA: EncoderCandidate(
        "h264_nvenc",
        options={
            "preset": "p2",
            "tune": "ull",
            "rc": "cbr",
            "zerolatency": "1",
            "delay": "0",
            "bf": "0",
            "forced-idr": "1",
            "no-scenecut": "1",
        },
    ),
    Choice.VAAPI: EncoderCandidate("h264_vaapi", "vaapi", {"rc_mode": "CBR", "bf": "0", "async_depth": "1"}),
}
DECODERS: Final[Mapping[Choice, DecoderCandidate]] = {
    Choice.NVIDIA: DecoderCandidate("cuda"),
    Choice.VAAPI: DecoderCandidate("vaapi"),
}


def open_device(name: str) -> HWAccel:
    """The hardware of that name.

    Raises:
        ValueError: this FFmpeg knows no such hardware; asked all the same, it would quietly work without.
    """
    if name not in hwdevices_available():
        message = f"this FFmpeg was built without {name}"
        raise ValueError(message)
    return HWAccel(name, allow_software_fallback=False)
