"""DNS-SD over multicast DNS: advertises the hub and its broker, and proposes the cameras it finds.

Cameras are RTSP services, and those of the one maker with a type of its own, which says their MAC address. Web pages
(`_http._tcp`) are not looked at: every printer has one.

Nothing found here is believed: names and texts are a stranger's, their number is bounded, and the registry decides.
"""

import asyncio
import random
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import NamedTuple, Protocol

import psutil
import structlog
from zeroconf import Error as ZeroconfError
from zeroconf import InterfaceChoice, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from hub.config import HubSettings
from hub.decisions.vetting import MDNS
from hub.discovery.cameras import Service, camera_of
from hub.protocol import API
from sensors.backoff import Backoff
from sensors.broker_settings import BrokerSettings
from sensors.clock import Clock
from sensors.errors import ShekaraError
from sensors.model import Birth, DeviceKey

RTSP = "_rtsp._tcp.local."
AXIS = "_axis-video._tcp.local."
AXIS_STREAM = ":554/axis-media/media.amp"
"""Where that maker's cameras have their stream; the announced port is their web page's."""
MQTT = "_mqtt._tcp.local."
HUB = "_shekara._tcp.local."
MAX_FOUND = 256
"""Services looked at in one run of the hub; what is beyond is ignored and counted."""
MAX_FOUND_EACH = 64
"""Of those at one address: one machine that invents more takes the place of nobody."""
MAX_WAITING = 64
_RESOLVE_MS = 3_000
_LONGEST_NAME_BYTES = 58
"""A part of a name has 63 at most, and one that is taken already gains a number."""
_log = structlog.get_logger("hub.discovery")


class Registry(Protocol):
    """Where proposals go: `hub.core.Hub`."""

    async def propose(self, key: DeviceKey, birth: Birth, provenance: str) -> object:
        """Tell the registry of something found."""


class Advertised(NamedTuple):
    """A service of our own."""

    type: str
    instance: str
    port: int
    addresses: tuple[str, ...]
    properties: tuple[tuple[str, str], ...] = ()


def own_services(hub: HubSettings, broker: BrokerSettings) -> tuple[Advertised, ...]:
    """What this hub offers to others on the network; nothing that listens on the loopback interface alone."""
    offered: list[tuple[str, str, int, tuple[tuple[str, str], ...]]] = [
        (HUB, hub.host, hub.port, (("path", API), ("v", "1"), *((("exercise", "true"),) if hub.exercise else ())))
    ]
    if broker.embedded:
        offered.append((MQTT, broker.host, broker.port, ()))
    return tuple(
        Advertised(type_, hub.name, port, addresses, properties)
        for type_, host, port, properties in offered
        if port and (addresses := _addresses_of(host))
    )


class Discovery:
    """Listens and advertises until cancelled. `interfaces` are addresses of this machine; none means all."""

    def __init__(
        self,
        registry: Registry,
        advertised: Sequence[Advertised],
        clock: Clock,
        interfaces: Sequence[str] = (),
        chance: random.Random | None = None,
    ) -> None:
        self._registry = registry
        self._advertised = tuple(advertised)
        self._interfaces = list(interfaces)
        self._on_loopback = any(address.startswith("127.") for address in interfaces)
        self._backoff = Backoff(clock, chance or random.SystemRandom())
        self._found: dict[str, Service] = {}
        self.proposed_total = 0
        self.ignored_total = 0

    async def run(self) -> None:
        """Discover for ever; without a network, try again until there is one."""
        while True:
            try:
                await self.run_once()
            except OSError as error:
                pause_s = self._backoff.failed()
                _log.warning("no discovery", problem=str(error), again_in_s=round(pause_s, 1))
                await asyncio.sleep(pause_s)

    async def run_once(self) -> None:
        """Discover until cancelled.

        Raises:
            OSError: there is no network to listen on.
        """
        waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(MAX_WAITING)

        def on_change(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
            del zeroconf
            if state_change is ServiceStateChange.Removed:
                return
            try:
                waiting.put_nowait((service_type, name))
            except asyncio.QueueFull:
                self.ignored_total += 1

        network = AsyncZeroconf(interfaces=self._interfaces or InterfaceChoice.All)
        try:
            for service in self._advertised:
                await network.async_register_service(_info(service), allow_name_change=True)
            browser = AsyncServiceBrowser(network.zeroconf, [RTSP, AXIS, MQTT], handlers=[on_change])
            try:
                while True:
                    await self._look_at(network, *await waiting.get())
            finally:
                await browser.async_cancel()
        finally:
            await network.async_close()

    async def _look_at(self, network: AsyncZeroconf, service_type: str, name: str) -> None:
        """Resolve one service, and propose it when it is news."""
        if name not in self._found and len(self._found) >= MAX_FOUND:
            self.ignored_total += 1
            return
        try:
            info = AsyncServiceInfo(service_type, name)
            found = await info.async_request(network.zeroconf, _RESOLVE_MS)
        except ZeroconfError:
            # It hands on every name that it hears, and looks only now at what a name may hold.
            self.ignored_total += 1
            return
        if not found:
            return
        service = Service(
            instance=name.removesuffix(f".{service_type}"),
            addresses=tuple(info.parsed_addresses()),
            port=info.port or 0,
            properties=info.properties,
        )
        if self._found.get(name) == service:
            return
        if name not in self._found and sum(_at_one(service, each) for each in self._found.values()) >= MAX_FOUND_EACH:
            self.ignored_total += 1
            return
        self._found[name] = service
        if service_type in (RTSP, AXIS):
            await self._propose(service, None if service_type == RTSP else AXIS_STREAM)
        elif all(service.instance != own.instance for own in self._advertised):
            _log.info("an MQTT broker is on the network", addresses=service.addresses, port=service.port)

    async def _propose(self, service: Service, stream: str | None) -> None:
        camera = camera_of(service, on_loopback=self._on_loopback, stream=stream)
        if isinstance(camera, str):
            self.ignored_total += 1
            _log.info("a camera's service is left alone", service=service.instance[:100], reason=camera)
            return
        key, birth = camera
        try:
            await self._registry.propose(key, birth, MDNS)
        except ShekaraError as error:
            _log.warning("a camera found on the network was not registered", device=str(key), problem=error.text)
            return
        self.proposed_total += 1


def _at_one(one: Service, other: Service) -> bool:
    return one.addresses == other.addresses or not set(one.addresses).isdisjoint(other.addresses)


def _addresses_of(host: str) -> tuple[str, ...]:
    """The addresses under which others reach what listens on `host`."""
    listening = [host] if host not in ("", "0.0.0.0", "::") else _own_addresses()
    found: list[str] = []
    for text in listening:
        try:
            address = ip_address(text)
        except ValueError:
            continue
        if not (address.is_loopback or address.is_link_local):
            found.append(str(address))
    return tuple(found)


def _own_addresses() -> list[str]:
    return [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6)
    ]


def _info(service: Advertised) -> AsyncServiceInfo:
    instance = service.instance.replace(".", "-").encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore")
    return AsyncServiceInfo(
        service.type,
        f"{instance}.{service.type}",
        port=service.port,
        parsed_addresses=list(service.addresses),
        properties=dict(service.properties),
        server=f"{instance}.local.",
    )
