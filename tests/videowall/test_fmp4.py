"""Access units become fragmented MP4 that FFmpeg reads at once, and arbitrary bytes become stated errors."""

import io
import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from av.container import InputContainer
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.errors import ShekaraError, WireError
from tests.support.moving_picture import Encoder, draw
from videowall.encoding.broadcast import CLOCK_RATE_HZ, EncodedFrame
from videowall.fmp4.annexb import MAX_ACCESS_UNIT_BYTES, MAX_NAL_UNITS, join_sample, nal_type, split_units
from videowall.fmp4.fragment import CLOCK_BYTES, fragment
from videowall.fmp4.header import find_parameter_sets, init_segment
from videowall.fmp4.sps import parse_sps

START = b"\x00\x00\x00\x01"


def _fragment(frame: EncodedFrame) -> bytes:
    return fragment(
        join_sample(split_units(frame.data)),
        key=frame.key,
        sequence=frame.index,
        pts_90k=frame.pts_90k,
        duration_90k=frame.duration_90k,
        encoded_at=frame.encoded_at,
    )


def _init(frame: EncodedFrame) -> bytes:
    return init_segment(find_parameter_sets(split_units(frame.data)))


def _open(frames: list[EncodedFrame]) -> InputContainer:
    return av.open(io.BytesIO(_init(frames[0]) + b"".join(map(_fragment, frames))), "r")


def _boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    while data:
        size, kind = struct.unpack_from(">I4s", data)
        found.append((kind, data[8:size]))
        data = data[size:]
    return found


def test_ffmpeg_decodes_every_frame_at_its_time_and_with_its_picture() -> None:
    frames = Encoder(640, 360).encode_many(60)
    with _open(frames) as file:
        stream = file.streams.video[0]
        assert (stream.codec_context.width, stream.codec_context.height) == (640, 360)
        assert stream.time_base == Fraction(1, CLOCK_RATE_HZ)
        decoded = list(file.decode(stream))
    assert [frame.pts for frame in decoded] == [frame.pts_90k for frame in frames]
    assert [frame.key_frame for frame in decoded] == [frame.key for frame in frames]
    for index, frame in enumerate(decoded):
        error = np.abs(frame.to_ndarray(format="bgr24").astype(int) - draw(index, 640, 360)).mean()
        assert error < 12, f"picture {index}"


def test_a_viewer_that_joins_late_sees_the_walls_own_time() -> None:
    encoder = Encoder()
    first = 400_000_000
    frames = [encoder.encode(index, at_index=first + index) for index in range(5)]
    with _open(frames) as file:
        times = [packet.pts for packet in file.demux(video=0) if packet.size]
    assert times == [(first + index) * 3600 for index in range(5)]
    assert times[-1] is not None
    assert times[-1] > 2**32


def test_a_gap_of_skipped_ticks_stays_a_gap() -> None:
    encoder = Encoder()
    frames = [encoder.encode(index, at_index=at) for index, at in enumerate((0, 1, 5, 6))]
    with _open(frames) as file:
        assert [frame.pts for frame in file.decode(video=0)] == [0, 3600, 18000, 21600]


@pytest.mark.parametrize(("width", "height"), [(640, 360), (1920, 1080), (322, 182), (1280, 720), (3840, 2160)])
def test_the_picture_size_and_codec_are_read_from_the_parameter_set(width: int, height: int) -> None:
    frame = Encoder(width, height).encode(0)
    shape = parse_sps(find_parameter_sets(split_units(frame.data)).sps)
    assert (shape.width, shape.height) == (width, height)
    assert shape.codec.startswith("avc1.42C0")
    assert (shape.chroma_format, shape.luma_bits, shape.chroma_bits) == (1, 8, 8)


def test_a_high_profile_parameter_set_with_scaling_lists_is_read() -> None:
    # High, 4:2:0, flat scaling lists spelt out as "use default", 1280x720 cropped from 1280x736.
    bits = "1" + "010" + "1" + "1" + "0" + "1" + ("1" + "000010001") * 8  # id 0, chroma 1, 8 bits, lists of delta -8
    bits += "1" + "1" + "1" + "010" + "0" + _ue(79) + _ue(45) + "1" + "1" + "1" + "1" + "1" + "1" + _ue(8) + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    payload = int(bits, 2).to_bytes(len(bits) // 8, "big")
    shape = parse_sps(bytes((0x67, 100, 0, 31)) + payload)
    assert (shape.width, shape.height, shape.codec) == (1280, 720, "avc1.64001F")


def _ue(value: int) -> str:
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code


def test_parameter_sets_and_delimiters_are_left_out_of_samples() -> None:
    units = [b"\x09\xf0", b"\x67sps", b"\x68pps", b"\x06sei", b"\x65picture"]
    data = b"".join(START + unit for unit in units)
    sample = join_sample(split_units(data))
    assert sample == b"\x00\x00\x00\x04\x06sei" + b"\x00\x00\x00\x08\x65picture"


def test_start_codes_of_three_and_four_bytes_and_padding_are_the_same() -> None:
    assert split_units(b"\x00\x00\x01\x41abc\x00\x00\x00\x00\x01\x41de\x00\x00") == [b"\x41abc", b"\x41de"]


def test_a_fragment_says_when_it_was_encoded_and_whether_it_stands_alone() -> None:
    piece = fragment(b"sample", key=False, sequence=2**32 + 7, pts_90k=90, duration_90k=3600, encoded_at=1_000_000.5)
    (prft, clock), (moof, content), (mdat, sample) = _boxes(piece)
    assert (prft, moof, mdat, sample) == (b"prft", b"moof", b"mdat", b"sample")
    assert len(clock) + 8 == CLOCK_BYTES
    ntp, media = struct.unpack_from(">QQ", clock, 8)
    assert (ntp / 2**32 - 2_208_988_800, media) == (1_000_000.5, 90)
    (_, (mfhd, traf)) = (moof, _boxes(content))
    assert struct.unpack(">II", mfhd[1]) == (0, 7)
    trun = dict(_boxes(traf[1]))[b"trun"]
    count, offset, duration, size, flags = struct.unpack_from(">IiIII", trun, 4)
    assert (count, duration, size, flags) == (1, 3600, 6, 0x01010000)
    assert piece[CLOCK_BYTES:][offset:] == b"sample"
    assert struct.unpack_from(">I", piece, 128) == (flags,), "where the page looks for it"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"picture",
        START,
        START * 3,
        START + b"\x67",
        (START + b"\x41a") * (MAX_NAL_UNITS + 1),
        START + b"\x41" + b"a" * MAX_ACCESS_UNIT_BYTES,
    ],
    ids=["nothing", "no start code", "no unit", "empty units", "no picture", "too many", "too large"],
)
def test_what_is_no_access_unit_is_a_stated_error(data: bytes) -> None:
    with pytest.raises(ShekaraError):
        join_sample(split_units(data))


def test_a_key_frame_without_parameter_sets_is_a_stated_error() -> None:
    with pytest.raises(WireError, match="parameter sets"):
        find_parameter_sets([b"\x65picture"])


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda tail: START + b"\x67" + tail))
def test_arbitrary_bytes_raise_nothing_but_stated_errors(data: bytes) -> None:
    try:
        units = split_units(data)
        join_sample(units)
        init_segment(find_parameter_sets(units))
    except ShekaraError:
        pass


@settings(max_examples=400, deadline=None)
@given(st.binary(min_size=4, max_size=80), st.sampled_from([66, 77, 100, 110, 244]))
def test_an_arbitrary_parameter_set_gives_a_possible_picture_or_a_stated_error(tail: bytes, profile: int) -> None:
    unit = bytes((0x67, profile)) + tail
    assert nal_type(unit) == 7
    try:
        shape = parse_sps(unit)
    except ShekaraError:
        return
    assert 0 < shape.width <= 16_384
    assert 0 < shape.height <= 16_384


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=8))
def test_units_put_together_come_apart_the_same(units: list[bytes]) -> None:
    clean = [b"\x41" + unit.replace(b"\x00", b"\x01") for unit in units]
    assert split_units(b"".join(START + unit for unit in clean)) == clean
