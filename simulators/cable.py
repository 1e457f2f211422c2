"""A client's way to its broker: connected again and again, and cut when a scenario cuts it."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from sensors.backoff import Backoff
from sensors.clock import Clock
from sensors.errors import AccessError, UnavailableError
from simulators.publish_connection import Connection

_LONGEST_S = 20.0
_log = structlog.get_logger()


class Cable:
    """Belongs to one event loop. `connection` is the one that is used now."""

    def __init__(self, clock: Clock, client: str) -> None:
        self.connection: Connection | None = None
        self._client = client
        self._backoff = Backoff(clock, random.Random(), _LONGEST_S)  # noqa: S311 - spreads load, guards nothing
        self._is_whole = asyncio.Event()
        self._is_whole.set()

    @property
    def is_up(self) -> bool:
        """Whether what is said leaves at once."""
        return self._is_whole.is_set() and self.connection is not None and not self.connection.ended.is_set()

    def cut(self) -> None:
        """Lose the connection as a torn cable does, and stay without one until `restore`."""
        if self._is_whole.is_set():
            self._is_whole.clear()
            if self.connection is not None:
                self.connection.tear()

    def restore(self) -> None:
        """It is whole again."""
        self._is_whole.set()

    def carry(self, connection: Connection) -> None:
        """A connection has come about."""
        self.connection = connection
        self._backoff.succeeded()

    async def keep_up(self, run_once: Callable[[], Awaitable[None]]) -> None:
        """Stay connected until cancelled: each call is to connect and to return when that ends."""
        while True:
            await self._is_whole.wait()
            try:
                await run_once()
            except (UnavailableError, AccessError) as error:
                _log.warning("no connection to the broker", client=self._client, reason=error.text)
            await asyncio.sleep(self._backoff.failed())
