"""RTP packet headers (RFC 3550, section 5.1)."""

import struct
from typing import NamedTuple

HEAD = struct.Struct(">BBHII")
"""Flags, marker and payload type, sequence, timestamp, source."""
PLAIN = 0x80
"""The flags of a packet whose payload follows its head at once and goes to the end, as nearly all do."""
_VERSION = 2


class RtpPacket(NamedTuple):
    """One packet; `payload` is a view into the bytes it was parsed from."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: memoryview


def parse_rtp(data: bytes | memoryview) -> RtpPacket | None:
    """The packet in `data`, or None when it is not RTP or lies about its length."""
    if len(data) < HEAD.size:
        return None
    flags, kind, sequence, timestamp, ssrc = HEAD.unpack_from(data)
    start = HEAD.size + 4 * (flags & 0x0F)
    if flags >> 6 != _VERSION:
        return None
    if flags & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if flags & 0x20 else 0)
    if start > end:
        return None
    return RtpPacket(bool(kind & 0x80), kind & 0x7F, sequence, timestamp, ssrc, memoryview(data)[start:end])


def rewrite(packet: bytes, sequence: int, timestamp: int, ssrc: int) -> bytes:
    """The same packet with another place in time; for replaying a clip."""
    flags, kind, *_ = HEAD.unpack_from(packet)
    head = HEAD.pack(flags, kind, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc)
    return head + packet[HEAD.size :]
