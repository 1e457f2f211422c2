"""RTCP sender reports: which wall-clock time a stream's timestamps are."""

import struct
from datetime import datetime

_NTP_EPOCH_S = 2_208_988_800
_SENDER_REPORT, _DESCRIPTION = 200, 202


def sender_report(ssrc: int, at: datetime, rtp_timestamp: int, packets_total: int, octets_total: int) -> bytes:
    """A compound RTCP packet (RFC 3550, 6.4.1 and 6.5): which wall-clock time a timestamp was."""
    unix_s = at.timestamp()
    seconds = int(unix_s)
    report = struct.pack(
        ">BBHIIIIII",
        0x80,
        _SENDER_REPORT,
        6,
        ssrc,
        (seconds + _NTP_EPOCH_S) & 0xFFFF_FFFF,
        int((unix_s - seconds) * 2**32) & 0xFFFF_FFFF,
        rtp_timestamp & 0xFFFF_FFFF,
        packets_total & 0xFFFF_FFFF,
        octets_total & 0xFFFF_FFFF,
    )
    name = b"camera"
    item = bytes((1, len(name))) + name
    chunk = struct.pack(">I", ssrc) + item + b"\0" * (4 - len(item) % 4)
    return report + struct.pack(">BBH", 0x81, _DESCRIPTION, len(chunk) // 4) + chunk
