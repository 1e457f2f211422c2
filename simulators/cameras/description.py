"""What a camera says about a stream before it sends any of it: the session description (SDP, RFC 8866)."""

import base64
from collections.abc import Iterator

from simulators.cameras.clip import Clip
from simulators.cameras.encoder import CLOCK_HZ, PAYLOAD_TYPE
from simulators.cameras.sound import Silence
from simulators.cameras.vocabulary import Codec

CONTROL = "trackID="
"""What a track's number stands behind, at the end of its URL."""


def describe(clip: Clip, sound: Silence | None, title: str, *, bare: bool = False) -> bytes:
    """A stream and its sound. `bare` leaves out what a decoder must know before the first picture."""
    form = clip.format
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        f"s={title}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"b=AS:{form.bit_rate // 1000}",
        f"a=rtpmap:{PAYLOAD_TYPE} {form.codec.upper()}/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} {';'.join(_parameters(clip, bare=bare))}",
        f"a=framerate:{form.fps}",
        f"a=control:{CONTROL}0",
    ]
    if sound is not None:
        lines += [f"m=audio 0 RTP/AVP {sound.payload_type}", *sound.description, f"a=control:{CONTROL}1"]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _parameters(clip: Clip, *, bare: bool) -> Iterator[str]:
    """Those of RFC 6184, 8.1, and RFC 7798, 7.1."""
    sets = clip.parameter_sets
    coded = [base64.b64encode(unit).decode("ascii") for unit in sets]
    if clip.format.codec is Codec.H264:
        yield "packetization-mode=1"
        if not bare:
            yield f"profile-level-id={sets[0][1:4].hex()}"
            yield f"sprop-parameter-sets={','.join(coded)}"
    elif bare:
        yield "tx-mode=SRST"
    else:
        yield from (f"sprop-{name}={unit}" for name, unit in zip(("vps", "sps", "pps"), coded, strict=True))
