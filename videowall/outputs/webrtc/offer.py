"""A stranger's session description, looked at before any of it is used."""

from typing import Final

from sensors.errors import LimitError, WireError

MAX_OFFER_BYTES: Final = 32_768
MAX_MEDIA: Final = 4
_MEDIA: Final = ("m=audio ", "m=video ")
"""Players ask for sound too, and hear that there is none. A data channel would gather what a viewer sends."""
_SUBJECT: Final = "WHEP offer"
_DROPPED: Final = ("a=candidate:", "a=end-of-candidates", "a=remote-candidates:")


def read_offer(body: bytes) -> str:
    """The offer without its candidates: a peer reaches us and shows its address by that, whatever it says it is.

    So nobody can have this machine send packets to addresses of their choice.

    Raises:
        LimitError: it is too large.
        WireError: it is no offer to receive H.264 video.
    """
    if len(body) > MAX_OFFER_BYTES:
        raise LimitError(f"over {MAX_OFFER_BYTES} bytes", subject=_SUBJECT)
    try:
        # As the library does it, which ends a line at more than a line feed: else some would be hidden from us.
        lines = body.decode("ascii").splitlines()
    except UnicodeDecodeError as error:
        raise WireError("not a session description", subject=_SUBJECT) from error
    if lines[:1] != ["v=0"]:
        raise WireError("not a session description", subject=_SUBJECT)
    media = [line for line in lines if line.startswith("m=")]
    if len(media) > MAX_MEDIA or sum(line.startswith("m=video ") for line in media) != 1:
        raise WireError("does not ask for one video", subject=_SUBJECT)
    if not all(line.startswith(_MEDIA) for line in media):
        raise WireError("asks for more than pictures and sound", subject=_SUBJECT, mend="Ask without a data channel")
    if not any(line.startswith("a=rtpmap:") and "H264/90000" in line for line in lines):
        raise WireError("does not take H.264", subject=_SUBJECT, mend="Use a browser that can play H.264")
    return "\r\n".join(line for line in lines if not line.startswith(_DROPPED)) + "\r\n"
