"""A camera's own stream as a track: what a player must be told first, and each access unit as a sample."""

from typing import Final

from msgspec import Struct

from sensors.errors import WireError
from videowall.fmp4 import h265
from videowall.fmp4.annexb import join_sample, join_units
from videowall.fmp4.header import find_parameter_sets, h264_entry, movie
from videowall.fmp4.sps import parse_sps

CODECS: Final = frozenset({"h264", "hevc"})
"""FFmpeg's names of the codecs that are passed through."""

_START_CODE: Final = b"\x00\x00\x01"
_SHORTEST: Final = 6
_PLAIN: Final = {"h264": frozenset({1}), "hevc": frozenset(range(10))}
"""NAL units of pictures that are no key pictures."""


class Track(Struct, frozen=True):
    """The init segment of a stream, and what a browser is asked about it. Size in pixels."""

    init: bytes
    codec: str
    width: int
    height: int

    @property
    def mime(self) -> str:
        """What `MediaSource.isTypeSupported` is asked."""
        return f'video/mp4; codecs="{self.codec}"'


def find_sets(codec: str, units: list[bytes]) -> tuple[bytes, ...]:
    """The parameter sets among the NAL units of a key frame: SPS and PPS, or VPS, SPS and PPS.

    Raises:
        WireError: one is missing or too long for a header.
    """
    if codec == "h264":
        sets = find_parameter_sets(units)
        return sets.sps, sets.pps
    found = {h265.nal_type(unit): unit for unit in units}
    kinds = (h265.NalType.VPS, h265.NalType.SPS, h265.NalType.PPS)
    if any(not 0 < len(found.get(kind, b"")) <= 0xFFFF for kind in kinds):
        raise WireError("comes without usable parameter sets", subject="H.265 key frame")
    return tuple(found[kind] for kind in kinds)


def describe(codec: str, units: list[bytes]) -> Track:
    """The track of a stream whose key frame, or extradata, has these NAL units.

    Raises:
        WireError: parameter sets are missing or cannot be read.
    """
    if codec == "h264":
        sets = find_parameter_sets(units)
        shape = parse_sps(sets.sps)
        return Track(movie(h264_entry(sets, shape)), shape.codec, shape.width, shape.height)
    vps, sps, pps = find_sets(codec, units)
    parsed = h265.parse_h265_sps(sps)
    return Track(movie(h265.h265_entry(vps, sps, pps, parsed)), parsed.codec, parsed.width, parsed.height)


def single_sample(codec: str, access_unit: bytes) -> bytes | None:
    """The sample of an access unit that is one NAL unit of a picture, as most are, without taking it apart; else None.

    Only an access unit that begins with a start code of four bytes is looked at.
    """
    if (
        len(access_unit) < _SHORTEST
        or access_unit.find(_START_CODE, 4) >= 0
        or not access_unit.startswith(_START_CODE, 1)
    ):
        return None
    kind = access_unit[4] & 0x1F if codec == "h264" else access_unit[4] >> 1 & 0x3F
    if access_unit[0] or kind not in _PLAIN[codec] or not access_unit[-1]:
        return None
    return (len(access_unit) - 4).to_bytes(4, "big") + access_unit[4:]


def sample(codec: str, units: list[bytes]) -> bytes:
    """The NAL units of an access unit as one sample.

    Raises:
        WireError: they hold no picture.
    """
    return join_sample(units) if codec == "h264" else join_units(unit for unit in units if h265.is_in_sample(unit))
