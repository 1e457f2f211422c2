"""The canvas as H.264: once, whatever the number of viewers, each picture out as soon as it is in."""

from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from numpy.typing import NDArray

from videowall.broadcast import CLOCK_RATE_HZ, EncodedFrame, ParameterSets
from videowall.plan import Canvas

_SPS, _PPS = 7, 8
_BUFFER_S = 0.5


class Encoder:
    """x264 with no delay. Parameter sets stand in front of every key frame.

    Colours are BT.601 in limited range, as the simulated cameras, most sub-streams and OpenCV's conversions are.
    """

    def __init__(self, canvas: Canvas, bitrate_kbps: int, key_frame_s: float) -> None:
        context = av.CodecContext.create("libx264", "w")
        if not isinstance(context, VideoCodecContext):
            raise TypeError("libx264 is not a video codec")
        rate = Fraction(canvas.fps).limit_denominator(1001)
        context.width, context.height = canvas.width, canvas.height
        context.pix_fmt = "yuv420p"
        context.framerate, context.time_base = rate, 1 / rate
        context.bit_rate = bitrate_kbps * 1000
        context.gop_size = max(1, round(canvas.fps * key_frame_s))
        context.thread_count = 1
        x264 = {
            "vbv-maxrate": bitrate_kbps,
            "vbv-bufsize": round(bitrate_kbps * _BUFFER_S),
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
        self._context = context
        self._duration_90k = round(CLOCK_RATE_HZ / rate)

    def encode(
        self, buffer: NDArray[np.uint8], index: int, encoded_at: float, *, key: bool
    ) -> tuple[EncodedFrame, ParameterSets | None] | None:
        """The frame of one canvas, `buffer` being I420 of shape (height * 3 / 2, width), which is free again after.

        `index` must grow from call to call; `key` asks for a key frame.
        """
        frame = av.VideoFrame.from_numpy_buffer(buffer, format="yuv420p")
        frame.pts = index
        frame.time_base = self._context.time_base
        frame.pict_type = PictureType.I if key else PictureType.NONE
        packets = self._context.encode(frame)
        if not packets:
            return None
        data = b"".join(bytes(packet) for packet in packets)
        is_key = packets[0].is_keyframe
        coded = EncodedFrame(
            data=data,
            key=is_key,
            index=index,
            duration_90k=self._duration_90k,
            pts_90k=index * self._duration_90k,
            encoded_at=encoded_at,
        )
        return coded, _parameter_sets(data) if is_key else None


def _parameter_sets(data: bytes) -> ParameterSets | None:
    found: dict[int, bytes] = {}
    for unit in data.split(b"\0\0\1"):
        if unit and unit[0] & 0x1F in {_SPS, _PPS}:
            found.setdefault(unit[0] & 0x1F, unit.rstrip(b"\0"))
    return ParameterSets(found[_SPS], found[_PPS]) if len(found) == 2 else None
