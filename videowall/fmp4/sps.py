"""The sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1.1): picture size and the codec's name for browsers."""

from typing import Final

from msgspec import Struct

from sensors.errors import WireError
from videowall.fmp4.annexb import NalType, nal_type
from videowall.fmp4.bits import Bits

MAX_SIDE_PIXELS: Final = 16_384
_MAX_SPS_BYTES: Final = 4_096
_WITH_CHROMA_FORMAT: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose parameter set goes on to say the chroma format."""


class SequenceParameters(Struct, frozen=True):
    """What an MP4 header must say of a stream. Sizes are in pixels, after cropping."""

    profile: int
    compatibility: int
    level: int
    width: int
    height: int
    chroma_format: int
    luma_bits: int
    chroma_bits: int

    @property
    def codec(self) -> str:
        """The codec's name in a MIME type (RFC 6381): `avc1.` and profile, constraints and level in hex."""
        return f"avc1.{self.profile:02X}{self.compatibility:02X}{self.level:02X}"


def parse_sps(unit: bytes) -> SequenceParameters:
    """What a sequence parameter set (one NAL unit, no start code) says.

    Raises:
        WireError: it is another unit, is cut short, or says what cannot be.
    """
    if not 4 <= len(unit) <= _MAX_SPS_BYTES or nal_type(unit) != NalType.SPS:
        raise WireError("is not a sequence parameter set", subject="H.264 SPS")
    bits = Bits(unit[4:], "H.264 SPS")
    profile, compatibility, level = unit[1:4]
    bits.unsigned()  # seq_parameter_set_id
    chroma_format, luma_bits, chroma_bits = 1, 8, 8
    if profile in _WITH_CHROMA_FORMAT:
        chroma_format, luma_bits, chroma_bits = _chroma(bits)
    bits.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.skip(1)  # gaps_in_frame_num_value_allowed_flag
    columns = bits.unsigned() + 1
    rows = bits.unsigned() + 1
    frames_only = bits.take(1)
    if not frames_only:
        bits.skip(1)  # mb_adaptive_frame_field_flag
    bits.skip(1)  # direct_8x8_inference_flag
    left, right, top, bottom = (bits.unsigned() for _ in range(4)) if bits.take(1) else (0, 0, 0, 0)
    unit_x, unit_y = _crop_units(chroma_format, frames_only)
    width = columns * 16 - unit_x * (left + right)
    height = rows * 16 * (2 - frames_only) - unit_y * (top + bottom)
    if not (0 < width <= MAX_SIDE_PIXELS and 0 < height <= MAX_SIDE_PIXELS):
        raise WireError(f"a picture of {width}x{height} cannot be", subject="H.264 SPS")
    return SequenceParameters(profile, compatibility, level, width, height, chroma_format, luma_bits, chroma_bits)


def _chroma(bits: Bits) -> tuple[int, int, int]:
    chroma_format = bits.unsigned()
    if chroma_format > 3:
        raise WireError(f"there is no chroma format {chroma_format}", subject="H.264 SPS")
    if chroma_format == 3:
        bits.skip(1)  # separate_colour_plane_flag
    luma_bits = bits.unsigned() + 8
    chroma_bits = bits.unsigned() + 8
    if max(luma_bits, chroma_bits) > 14:
        raise WireError("samples of over 14 bits cannot be", subject="H.264 SPS")
    bits.skip(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.take(1):
        for index in range(8 if chroma_format != 3 else 12):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma_format, luma_bits, chroma_bits


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_picture_order(bits: Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.skip(1)  # delta_pic_order_always_zero_flag
        bits.signed()  # offset_for_non_ref_pic
        bits.signed()  # offset_for_top_to_bottom_field
        for _ in range(min(bits.unsigned(), 255)):
            bits.signed()  # offset_for_ref_frame
    elif kind > 2:
        raise WireError(f"there is no picture order {kind}", subject="H.264 SPS")


def _crop_units(chroma_format: int, frames_only: int) -> tuple[int, int]:
    """Pixels per cropping step, across and down (equations 7-19 to 7-22)."""
    across = 2 if chroma_format in {1, 2} else 1
    down = 2 if chroma_format == 1 else 1
    return across, down * (2 - frames_only)
