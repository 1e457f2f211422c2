"""One picture, coded whole, of any size, format and range of levels."""

from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from videowall.capture.rtsp.assembly import AccessUnit

_OPTIONS = {
    "mjpeg": {"qmin": "1", "qmax": "1"},
    "libx264": {"preset": "ultrafast", "tune": "zerolatency", "crf": "4"},
    "libx265": {"preset": "ultrafast", "tune": "zerolatency", "x265-params": "log-level=0:pools=none:crf=4"},
}


def frame_of(luma: NDArray[np.uint8], form: str = "yuv420p", range_: ColorRange = ColorRange.MPEG) -> av.VideoFrame:
    """A grey picture of these levels, as a decoder gives it; of ten bits where the format has so many."""
    height, width = luma.shape
    frame = av.VideoFrame(width, height, form)
    frame.color_range = range_
    depth, scale = (np.uint16, 4) if "10" in form else (np.uint8, 1)
    for number, plane in enumerate(frame.planes):
        samples = np.full((plane.height, plane.line_size // np.dtype(depth).itemsize), 128 * scale, depth)
        if number == 0:
            samples[:, :width] = luma.astype(depth) * scale
        plane.update(samples.tobytes())
    return frame


def unit_of(encoder: str, frame: av.VideoFrame) -> AccessUnit:
    """The frame as a key picture of a stream."""
    context = av.CodecContext.create(encoder, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = frame.width, frame.height, frame.format.name
    context.framerate, context.time_base = Fraction(25), Fraction(1, 25)
    context.thread_count = 1
    context.color_range = frame.color_range
    context.options = _OPTIONS[encoder]
    frame.pts = 0
    data = b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))
    return AccessUnit(data, key=True, gap=False, rtp_timestamp=0, arrival_s=0.0)


def jpeg_unit(width: int, height: int) -> AccessUnit:
    """A grey picture of this size from a camera that sends JPEG."""
    return unit_of("mjpeg", frame_of(np.full((height, width), 90, np.uint8), "yuvj420p", ColorRange.JPEG))
