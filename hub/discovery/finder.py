"""Looks for ONVIF cameras and proposes what it finds; how often, how many and how fast is bounded.

A camera is asked about itself once an hour, with the credentials of its place; what it then says of itself may replace
what was known, what a mere answer to a probe says may not.
"""

import asyncio
import random
from collections import OrderedDict
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from msgspec import Struct

from hub.decisions.vetting import ONVIF
from hub.discovery.interfaces import own_interfaces
from hub.discovery.onvif import Interviewer, Told
from hub.discovery.probing import Counters, Probing, Sighting
from hub.discovery.settings import DiscoverySettings, parse_interfaces, parse_ranges
from hub.discovery.soap import is_at
from hub.discovery.wsd import Endpoint
from hub.protocol import DeviceView, StreamCheck
from sensors.backoff import Backoff
from sensors.catalog import CAMERA, EquipmentClass
from sensors.clock import Clock
from sensors.errors import ShekaraError
from sensors.identity import device_id
from sensors.model import Birth, DeviceKey, Names
from sensors.secrets import Secrets

MAX_FOUND = 1_024
"""Cameras looked at in one run of the hub; what is beyond is ignored and counted."""
MAX_FOUND_EACH = 128
"""Of one address, which a whole simulated post may have: a stranger who invents more takes the place of nobody."""
INTERVIEWERS = 4
ASK_AGAIN_S = 3_600.0
ASK_AGAIN_AFTER_FAILURE_S = 600.0
_log = structlog.get_logger("hub.discovery")


class Registry(Protocol):
    """Where proposals go: `hub.core.Hub`."""

    async def propose(self, key: DeviceKey, birth: Birth, provenance: str, *, whole: bool = True) -> DeviceView:
        """Tell the registry of something found."""

    async def note_checks(
        self, key: DeviceKey, checks: tuple[StreamCheck, ...], presets: tuple[str, ...] | None = None
    ) -> DeviceView:
        """Show how a camera answered, and the presets it named."""


class _Known(Struct):
    """A camera found: where, and when it may be asked again."""

    address: str
    due_s: float


class Finder:
    """Searches until cancelled."""

    def __init__(
        self,
        settings: DiscoverySettings,
        registry: Registry,
        secrets: Secrets,
        clock: Clock,
        *,
        interviewer: Interviewer | None = None,
        chance: random.Random | None = None,
        port: int | None = None,
    ) -> None:
        """Nothing is sent yet.

        Raises:
            ConfigError: ranges or interfaces are none.
        """
        self._settings, self._registry, self._secrets, self._clock = settings, registry, secrets, clock
        self._ranges, self._chosen = parse_ranges(settings), parse_interfaces(settings)
        self._chance = chance or random.SystemRandom()
        self._interviewer = interviewer or Interviewer(clock)
        self._backoff = Backoff(clock, self._chance)
        self._port = port
        self._found: OrderedDict[str, _Known] = OrderedDict()
        self.counters = Counters()
        self.proposed_total = 0

    async def run(self) -> None:
        """Search for ever; interfaces that come and go are looked at before each search.

        Raises:
            ConfigError: a chosen address is none of this machine's.
        """
        while True:
            try:
                await self.run_once()
            except OSError as error:
                pause_s = self._backoff.failed()
                _log.warning("no search for cameras", problem=str(error), again_in_s=round(pause_s, 1))
                await asyncio.sleep(pause_s)

    async def run_once(self) -> None:
        """One search, and everything that is heard until the next one is due.

        Raises:
            OSError: the network refuses.
            ConfigError: a chosen address is none of this machine's.
        """
        interfaces = own_interfaces(self._chosen)
        port = {} if self._port is None else {"port": self._port}
        async with (
            Probing(interfaces, self._ranges, self.counters, self._chance, **port) as probing,
            asyncio.TaskGroup() as group,
        ):
            looking = [group.create_task(self._look(probing.sightings)) for _ in range(INTERVIEWERS)]
            await probing.search()
            await probing.ask_listed(self._settings.asks_per_s)
            await asyncio.sleep(self._settings.every_s)
            for task in looking:
                task.cancel()

    async def _look(self, sightings: asyncio.Queue[Sighting]) -> None:
        while True:
            endpoint, address = await sightings.get()
            if self._is_due(endpoint.urn, address):
                await self._look_at(endpoint, address)

    def _is_due(self, urn: str, address: str) -> bool:
        """Whether a camera is new, has moved, or was asked long ago; it counts as asked from now on."""
        now_s = self._clock.monotonic_s()
        known = self._found.get(urn)
        if known is None and not self._has_room(address):
            self.counters.ignored_total += 1
            return False
        if known is not None and known.address == address and now_s < known.due_s:
            return False
        self._found[urn] = _Known(address, now_s + ASK_AGAIN_AFTER_FAILURE_S)
        return True

    def _has_room(self, address: str) -> bool:
        if len(self._found) >= MAX_FOUND:
            return False
        return sum(known.address == address for known in self._found.values()) < MAX_FOUND_EACH

    async def _look_at(self, endpoint: Endpoint, address: str) -> None:
        key = DeviceKey(self._ranges.site_of(address), device_id(endpoint.name or endpoint.hardware, endpoint.urn))
        url = next((url for url in endpoint.addresses if is_service(url, address)), None)
        told = await self._interviewer.ask(url, address, self._secrets.camera(key)) if url is not None else None
        if told is not None and told.whole:
            self._found[endpoint.urn].due_s = self._clock.monotonic_s() + ASK_AGAIN_S
        try:
            await self._registry.propose(key, birth_of(endpoint, told), ONVIF, whole=told is not None and told.whole)
            if told is not None and url is not None:
                presets = told.presets if told.whole else None
                await self._registry.note_checks(key, (StreamCheck(url, told.state, self._clock.now()),), presets)
        except ShekaraError as error:
            _log.warning("a camera found on the network was not registered", device=str(key), problem=error.text)
            return
        self.proposed_total += 1


def birth_of(endpoint: Endpoint, told: Told | None) -> Birth:
    """The birth that a camera would have, had it one."""
    identities = (endpoint.urn, *((endpoint.mac,) if endpoint.mac else ()))
    names = Names(en=endpoint.name or endpoint.hardware or "Camera")
    if told is None or not told.whole:
        return Birth(CAMERA, names, equipment_class=EquipmentClass.SURVEILLANCE, identities=identities)
    return Birth(
        CAMERA,
        names,
        equipment_class=EquipmentClass.SURVEILLANCE,
        identities=identities,
        streams=told.streams,
        maker=told.maker,
        model=told.model,
        firmware=told.firmware,
        serial=told.serial,
    )


def is_service(url: str, address: str) -> bool:
    """Whether a URL is a device service at the very address that answered, without a password in it."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and is_at(url, address)
            and parts.username is None
            and parts.port != 0
            and not ip_address(address).is_multicast
            and url.isprintable()
        )
    except ValueError:
        return False
