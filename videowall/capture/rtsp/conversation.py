"""The client's half of RTSP as a machine without I/O: responses go in, the next request comes out.

OPTIONS, DESCRIBE, SETUP, PLAY; then keep-alives; then TEARDOWN. A session that an earlier connection left behind is
taken down before SETUP, so that it holds no place at the camera. A password is offered once: again only for a nonce
that has gone stale, so that no camera locks us out for guessing.
"""

import re
import secrets
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from sensors.catalog import PictureState
from sensors.rtsp.authentication import Challenge, Credentials, authorization, parse_challenge
from sensors.rtsp.messages import Request, Response
from videowall.capture.rtsp.description import VideoTrack, find_video
from videowall.capture.rtsp.failure import MovedError, StreamError
from videowall.capture.rtsp.multicast import Group, group_of

_AGENT = "shekara"
_DEFAULT_TIMEOUT_S = 60.0
_MIN_TIMEOUT_S, _MAX_TIMEOUT_S = 4.0, 120.0
_STATES = {
    401: PictureState.BAD_CREDENTIALS,
    403: PictureState.BAD_CREDENTIALS,
    404: PictureState.NOT_FOUND,
    453: PictureState.NO_FREE_SESSION,
    503: PictureState.NO_FREE_SESSION,
}
_MENDS = {
    PictureState.BAD_CREDENTIALS: "Give this camera's user and password in the secrets file, [cameras]",
    PictureState.NO_FREE_SESSION: "Close other viewers of this camera, or allow it more sessions",
}
_REDIRECTS = frozenset({300, 301, 302, 303, 305, 307, 308})
_MAX_ANSWERS = 3
_KEPT = frozenset({"Accept", "Transport", "Range", "Session"})
_UNSUPPORTED_TRANSPORT = 461
_SESSION = re.compile(r"([!-:<-~]{1,200})(?:\s*;\s*timeout\s*=\s*(\d{1,6}))?(?:\s*;.*)?")


class Transport(StrEnum):
    """How packets travel: inside the RTSP connection, as datagrams, or as datagrams for all who listen.

    In the order in which they are tried when a server refuses, or nothing comes, after the one that was chosen.
    """

    TCP = "tcp"
    UDP = "udp"
    MULTICAST = "multicast"


class Remnant(Struct, frozen=True):
    """A session that may still be open at the camera: what to name, and its id."""

    url: str
    id: str


class Session(Struct, frozen=True):
    """A playing session: on which channels RTP and RTCP come (for datagrams 0 and 1), and the server's RTCP port.

    `group`: the camera sends to that, whatever it was asked for.
    """

    track: VideoTrack
    id: str
    timeout_s: float
    channel: int = 0
    control_channel: int = 1
    control_port: int = 0
    group: Group | None = None


class Conversation:
    """One connection's dialogue. `expected` is set once SETUP was answered, `session` once PLAY was."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        transport: Transport,
        client_ports: tuple[int, int] | None = None,
        remnant: Remnant | None = None,
    ) -> None:
        self.session: Session | None = None
        self._url = url
        self._credentials = credentials
        self._transport = transport
        self._client_ports = client_ports
        self._remnant = remnant
        self._challenge: Challenge | None = None
        self._answered = 0
        self._is_accepted = False
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
        return self._request(self._alive_method, self._base)

    def tear_down(self) -> Request | None:
        """What ends the session at the server, or None when none was set up."""
        return self._request("TEARDOWN", self._base) if self._setup_id else None

    @property
    def remnant(self) -> Remnant | None:
        """What stays behind at the camera when this connection breaks now."""
        return Remnant(self._base, self._setup_id) if self._setup_id else None

    def answer(self, response: Response) -> Request | None:
        """The request that follows a response; None when there is nothing more to ask.

        Raises:
            MovedError: the camera names another address.
            StreamError: the server refuses, or offers nothing that can be shown.
        """
        if response.status == 401 and (retry := self._authenticated(response)) is not None:
            return retry
        self._is_accepted |= 200 <= response.status < 300 and "Authorization" in self._sent.headers
        if self.session is not None:
            self._check_alive(response)
            return None
        if self._sent.method == "TEARDOWN":
            return self._set_up_request()
        self._check(response)
        return self._next(response)

    def farewell_again(self, response: Response) -> Request | None:
        """TEARDOWN once more, when the server wanted it under a fresh nonce; None when it took it, or never will."""
        return self._authenticated(response) if response.status == 401 else None

    def _check(self, response: Response) -> None:
        if response.status in _REDIRECTS:
            raise MovedError(response.headers.get("location", "").split("\n")[0])
        fails = not 200 <= response.status < 300
        if fails and (self._sent.method != "OPTIONS" or response.status == 401):
            raise self._refused(response)

    def _next(self, response: Response) -> Request | None:
        match self._sent.method:
            case "OPTIONS":
                self._learn_methods(response.headers.get("public", ""))
                return self._request("DESCRIBE", self._url, {"Accept": "application/sdp"})
            case "DESCRIBE":
                return self._described(response)
            case "SETUP":
                return self._set_up(response)
            case _:
                self.session = self.expected
                return None

    def _learn_methods(self, public: str) -> None:
        """Keep the session alive with what the server says it knows."""
        known = {name.strip().upper() for line in public.split("\n") for name in line.split(",")}
        if public and self._alive_method not in known:
            self._alive_method = "OPTIONS"

    def _described(self, response: Response) -> Request:
        base = response.headers.get("content-base") or response.headers.get("content-location") or self._url
        self._base = base.split("\n")[0] if base.startswith("rtsp://") and base.isprintable() else self._url
        track = find_video(response.body, self._base)
        if track is None:
            raise StreamError(
                "the camera offers no H.264 or H.265 video", PictureState.CANNOT_DECODE, other_reader=True
            )
        self._track = track
        if self._remnant is not None:
            return self._request("TEARDOWN", self._remnant.url, {"Session": self._remnant.id})
        return self._set_up_request()

    def _set_up_request(self) -> Request:
        if self._transport is Transport.TCP:
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        elif self._transport is Transport.MULTICAST:
            transport = "RTP/AVP;multicast"
        else:
            first, second = self._client_ports or (0, 0)
            transport = f"RTP/AVP;unicast;client_port={first}-{second}"
        control = self._track.control if self._track is not None else self._url
        return self._request("SETUP", control, {"Transport": transport})

    def _set_up(self, response: Response) -> Request:
        found = _SESSION.fullmatch(response.headers.get("session", "").split("\n")[0].strip())
        if found is None or self._track is None:
            raise StreamError("SETUP was answered without a session", PictureState.REFUSED)
        self._setup_id = found[1]
        given = _parameters(response.headers.get("transport", ""))
        group = None
        if "multicast" in given:
            group = group_of(given.get("destination", ""), _pair(given.get("port", ""), 65_535))
        elif self._transport is Transport.MULTICAST:
            raise StreamError("the camera does not send by multicast", PictureState.REFUSED, other_transport=True)
        channels = _pair(given.get("interleaved", ""), 255) if self._transport is Transport.TCP else (0, 1)
        self.expected = Session(
            track=self._track,
            id=found[1],
            timeout_s=min(_MAX_TIMEOUT_S, max(_MIN_TIMEOUT_S, float(found[2] or _DEFAULT_TIMEOUT_S))),
            channel=channels[0],
            control_channel=channels[1],
            control_port=_pair(given.get("server_port", ""), 65_535)[1] if "server_port" in given else 0,
            group=group,
        )
        return self._request("PLAY", self._base, {"Range": "npt=0.000-"})

    def _check_alive(self, response: Response) -> None:
        if response.status in {401, 404, 454}:
            raise StreamError(f"the session has ended: {response.status}", PictureState.NO_PACKETS)
        if response.status in {405, 501, 551}:
            self._alive_method = "OPTIONS"

    def _authenticated(self, response: Response) -> Request | None:
        challenge = parse_challenge(response.headers.get("www-authenticate", ""))
        if challenge is None or self._credentials is None:
            return None
        if "Authorization" in self._sent.headers:
            stale = challenge.stale or self._is_accepted
            renewed = self._challenge is None or challenge.nonce != self._challenge.nonce
            if challenge.scheme == "basic" or not (stale and renewed):
                return None
        if self._answered >= _MAX_ANSWERS:
            return None
        self._answered += 1
        self._challenge, self._challenge_uses = challenge, 0
        kept = {name: value for name, value in self._sent.headers.items() if name in _KEPT}
        return self._request(self._sent.method, self._sent.url, kept, retry=True)

    def _refused(self, response: Response) -> StreamError:
        state = _STATES.get(response.status, PictureState.REFUSED)
        return StreamError(
            f"{self._sent.method} was answered with {response.status}",
            state,
            mend=_MENDS.get(state, ""),
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


def _pair(text: str, most: int) -> tuple[int, int]:
    """Two numbers such as 0-1; what is missing is the next, what is no number makes 0-1."""
    first, _, second = text.partition("-")
    if not _is_number(first):
        return 0, 1
    low = min(int(first), most)
    return low, min(int(second), most) if _is_number(second) else min(low + 1, most)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 8
