"""The parameter sets of H.265 (ITU-T H.265, 7.3.2 and 7.3.3) in an MP4 header, and the codec's name for browsers."""

from enum import IntEnum
from typing import Final

from msgspec import Struct

from sensors.errors import WireError
from videowall.fmp4.bits import Bits
from videowall.fmp4.boxes import box, halves
from videowall.fmp4.header import SampleEntry
from videowall.fmp4.sps import MAX_SIDE_PIXELS

_SUBJECT: Final = "H.265 SPS"
_HEADER_BYTES: Final = 2
_MAX_SET_BYTES: Final = 4_096
_COMPLETE: Final = 0x80
_TRIMMED: Final = frozenset(range(32, 39))
"""Parameter sets, delimiters, ends and filler: what an `hvc1` track keeps out of its samples."""


class NalType(IntEnum):
    """The NAL unit types that matter here (Table 7-1)."""

    VPS = 32
    SPS = 33
    PPS = 34


class H265Shape(Struct, frozen=True):
    """What a sequence parameter set says. Sizes are in pixels, after cropping; `constraints` are six bytes."""

    profile_space: int
    high_tier: int
    profile: int
    compatibility: int
    constraints: bytes
    level: int
    layers: int
    nested: int
    width: int
    height: int
    chroma_format: int
    luma_bits: int
    chroma_bits: int

    @property
    def codec(self) -> str:
        """The codec's name in a MIME type (ISO/IEC 14496-15, Annex E)."""
        space = ("", "A", "B", "C")[self.profile_space]
        turned = int(f"{self.compatibility:032b}"[::-1], 2)
        constraints = "".join(f".{byte:X}" for byte in self.constraints.rstrip(b"\x00"))
        return f"hvc1.{space}{self.profile}.{turned:X}.{'LH'[self.high_tier]}{self.level}{constraints}"


def nal_type(unit: bytes) -> int:
    """The type in a NAL unit's first byte."""
    return unit[0] >> 1 & 0x3F


def is_in_sample(unit: bytes) -> bool:
    """Whether a unit belongs into a sample, or into the header alone."""
    return nal_type(unit) not in _TRIMMED


def h265_entry(vps: bytes, sps: bytes, pps: bytes, shape: H265Shape) -> SampleEntry:
    """The sample entry `hvc1`; its samples hold no parameter sets."""
    length_bytes_less_one = 3
    general = bytes((1, shape.profile_space << 6 | shape.high_tier << 5 | shape.profile))
    record = (
        general
        + shape.compatibility.to_bytes(4, "big")
        + shape.constraints
        + bytes((shape.level, 0xF0, 0, 0xFC, 0xFC | shape.chroma_format))
        + bytes((0xF8 | shape.luma_bits - 8, 0xF8 | shape.chroma_bits - 8, 0, 0))
        + bytes((shape.layers << 3 | shape.nested << 2 | length_bytes_less_one, 3))
        + b"".join(bytes((_COMPLETE | nal_type(unit),)) + halves(1, len(unit)) + unit for unit in (vps, sps, pps))
    )
    return SampleEntry(b"hvc1", box(b"hvcC", record), shape.width, shape.height)


def parse_h265_sps(unit: bytes) -> H265Shape:
    """What a sequence parameter set (one NAL unit, no start code) says.

    Raises:
        WireError: it is another unit, is cut short, or says what cannot be.
    """
    if not _HEADER_BYTES < len(unit) <= _MAX_SET_BYTES or nal_type(unit) != NalType.SPS:
        raise WireError("is not a sequence parameter set", subject=_SUBJECT)
    bits = Bits(unit[_HEADER_BYTES:], _SUBJECT)
    bits.skip(4)  # sps_video_parameter_set_id
    sub_layers = bits.take(3)
    nested = bits.take(1)
    space, tier, profile = bits.take(2), bits.take(1), bits.take(5)
    compatibility, constraints, level = bits.take(32), bits.take(48), bits.take(8)
    _skip_sub_layers(bits, sub_layers)
    bits.unsigned()  # sps_seq_parameter_set_id
    chroma_format = bits.unsigned()
    if chroma_format > 3:
        raise WireError(f"there is no chroma format {chroma_format}", subject=_SUBJECT)
    if chroma_format == 3:
        bits.skip(1)  # separate_colour_plane_flag
    width, height = bits.unsigned(), bits.unsigned()
    left, right, top, bottom = (bits.unsigned() for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
    width -= (2 if chroma_format in {1, 2} else 1) * (left + right)
    height -= (2 if chroma_format == 1 else 1) * (top + bottom)
    luma_bits, chroma_bits = bits.unsigned() + 8, bits.unsigned() + 8
    if not (0 < width <= MAX_SIDE_PIXELS and 0 < height <= MAX_SIDE_PIXELS):
        raise WireError(f"a picture of {width}x{height} cannot be", subject=_SUBJECT)
    if max(luma_bits, chroma_bits) > 15:
        raise WireError("samples of over 15 bits cannot be", subject=_SUBJECT)
    return H265Shape(
        profile_space=space,
        high_tier=tier,
        profile=profile,
        compatibility=compatibility,
        constraints=constraints.to_bytes(6, "big"),
        level=level,
        layers=sub_layers + 1,
        nested=nested,
        width=width,
        height=height,
        chroma_format=chroma_format,
        luma_bits=luma_bits,
        chroma_bits=chroma_bits,
    )


def _skip_sub_layers(bits: Bits, count: int) -> None:
    present = [(bits.take(1), bits.take(1)) for _ in range(count)]
    if count:
        bits.skip(2 * (8 - count))
    for has_profile, has_level in present:
        bits.skip(88 * has_profile + 8 * has_level)
