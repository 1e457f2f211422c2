"""The initialisation segment (`ftyp` and `moov`) of a live stream with one video track."""

from typing import Final

from msgspec import Struct

from sensors.errors import WireError
from videowall.encoding.broadcast import CLOCK_RATE_HZ, ParameterSets
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


class SampleEntry(Struct, frozen=True):
    """What a header says of its pictures: `kind` ("avc1") with its configuration box, and the size in pixels."""

    kind: bytes
    configuration: bytes
    width: int
    height: int


def init_segment(sets: ParameterSets) -> bytes:
    """The segment of an H.264 track.

    Raises:
        WireError: the sequence parameter set cannot be read.
    """
    return movie(h264_entry(sets, parse_sps(sets.sps)))


def h264_entry(sets: ParameterSets, shape: SequenceParameters) -> SampleEntry:
    """The sample entry of H.264; its samples hold no parameter sets."""
    return SampleEntry(b"avc1", box(b"avcC", _configuration(sets, shape)), shape.width, shape.height)


def movie(entry: SampleEntry) -> bytes:
    """`ftyp` and `moov`: one video track, 90 kHz, no length known, all samples in fragments."""
    return box(b"ftyp", b"iso6", words(1), b"iso6", entry.kind) + box(
        b"moov",
        full_box(b"mvhd", 0, 0, words(0, 0, CLOCK_RATE_HZ, 0, 0x10000), halves(0x100, 0), words(0, 0), IDENTITY_MATRIX,
                 bytes(24), words(TRACK + 1)),
        box(b"trak", _track_header(entry), box(b"mdia", _media_header(), _media_information(entry))),
        box(b"mvex", full_box(b"trex", 0, 0, words(TRACK, 1, 0, 0, 0))),
    )  # fmt: skip


def _track_header(entry: SampleEntry) -> bytes:
    enabled_in_movie = 3
    return full_box(
        b"tkhd",
        0,
        enabled_in_movie,
        words(0, 0, TRACK, 0, 0, 0, 0),
        halves(0, 0, 0, 0),
        IDENTITY_MATRIX,
        words(entry.width << 16, entry.height << 16),
    )


def _media_header() -> bytes:
    return full_box(b"mdhd", 0, 0, words(0, 0, CLOCK_RATE_HZ, 0), halves(_UNDETERMINED_LANGUAGE, 0)) + full_box(
        b"hdlr", 0, 0, words(0), b"vide", bytes(12), b"wall\x00"
    )


def _media_information(entry: SampleEntry) -> bytes:
    return box(
        b"minf",
        full_box(b"vmhd", 0, 1, bytes(8)),
        box(b"dinf", full_box(b"dref", 0, 0, words(1), full_box(b"url ", 0, 1))),
        box(
            b"stbl",
            full_box(b"stsd", 0, 0, words(1), _sample_entry(entry)),
            full_box(b"stts", 0, 0, words(0)),
            full_box(b"stsc", 0, 0, words(0)),
            full_box(b"stsz", 0, 0, words(0, 0)),
            full_box(b"stco", 0, 0, words(0)),
        ),
    )


def _sample_entry(entry: SampleEntry) -> bytes:
    pixels_per_inch = 72 << 16
    return box(
        entry.kind,
        bytes(6),
        halves(1),
        bytes(16),
        halves(entry.width, entry.height),
        words(pixels_per_inch, pixels_per_inch, 0),
        halves(1),
        bytes(32),
        halves(24, 0xFFFF),
        entry.configuration,
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
