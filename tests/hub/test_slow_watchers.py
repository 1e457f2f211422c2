"""A watcher of the live feed that has stopped reading: it is let go, and what was kept for it with it."""

import asyncio
import socket
from contextlib import suppress

import psutil
import pytest
from starlette.types import Receive, Scope, Send

from hub.api.server import bind, serve
from tests.support.waiting import eventually_async

MORE_THAN_BUFFERS_HOLD = 32_000_000
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def too_much(scope: Scope, receive: Receive, send: Send) -> None:
    """Says more than anybody who does not read can take, and gives up."""
    del scope, receive
    await send({"type": "websocket.accept"})
    with suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await send({"type": "websocket.send", "bytes": bytes(MORE_THAN_BUFFERS_HOLD)})


def connections(port: int) -> int:
    """How many this process holds open at its own port."""
    held = psutil.Process().net_connections("tcp")
    return sum(each.laddr.port == port and bool(each.raddr) for each in held)


async def test_who_reads_nothing_of_the_end_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.api.sockets.FAREWELL_S", 0.0)
    listener = bind("127.0.0.1", 0)
    server = asyncio.create_task(serve(too_much, listener))
    try:
        with socket.socket() as caller:
            caller.setblocking(False)
            await asyncio.get_running_loop().sock_connect(caller, listener.getsockname())
            caller.sendall(HANDSHAKE)
            port = int(listener.getsockname()[1])
            await eventually_async(lambda: connections(port) == 1, what="the connection")
            await eventually_async(lambda: connections(port) == 0, what="the end of who does not read")
    finally:
        server.cancel()
        await asyncio.gather(server, return_exceptions=True)
