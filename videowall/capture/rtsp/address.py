"""Where streams are, and where a camera may send us instead."""

from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from msgspec import Struct

from sensors.catalog import PictureState
from videowall.capture.rtsp.failure import StreamError

_DEFAULT_PORT = 554
_MAX_URL = 2000


class Redirects(StrEnum):
    """Whom a camera may name instead of itself. Its password goes to its own host only, whatever is allowed."""

    NEVER = "never"
    SAME_HOST = "same-host"
    ANYWHERE = "anywhere"


class Address(Struct, frozen=True):
    """Where a stream is. `url` is what requests name; it never holds credentials."""

    host: str
    port: int
    url: str


def parse_address(url: str) -> Address:
    """The parts of a stream's URL.

    Raises:
        StreamError: it is not rtsp://host[:port]/path without credentials.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _DEFAULT_PORT
    except ValueError:
        host, port, parts = None, 0, urlsplit("")
    if (
        parts.scheme != "rtsp"
        or not host
        or parts.username
        or not (url.isascii() and url.isprintable() and " " not in url and len(url) <= _MAX_URL)
    ):
        raise StreamError(
            "not an address of the form rtsp://host:port/path",
            PictureState.NOT_FOUND,
            mend="Correct the stream's URL in the camera's birth; credentials belong in the secrets file",
        )
    return Address(host, port, url)


def follow(origin: Address, location: str, policy: Redirects) -> Address:
    """The address that a camera sends us to.

    Raises:
        StreamError: the policy forbids it, or it is no address.
    """
    try:
        target = parse_address(urljoin(origin.url, location.strip()) if "://" not in location else location.strip())
    except (StreamError, ValueError) as error:
        raise StreamError("the camera redirects to no address", PictureState.REFUSED) from error
    allowed = policy is Redirects.ANYWHERE or (policy is Redirects.SAME_HOST and target.host == origin.host)
    if not allowed:
        raise StreamError(
            "the camera redirects to another host",
            PictureState.REFUSED,
            mend="Correct the stream's URL in the camera's birth, or allow it with [wall] redirects",
        )
    return target
