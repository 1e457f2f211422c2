"""The client's half of RTSP as a machine without I/O: responses go in, the next request comes out.

OPTIONS, DESCRIBE, SETUP, PLAY; then keep-alives; then TEARDOWN. A challenge is answered once for each nonce.
"""

import re
import secrets
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

from sensors.catalog import PictureState
from sensors.rtsp.authentication import Challenge, Credentials, authorization, parse_challenge
from sensors.rtsp.messages import Request, Response
from videowall.rtsp.description import VideoTrack, find_video
from videowall.rtsp.failure import StreamError

_AGENT = "shekara"
_DEFAULT_PORT = 554
_DEFAULT_TIMEOUT_S = 60.0
_MIN_TIMEOUT_S = 4.0
_STATES = {401: PictureState.BAD_CREDENTIALS, 403: PictureState.BAD_CREDENTIALS, 404: PictureState.NOT_FOUND}
_UNSUPPORTED_TRANSPORT = 461
_SESSION = re.compile(r"([!-:<-~]{1,200})(?:\s*;\s*timeout\s*=\s*(\d{1,6}))?(?:\s*;.*)?")


class Transport(StrEnum):
    """How packets travel: inside the RTSP connection, or as datagrams."""

    TCP = "tcp"
    UDP = "udp"

    @property
    def other(self) -> "Transport":
        """What to try when the server refuses this one."""
        return Transport.UDP if self is Transport.TCP else Transport.TCP


class Address(Struct, frozen=True):
    """Where a stream is. `url` is what requests name; it never holds credentials."""

    host: str
    port: int
    url: str


class Session(Struct, frozen=True):
    """A playing session. For TCP, packets come on `channel`; for UDP, from `server_port` (0: any)."""

    track: VideoTrack
    id: str
    timeout_s: float
    channel: int = 0
    server_port: int = 0


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
        or not (url.isascii() and url.isprintable() and " " not in url)
    ):
        raise StreamError(
            "not an address of the form rtsp://host:port/path",
            PictureState.NOT_FOUND,
            mend="Correct the stream's URL in the camera's birth; credentials belong in the secrets file",
        )
    return Address(host, port, url)


class Conversation:
    """One connection's dialogue. `expected` is set once SETUP was answered, `session` once PLAY was."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        transport: Transport,
        client_ports: tuple[int, int] | None = None,
    ) -> None:
        self.session: Session | None = None
        self._url = url
        self._credentials = credentials
        self._transport = transport
        self._client_ports = client_ports
        self._challenge: Challenge | None = None
        self._answered = 0
        self._sequence = 0
        self._sent = Request("OPTIONS", url)
        self._track: VideoTrack | None = None
        self.expected: Session | None = None
        self._setup_id = ""
        self._base = url
        self._alive_method = "GET_PARAMETER"
        self._challenge_uses = 0

    def begin(self) -> Request:
        """The first request."""
        return self._request("OPTIONS", self._url)

    def keep_alive(self) -> Request:
        """What tells the server that somebody still watches."""
        return self._request(self._alive_method, self._aggregate)

    def tear_down(self) -> Request | None:
        """What ends the session at the server, or None when none was set up."""
        return self._request("TEARDOWN", self._aggregate) if self._setup_id else None

    def answer(self, response: Response) -> Request | None:
        """The request that follows a response; None when there is nothing more to ask.

        Raises:
            StreamError: the server refuses, or offers nothing that can be shown.
        """
        if response.status == 401 and (retry := self._authenticated(response)) is not None:
            return retry
        if self.session is not None:
            self._check_alive(response)
            return None
        if self._sent.method != "OPTIONS" and not 200 <= response.status < 300:
            raise self._refused(response)
        if self._sent.method == "OPTIONS" and response.status == 401:
            raise self._refused(response)
        match self._sent.method:
            case "OPTIONS":
                return self._request("DESCRIBE", self._url, {"Accept": "application/sdp"})
            case "DESCRIBE":
                return self._described(response)
            case "SETUP":
                return self._set_up(response)
            case _:
                self.session = self.expected
                return None

    @property
    def _aggregate(self) -> str:
        return self._base

    _base = ""

    def _described(self, response: Response) -> Request:
        base = response.headers.get("content-base") or response.headers.get("content-location") or self._url
        self._base = base.split("\n")[0] if base.startswith("rtsp://") and base.isprintable() else self._url
        track = find_video(response.body, self._base)
        if track is None:
            raise StreamError("the camera offers no H.264 or H.265 video", PictureState.CANNOT_DECODE)
        self._track = track
        if self._transport is Transport.TCP:
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        else:
            first, second = self._client_ports or (0, 0)
            transport = f"RTP/AVP;unicast;client_port={first}-{second}"
        return self._request("SETUP", track.control, {"Transport": transport})

    def _set_up(self, response: Response) -> Request:
        found = _SESSION.fullmatch(response.headers.get("session", "").split("\n")[0].strip())
        if found is None or self._track is None:
            raise StreamError("SETUP was answered without a session", PictureState.REFUSED)
        given = _parameters(response.headers.get("transport", ""))
        self._setup_id = found[1]
        self.expected = Session(
            track=self._track,
            id=found[1],
            timeout_s=max(_MIN_TIMEOUT_S, float(found[2] or _DEFAULT_TIMEOUT_S)),
            channel=_first_number(given.get("interleaved", "0"), 255),
            server_port=_first_number(given.get("server_port", "0"), 65_535),
        )
        return self._request("PLAY", self._aggregate, {"Range": "npt=0.000-"})

    def _check_alive(self, response: Response) -> None:
        if response.status in {401, 404, 454}:
            raise StreamError(f"the session has ended: {response.status}", PictureState.NO_PACKETS)
        if response.status in {405, 501, 551}:
            self._alive_method = "OPTIONS"

    def _authenticated(self, response: Response) -> Request | None:
        challenge = parse_challenge(response.headers.get("www-authenticate", ""))
        if challenge is None or self._credentials is None:
            return None
        already = self._sent.headers.get("Authorization")
        if already and (
            self._challenge is None or challenge.scheme == "basic" or self._challenge.nonce == challenge.nonce
        ):
            return None
        if self._answered >= 2:
            return None
        self._answered += 1
        self._challenge, self._challenge_uses = challenge, 0
        kept = {name: value for name, value in self._sent.headers.items() if name in {"Accept", "Transport", "Range"}}
        return self._request(self._sent.method, self._sent.url, kept, retry=True)

    def _refused(self, response: Response) -> StreamError:
        mend = ""
        if response.status in {401, 403}:
            mend = "Give this camera's user and password in the secrets file, [cameras]"
        return StreamError(
            f"{self._sent.method} was answered with {response.status}",
            _STATES.get(response.status, PictureState.REFUSED),
            mend=mend,
            other_transport=response.status == _UNSUPPORTED_TRANSPORT,
        )

    def _request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, *, retry: bool = False
    ) -> Request:
        self._sequence += 1
        if not retry:
            self._answered = 0
        fields = {"CSeq": str(self._sequence), "User-Agent": _AGENT, **(headers or {})}
        if self._setup_id:
            fields["Session"] = self._setup_id
        if self._challenge is not None and self._credentials is not None:
            self._challenge_uses += 1
            fields["Authorization"] = authorization(
                self._challenge, self._credentials, method, url, self._challenge_uses, secrets.token_hex(8)
            )
        self._sent = Request(method, url, fields)
        return self._sent


def _parameters(header: str) -> dict[str, str]:
    parts = (part.partition("=") for part in header.split(",", maxsplit=1)[0].split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in parts}


def _first_number(text: str, most: int) -> int:
    digits = text.split("-", maxsplit=1)[0]
    return min(int(digits), most) if digits.isascii() and digits.isdigit() and len(digits) < 8 else 0
