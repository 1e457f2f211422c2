"""A TCP connection to a receiver: what comes is handed on at once, what goes waits while the receiver does not read."""

import asyncio
import socket
from collections.abc import Callable

from videowall.outputs.targets.receiver import OutputError

_UNSENT_BYTES = 1_000_000
_SEND_BUFFER_BYTES = 262_144


class Wire(asyncio.Protocol):
    """One connection; `on_data` may raise `OutputError`, which ends it."""

    def __init__(self, on_data: Callable[[bytes], None]) -> None:
        self._on_data = on_data
        self._transport: asyncio.Transport | None = None
        self._may_write = asyncio.Event()
        self._news = asyncio.Event()
        self._ended: OutputError | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            # Little is kept here, for what waits is old picture; a frame that is larger still goes out whole.
            transport.set_write_buffer_limits(_UNSENT_BYTES)
            self._may_write.set()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._ended is not None:
            return
        try:
            self._on_data(data)
        except OutputError as error:
            self._end(error)
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        del exc
        self._end(OutputError("the receiver closed the connection"))

    def pause_writing(self) -> None:
        """Called by the event loop."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """Called by the event loop."""
        self._may_write.set()

    def write(self, data: bytes) -> None:
        """Send, or queue, something small."""
        if self._transport is not None and self._ended is None:
            self._transport.write(data)

    async def send(self, data: bytes) -> None:
        """Send something; returns when there is room for more.

        Raises:
            OutputError: the connection has ended.
        """
        self.write(data)
        await self._may_write.wait()
        if self._ended is not None:
            raise self._ended

    async def wait(self, done: Callable[[], bool]) -> None:
        """Return once what has come makes `done()` true.

        Raises:
            OutputError: the connection has ended before.
        """
        while not done():
            if self._ended is not None:
                raise self._ended
            self._news.clear()
            await self._news.wait()

    def close(self) -> None:
        """Send what waits, where that is quick, and end."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End at once."""
        if self._transport is not None:
            self._transport.abort()

    def _end(self, error: OutputError) -> None:
        if self._ended is None:
            self._ended = error
        self._may_write.set()
        self._news.set()
        if self._transport is not None:
            self._transport.abort()


async def connect(host: str, port: int, on_data: Callable[[bytes], None]) -> Wire:
    """An open connection.

    Raises:
        OutputError: nobody listens there.
    """
    try:
        transport, wire = await asyncio.get_running_loop().create_connection(lambda: Wire(on_data), host, port)
    except socket.gaierror as error:
        raise OutputError("the host name is not known") from error
    except OSError as error:
        raise OutputError("nobody listens there, or the way is closed") from error
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    return wire
