"""The canvas as H.264: once, whatever the number of viewers, each picture out as soon as it is in.

Colours are BT.601 in limited range, as the simulated cameras, most sub-streams and OpenCV's conversions are.
"""

from collections.abc import Mapping
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from numpy.typing import NDArray

from videowall.encoding.broadcast import CLOCK_RATE_HZ, EncodedFrame, ParameterSets
from videowall.encoding.quantiser import Quantiser
from videowall.plan import Canvas

_SPS, _PPS = 7, 8
_BUFFER_S = 0.5

Coded = tuple[EncodedFrame, ParameterSets | None]
"""A frame, and with a key frame what a decoder needs first."""


class Encoder:
    """x264 with no delay that never sends more than its bit rate, half a second's worth aside: for thin links.

    Parameter sets stand in front of every key frame.
    """

    def __init__(self, canvas: Canvas, bitrate_kbps: int, key_frame_s: float) -> None:
        limits = {"vbv-maxrate": bitrate_kbps, "vbv-bufsize": round(bitrate_kbps * _BUFFER_S)}
        self._context = _open(canvas, key_frame_s, limits, bitrate_kbps)

    def encode(self, buffer: NDArray[np.uint8], index: int, encoded_at: float, *, key: bool) -> Coded | None:
        """The frame of one canvas, `buffer` being I420 of shape (height * 3 / 2, width), which is free again after.

        `index` must grow from call to call; `key` asks for a key frame.
        """
        return encode_canvas(self._context, buffer, index, encoded_at, key=key)


class FrugalEncoder:
    """The same for three quarters of the cost: keeps its bit rate over some seconds, by groups of pictures.

    Key frames that are asked for come on top of it, so that no viewer's wish makes the others' picture worse.
    """

    def __init__(self, canvas: Canvas, bitrate_kbps: int, key_frame_s: float) -> None:
        self._canvas = canvas
        self._key_frame_s = key_frame_s
        self._group = max(1, round(canvas.fps * key_frame_s))
        self._quantiser = Quantiser(bitrate_kbps, canvas.fps)
        self._used = self._quantiser.value
        self._context = self._begin()
        self._age = 0
        """Pictures since the last key frame."""
        self._is_over = False

    def encode(self, buffer: NDArray[np.uint8], index: int, encoded_at: float, *, key: bool) -> Coded | None:
        """As `Encoder.encode`."""
        # Two key frames in a row from two contexts would bear the same number, which decoders take for one picture.
        if self._age > 1 and (key or self._is_over or self._age >= self._group):
            key = True
            if self._quantiser.settle(0 if self._is_over else self._group) != self._used:
                self._used = self._quantiser.value
                self._context = self._begin()
        coded = encode_canvas(self._context, buffer, index, encoded_at, key=key)
        if coded is not None:
            self._age = 1 if coded[0].key else self._age + 1
            self._is_over = self._quantiser.see(len(coded[0].data))
        return coded

    def _begin(self) -> VideoCodecContext:
        return _open(self._canvas, self._key_frame_s, {"qp": self._used, "stitchable": 1}, None)


def _open(
    canvas: Canvas, key_frame_s: float, rate_control: Mapping[str, int], bitrate_kbps: int | None
) -> VideoCodecContext:
    context = av.CodecContext.create("libx264", "w")
    if not isinstance(context, VideoCodecContext):
        raise TypeError("libx264 is not a video codec")
    rate = Fraction(canvas.fps).limit_denominator(1001)
    context.width, context.height = canvas.width, canvas.height
    context.pix_fmt = "yuv420p"
    context.framerate, context.time_base = rate, 1 / rate
    if bitrate_kbps is not None:
        context.bit_rate = bitrate_kbps * 1000
    context.gop_size = max(1, round(canvas.fps * key_frame_s))
    context.thread_count = 1
    x264 = {
        **rate_control,
        "scenecut": 0,
        "repeat-headers": 1,
        "colorprim": "smpte170m",
        "transfer": "smpte170m",
        "colormatrix": "smpte170m",
        "fullrange": "off",
    }
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "forced-idr": "1",
        "x264-params": ":".join(f"{name}={value}" for name, value in x264.items()),
    }
    return context


def encode_canvas(
    context: VideoCodecContext, buffer: NDArray[np.uint8], index: int, encoded_at: float, *, key: bool
) -> Coded | None:
    """The frame that an open encoder makes of one canvas; None when it keeps the picture back."""
    frame = av.VideoFrame.from_numpy_buffer(buffer, format="yuv420p")
    frame.pts = index
    frame.time_base = context.time_base
    frame.pict_type = PictureType.I if key else PictureType.NONE
    packets = context.encode(frame)
    if not packets:
        return None
    data = b"".join(bytes(packet) for packet in packets)
    is_key = packets[0].is_keyframe
    duration_90k = round(CLOCK_RATE_HZ * context.time_base)
    coded = EncodedFrame(
        data=data,
        key=is_key,
        index=index,
        duration_90k=duration_90k,
        pts_90k=index * duration_90k,
        encoded_at=encoded_at,
    )
    return coded, _parameter_sets(data) if is_key else None


def _parameter_sets(data: bytes) -> ParameterSets | None:
    found: dict[int, bytes] = {}
    for unit in data.split(b"\0\0\1"):
        if unit and unit[0] & 0x1F in {_SPS, _PPS}:
            found.setdefault(unit[0] & 0x1F, unit.rstrip(b"\0"))
    return ParameterSets(found[_SPS], found[_PPS]) if len(found) == 2 else None
