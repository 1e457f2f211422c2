"""Asks the registry's cameras about their streams, and shows the answers beside the streams.

Whom is asked, and with what:

- an approved camera, with the credentials of its place; a technician has looked at where its streams are;
- a camera that the hub has found itself, with the credentials of its place, but never in the clear;
- a camera that has announced itself and that nobody has approved yet, without any, and only at an address that is a
  neighbour's: anybody can announce anything.
"""

import asyncio
from collections import OrderedDict, defaultdict
from ipaddress import ip_address
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import structlog

from hub.decisions.vetting import SEARCHES
from hub.discovery.describe import describe
from hub.protocol import Approval, DeviceView, StreamCheck, StreamState
from sensors.catalog import CAMERA
from sensors.clock import Clock
from sensors.errors import ShekaraError
from sensors.model import DeviceKey
from sensors.rtsp.authentication import Credentials
from sensors.secrets import Secrets

PAUSE_S = 20.0
AGAIN_S = 6 * 3_600.0
AGAIN_AFTER_FAILURE_S = 600.0
AT_ONCE = 8
AT_ONCE_A_HOST = 2
MAX_A_ROUND = 128
MAX_REMEMBERED = 10_000
_log = structlog.get_logger("hub.discovery")


class Registry(Protocol):
    """Whose cameras they are: `hub.core.Hub`."""

    async def devices(self) -> tuple[DeviceView, ...]:
        """Every device."""

    async def note_checks(self, key: DeviceKey, checks: tuple[StreamCheck, ...]) -> DeviceView:
        """Show how a camera answered."""


class Manner(NamedTuple):
    """How a stream is asked."""

    credentials: Credentials | None
    plain: bool


class StreamChecks:
    """Goes round until cancelled."""

    def __init__(self, registry: Registry, secrets: Secrets, clock: Clock, *, on_loopback: bool = False) -> None:
        self._registry, self._secrets, self._clock = registry, secrets, clock
        self._on_loopback = on_loopback
        self._due_s: OrderedDict[tuple[DeviceKey, str, bool], float] = OrderedDict()
        self._places = asyncio.Semaphore(AT_ONCE)
        self.asked_total = 0

    async def run(self) -> None:
        """Go round for ever; a hub that does not answer is asked again."""
        while True:
            try:
                await self.run_once()
            except ShekaraError as error:
                _log.warning("streams are not checked", problem=error.text)
            await asyncio.sleep(PAUSE_S)

    async def run_once(self) -> None:
        """Ask every stream that is due, at most `MAX_A_ROUND` of them.

        Raises:
            UnavailableError: the hub does not answer.
        """
        due: list[tuple[DeviceView, list[str], Manner]] = []
        left = MAX_A_ROUND
        for device in await self._registry.devices():
            manner = self._manner(device)
            urls = [] if manner is None else [each.url for each in device.streams if self._is_due(device, each.url)]
            if manner is not None and urls and len(urls) <= left:
                left -= len(urls)
                due.append((device, urls, manner))
        hosts: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE_A_HOST))
        async with asyncio.TaskGroup() as group:
            for device, urls, manner in due:
                group.create_task(self._check(device, urls, manner, hosts))

    async def _check(
        self, device: DeviceView, urls: list[str], manner: Manner, hosts: dict[str, asyncio.Semaphore]
    ) -> None:
        fresh: list[StreamCheck] = []
        for url in urls:
            if not self._may_ask(device, url):
                continue
            async with hosts[_host(url)], self._places:
                self.asked_total += 1
                # Noted before it is asked: what fails on one camera's answer must not begin with that camera again.
                self._remember(device, url, AGAIN_AFTER_FAILURE_S)
                fresh.append(await describe(url, manner.credentials, self._clock, plain=manner.plain))
        for check in fresh:
            if check.state is StreamState.OK:
                self._remember(device, check.url, AGAIN_S)
        if fresh:
            try:
                await self._registry.note_checks(device.key, tuple(fresh))
            except ShekaraError as error:
                _log.info("a camera is gone before its answer is shown", device=str(device.key), problem=error.text)

    def _manner(self, device: DeviceView) -> Manner | None:
        """How a device's streams are asked; None when they are not."""
        if device.kind != CAMERA or device.conflicts:
            return None
        match device.approval:
            case Approval.APPROVED:
                return Manner(self._secrets.camera(device.key), plain=True)
            case Approval.DISCOVERED:
                own = set(device.provenance) <= set(SEARCHES)
                return Manner(self._secrets.camera(device.key) if own else None, plain=False)
        return None

    def _may_ask(self, device: DeviceView, url: str) -> bool:
        """Whether a stream's host is one that a stranger may send us to."""
        if device.approval is Approval.APPROVED:
            return True
        try:
            address = ip_address(_host(url))
        except ValueError:
            return False
        if address.is_loopback:
            return self._on_loopback
        return address.is_private and not (address.is_multicast or address.is_link_local or address.is_unspecified)

    def _is_due(self, device: DeviceView, url: str) -> bool:
        due_s = self._due_s.get((device.key, url, device.approval is Approval.APPROVED))
        return due_s is None or self._clock.monotonic_s() >= due_s

    def _remember(self, device: DeviceView, url: str, pause_s: float) -> None:
        self._due_s[device.key, url, device.approval is Approval.APPROVED] = self._clock.monotonic_s() + pause_s
        if len(self._due_s) > MAX_REMEMBERED:
            self._due_s.popitem(last=False)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
