"""What a camera says about a stream beside its packets: the session description and RTCP sender reports."""

import base64
import struct
from datetime import datetime

from simulators.cameras.clip import Clip
from simulators.cameras.encoder import CLOCK_HZ, PAYLOAD_TYPE, Format
from simulators.cameras.film import FPS

TRACK = "trackID=0"
_NTP_EPOCH_S = 2_208_988_800
_SENDER_REPORT, _DESCRIPTION = 200, 202


def describe(clip: Clip, format_: Format, title: str) -> bytes:
    """The session description (SDP, RFC 8866, and RFC 6184 for H.264) of a stream."""
    sps, pps = clip.parameter_sets
    sets = ",".join(base64.b64encode(unit).decode("ascii") for unit in (sps, pps))
    lines = (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        f"s={title}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"b=AS:{format_.bit_rate // 1000}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={sps[1:4].hex()};sprop-parameter-sets={sets}",
        f"a=framerate:{FPS}",
        f"a=control:{TRACK}",
    )
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


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
