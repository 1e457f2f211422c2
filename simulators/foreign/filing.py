"""Where a portal's files go besides MQTT: into a folder, and up to a hub, each within bounds."""

import asyncio
import random
from collections import deque
from pathlib import Path

import httpx
import structlog

from sensors.errors import AccessError, UnavailableError
from sensors.model import DeviceKey
from sensors.rtsp.authentication import Credentials
from simulators.foreign.n42_document import Document

MAX_FILES = 10_000
MAX_WAITING = 100
"""Files that wait for the hub; the oldest is dropped for a new one, and counted."""
_TIMEOUT_S = 10.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 20.0
_UNAUTHENTICATED, _CREATED, _SERVER_ERRORS = 401, 201, 500
_log = structlog.get_logger()


class Folder:
    """Keeps the newest files of this run."""

    def __init__(self, path: Path, most: int = MAX_FILES) -> None:
        self._path = path
        self._most = most
        self._kept: deque[Path] = deque()
        self.failed_total = 0

    def take(self, key: DeviceKey, document: Document) -> None:
        """Write a file whole, or not at all; the oldest goes when there are too many."""
        target = self._path / document.name
        half = target.with_suffix(".part")
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            half.write_bytes(document.content)
            half.replace(target)
            self._kept.append(target)
            while len(self._kept) > self._most:
                self._kept.popleft().unlink(missing_ok=True)
        except OSError as error:
            self.failed_total += 1
            _log.warning("a file cannot be kept", portal=str(key), folder=str(self._path), reason=error.strerror)


class Uploader:
    """Hands files in at a hub, one after another. Belongs to one event loop."""

    def __init__(self, hub: str, credentials: Credentials | None) -> None:
        self._hub = hub
        self._credentials = credentials
        self._waiting: deque[tuple[DeviceKey, Document]] = deque()
        self._come = asyncio.Event()
        self._token = ""
        self.uploaded_total = 0
        self.refused_total = 0
        self.dropped_total = 0

    def take(self, key: DeviceKey, document: Document) -> None:
        """Hand it in as soon as that can be done."""
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            self.dropped_total += 1
        self._waiting.append((key, document))
        self._come.set()

    async def run(self) -> None:
        """Hand in what waits until cancelled: full-jitter back-off while the hub does not take it."""
        pause_s = _FIRST_PAUSE_S
        async with httpx.AsyncClient(base_url=self._hub, trust_env=False, timeout=_TIMEOUT_S) as http:
            while True:
                await self._come.wait()
                try:
                    await self.run_once(http)
                    pause_s = _FIRST_PAUSE_S
                except (UnavailableError, AccessError) as error:
                    _log.warning("a file waits for the hub", waiting=len(self._waiting), reason=error.text)
                    await asyncio.sleep(random.uniform(0.0, pause_s))  # noqa: S311 - spreads load, guards nothing
                    pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    async def run_once(self, http: httpx.AsyncClient) -> None:
        """Hand in everything that waits; what the hub refuses is not handed in again.

        Raises:
            UnavailableError: the hub does not answer, or not now.
            AccessError: it does not let us in.
        """
        while self._waiting:
            key, document = self._waiting[0]
            reply = await self._hand_in(http, key, document)
            if self._waiting and self._waiting[0][1] is document:
                self._waiting.popleft()
            if reply.status_code == _CREATED:
                self.uploaded_total += 1
            else:
                self.refused_total += 1
                _log.warning("a file was refused", portal=str(key), file=document.name, status=reply.status_code)
        self._come.clear()

    async def _hand_in(self, http: httpx.AsyncClient, key: DeviceKey, document: Document) -> httpx.Response:
        for _ in range(2):
            if not self._token:
                self._token = await self._sign_in(http)
            header = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/xml"}
            path = f"/api/v1/devices/{key.site}/{key.device}/n42"
            reply = await self._ask(http, http.build_request("POST", path, content=document.content, headers=header))
            if reply.status_code != _UNAUTHENTICATED:
                return reply
            self._token = ""
        raise AccessError("the sign-in does not last", signed_in=False, subject=self._hub)

    async def _sign_in(self, http: httpx.AsyncClient) -> str:
        who = self._credentials
        if who is None:
            raise AccessError(
                "portals have no account", signed_in=False, subject=self._hub, mend="Write [hub] into the secrets file"
            )
        said = {"name": who.user, "password": who.password}
        reply = await self._ask(http, http.build_request("POST", "/api/v1/session", json=said))
        if not reply.is_success:
            raise AccessError("not let in", signed_in=False, subject=self._hub, mend="Check [hub] in the secrets")
        return str(reply.json()["token"])

    async def _ask(self, http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
        try:
            reply = await http.send(request)
        except httpx.HTTPError as error:
            raise UnavailableError(f"does not answer: {type(error).__name__}", subject=self._hub) from error
        if reply.status_code >= _SERVER_ERRORS:
            raise UnavailableError(f"answers {reply.status_code}", subject=self._hub)
        return reply


class Filing:
    """Both of them, or either, or neither: then files go by MQTT alone. Belongs to one event loop."""

    def __init__(self, folder: Folder | None = None, uploader: Uploader | None = None) -> None:
        self._folder = folder
        self._uploader = uploader

    @property
    def publish(self) -> bool:
        """Whether files go by MQTT: those that are uploaded do not."""
        return self._uploader is None

    def take(self, key: DeviceKey, document: Document) -> None:
        """One file."""
        for place in (self._folder, self._uploader):
            if place is not None:
                place.take(key, document)

    async def run(self) -> None:
        """Upload until cancelled, where there is a hub to upload to."""
        if self._uploader is not None:
            await self._uploader.run()
