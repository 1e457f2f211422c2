"""Encoded frames as an MPEG transport stream (ISO/IEC 13818-1), made by FFmpeg's muxer in memory, without any I/O."""

from fractions import Fraction
from typing import Final

import av

from videowall.encoding.broadcast import CLOCK_RATE_HZ, EncodedFrame

PACKET_BYTES: Final = 188
TIME_BASE: Final = Fraction(1, CLOCK_RATE_HZ)


class Sink:
    """What a muxer takes for a file."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep what the muxer writes."""
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """All that was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken

    def close(self) -> None:
        """Nothing to close."""


class TransportStream:
    """One programme with one H.264 stream. Tables stand in front of every key frame, so receivers may join there."""

    def __init__(self) -> None:
        self._sink = Sink()
        options = {"flush_packets": "1", "mpegts_flags": "+pat_pmt_at_frames"}
        self._container = av.open(self._sink, "w", format="mpegts", options=options)
        self._stream = self._container.add_mux_stream("h264", time_base=TIME_BASE)

    def mux(self, frame: EncodedFrame) -> bytes:
        """The whole packets of one frame; its time stamps must grow from call to call."""
        packet = av.Packet(frame.data)
        packet.stream = self._stream
        packet.pts = packet.dts = frame.pts_90k
        packet.time_base = TIME_BASE
        packet.is_keyframe = frame.key
        self._container.mux_one(packet)
        return self._sink.take()
