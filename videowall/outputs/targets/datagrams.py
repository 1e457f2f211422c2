"""An MPEG transport stream in UDP datagrams, to one receiver or to a multicast group."""

import asyncio
import ipaddress
import socket
import struct
from typing import Final

from videowall.encoding.broadcast import EncodedFrame, ParameterSets
from videowall.outputs.targets.receiver import OutputError
from videowall.outputs.targets.target import Target
from videowall.outputs.targets.transport_stream import PACKET_BYTES, TransportStream

DATAGRAM_BYTES: Final = 7 * PACKET_BYTES
"""What fits into an Ethernet frame, and what receivers expect."""
_SEND_BUFFER_BYTES: Final = 1_048_576
_PACED_BYTES: Final = 32 * DATAGRAM_BYTES
_PAUSE_S: Final = 0.001
"""A key frame of 300 kB at once overruns receivers' buffers of 200 kB; in between they get a moment to read."""


class Datagrams:
    """Sends whether somebody listens or not, as UDP does. Options: `ttl` (1), `interface` (own address)."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._stream = TransportStream()
        self._socket: socket.socket | None = None
        self._address: tuple[str, int] = (target.host, target.port)

    async def open(self) -> None:
        """Find the address and open a socket.

        Raises:
            OutputError: the host is not known, or an option means nothing.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self._target.host, self._target.port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise OutputError("the host name is not known") from error
        family, _, _, _, address = found[0]
        self._address = (str(address[0]), int(address[1]))
        opened = self._socket = socket.socket(family, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        if ipaddress.ip_address(self._address[0].partition("%")[0]).is_multicast:
            self._join(opened, family)
        elif (interface := self._target.options.get("interface")) is not None:
            opened.bind((interface, 0))

    async def begin(self, sets: ParameterSets, first: EncodedFrame) -> None:
        """Nobody is told beforehand."""

    async def send(self, frame: EncodedFrame) -> int:
        """One frame in datagrams of whole packets; what nobody takes is lost."""
        opened = self._socket
        if opened is None:
            raise OutputError("the socket is closed")
        loop = asyncio.get_running_loop()
        data = memoryview(self._stream.mux(frame))
        for start in range(0, len(data), DATAGRAM_BYTES):
            try:
                await loop.sock_sendto(opened, data[start : start + DATAGRAM_BYTES], self._address)
            except ConnectionRefusedError:
                continue
            if start and start % _PACED_BYTES == 0:
                await asyncio.sleep(_PAUSE_S)
        return len(data)

    async def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _join(self, opened: socket.socket, family: int) -> None:
        options = self._target.options
        ttl = options.get("ttl", "1")
        if not (ttl.isascii() and ttl.isdigit() and 0 < int(ttl) < 256):
            raise OutputError("ttl is not a number from 1 to 255", mend="Correct it in [outputs] urls")
        interface = options.get("interface")
        try:
            if family == socket.AF_INET:
                opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, int(ttl))
                if interface is not None:
                    opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
            else:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, int(ttl))
                if interface is not None:
                    number = struct.pack("@I", socket.if_nametoindex(interface))
                    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, number)
        except OSError as error:
            raise OutputError("interface is not one of this machine", mend="Correct it in [outputs] urls") from error
