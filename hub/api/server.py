"""The HTTP server around the application, on the caller's event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from hub.api.sockets import PacedWebSocket
from sensors.errors import UnavailableError

_STOP_WITHIN_S = 2
_BACKLOG = 256
KEEP_ALIVE_S = 30
"""How long an unused connection stays open: longer than a client keeps one, so that no request meets its end."""


def bind(host: str, port: int) -> socket.socket:
    """A listening address, taken now so that a taken one fails early; port 0 takes a free one.

    Raises:
        UnavailableError: the address cannot be taken.
    """
    subject = f"[hub] {host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UnavailableError(f"not an address of this machine: {error.strerror}", subject=subject) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise UnavailableError(
            f"cannot listen: {error.strerror}", subject=subject, mend="Stop what uses it, or choose another [hub] port"
        ) from error
    return listener


class _Server(uvicorn.Server):
    """Leaves signals to the command that runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until cancelled; then end politely within a few seconds. Closes `listener`."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws=PacedWebSocket,
        ws_max_size=1_024,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
        h11_max_incomplete_event_size=16_384,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http-server")
    try:
        await asyncio.shield(task)
    finally:
        server.should_exit = True
        await asyncio.wait({task})
        listener.close()
