"""One client's RTSP connection: requests in, responses out, at most one session."""

import asyncio
import secrets
import socket
import struct
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from sensors.errors import LimitError, WireError
from sensors.model import SiteId, StreamRole
from sensors.rtsp.authentication import challenge_header, is_authorized
from sensors.rtsp.messages import Parser, Request, Response, encode_response
from simulators.cameras.broadcast import Broadcast
from simulators.cameras.camera import Camera
from simulators.cameras.condition import Condition
from simulators.cameras.description import CONTROL, describe
from simulators.cameras.sound import silence
from simulators.cameras.spout import Spout
from simulators.cameras.subscriber import DatagramSubscriber, InterleavedSubscriber, Subscriber
from simulators.cameras.vocabulary import Fault
from simulators.cameras.way import Way

_PUBLIC = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
_IN_SESSION = frozenset({"PLAY", "GET_PARAMETER", "TEARDOWN"})
_READ_BYTES = 65_536
_PENDING_S = 1.0
"""How much a slow viewer may be behind before frames are dropped for it."""


_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: what is unsent is thrown away, and the end is an RST."""


class Studio(Protocol):
    """What a connection asks of its server."""

    session_timeout_s: int
    """A session whose client says nothing for so long is over."""

    def find(self, path: str) -> "Playable | None":
        """The stream at a path, or None."""

    def way_from(self, address: tuple[str, int]) -> tuple[SiteId, Way] | None:
        """The post's line that a client comes out of with that address; None: it came to the server itself."""

    def datagram_sockets(self, host: str) -> tuple[socket.socket, socket.socket]:
        """Bound sockets for media and for RTCP of a client who has come to that address; neither blocks."""


class Playable(Protocol):
    """A stream of a camera as a connection sees it."""

    camera: Camera
    role: StreamRole
    broadcast: Broadcast
    condition: Condition


class Connection:
    """Serves one client until it leaves, misbehaves, falls silent, or its camera is killed."""

    def __init__(self, studio: Studio, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._studio = studio
        self._reader = reader
        self._writer = writer
        self._spout = Spout(writer.transport)
        self._nonce = secrets.token_hex(16)
        self._session = ""
        self._subscribers: dict[int, Subscriber] = {}
        self._playable: Playable | None = None
        self._asked: Playable | None = None
        self._playing = False

    def adapt(self, camera: Camera) -> None:
        """Behave as the camera's condition says, when it is the one this client speaks to."""
        playable = self._asked
        if playable is None or playable.camera is not camera:
            return
        self._spout.throttle(playable.condition.trickle_bytes_s)
        match playable.condition.fault:
            case Fault.RESET:
                self._reset()
            case Fault.KILLED | Fault.RESTARTING:
                self._abort()
            case Fault.LOCKED | Fault.GONE | Fault.ROLLING if self._playable is not None:
                self._abort()

    async def run(self) -> None:
        """Serve until the end of the connection."""
        parser = Parser()
        try:
            while data := await self._read():
                for message in parser.feed(data):
                    if isinstance(message, Request) and not await self._answer(message):
                        return
        except (WireError, LimitError):
            self._respond(Response(400, "Bad Request"), "")
        except (ConnectionError, TimeoutError):
            return
        finally:
            self._end_session()
            self._spout.close()
            self._writer.close()

    def _abort(self) -> None:
        """Drop the connection as a dead camera does: no farewell."""
        self._writer.transport.abort()

    def _reset(self) -> None:
        opened: socket.socket = self._writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._abort()

    async def _read(self) -> bytes:
        async with asyncio.timeout(self._studio.session_timeout_s):
            return await self._reader.read(_READ_BYTES)

    async def _answer(self, request: Request) -> bool:
        """Answer one request; whether the connection goes on."""
        number = request.headers.get("cseq", "")
        if not (number.isascii() and number.isdigit()):
            self._respond(Response(400, "Bad Request"), "")
            return False
        path, track = _place(request.url)
        playable = self._find(path)
        if playable is not None:
            self._asked = playable
            fault = playable.condition.fault
            if fault is Fault.RESET:
                self._reset()
                return False
            if fault is Fault.KILLED or playable.condition.is_down:
                self._abort()
                return False
            if fault is Fault.HALF_OPEN:
                return True
            self._spout.throttle(playable.condition.trickle_bytes_s)
        if request.method == "OPTIONS":
            self._respond(Response(200, "OK", {"Public": _PUBLIC}), number)
            return True
        self._respond(await self._response(request, playable, track), number)
        if request.method == "PLAY" and self._playing and self._playable is not None:
            self._playable.broadcast.join(self._subscribers)
        return True

    def _find(self, path: str) -> Playable | None:
        """The stream at a path; a post's line leads to that post alone."""
        playable, through = self._studio.find(path), self._studio.way_from(self._address)
        return None if playable is None or (through and through[0] != playable.camera.key.site) else playable

    @property
    def _address(self) -> tuple[str, int]:
        host, port, *_ = self._writer.get_extra_info("peername")
        return host, port

    async def _response(self, request: Request, playable: Playable | None, track: int) -> Response:
        if playable is None or playable.condition.fault is Fault.GONE or track not in playable.broadcast.tracks:
            return Response(404, "Not Found")
        if (refusal := self._refusal(request, playable)) is not None:
            return refusal
        if request.method == "DESCRIBE":
            return await _description(request, playable)
        if request.method == "SETUP":
            return self._set_up(request, playable, track)
        if request.method in _IN_SESSION:
            return self._in_session(request, playable)
        return Response(501, "Not Implemented", {"Public": _PUBLIC})

    def _refusal(self, request: Request, playable: Playable) -> Response | None:
        camera, locked = playable.camera, playable.condition.fault is Fault.LOCKED
        challenge = camera.challenge(self._nonce)
        if challenge is None or camera.credentials is None:
            return Response(401, "Unauthorized") if locked else None
        given = request.headers.get("authorization", "")
        if not locked and is_authorized(given, challenge, camera.credentials, request.method):
            return None
        return Response(401, "Unauthorized", {"WWW-Authenticate": challenge_header(challenge)})

    def _set_up(self, request: Request, playable: Playable, track: int) -> Response:
        if self._session and not (
            _session_of(request) == self._session
            and playable is self._playable
            and track not in self._subscribers
            and not self._playing
        ):
            return Response(459, "Aggregate Operation Not Allowed")
        pending = int(playable.broadcast.format.bit_rate / 8 * _PENDING_S)
        for offer in request.headers.get("transport", "").split(","):
            made = self._transport(offer.strip(), track, pending)
            if made is None:
                continue
            if not self._session:
                if not playable.condition.admit():
                    return Response(453, "Not Enough Bandwidth")
                self._playable, self._session = playable, secrets.token_hex(8)
            self._subscribers[track], answer = made
            session = f"{self._session};timeout={self._studio.session_timeout_s}"
            return Response(200, "OK", {"Transport": answer, "Session": session})
        return Response(461, "Unsupported Transport")

    def _transport(self, offer: str, track: int, pending_bytes: int) -> tuple[Subscriber, str] | None:
        kind, *parameters = [part.strip() for part in offer.split(";")]
        given: Mapping[str, str] = {name: value for name, _, value in (part.partition("=") for part in parameters)}
        if "multicast" in given:
            return None
        if kind == "RTP/AVP/TCP":
            pair = _pair(given.get("interleaved", f"{2 * track}"), 255)
            if pair is None:
                return None
            subscriber = InterleavedSubscriber(self._spout, pair[0], pending_bytes)
            return subscriber, f"RTP/AVP/TCP;unicast;interleaved={pair[0]}-{pair[0] + 1}"
        ports = _pair(given.get("client_port", ""), 65_535)
        if kind not in ("RTP/AVP", "RTP/AVP/UDP") or ports is None or ports[0] == 0:
            return None
        media, control = self._studio.datagram_sockets(self._writer.get_extra_info("sockname")[0])
        own = (media.getsockname()[1], control.getsockname()[1])
        through = self._studio.way_from(self._address)
        way = None if through is None else through[1]
        host = (None if way is None else way.client_of(self._address)) or self._address[0]
        datagrams = DatagramSubscriber(media, control, host, ports, way)
        return datagrams, f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]};server_port={own[0]}-{own[1]}"

    def _in_session(self, request: Request, playable: Playable) -> Response:
        given = _session_of(request)
        if request.method == "GET_PARAMETER" and not given:
            return Response(200, "OK")
        if not self._session or given != self._session or playable is not self._playable:
            return Response(454, "Session Not Found")
        headers = {"Session": self._session}
        if request.method == "PLAY":
            self._playing = True
            return Response(200, "OK", {**headers, "Range": "npt=now-"})
        if request.method == "TEARDOWN":
            self._end_session()
        return Response(200, "OK", headers)

    def _end_session(self) -> None:
        if self._playable is not None:
            self._playable.broadcast.leave(self._subscribers)
            self._playable.condition.release()
        self._playable, self._subscribers, self._session, self._playing = None, {}, "", False

    def _respond(self, response: Response, number: str) -> None:
        headers = {"CSeq": number, "Server": "Shekara"} if number else {"Server": "Shekara"}
        self._spout.write(
            encode_response(Response(response.status, response.reason, {**headers, **response.headers}, response.body))
        )


async def _description(request: Request, playable: Playable) -> Response:
    clip = await playable.broadcast.clip()
    camera, bare = playable.camera, playable.condition.fault is Fault.BARE
    body = describe(clip, silence(camera.audio), f"{camera.key} {playable.role}", bare=bare)
    base = request.url if request.url.endswith("/") else f"{request.url}/"
    return Response(200, "OK", {"Content-Base": base, "Content-Type": "application/sdp"}, body)


def _session_of(request: Request) -> str:
    return request.headers.get("session", "").partition(";")[0].strip()


def _place(url: str) -> tuple[str, int]:
    """The path of a request's URL without its track, and the track's number; the first where none is named."""
    try:
        path = urlsplit(url).path
    except ValueError as error:
        raise WireError("not a URL", subject="RTSP") from error
    path, _, number = path.removesuffix("/").partition(f"/{CONTROL}")
    return path.strip("/"), int(number) if number in {"0", "1"} else 0 if not number else -1


def _pair(text: str, largest: int) -> tuple[int, int] | None:
    """Two neighbouring numbers such as 0-1; a single one stands for itself and the next."""
    first, _, second = text.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in (first, second or first)):
        return None
    low, high = int(first), int(second) if second else int(first) + 1
    return (low, high) if low < high <= largest else None
