"""Reads the connections of all cameras together, some times a second.

A processor that wakes for each picture alone spends more on waking than on the picture. So connections that play are
taken out of the event loop's own watch, and read when whoever wants the pictures looks for them anyway.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Final, Protocol

from sensors.clock import Clock
from videowall.capture.rtsp.inbox import READ_BYTES

MUCH_BYTES: Final = 32_768
"""What gives so much at once has more on its way, which the system's buffers may have no room for."""
SOON_S: Final = 0.002
TURN_BYTES: Final = 400_000
TURN_S: Final = 0.005
"""After that it is the others' turn, and what is left waits in the system's buffers. Bytes alone do not bound the work:
as packets without content, or as pictures of a few bytes each, they cost a hundred times what video does."""
_SMOOTHING: Final = 0.05


class Polled(Protocol):
    """One connection."""

    def fileno(self) -> int:
        """Its descriptor, which stays open until `Poller.release`."""

    def read(self) -> int:
        """Take in what has come without waiting for more: the number of bytes, `READ_BYTES` when there may be more.

        Called by the event loop.
        """

    def be_read_alone(self) -> None:
        """From now on the event loop is to read it whenever something comes."""


class Poller:
    """`pause_s` says how long until connections are read next, given how long that takes, lately at most; in seconds.

    Belongs to one event loop.
    """

    def __init__(self, clock: Clock, pause_s: Callable[[float], float]) -> None:
        self._clock = clock
        self._pause_s = pause_s
        self._spent_s = 0.0
        self._selector = selectors.DefaultSelector()
        self._known: dict[Polled, int] = {}
        self._has_any = asyncio.Event()
        self._much = False
        self._is_over = False

    def adopt(self, connection: Polled) -> None:
        """Read this one too from now on; a poller that has ended, or may watch no more, hands it back."""
        if self._is_over:
            connection.be_read_alone()
            return
        descriptor = connection.fileno()
        try:
            self._selector.register(descriptor, selectors.EVENT_READ, connection)
        except OSError:
            connection.be_read_alone()
            return
        self._known[connection] = descriptor
        self._has_any.set()

    def release(self, connection: Polled) -> None:
        """No more of it, before its descriptor is closed; one that is not known is no error."""
        descriptor = self._known.pop(connection, None)
        if descriptor is not None:
            self._selector.unregister(descriptor)
        if not self._known:
            self._has_any.clear()

    async def run(self) -> None:
        """Read until cancelled; then connections are read alone again, for their farewells are answered."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._has_any.wait()
                await asyncio.sleep(SOON_S if self._much else self._pause_s(self._spent_s))
                self._much = False
                began_s = self._clock.monotonic_s()
                for key, _ in self._selector.select(0):
                    # Each as a call of the loop's own: what fails in one ends neither the others nor the wall.
                    loop.call_soon(self._read, key.data)
                await asyncio.sleep(0)
                spent_s = self._clock.monotonic_s() - began_s
                self._spent_s = max(spent_s, self._spent_s + _SMOOTHING * (spent_s - self._spent_s))
        finally:
            self._is_over = True
            self._selector.close()
            for connection in list(self._known):
                connection.be_read_alone()
            self._known.clear()

    def _read(self, connection: Polled) -> None:
        """One connection's turn."""
        total, until_s = 0, self._clock.monotonic_s() + TURN_S
        while connection in self._known:
            size = connection.read()
            total += size
            if size < READ_BYTES or total >= TURN_BYTES or self._clock.monotonic_s() >= until_s:
                break
        if total >= MUCH_BYTES:
            self._much = True
