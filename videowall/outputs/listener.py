"""The HTTP server around the application, on the caller's event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from sensors.clock import SystemClock
from sensors.errors import UnavailableError
from sensors.reception import Reception
from videowall.outputs.watched import WatchedHttp, WatchedState

_STOP_WITHIN_S: Final = 2
_BACKLOG: Final = 128
"""So many are taken in at once, before those too many go again: their descriptors are in use until then."""
_CONNECTIONS: Final = 512
_SEND_BUFFER_BYTES: Final = 256 * 1024
"""Small, since what waits in the kernel is old picture that no skip can take back."""
KEEP_ALIVE_S: Final = 30
"""How long an unused connection stays open: longer than clients usually keep one (the hub's: 5 s)."""
_DEAD_PEER_MS: Final = 15_000
_DATE_S: Final = 1.0


def bind(host: str, port: int) -> socket.socket:
    """A listening address, taken now so that a taken one fails early; port 0 takes a free one.

    Raises:
        UnavailableError: the address cannot be taken.
    """
    subject = f"[wall] {host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise UnavailableError(f"not an address of this machine: {error.strerror}", subject=subject) from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_PEER_MS)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise UnavailableError(
            f"cannot listen: {error.strerror}", subject=subject, mend="Stop what uses it, or choose another [wall] port"
        ) from error
    return listener


class _Server(uvicorn.Server):
    """Leaves signals to the command that runs it, and does not wake ten times a second to see whether it shall end."""

    def __init__(self, config: uvicorn.Config, reception: Reception) -> None:
        super().__init__(config)
        self.server_state = WatchedState(reception)
        self._reception = reception
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Stop serving, politely."""
        self.should_exit = True
        self._ending.set()

    async def main_loop(self) -> None:
        """Renew the answers' date once a second, and let the reception look round."""
        while not await self.on_tick(0):
            self._reception.look_round()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DATE_S):
                    await self._ending.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, listener: socket.socket, reception: Reception | None = None) -> None:
    """Serve until cancelled; then end politely within a few seconds. Closes `listener`; tells `reception` who calls.

    No compression of messages: encoded pictures do not get smaller, only later.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        http=WatchedHttp,
        backlog=_BACKLOG,
        ws="websockets-sansio",
        ws_max_size=1_024,
        ws_per_message_deflate=False,
        ws_ping_interval=5,
        ws_ping_timeout=10,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
        h11_max_incomplete_event_size=16_384,
    )
    server = _Server(config, reception or Reception(SystemClock()))
    task = asyncio.create_task(server.serve(sockets=[listener]), name="wall-http-server")
    try:
        await asyncio.shield(task)
    finally:
        server.end()
        await asyncio.wait({task})
        listener.close()
