"""A light RTSP server that plays one film to everybody, and does to it on the way whatever a test wants."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

from sensors.clock import SystemClock
from sensors.rtsp.messages import Interleaved, Parser, Request, Response, encode_interleaved, encode_response
from sensors.rtsp.rtcp import ReportBlock, parse_receiver_report
from sensors.rtsp.rtp import rewrite
from simulators.cameras.reports import sender_report
from tests.support.coded_film import FPS, CodedFilm

SSRC = 0xCAFE
Send = Callable[[int, bytes], None]
Mangle = Callable[[int, list[bytes]], Sequence[bytes]]
"""Given a frame's number and its packets: what is sent in their place."""


class Multicast(NamedTuple):
    """Where a server sends by multicast alone; it refuses other wishes, or insists: answers them with that."""

    address: str
    port: int
    insists: bool = False


class FilmServer:
    """Every session begins at the film's first frame. Nothing is stored of what was sent; sessions and reports are."""

    def __init__(
        self,
        film: CodedFilm,
        mangle: Mangle | None = None,
        fps: float = FPS,
        clock_ahead_s: float = 0,
        group: Multicast | None = None,
    ) -> None:
        self.port = 0
        self.is_open = True
        self.connected_at_s: list[float] = []
        self.live = 0
        """Sessions that play now."""
        self.requests: list[Request] = []
        self.reports: list[ReportBlock] = []
        self.sent_packets_total = 0
        self._film = film
        self._mangle = mangle
        self._fps = fps
        self._clock_ahead = timedelta(seconds=clock_ahead_s)
        self._clock = SystemClock()
        self._transports: set[asyncio.WriteTransport] = set()
        self._group = group
        self._sockets: tuple[socket.socket, socket.socket] | None = None

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/film"

    def cut_all(self) -> None:
        """Drop every connection, as a switch that loses power does, and take nobody from now on."""
        self.is_open = False
        for transport in tuple(self._transports):
            transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected_at_s.append(self._clock.monotonic_s())
        transport = writer.transport
        if not self.is_open:
            transport.abort()
            return
        self._transports.add(transport)
        playing: asyncio.Task[None] | None = None
        send: Send = _drop
        parser = Parser()
        try:
            while data := await reader.read(65_536):
                for message in parser.feed(data):
                    if isinstance(message, Interleaved):
                        self.reports += parse_receiver_report(message.payload)
                    if not isinstance(message, Request):
                        continue
                    answer, send = self._answer(message, transport, send)
                    writer.write(encode_response(answer))
                    if message.method == "PLAY":
                        playing = asyncio.create_task(self._play(send))
                    elif message.method == "TEARDOWN" and playing is not None:
                        playing.cancel()
        except ConnectionError:
            return
        finally:
            self._transports.discard(transport)
            if playing is not None:
                playing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await playing
            writer.close()

    def hear(self, data: bytes) -> None:
        """A datagram on the server's RTCP port."""
        self.reports += parse_receiver_report(data)

    def bind(self, sockets: tuple[socket.socket, socket.socket]) -> None:
        self._sockets = sockets

    def _answer(self, request: Request, transport: asyncio.WriteTransport, send: Send) -> tuple[Response, Send]:
        self.requests.append(request)
        headers = {"CSeq": request.headers["cseq"]}
        if request.method == "SETUP":
            if not self._offers(request.headers["transport"]):
                return Response(461, "Unsupported Transport", headers), send
            chosen, send = self._carrier(request.headers["transport"], transport)
            headers |= {"Session": "77;timeout=30", "Transport": chosen}
        body = self._film.sdp if request.method == "DESCRIBE" else b""
        return Response(200, "OK", headers, body), send

    def _offers(self, asked: str) -> bool:
        if self._group is None:
            return "multicast" not in asked
        return self._group.insists or "multicast" in asked

    def _carrier(self, asked: str, transport: asyncio.WriteTransport) -> tuple[str, Send]:
        if self._group is not None:
            group, sender = self._group, self._sockets
            assert sender is not None

            def spread(channel: int, packet: bytes) -> None:
                with contextlib.suppress(OSError):
                    sender[channel].sendto(packet, (group.address, group.port + channel))

            where = f"destination={group.address};port={group.port}-{group.port + 1}"
            return f"RTP/AVP;multicast;{where};ttl=1", spread
        if "TCP" in asked:
            return "RTP/AVP/TCP;unicast;interleaved=0-1", lambda channel, packet: _write(transport, channel, packet)
        assert self._sockets is not None
        first = int(asked.partition("client_port=")[2].partition("-")[0])
        sockets, ports = self._sockets, [opened.getsockname()[1] for opened in self._sockets]
        chosen = f"RTP/AVP;unicast;client_port={first}-{first + 1};server_port={ports[0]}-{ports[1]}"

        def send(channel: int, packet: bytes) -> None:
            with contextlib.suppress(OSError):
                sockets[channel].sendto(packet, ("127.0.0.1", first + channel))

        return chosen, send

    async def _play(self, send: Send) -> None:
        self.live += 1
        try:
            sequence, ticks, index = 0xFFF0, 0xFFFF_0000, 0
            while True:
                packets = self._film.frames[index % len(self._film.frames)]
                placed = [rewrite(packet, sequence + place, ticks, SSRC) for place, packet in enumerate(packets)]
                if index % FPS == 0:
                    send(1, sender_report(SSRC, self._clock.now() + self._clock_ahead, ticks, index, index))
                sequence += len(packets)
                for packet in placed if self._mangle is None else self._mangle(index, placed):
                    self.sent_packets_total += 1
                    send(0, packet)
                index += 1
                ticks += int(90_000 / self._fps)
                await asyncio.sleep(1 / self._fps)
        finally:
            self.live -= 1


@asynccontextmanager
async def serving(server: FilmServer) -> AsyncIterator[FilmServer]:
    """Listening, and with a pair of UDP ports, for the length of the block."""
    loop = asyncio.get_running_loop()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=512)
    server.port = int(listener.sockets[0].getsockname()[1])
    media, control = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for opened in (media, control):
        opened.bind(("127.0.0.1", 0))
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    server.bind((media, control))
    loop.add_reader(control, lambda: server.hear(control.recv(2000)))
    try:
        yield server
    finally:
        listener.close()
        server.cut_all()
        loop.remove_reader(control)
        media.close()
        control.close()


def _write(transport: asyncio.WriteTransport, channel: int, packet: bytes) -> None:
    if not transport.is_closing():
        transport.write(encode_interleaved(channel, packet))


def _drop(channel: int, packet: bytes) -> None:
    del channel, packet
