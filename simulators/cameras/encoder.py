"""Encodes drawn frames to H.264 or H.265 and cuts them into RTP packets with FFmpeg's own muxer, once."""

from fractions import Fraction
from typing import cast

import av
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream

from simulators.cameras.formats import Format
from simulators.cameras.vocabulary import Codec

CLOCK_HZ = 90_000
PACKET_BYTES = 1428
PAYLOAD_TYPE = 96

Packets = tuple[bytes, ...]
"""The RTP packets of one frame, in order; the last has the marker."""


class PacketSink:
    """What FFmpeg's RTP muxer takes for a file: one write is one packet. RTCP (types 192 to 223) is left out."""

    def __init__(self) -> None:
        self._packets: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep one RTP packet."""
        packet = bytes(data)
        if not 192 <= packet[1] <= 223:
            self._packets.append(packet)
        return len(packet)

    def take(self) -> Packets:
        """The packets since the last time."""
        taken = tuple(self._packets)
        self._packets.clear()
        return taken

    def close(self) -> None:
        """Nothing to close."""


class Encoder:
    """One clip's encoder and packetiser: no B-frames, key frames as the format says, parameter sets in band."""

    def __init__(self, format_: Format) -> None:
        self._sink = PacketSink()
        options = {"packetsize": str(PACKET_BYTES), "payload_type": str(PAYLOAD_TYPE), "ssrc": "1", "seq": "0"}
        self._container = av.open(self._sink, "w", format="rtp", options={**options, "cname": "camera"})
        name, encoding = _ENCODERS[format_.codec]
        rate = str(format_.bit_rate)
        stream = cast(
            "VideoStream",
            self._container.add_stream(
                name,
                rate=format_.fps,
                options={"preset": "ultrafast", "tune": "zerolatency", "maxrate": rate, "bufsize": rate, **encoding},
            ),
        )
        stream.width, stream.height, stream.pix_fmt = format_.width, format_.height, "yuv420p"
        stream.bit_rate = format_.bit_rate
        stream.gop_size = format_.key_every
        stream.codec_context.thread_count = 1
        self._time_base = stream.codec_context.time_base = Fraction(1, format_.fps)
        self._stream = stream
        self._frames_total = 0

    def encode(self, picture: npt.NDArray[np.uint8]) -> Packets:
        """The packets of the next frame; `picture` is planar YUV 4:2:0, shape (height * 3 / 2, width)."""
        frame = av.VideoFrame.from_numpy_buffer(picture, format="yuv420p")
        frame.pts = self._frames_total
        frame.time_base = self._time_base
        self._frames_total += 1
        self._container.mux(self._stream.encode(frame))
        return self._sink.take()

    def close(self) -> None:
        """Free the encoder; packets already handed out stay valid."""
        self._container.close()


_ENCODERS = {
    Codec.H264: ("libx264", {"profile": "main", "sc_threshold": "0", "forced-idr": "1"}),
    Codec.H265: (
        "libx265",
        {
            "x265-params": "scenecut=0:bframes=0:repeat-headers=1:open-gop=0:pools=none:frame-threads=1:info=0"
            ":log-level=none"
        },
    ),
}
