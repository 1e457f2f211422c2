"""The HTTP server around the application, on the caller's event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from hub.api.sockets import PacedWebSocket
from hub.api.watched import WatchedHttp, WatchedState
from sensors.clock import SystemClock
from sensors.errors import UnavailableError
from sensors.reception import Reception

_STOP_WITHIN_S = 2
_BACKLOG = 128
"""So many are taken in at once, before those too many go again: their descriptors are in use until then."""
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
    """Leaves signals to the command that runs it, and lets the reception look round."""

    def __init__(self, config: uvicorn.Config, reception: Reception) -> None:
        super().__init__(config)
        self.server_state = WatchedState(reception)
        self._reception = reception

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        self._reception.look_round()
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, listener: socket.socket, reception: Reception | None = None) -> None:
    """Serve until cancelled; then end politely within a few seconds. Closes `listener`; tells `reception` who calls."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        http=WatchedHttp,
        backlog=_BACKLOG,
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
    server = _Server(config, reception or Reception(SystemClock()))
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http-server")
    try:
        await asyncio.shield(task)
    finally:
        server.should_exit = True
        await asyncio.wait({task})
        listener.close()
