"""Cameras sent to their presets by ONVIF: with the credentials of their place, each by itself, none for long."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol
from urllib.parse import urlsplit

from hub.protocol import StreamState
from sensors.errors import ConflictError, NotFoundError, ShekaraError, UnavailableError
from sensors.model import DeviceKey
from sensors.rtsp.authentication import Credentials
from sensors.secrets import Secrets

AT_ONCE: Final = 64
_WORDS: Final = {
    StreamState.WANTS_CREDENTIALS: "wants a password",
    StreamState.WRONG_CREDENTIALS: "refuses the password",
    StreamState.NO_ANSWER: "does not answer",
    StreamState.NOT_UNDERSTOOD: "refuses, or is not understood",
}


class Interviewer(Protocol):
    """`hub.discovery.onvif.Interviewer`, as far as it turns."""

    async def turn(self, url: str, address: str, credentials: Credentials | None, preset: str) -> StreamState:
        """Send the camera of a device service to a preset; how it answered. NOT_FOUND: it has none of that name."""


class Turner:
    """Belongs to the hub's event loop. `load` makes what speaks ONVIF, on a thread, when the first camera is sent."""

    def __init__(self, secrets: Secrets, load: Callable[[], Interviewer]) -> None:
        self._secrets = secrets
        self._load = load
        self._loading = asyncio.Lock()
        self._interviewer: Interviewer | None = None
        self._turning: set[DeviceKey] = set()

    async def turn(self, key: DeviceKey, service: str, preset: str) -> None:
        """Send a camera to a preset, by its device service.

        Raises:
            ConflictError: it is being sent somewhere.
            NotFoundError: it has no such preset any more.
            UnavailableError: it does not answer, or refuses.
        """
        if key in self._turning or len(self._turning) >= AT_ONCE:
            raise ConflictError("is being sent somewhere", subject=str(key), mend="Try again in a moment")
        self._turning.add(key)
        try:
            state = await self._ask(key, service, preset)
        finally:
            self._turning.discard(key)
        if state is not StreamState.OK:
            raise _error_of(state, key, preset)

    async def _ask(self, key: DeviceKey, service: str, preset: str) -> StreamState:
        address = urlsplit(service).hostname or ""
        async with self._loading:
            if self._interviewer is None:
                self._interviewer = await asyncio.to_thread(self._load)
        return await self._interviewer.turn(service, address, self._secrets.camera(key), preset)


def _error_of(state: StreamState, key: DeviceKey, preset: str) -> ShekaraError:
    if state is StreamState.NOT_FOUND:
        return NotFoundError("has no such preset any more", subject=f"{key}, {preset}")
    return UnavailableError(_WORDS[state], subject=str(key), mend="See the camera's checks and its credentials")
