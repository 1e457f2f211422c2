"""One client's RTSP connection: requests in, responses out, at most one session."""

import asyncio
import secrets
import socket
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from sensors.errors import LimitError, WireError
from sensors.model import StreamRole
from sensors.rtsp.authentication import challenge_header, is_authorized
from sensors.rtsp.messages import Parser, Request, Response, encode_response
from simulators.cameras.broadcast import Broadcast
from simulators.cameras.camera import Camera
from simulators.cameras.reports import TRACK, describe
from simulators.cameras.subscriber import DatagramSubscriber, InterleavedSubscriber, Subscriber
from simulators.cameras.vocabulary import Fault

SESSION_TIMEOUT_S = 60
_PUBLIC = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
_IN_SESSION = frozenset({"PLAY", "GET_PARAMETER", "TEARDOWN"})
_READ_BYTES = 65_536
_PENDING_S = 1.0
"""How much a slow viewer may be behind before frames are dropped for it."""


class Studio(Protocol):
    """What a connection asks of its server."""

    def find(self, path: str) -> "Playable | None":
        """The stream at a path, or None."""

    def datagram_sockets(self) -> tuple[socket.socket, socket.socket]:
        """Bound sockets for media and for RTCP; neither blocks."""


class Playable(Protocol):
    """A stream of a camera as a connection sees it."""

    camera: Camera
    role: StreamRole
    broadcast: Broadcast

    @property
    def fault(self) -> Fault:
        """What is wrong with its camera now."""


class Connection:
    """Serves one client until it leaves, misbehaves, falls silent, or its camera is killed."""

    def __init__(self, studio: Studio, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._studio = studio
        self._reader = reader
        self._writer = writer
        self._nonce = secrets.token_hex(16)
        self._session = ""
        self._subscriber: Subscriber | None = None
        self._playable: Playable | None = None
        self._playing = False

    @property
    def playable(self) -> Playable | None:
        """The stream this connection has set up."""
        return self._playable

    def abort(self) -> None:
        """Drop the connection as a dead camera does: no farewell."""
        self._writer.transport.abort()

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
            self._writer.close()

    async def _read(self) -> bytes:
        async with asyncio.timeout(SESSION_TIMEOUT_S):
            return await self._reader.read(_READ_BYTES)

    async def _answer(self, request: Request) -> bool:
        """Answer one request; whether the connection goes on."""
        number = request.headers.get("cseq", "")
        if not (number.isascii() and number.isdigit()):
            self._respond(Response(400, "Bad Request"), "")
            return False
        if request.method == "OPTIONS":
            self._respond(Response(200, "OK", {"Public": _PUBLIC}), number)
            return True
        playable = self._studio.find(_path(request.url))
        if playable is not None and playable.fault is Fault.KILLED:
            self.abort()
            return False
        self._respond(await self._response(request, playable), number)
        if request.method == "PLAY" and self._playing and self._playable is not None and self._subscriber is not None:
            self._playable.broadcast.join(self._subscriber)
        return True

    async def _response(self, request: Request, playable: Playable | None) -> Response:
        if playable is None or playable.fault is Fault.GONE:
            return Response(404, "Not Found")
        if (refusal := self._refusal(request, playable)) is not None:
            return refusal
        if request.method == "DESCRIBE":
            return await _description(request, playable)
        if request.method == "SETUP":
            return self._set_up(request, playable)
        if request.method in _IN_SESSION:
            return self._in_session(request, playable)
        return Response(501, "Not Implemented", {"Public": _PUBLIC})

    def _refusal(self, request: Request, playable: Playable) -> Response | None:
        camera = playable.camera
        challenge = camera.challenge(self._nonce)
        if challenge is None or camera.credentials is None:
            return Response(401, "Unauthorized") if playable.fault is Fault.LOCKED else None
        given = request.headers.get("authorization", "")
        if playable.fault is not Fault.LOCKED and is_authorized(given, challenge, camera.credentials, request.method):
            return None
        return Response(401, "Unauthorized", {"WWW-Authenticate": challenge_header(challenge)})

    def _set_up(self, request: Request, playable: Playable) -> Response:
        if self._session:
            return Response(459, "Aggregate Operation Not Allowed")
        pending = int(playable.broadcast.format.bit_rate / 8 * _PENDING_S)
        for offer in request.headers.get("transport", "").split(","):
            made = self._transport(offer.strip(), pending)
            if made is not None:
                self._subscriber, answer = made
                self._playable = playable
                self._session = secrets.token_hex(8)
                session = f"{self._session};timeout={SESSION_TIMEOUT_S}"
                return Response(200, "OK", {"Transport": answer, "Session": session})
        return Response(461, "Unsupported Transport")

    def _transport(self, offer: str, pending_bytes: int) -> tuple[Subscriber, str] | None:
        kind, *parameters = [part.strip() for part in offer.split(";")]
        given: Mapping[str, str] = {name: value for name, _, value in (part.partition("=") for part in parameters)}
        if "multicast" in given:
            return None
        if kind == "RTP/AVP/TCP":
            pair = _pair(given.get("interleaved", "0-1"), 255)
            if pair is None:
                return None
            subscriber = InterleavedSubscriber(self._writer.transport, pair[0], pending_bytes)
            return subscriber, f"RTP/AVP/TCP;unicast;interleaved={pair[0]}-{pair[0] + 1}"
        ports = _pair(given.get("client_port", ""), 65_535)
        if kind not in ("RTP/AVP", "RTP/AVP/UDP") or ports is None or ports[0] == 0:
            return None
        media, control = self._studio.datagram_sockets()
        own = (media.getsockname()[1], control.getsockname()[1])
        host = str(self._writer.get_extra_info("peername")[0])
        datagrams = DatagramSubscriber(media, control, host, ports)
        return datagrams, f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]};server_port={own[0]}-{own[1]}"

    def _in_session(self, request: Request, playable: Playable) -> Response:
        given = request.headers.get("session", "").partition(";")[0].strip()
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
        if self._playable is not None and self._subscriber is not None:
            self._playable.broadcast.leave(self._subscriber)
        self._playable, self._subscriber, self._session, self._playing = None, None, "", False

    def _respond(self, response: Response, number: str) -> None:
        headers = {"CSeq": number, "Server": "Shekara"} if number else {"Server": "Shekara"}
        self._writer.write(
            encode_response(Response(response.status, response.reason, {**headers, **response.headers}, response.body))
        )


async def _description(request: Request, playable: Playable) -> Response:
    clip = await playable.broadcast.clip()
    body = describe(clip, playable.broadcast.format, f"{playable.camera.key} {playable.role}")
    base = request.url if request.url.endswith("/") else f"{request.url}/"
    return Response(200, "OK", {"Content-Base": base, "Content-Type": "application/sdp"}, body)


def _path(url: str) -> str:
    """The path of a request's URL without its track."""
    try:
        path = urlsplit(url).path
    except ValueError as error:
        raise WireError("not a URL", subject="RTSP") from error
    return path.removesuffix("/").removesuffix(TRACK).strip("/")


def _pair(text: str, largest: int) -> tuple[int, int] | None:
    """Two neighbouring numbers such as 0-1; a single one stands for itself and the next."""
    first, _, second = text.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in (first, second or first)):
        return None
    low, high = int(first), int(second) if second else int(first) + 1
    return (low, high) if low < high <= largest else None
