"""Encodes drawn frames to H.264 and cuts them into RTP packets with FFmpeg's own muxer, once."""

from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream

from simulators.cameras.film import FPS

GOP_FRAMES = 25
CLOCK_HZ = 90_000
TICKS_PER_FRAME = CLOCK_HZ // FPS
PACKET_BYTES = 1428
PAYLOAD_TYPE = 96

Packets = tuple[bytes, ...]
"""The RTP packets of one frame, in order; the last has the marker."""


class Format(NamedTuple):
    """Size of a stream's picture and its bit rate, bits a second."""

    width: int
    height: int
    bit_rate: int


class _Sink:
    """What the muxer takes for a file: one write is one packet. RTCP (types 192 to 223) is left out."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep one RTP packet."""
        packet = bytes(data)
        if not 192 <= packet[1] <= 223:
            self.packets.append(packet)
        return len(packet)

    def close(self) -> None:
        """Nothing to close."""


class Encoder:
    """One clip's encoder and packetiser. No B-frames, one key frame every `GOP_FRAMES`, parameter sets in band."""

    def __init__(self, format_: Format) -> None:
        self._sink = _Sink()
        options = {"packetsize": str(PACKET_BYTES), "payload_type": str(PAYLOAD_TYPE), "ssrc": "1", "seq": "0"}
        self._container = av.open(self._sink, "w", format="rtp", options={**options, "cname": "camera"})
        rate = str(format_.bit_rate)
        stream: VideoStream = self._container.add_stream(
            "libx264",
            rate=FPS,
            options={
                "preset": "ultrafast",
                "tune": "zerolatency",
                "profile": "main",
                "maxrate": rate,
                "bufsize": rate,
                "sc_threshold": "0",
                "forced-idr": "1",
            },
        )
        stream.width, stream.height, stream.pix_fmt = format_.width, format_.height, "yuv420p"
        stream.bit_rate = format_.bit_rate
        stream.gop_size = GOP_FRAMES
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, FPS)
        self._stream = stream
        self._frames_total = 0

    def encode(self, picture: npt.NDArray[np.uint8]) -> Packets:
        """The packets of the next frame; `picture` is planar YUV 4:2:0, shape (height * 3 / 2, width)."""
        frame = av.VideoFrame.from_numpy_buffer(picture, format="yuv420p")
        frame.pts = self._frames_total
        frame.time_base = Fraction(1, FPS)
        self._frames_total += 1
        self._container.mux(self._stream.encode(frame))
        packets = tuple(self._sink.packets)
        self._sink.packets.clear()
        return packets

    def close(self) -> None:
        """Free the encoder; packets already handed out stay valid."""
        self._container.close()
