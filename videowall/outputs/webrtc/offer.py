"""A stranger's session description, looked at before any of it is used."""

from typing import Final

from sensors.errors import LimitError, WireError

MAX_OFFER_BYTES: Final = 32_768
MAX_MEDIA: Final = 4
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
        lines = body.decode("ascii").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise WireError("not a session description", subject=_SUBJECT) from error
    if lines[0] != "v=0":
        raise WireError("not a session description", subject=_SUBJECT)
    media = [line for line in lines if line.startswith("m=")]
    if len(media) > MAX_MEDIA or sum(line.startswith("m=video ") for line in media) != 1:
        raise WireError("does not ask for one video", subject=_SUBJECT)
    if not any(line.startswith("a=rtpmap:") and "H264/90000" in line for line in lines):
        raise WireError("does not take H.264", subject=_SUBJECT, mend="Use a browser that can play H.264")
    return "\r\n".join(line for line in lines if not line.startswith(_DROPPED)).rstrip("\r\n") + "\r\n"
