"""What comes out of the decoder after a loss, where pictures that lead a key frame refer to ones before it."""

import ctypes
from fractions import Fraction
from itertools import product

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from sensors.stamp import read
from tests.support.coded_film import HEIGHT, WIDTH, draw
from tests.support.single_picture import jpeg_unit
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.composing.slot import Slot
from videowall.decoding.decoder import Decoder
from videowall.decoding.packet import packet_of
from videowall.decoding.thrift import Thrift
from videowall.picture import LEAST_SIDE, MOST_SIDE, Planes, Rect, encode_jpeg, turned
from videowall.plan import Fit

PADDING_BYTES = 64
"""FFmpeg's AV_INPUT_BUFFER_PADDING_SIZE."""
KEY_EVERY = 10
LOST_FROM = 13
"""In the order of sending."""
_OPEN = f"open-gop=1:bframes=3:keyint={KEY_EVERY}:min-keyint={KEY_EVERY}:scenecut=0"
ENCODERS = {
    "h264": ("libx264", {"preset": "veryfast", "x264-params": f"{_OPEN}:b-adapt=0"}),
    "hevc": (
        "libx265",
        {"preset": "ultrafast", "x265-params": f"{_OPEN}:repeat-headers=1:pools=none:frame-threads=1:log-level=0"},
    ),
}


def open_groups(codec: str, count: int) -> list[tuple[int, bytes]]:
    """Frame number and bytes of each picture, in the order of sending."""
    encoder, options = ENCODERS[codec]
    context = av.CodecContext.create(encoder, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.framerate, context.time_base = Fraction(25), Fraction(1, 25)
    context.thread_count = 1
    context.options = options
    packets: list[tuple[int, bytes]] = []
    for index in range(count):
        frame = av.VideoFrame.from_numpy_buffer(draw(index), format="yuv420p")
        frame.pts = index
        packets += [(packet.pts or 0, bytes(packet)) for packet in context.encode(frame)]
    return packets + [(packet.pts or 0, bytes(packet)) for packet in context.encode(None)]


def is_whole(planes: Planes) -> bool:
    stamp = read(lambda x, y: float(planes.y[int(y * HEIGHT), int(x * WIDTH)]))
    if stamp is None:
        return False
    return float(np.abs(draw(stamp.frame)[:HEIGHT].astype(np.int16) - planes.y.astype(np.int16)).mean()) < 12


def test_zeros_follow_what_is_decoded_whatever_lies_behind_it() -> None:
    data = b"picture" * 9
    lent = memoryview(data + b"\xff" * PADDING_BYTES)[: len(data)]
    packet = packet_of(lent)  # type: ignore[arg-type]  # only so is it known what lies behind
    assert bytes(packet) == data
    assert ctypes.string_at(packet.buffer_ptr + packet.size, PADDING_BYTES) == bytes(PADDING_BYTES)


@pytest.mark.parametrize("codec", sorted(ENCODERS))
def test_pictures_that_lead_a_key_frame_after_a_loss_do_not_come_out_as_ghosts(codec: str) -> None:
    packets = open_groups(codec, 60)
    keys = {place for place, (index, _) in enumerate(packets) if index % KEY_EVERY == 0}
    resumed = min(place for place in keys if place > LOST_FROM)
    decoder = Decoder(codec)
    shown: list[Planes] = []
    for place, (_, data) in enumerate(packets):
        if LOST_FROM <= place < resumed:
            continue
        unit = AccessUnit(data, place in keys, place in {0, resumed}, 0, 0.0)
        if (planes := decoder.decode(unit)) is not None:
            shown.append(planes)
    assert all(is_whole(planes) for planes in shown)
    assert len(shown) >= len(packets) - KEY_EVERY - 6


@pytest.mark.parametrize(
    "size", [(640, 1), (1, 360), (LEAST_SIDE - 1, 360), (640, LEAST_SIDE - 1), (MOST_SIDE + 2, 32)]
)
def test_a_picture_too_small_or_too_long_to_be_shown_is_an_error_and_the_next_one_comes(size: tuple[int, int]) -> None:
    decoder = Decoder("mjpeg")
    assert decoder.decode(jpeg_unit(*size)) is None
    assert (decoder.errors_total, decoder.errors_in_row) == (1, 1)
    assert decoder.decode(jpeg_unit(640, 360)) is not None
    assert (decoder.errors_total, decoder.errors_in_row) == (1, 0)


@pytest.mark.parametrize(
    "size", [(LEAST_SIDE, LEAST_SIDE), (LEAST_SIDE, 4001), (4001, LEAST_SIDE), (MOST_SIDE, LEAST_SIDE)]
)
def test_any_picture_that_a_decoder_gives_fills_any_tile_and_makes_a_still(size: tuple[int, int]) -> None:
    planes = Decoder("mjpeg").decode(jpeg_unit(*size))
    assert planes is not None
    for way, rotation, tile in product(Fit, (0, 90, 180, 270), (Rect(0, 0, 480, 270), Rect(0, 0, 12, 956))):
        slot = Slot(tile, way, rotation)
        slot.offer(planes, 0.0)
        slot.offer(planes, 0.0, roughly=True)
        assert slot.take() is not None
        assert encode_jpeg(turned(planes, rotation), 80, 640)


@pytest.mark.parametrize("thrift", list(Thrift))
def test_key_pictures_without_parameter_sets_are_errors_whatever_is_skipped(thrift: Thrift) -> None:
    decoder = Decoder("h264", thrift=thrift)
    for number in range(4):
        # A key picture's slice that refers to parameter sets which never came.
        unit = AccessUnit(
            b"\0\0\0\1\x65\x88\x84\x00\x10\xff\xfe\xf6\xf0",
            key=True,
            gap=number == 0,
            rtp_timestamp=number,
            arrival_s=0.0,
        )
        assert decoder.decode(unit) is None
    assert decoder.errors_in_row >= 4
