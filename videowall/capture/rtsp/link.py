"""The bytes under a conversation: one TCP connection and, when asked for, two UDP ports. Every wait is bounded."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from functools import partial

from sensors.catalog import PictureState
from sensors.errors import LimitError, ShekaraError, WireError
from sensors.rtsp.messages import Request, Response, encode_interleaved, encode_request, encode_response
from videowall.capture.rtsp.address import Address
from videowall.capture.rtsp.failure import MovedError, StreamError, blame
from videowall.capture.rtsp.inbox import Inbox, PacketHandler
from videowall.capture.rtsp.poller import Poller

CONNECT_TIMEOUT_S = 3.0
ANSWER_TIMEOUT_S = 6.0
_MAX_RESPONSES = 8
_PORT_TRIES = 32
RECEIVE_BYTES = 1_048_576
_MAX_UNSENT_BYTES = 65_536
_MOST_REQUESTS = 8
"""What a camera may ask in one read."""
_PUBLIC = "OPTIONS, ANNOUNCE, REDIRECT"


class Link(asyncio.BufferedProtocol):
    """One connection. After any trouble `ended` holds what happened, and nothing more is handed out."""

    def __init__(self, on_packet: PacketHandler) -> None:
        self.ended: asyncio.Future[StreamError] = asyncio.get_running_loop().create_future()
        self.closing_means = PictureState.REFUSED
        """What it says of the camera when it closes the connection; set to something milder once it plays."""
        self._inbox = Inbox(on_packet)
        self._responses: asyncio.Queue[Response | None] = asyncio.Queue(_MAX_RESPONSES)
        self._transport: asyncio.Transport | None = None
        self._poller: Poller | None = None
        self._requests = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        """Called by the event loop."""
        del sizehint
        return self._inbox.room()

    def buffer_updated(self, nbytes: int) -> None:
        """Called by the event loop."""
        if self.ended.done():
            return
        self._requests = 0
        try:
            self._inbox.take(nbytes, self._hear)
        except (ShekaraError, asyncio.QueueFull):
            self.end(StreamError("the camera does not speak RTSP", PictureState.REFUSED))

    def be_read_by(self, poller: Poller) -> None:
        """Be read together with others from now on, no more whenever something comes."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
            self._poller = poller
            poller.adopt(self)

    def be_read_alone(self) -> None:
        """Be read by the event loop again."""
        self._poller = None
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def fileno(self) -> int:
        """Of the connection, as `Poller` asks for it."""
        return int(self._transport.get_extra_info("socket").fileno()) if self._transport is not None else -1

    def read(self) -> int:
        """Take in the next of what has come, as the event loop would; what fails here ends this connection alone."""
        is_sound = False
        try:
            size = self._read()
            is_sound = True
        finally:
            if not is_sound:
                self.end(StreamError("what the camera sends cannot be taken in", PictureState.CANNOT_DECODE))
        return size

    def _read(self) -> int:
        try:
            size = os.readv(self.fileno(), (self._inbox.room(),))
        except BlockingIOError:
            return 0
        except OSError:
            size = 0
        if size:
            self.buffer_updated(size)
        else:
            self.connection_lost(None)
        return size

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        del exc
        self.end(StreamError("the camera closed the connection", self.closing_means))

    def end(self, error: StreamError) -> None:
        """Give up the connection for a reason; the first reason stays."""
        if not self.ended.done():
            self.ended.set_result(error)
            with contextlib.suppress(asyncio.QueueFull):
                self._responses.put_nowait(None)
        if self._poller is not None:
            self._poller.release(self)
            self._poller = None
        if self._transport is not None:
            self._transport.abort()

    @property
    def local_host(self) -> str:
        """Our own address as the camera sees it."""
        return self._address("sockname")

    @property
    def peer_host(self) -> str:
        """The camera's address."""
        return self._address("peername")

    def _address(self, name: str) -> str:
        """Empty once the other side has gone."""
        address = self._transport.get_extra_info(name) if self._transport else None
        return str(address[0]) if address else ""

    def send(self, request: Request) -> None:
        """Write a request; a dead connection is noticed elsewhere.

        A request repeats what the camera said, its realm or its session: what cannot be said back ends the connection.
        """
        if self._transport is None or self._transport.is_closing():
            return
        try:
            data = encode_request(request)
        except WireError:
            self.end(StreamError("the camera says what cannot be said back", PictureState.REFUSED))
        else:
            self._transport.write(data)

    def send_packet(self, channel: int, packet: bytes) -> None:
        """Write an RTCP packet inside the connection, unless the camera does not read."""
        transport = self._transport
        if transport is not None and not transport.is_closing() and transport.get_write_buffer_size() == 0:
            transport.write(encode_interleaved(channel, packet))

    def take_response(self) -> Response | None:
        """A response that has come, if any."""
        return None if self._responses.empty() else self._responses.get_nowait()

    def _hear(self, message: Request | Response) -> None:
        if isinstance(message, Response):
            self._responses.put_nowait(message)
        else:
            self._serve(message)

    def _serve(self, request: Request) -> None:
        """Answer what the camera asks of us (RFC 2326, 10): few do, and those that do expect an answer."""
        transport = self._transport
        if transport is None or transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            self.end(StreamError("the camera asks and does not read", PictureState.REFUSED))
            return
        self._requests += 1
        if self._requests > _MOST_REQUESTS:
            # Raised, so that what came behind them is not even looked at.
            raise LimitError(f"more than {_MOST_REQUESTS} requests at once", subject="RTSP")
        known = request.method in {"OPTIONS", "ANNOUNCE", "REDIRECT", "GET_PARAMETER", "SET_PARAMETER"}
        status, reason = (200, "OK") if known else (501, "Not Implemented")
        headers = {"CSeq": request.headers.get("cseq", "0"), "Public": _PUBLIC}
        transport.write(encode_response(Response(status, reason, headers)))
        if request.method == "REDIRECT":
            self.end(MovedError(request.headers.get("location", "")))
        elif request.method == "ANNOUNCE":
            self.end(StreamError("the camera announced another stream", PictureState.NO_PACKETS))

    async def ask(self, request: Request, timeout_s: float = ANSWER_TIMEOUT_S) -> Response:
        """Send a request and wait for its response.

        Raises:
            StreamError: none came in time, or the connection ended.
        """
        self.send(request)
        try:
            async with asyncio.timeout(timeout_s):
                while _is_older(answer := await self._responses.get(), request):
                    continue
        except TimeoutError as error:
            raise StreamError(
                f"{request.method} was not answered in {timeout_s:g} s", PictureState.NO_PACKETS
            ) from error
        if answer is None:
            raise self.ended.result()
        return answer


def _is_older(answer: Response | None, request: Request) -> bool:
    """Whether an answer is a late one, to a request before this one; a number that is none proves nothing."""
    number = answer.headers.get("cseq", "") if answer is not None else ""
    return number.isascii() and number.isdigit() and len(number) < 10 and int(number) < int(request.headers["CSeq"])


async def connect(address: Address, on_packet: PacketHandler) -> Link:
    """An open connection.

    Raises:
        StreamError: nobody listens there, or nobody answers in time.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, link = await loop.create_connection(lambda: Link(on_packet), address.host, address.port)
    except TimeoutError as error:
        raise StreamError(f"no connection within {CONNECT_TIMEOUT_S:g} s", PictureState.NO_PACKETS) from error
    except socket.gaierror as error:
        raise StreamError("the host name is not known", PictureState.NOT_FOUND) from error
    except OSError as error:
        raise blame(error, "the connection was refused") from error
    except (UnicodeError, RuntimeError) as error:
        # A name that is none, or no thread left to look it up in.
        raise StreamError("the host name cannot be looked up", PictureState.REFUSED) from error
    return link


class DatagramPair:
    """Two neighbouring UDP ports, even and odd, for RTP and RTCP. Only packets of the camera's address count.

    Raises:
        StreamError: there are none.
    """

    def __init__(self, local_host: str) -> None:
        self._sockets = _bind_pair(local_host)
        self._transports: list[asyncio.DatagramTransport] = []

    @property
    def ports(self) -> tuple[int, int]:
        """RTP's port and RTCP's."""
        first, second = (int(opened.getsockname()[1]) for opened in self._sockets)
        return first, second

    async def listen(self, peer_host: str, on_packet: PacketHandler) -> None:
        """Hand RTP packets to `on_packet` as channel 0 from now on, and RTCP packets as channel 1."""
        loop = asyncio.get_running_loop()
        for channel, opened in enumerate(self._sockets):
            handler = partial(on_packet, channel)
            transport, _ = await loop.create_datagram_endpoint(partial(Datagrams, peer_host, handler), sock=opened)
            self._transports.append(transport)

    def send_control(self, packet: bytes, host: str, port: int) -> None:
        """Send an RTCP packet, or lose it, as datagrams may be."""
        if len(self._transports) == len(self._sockets) and port:
            self._transports[1].sendto(packet, (host, port))

    def close(self) -> None:
        """Give the ports back."""
        for transport in self._transports:
            transport.abort()
        for opened in self._sockets:
            opened.close()


class Datagrams(asyncio.DatagramProtocol):
    """Hands on what comes from one address."""

    def __init__(self, peer_host: str, on_packet: Callable[[bytes], None]) -> None:
        self._peer_host = peer_host
        self._on_packet = on_packet

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by the event loop."""
        if addr[0] == self._peer_host:
            self._on_packet(data)


def _bind_pair(host: str) -> tuple[socket.socket, socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    refusal = OSError()
    for _ in range(_PORT_TRIES):
        try:
            with contextlib.ExitStack() as undo:
                first, second = (undo.enter_context(socket.socket(family, socket.SOCK_DGRAM)) for _ in range(2))
                first.bind((host, 0))
                port = first.getsockname()[1]
                if port % 2 == 0:
                    second.bind((host, port + 1))
                    for opened in (first, second):
                        opened.setblocking(False)
                        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
                    undo.pop_all()
                    return first, second
        except OSError as error:
            refusal = error
    raise blame(refusal, "no pair of free UDP ports")
