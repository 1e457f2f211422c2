"""WS-Discovery on the network: simulated cameras greet, answer whoever looks for them, and say when they go."""

import asyncio
import socket
import uuid
from collections import OrderedDict
from collections.abc import Iterable
from ipaddress import IPv4Address, ip_address
from random import Random
from typing import Final

import structlog

from sensors.clock import Clock
from sensors.errors import ConfigError
from simulators.onvif.device import Device
from simulators.onvif.device_service import scopes_of
from simulators.onvif.subject import DEVICE_PATH, Address
from simulators.onvif.wsd import Announced, Stamp, read_question, write_answer, write_bye, write_hello

PORT: Final = 3702
GROUP: Final = "239.255.255.250"
MAX_WAITING: Final = 2_048
"""Answers that wait for their moment; more are not given, and counted."""
MAX_DATAGRAMS_A_SECOND: Final = 100
_LONGEST_WAIT_S = 0.5
"""Who ask everybody are answered in a moment of chance, lest all answer at once (APP_MAX_DELAY)."""
_REMEMBERED = 512
_log = structlog.get_logger()


class Announcer:
    """Announces devices from one IPv4 address until cancelled. `start` before `run`."""

    def __init__(
        self, devices: Iterable[tuple[Device, Address]], host: str, clock: Clock, chance: Random, port: int = PORT
    ) -> None:
        self._devices = [(device, _announced(device, address)) for device, address in devices]
        self._host, self._chance, self._port = host, chance, port
        self._instance, self._number = int(clock.now().timestamp()), 0
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._waiting: set[asyncio.TimerHandle] = set()
        self._second, self._in_second = 0, 0
        self._own: asyncio.DatagramTransport | None = None
        self._group: asyncio.DatagramTransport | None = None
        self.answers_total = 0
        self.ignored_total = 0

    @property
    def waiting(self) -> int:
        """How many answers wait for their moment."""
        return len(self._waiting)

    async def start(self) -> None:
        """Begin to listen: at the address itself, and to what is said to everybody on its network.

        Raises:
            ConfigError: the host is no IPv4 address of this machine.
        """
        loop = asyncio.get_running_loop()
        try:
            address = IPv4Address(self._host)
            self._own, _ = await loop.create_datagram_endpoint(lambda: _Ears(self), sock=_own(address, self._port))
            self._group, _ = await loop.create_datagram_endpoint(lambda: _Ears(self), sock=_group(address, self._port))
        except (OSError, ValueError) as error:
            self.close()
            raise ConfigError(
                f"cannot be announced from there: {error}",
                subject=f"[onvif] discovery, {self._host}",
                mend="Set rtsp_host, or the site's host, to an IPv4 address of this machine, or discovery = false",
            ) from error

    async def run(self) -> None:
        """Greet, answer, and take leave when cancelled."""
        try:
            for device, announced in self._devices:
                if _is_there(device):
                    self._tell_everybody(write_hello(announced, self._stamp()))
            await asyncio.Event().wait()
        finally:
            for device, announced in self._devices:
                if _is_there(device):
                    self._tell_everybody(write_bye(announced, self._stamp()))
            self.close()

    def close(self) -> None:
        """Stop listening; what waits is not said."""
        for waiting in self._waiting:
            waiting.cancel()
        self._waiting.clear()
        for transport in (self._own, self._group):
            if transport is not None:
                transport.close()

    def hear(self, data: bytes, source: tuple[str, int]) -> None:
        """One datagram, from whoever it says it is."""
        if ip_address(self._host).is_loopback != ip_address(source[0]).is_loopback or not self._has_time():
            self.ignored_total += 1  # from a network where nobody could reach these cameras
            return
        question = read_question(data)
        if question is None:
            return
        if question.message_id in self._answered:
            return  # said again, in case it was lost
        self._answered[question.message_id] = None
        if len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)
        for device, announced in self._devices:
            if question.finds(announced) and _is_there(device):
                self._answer_soon(write_answer(question, announced, self._stamp()), source)

    def _answer_soon(self, answer: bytes, to: tuple[str, int]) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self.ignored_total += 1
            return

        def send() -> None:
            self._waiting.discard(handle)
            if self._own is not None:
                self._own.sendto(answer, to)
                self.answers_total += 1

        handle = asyncio.get_running_loop().call_later(self._chance.uniform(0.0, _LONGEST_WAIT_S), send)
        self._waiting.add(handle)

    def _tell_everybody(self, message: bytes) -> None:
        if self._own is not None:
            self._own.sendto(message, (GROUP, self._port))

    def _stamp(self) -> Stamp:
        self._number += 1
        return Stamp(uuid.uuid4().urn, self._instance, self._number)

    def _has_time(self) -> bool:
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        return self._in_second <= MAX_DATAGRAMS_A_SECOND


class _Ears(asyncio.DatagramProtocol):
    """One socket's receiving end."""

    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hand on what came."""
        self._announcer.hear(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Whoever asked is gone already."""
        _log.debug("an answer did not get there", problem=str(exc))


def _announced(device: Device, address: Address) -> Announced:
    subject = device.subject
    return Announced(subject.plate.urn, scopes_of(subject), address.url(DEVICE_PATH))


def _is_there(device: Device) -> bool:
    return not (device.is_dead or device.is_silent)


def _own(address: IPv4Address, port: int) -> socket.socket:
    """A socket of the address itself; it sends out of that interface, no further than its own network."""
    opened = _socket()
    try:
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address.packed)
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        opened.bind((str(address), port))
    except OSError:
        opened.close()
        raise
    return opened


def _group(address: IPv4Address, port: int) -> socket.socket:
    """A socket that hears what is said to the group on that interface, beside others of this machine that do."""
    opened = _socket()
    try:
        opened.bind((GROUP, port))
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + address.packed)
    except OSError:
        opened.close()
        raise
    return opened


def _socket() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return opened
