"""HTTP for simulated cameras that speak ONVIF: a port for each, as each real one has an address of its own."""

import asyncio
from collections.abc import Sequence
from typing import Final

import h11

from sensors.errors import UnavailableError
from simulators.onvif.device import Device, Reply
from simulators.onvif.envelope import MAX_REQUEST_BYTES
from simulators.onvif.subject import DEVICE_PATH, Address

MAX_CONNECTIONS: Final = 256
"""Of all cameras together."""
REQUEST_WITHIN_S: Final = 10.0
"""For a request with the pause before it, and for taking the reply."""
_MAX_HEAD_BYTES = 16_384
_READ_BYTES = 16_384
_Arrival = tuple[Device, asyncio.StreamReader, asyncio.StreamWriter]


class OnvifServer:
    """Serves devices until cancelled. `start` before `run`; `addresses` are known in between."""

    def __init__(self, first_port: int, placed: Sequence[tuple[Device, str]]) -> None:
        """Devices with the addresses that they are at.

        The first listens on `first_port`, each next one on the next; all on free ports when it is 0.
        """
        self._placed, self._first_port = tuple(placed), first_port
        self.devices = tuple(device for device, _ in placed)
        self.addresses: tuple[Address, ...] = ()
        self._listeners: list[asyncio.Server] = []
        self._arrivals: asyncio.Queue[_Arrival] = asyncio.Queue(MAX_CONNECTIONS)
        self._open = 0
        self.refused_total = 0

    @property
    def urls(self) -> tuple[str, ...]:
        """The device services, camera by camera."""
        return tuple(address.url(DEVICE_PATH) for address in self.addresses)

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            UnavailableError: a port is taken, or there is none of that number.
        """
        for number, (device, host) in enumerate(self._placed):
            port = self._first_port + number if self._first_port else 0
            try:
                self._listeners.append(await asyncio.start_server(_Greeter(self, device), host, port))
            except (OSError, OverflowError) as error:
                self.close()
                raise UnavailableError(
                    f"cannot listen: {error}",
                    subject=f"ONVIF {host}:{port}",
                    mend=f"Set [onvif] port of the scenario to 0, or have {len(self.devices)} free from there on",
                ) from error
        names = [listener.sockets[0].getsockname() for listener in self._listeners]
        self.addresses = tuple(Address(name[0], name[1]) for name in names)

    async def run(self) -> None:
        """Serve until cancelled; every connection is closed on the way out."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    group.create_task(self._serve(*await self._arrivals.get()), name="onvif-connection")
        finally:
            self.close()

    def close(self) -> None:
        """Stop listening."""
        for listener in self._listeners:
            listener.close()

    def arrive(self, device: Device, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connection in, if there is room and the camera lives."""
        if device.is_dead or self._open >= MAX_CONNECTIONS or self._arrivals.full():
            self.refused_total += 1
            writer.transport.abort()
        else:
            self._arrivals.put_nowait((device, reader, writer))

    async def _serve(self, device: Device, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            await _converse(device, reader, writer)
        except (ConnectionError, TimeoutError):
            return
        finally:
            self._open -= 1
            writer.close()


class _Greeter:
    """What asyncio calls for each connection of one device."""

    def __init__(self, server: OnvifServer, device: Device) -> None:
        self._server, self._device = server, device

    def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server.arrive(self._device, reader, writer)


async def _converse(device: Device, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Requests and replies until either side has enough."""
    host, port, *_ = writer.get_extra_info("sockname")
    http = h11.Connection(h11.SERVER, _MAX_HEAD_BYTES)
    while True:
        try:
            async with asyncio.timeout(REQUEST_WITHIN_S):
                asked = await _request(http, reader, writer)
        except h11.RemoteProtocolError as error:
            _say(http, writer, Reply(error.error_status_hint))
            return
        if asked is None:
            return
        if device.is_dead:
            writer.transport.abort()
            return
        if device.is_silent:
            while await reader.read(_READ_BYTES):
                pass  # until the client has had enough
            return
        _say(http, writer, await _reply(device, *asked, Address(host, port)))
        async with asyncio.timeout(REQUEST_WITHIN_S):
            await writer.drain()
        if http.our_state is not h11.DONE:
            return
        http.start_next_cycle()


async def _request(
    http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[h11.Request, bytes | None] | None:
    """The next request and its body, None instead of one that is too long; nothing when there is none."""
    request, body = None, bytearray()
    while True:
        event = http.next_event()
        match event:
            case h11.NEED_DATA:
                if http.they_are_waiting_for_100_continue:
                    writer.write(http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
                http.receive_data(await reader.read(_READ_BYTES))
            case h11.Request():
                request = event
            case h11.Data():
                body += event.data
                if request is not None and len(body) > MAX_REQUEST_BYTES:
                    return request, None
            case h11.EndOfMessage() if request is not None:
                return request, bytes(body)
            case _:
                return None


async def _reply(device: Device, request: h11.Request, body: bytes | None, address: Address) -> Reply:
    if body is None:
        return Reply(413, (("Connection", "close"),))
    given = next((value for name, value in request.headers if name == b"authorization"), b"").decode("latin-1")
    path = request.target.partition(b"?")[0].decode("ascii", "replace")
    match request.method:
        case b"POST":
            return device.answer(path, body, given, address)
        case b"GET":
            return await device.show(path, given)
        case _:
            return Reply(405, (("Allow", "GET, POST"),))


def _say(http: h11.Connection, writer: asyncio.StreamWriter, reply: Reply) -> None:
    if http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return
    headers = [*reply.headers, ("Content-Length", str(len(reply.body))), ("Server", "Shekara")]
    for event in (h11.Response(status_code=reply.status, headers=headers), h11.Data(reply.body), h11.EndOfMessage()):
        writer.write(http.send(event) or b"")
