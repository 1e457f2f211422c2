"""The initialisation segment (`ftyp` and `moov`) of a live stream with one H.264 track."""

from typing import Final

from sensors.errors import WireError
from videowall.broadcast import CLOCK_RATE_HZ, ParameterSets
from videowall.fmp4.annexb import NalType, nal_type
from videowall.fmp4.boxes import IDENTITY_MATRIX, box, full_box, halves, words
from videowall.fmp4.sps import SequenceParameters, parse_sps

TRACK: Final = 1
_HIGH_PROFILES: Final = frozenset({100, 110, 122, 144})
"""Profiles whose `avcC` repeats the chroma format and the bit depths (ISO/IEC 14496-15, 5.3.3.1.2)."""
_UNDETERMINED_LANGUAGE: Final = 0x55C4


def find_parameter_sets(units: list[bytes]) -> ParameterSets:
    """The parameter sets among the NAL units of a key frame.

    Raises:
        WireError: one of them is missing or too long for an MP4 header.
    """
    found = {nal_type(unit): unit for unit in units}
    sps, pps = found.get(NalType.SPS), found.get(NalType.PPS)
    if sps is None or pps is None or max(len(sps), len(pps)) > 0xFFFF:
        raise WireError("comes without usable parameter sets", subject="H.264 key frame")
    return ParameterSets(sps, pps)


def init_segment(sets: ParameterSets) -> bytes:
    """`ftyp` and `moov`: one video track, 90 kHz, no length known, all samples in fragments.

    Raises:
        WireError: the sequence parameter set cannot be read.
    """
    shape = parse_sps(sets.sps)
    return box(b"ftyp", b"iso6", words(1), b"iso6", b"avc1") + box(
        b"moov",
        full_box(b"mvhd", 0, 0, words(0, 0, CLOCK_RATE_HZ, 0, 0x10000), halves(0x100, 0), words(0, 0), IDENTITY_MATRIX,
                 bytes(24), words(TRACK + 1)),
        box(b"trak", _track_header(shape), box(b"mdia", _media_header(), _media_information(sets, shape))),
        box(b"mvex", full_box(b"trex", 0, 0, words(TRACK, 1, 0, 0, 0))),
    )  # fmt: skip


def _track_header(shape: SequenceParameters) -> bytes:
    enabled_in_movie = 3
    return full_box(
        b"tkhd",
        0,
        enabled_in_movie,
        words(0, 0, TRACK, 0, 0, 0, 0),
        halves(0, 0, 0, 0),
        IDENTITY_MATRIX,
        words(shape.width << 16, shape.height << 16),
    )


def _media_header() -> bytes:
    return full_box(b"mdhd", 0, 0, words(0, 0, CLOCK_RATE_HZ, 0), halves(_UNDETERMINED_LANGUAGE, 0)) + full_box(
        b"hdlr", 0, 0, words(0), b"vide", bytes(12), b"wall\x00"
    )


def _media_information(sets: ParameterSets, shape: SequenceParameters) -> bytes:
    return box(
        b"minf",
        full_box(b"vmhd", 0, 1, bytes(8)),
        box(b"dinf", full_box(b"dref", 0, 0, words(1), full_box(b"url ", 0, 1))),
        box(
            b"stbl",
            full_box(b"stsd", 0, 0, words(1), _sample_entry(sets, shape)),
            full_box(b"stts", 0, 0, words(0)),
            full_box(b"stsc", 0, 0, words(0)),
            full_box(b"stsz", 0, 0, words(0, 0)),
            full_box(b"stco", 0, 0, words(0)),
        ),
    )


def _sample_entry(sets: ParameterSets, shape: SequenceParameters) -> bytes:
    pixels_per_inch = 72 << 16
    return box(
        b"avc1",
        bytes(6),
        halves(1),
        bytes(16),
        halves(shape.width, shape.height),
        words(pixels_per_inch, pixels_per_inch, 0),
        halves(1),
        bytes(32),
        halves(24, 0xFFFF),
        box(b"avcC", _configuration(sets, shape)),
    )


def _configuration(sets: ParameterSets, shape: SequenceParameters) -> bytes:
    lengths_of_four_bytes, one_sps = 0xFF, 0xE1
    record = (
        bytes((1, *sets.sps[1:4], lengths_of_four_bytes, one_sps))
        + halves(len(sets.sps))
        + sets.sps
        + b"\x01"
        + halves(len(sets.pps))
        + sets.pps
    )
    if shape.profile not in _HIGH_PROFILES:
        return record
    return record + bytes((0xFC | shape.chroma_format, 0xF8 | shape.luma_bits - 8, 0xF8 | shape.chroma_bits - 8, 0))
