"""Packets that a camera sends once for all who listen: joining its group (RFC 1112) on the way that leads to it."""

import asyncio
import contextlib
import ipaddress
import socket
from functools import partial

from msgspec import Struct

from sensors.catalog import PictureState
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.inbox import PacketHandler
from videowall.capture.rtsp.link import RECEIVE_BYTES, Datagrams

_LEAST_PORT = 1024


class Group(Struct, frozen=True):
    """Where a camera sends to: RTP to `port`, RTCP to `control_port`."""

    address: str
    port: int
    control_port: int


def group_of(address: str, ports: tuple[int, int]) -> Group:
    """The group that a camera names.

    Raises:
        StreamError: it is no group that may be joined.
    """
    try:
        named = ipaddress.ip_address(address)
    except ValueError as error:
        raise StreamError("the camera names no address for multicast", PictureState.REFUSED) from error
    if named.version != 4 or not named.is_multicast or min(ports) < _LEAST_PORT:
        raise StreamError(
            "the camera names an address that is not for multicast", PictureState.REFUSED, other_transport=True
        )
    return Group(str(named), *ports)


class Membership:
    """Two sockets in one group. Others of this machine may listen to the same."""

    def __init__(self, group: Group, local_host: str) -> None:
        self._sockets: list[socket.socket] = []
        self._transports: list[asyncio.DatagramTransport] = []
        try:
            for port in (group.port, group.control_port):
                self._sockets.append(_join(group.address, port, local_host))
        except OSError as error:
            self.close()
            raise StreamError("the group cannot be joined", PictureState.REFUSED, other_transport=True) from error

    async def listen(self, peer_host: str, on_packet: PacketHandler) -> None:
        """Hand RTP packets of the camera to `on_packet` as channel 0 from now on, and RTCP packets as channel 1."""
        loop = asyncio.get_running_loop()
        for channel, opened in enumerate(self._sockets):
            handler = partial(on_packet, channel)
            transport, _ = await loop.create_datagram_endpoint(partial(Datagrams, peer_host, handler), sock=opened)
            self._transports.append(transport)

    def send_control(self, packet: bytes, host: str, port: int) -> None:
        """Nothing: what each of many listeners reports to the whole group is a storm, and cameras do not ask for it."""

    def close(self) -> None:
        """Leave the group."""
        for transport in self._transports:
            transport.abort()
        for opened in self._sockets:
            opened.close()


def _join(address: str, port: int, local_host: str) -> socket.socket:
    """A socket that hears this group and nothing else of its port.

    Raises:
        OSError: the system does not let us.
    """
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with contextlib.ExitStack() as undo:
        undo.callback(opened.close)
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        opened.bind((address, port))
        membership = socket.inet_aton(address) + socket.inet_aton(local_host)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        undo.pop_all()
    return opened
