"""One media fragment per picture: `prft`, `moof`, `mdat`, ready the moment the picture is encoded."""

import struct
from typing import Final

from videowall.fmp4.header import TRACK

CLOCK_BYTES: Final = 32
"""Length of the `prft` box in front, which says when the picture was encoded; a player may cut it off."""
_HEAD: Final = struct.Struct(
    ">I4sIIQQ"  # prft: version 1, track, NTP time, media time
    "I4s"  # moof
    "I4sII"  # mfhd: sequence number
    "I4s"  # traf
    "I4sII"  # tfhd: default-base-is-moof, track
    "I4sIQ"  # tfdt: version 1, decode time
    "I4sIIiIIIi"  # trun: version 1, one sample at offset, duration, size, flags, composition offset
    "I4s"  # mdat
)
_MDAT_HEAD: Final = 8
_MOOF_SIZE: Final = _HEAD.size - CLOCK_BYTES - _MDAT_HEAD
_TFHD_SIZE, _TFDT_SIZE, _TRUN_SIZE = 16, 20, 36
_TRAF_SIZE: Final = 8 + _TFHD_SIZE + _TFDT_SIZE + _TRUN_SIZE
_VERSION_1: Final = 1 << 24
_DEFAULT_BASE_IS_MOOF: Final = 0x020000
_OFFSET_AND_ALL_OF_A_SAMPLE: Final = 0x000F01
_KEY_SAMPLE: Final = 0x02000000
"""sample_depends_on = 2: on no other."""
_OTHER_SAMPLE: Final = 0x01010000
"""sample_depends_on = 1, sample_is_non_sync_sample."""
_NTP_EPOCH_S: Final = 2_208_988_800


def fragment(
    sample: bytes,
    *,
    key: bool,
    sequence: int,
    pts_90k: int,
    duration_90k: int,
    encoded_at: float,
    shown_after_90k: int = 0,
) -> bytes:
    """One picture as a fragment of its own.

    `sample` is what `annexb.join_sample` makes; pictures are in decoding order, and shown `shown_after_90k` after
    `pts_90k` where that is another order. `sequence` grows with every fragment (it wraps at 32 bits); times are in
    units of 1/90000 s, `encoded_at` is unix time in seconds.
    """
    ntp = int((encoded_at + _NTP_EPOCH_S) * 2**32)
    head = _HEAD.pack(
        CLOCK_BYTES, b"prft", _VERSION_1, TRACK, ntp & 0xFFFF_FFFF_FFFF_FFFF, pts_90k + shown_after_90k,
        _MOOF_SIZE, b"moof",
        16, b"mfhd", 0, sequence & 0xFFFF_FFFF,
        _TRAF_SIZE, b"traf",
        _TFHD_SIZE, b"tfhd", _DEFAULT_BASE_IS_MOOF, TRACK,
        _TFDT_SIZE, b"tfdt", _VERSION_1, pts_90k,
        _TRUN_SIZE, b"trun", _VERSION_1 | _OFFSET_AND_ALL_OF_A_SAMPLE, 1, _MOOF_SIZE + _MDAT_HEAD,
        duration_90k, len(sample), _KEY_SAMPLE if key else _OTHER_SAMPLE, shown_after_90k,
        _MDAT_HEAD + len(sample), b"mdat",
    )  # fmt: skip
    return head + sample
