"""Coded pictures as FFmpeg takes them."""

import av
from av.stream import Stream


def packet_of(data: bytes) -> "av.Packet[Stream]":
    """A packet that may be read some bytes past its end: FFmpeg's decoders do, and take what lies there for its own.

    So it is a copy, followed by zeros. `av.Packet(data)` would lend Python's memory, and whatever lies behind it.
    """
    packet = av.Packet(len(data))
    packet.update(data)
    return packet
