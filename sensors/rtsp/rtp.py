"""RTP packet headers (RFC 3550, section 5.1)."""

import struct
from typing import NamedTuple

_HEAD = struct.Struct(">BBHII")
_VERSION = 2


class RtpPacket(NamedTuple):
    """One packet; `payload` is a view into the bytes it was parsed from."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: memoryview


def parse_rtp(data: bytes) -> RtpPacket | None:
    """The packet in `data`, or None when it is not RTP or lies about its length."""
    if len(data) < _HEAD.size:
        return None
    flags, kind, sequence, timestamp, ssrc = _HEAD.unpack_from(data)
    start = _HEAD.size + 4 * (flags & 0x0F)
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
    flags, kind, *_ = _HEAD.unpack_from(packet)
    head = _HEAD.pack(flags, kind, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc)
    return head + packet[_HEAD.size :]
