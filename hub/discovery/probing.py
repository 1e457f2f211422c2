"""WS-Discovery on the network: probes out of every interface and to listed addresses, answers into one bounded queue.

A device answers a probe from wherever it likes, so an answer counts when it names one of our probes; a greeting only
makes us ask whoever sent it. Addresses of senders can be forged: only neighbours and listed addresses are heard.
"""

import asyncio
import random
import socket
import uuid
from collections import Counter, OrderedDict
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, NamedTuple, Self

import structlog

from hub.discovery.interfaces import Interface
from hub.discovery.settings import Ranges
from hub.discovery.wsd import CAMERA_TYPE, DEVICE_TYPE, Answered, Endpoint, Greeted, Left, encode_probe, parse

PORT = 3702
GROUP_V4, GROUP_V6 = "239.255.255.250", "ff02::c"
PROBES = (CAMERA_TYPE, DEVICE_TYPE, CAMERA_TYPE)
"""What one search asks for, each with a message id of its own: datagrams get lost."""
PAUSE_S = 0.5
MAX_WAITING = 256
MAX_DATAGRAMS_A_SECOND = 200
MAX_DATAGRAMS_EACH = 100
"""Of them from one address, so that one stranger leaves others some."""
_REMEMBERED_PROBES = 8_192
_log = structlog.get_logger("hub.discovery")


class Sighting(NamedTuple):
    """A device, and the address that it answered from."""

    endpoint: Endpoint
    address: str


class Counters:
    """What became of datagrams, since the hub was started."""

    def __init__(self) -> None:
        self.received_total = 0
        self.ignored_total = 0


class Ears(asyncio.DatagramProtocol):
    """One socket's receiving end."""

    def __init__(self, probing: "Probing") -> None:
        self._probing = probing

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Hand on what came; the address has its interface's name after a %."""
        self._probing.hear(data, str(addr[0]).partition("%")[0])

    def error_received(self, exc: Exception) -> None:
        """A host that is not there says so; that is no answer."""


class Probing:
    """Sockets and their answers, as an async context manager. Without one usable interface it hears nothing."""

    def __init__(
        self,
        interfaces: Sequence[Interface],
        ranges: Ranges,
        counters: Counters,
        chance: random.Random,
        port: int = PORT,
    ) -> None:
        self._interfaces, self._ranges, self._chance, self._port = tuple(interfaces), ranges, chance, port
        self._counters = counters
        self._senders: list[tuple[Interface, asyncio.DatagramTransport]] = []
        self._listeners: list[asyncio.DatagramTransport] = []
        self._sent: OrderedDict[str, None] = OrderedDict()
        self._second, self._in_second = 0, Counter[str]()
        self.sightings: asyncio.Queue[Sighting] = asyncio.Queue(MAX_WAITING)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for interface in self._interfaces:
            try:
                sender, _ = await loop.create_datagram_endpoint(lambda: Ears(self), sock=_sender(interface))
            except OSError as error:
                _log.warning("cannot search from an address", address=str(interface.address), problem=str(error))
                continue
            self._senders.append((interface, sender))
        for version in sorted({interface.address.version for interface, _ in self._senders}):
            own = [interface for interface, _ in self._senders if interface.address.version == version]
            try:
                listener, _ = await loop.create_datagram_endpoint(lambda: Ears(self), sock=_listener(own, self._port))
            except OSError as error:
                _log.warning("greetings of cameras are not heard", problem=str(error))
                continue
            self._listeners.append(listener)
        return self

    async def __aexit__(self, *_: object) -> None:
        for transport in (*(sender for _, sender in self._senders), *self._listeners):
            transport.abort()
        self._senders, self._listeners = [], []

    async def search(self) -> None:
        """Ask everybody on the attached networks, some times over, with pauses of chance so that all may answer."""
        for number, type_ in enumerate(PROBES):
            if number:
                await asyncio.sleep(PAUSE_S * (0.5 + self._chance.random()))
            for interface, sender in self._senders:
                version = interface.address.version
                group = (GROUP_V4, self._port) if version == 4 else (GROUP_V6, self._port, 0, interface.card)
                sender.sendto(self._probe(type_), group)

    async def ask_listed(self, asks_per_s: float) -> None:
        """Ask every address of the listed ranges by itself, twice over, at most so many in a second."""
        for type_ in PROBES[:2]:
            for address in self._ranges.hosts():
                self.ask(address, type_)
                await asyncio.sleep(1.0 / asks_per_s)

    def ask(self, address: IPv4Address | IPv6Address, type_: tuple[str, str] = CAMERA_TYPE) -> None:
        """Ask one address."""
        for interface, sender in self._senders:
            if interface.address.version == address.version:
                sender.sendto(self._probe(type_), (str(address), self._port))
                return

    def hear(self, data: bytes, source: str) -> None:
        """One datagram, of whoever it says it is."""
        self._counters.received_total += 1
        address = ip_address(source)
        heard = parse(data) if self._is_neighbour(address) and self._has_time(source) else None
        match heard:
            case Answered(relates_to, endpoints) if relates_to in self._sent:
                for endpoint in endpoints:
                    self._hand_on(Sighting(endpoint, source))
            case Greeted():
                self.ask(address)
            case Left(urn):
                _log.info("a camera says that it goes", identity=urn, address=source)
            case _:
                self._counters.ignored_total += 1

    def _hand_on(self, sighting: Sighting) -> None:
        try:
            self.sightings.put_nowait(sighting)
        except asyncio.QueueFull:
            self._counters.ignored_total += 1

    def _is_neighbour(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in each.network for each in self._interfaces) or self._ranges.covers(address)

    def _has_time(self, source: str) -> bool:
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._in_second = second, Counter()
        if self._in_second.total() >= MAX_DATAGRAMS_A_SECOND or self._in_second[source] >= MAX_DATAGRAMS_EACH:
            return False
        self._in_second[source] += 1
        return True

    def _probe(self, type_: tuple[str, str]) -> bytes:
        message_id = f"urn:uuid:{uuid.UUID(int=self._chance.getrandbits(128), version=4)}"
        self._sent[message_id] = None
        if len(self._sent) > _REMEMBERED_PROBES:
            self._sent.popitem(last=False)
        return encode_probe(message_id, type_)


def _sender(interface: Interface) -> socket.socket:
    """A socket that sends out of one interface, no further than its own network."""
    version, address = interface.address.version, str(interface.address)
    sock = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if version == 4:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface.address.packed)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            sock.bind((address, 0))
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface.card)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
            sock.bind((address, 0, 0, interface.card))
    except OSError:
        sock.close()
        raise
    return sock


def _listener(interfaces: Sequence[Interface], port: int) -> socket.socket:
    """A socket that hears what is said to the group on these interfaces, beside others on this machine that do."""
    version = interfaces[0].address.version
    sock = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((GROUP_V4 if version == 4 else GROUP_V6, port))
        for each in interfaces:
            if version == 4:
                group = socket.inet_aton(GROUP_V4) + each.address.packed
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            else:
                group = socket.inet_pton(socket.AF_INET6, GROUP_V6) + each.card.to_bytes(4, "little")
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
    except OSError:
        sock.close()
        raise
    return sock
