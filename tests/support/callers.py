"""Who opens a connection to a server and does not say what they want."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def callers(
    port: int, count: int, first: bytes = b"", host: str = "127.0.0.1"
) -> AsyncIterator[list[socket.socket]]:
    """So many connections from one address of this machine, each of which has said so much."""
    opened: list[socket.socket] = []

    def call() -> None:
        for _ in range(count):
            caller = socket.create_connection(("127.0.0.1", port), 60, (host, 0))
            opened.append(caller)
            caller.sendall(first)
            caller.setblocking(False)

    try:
        # In a thread: the server that answers may be this loop's, and takes in only so many at a time.
        await asyncio.to_thread(call)
        yield opened
    finally:
        for caller in opened:
            caller.close()


def is_closed(caller: socket.socket) -> bool:
    """Whether the server has ended a connection, after whatever it answered."""
    try:
        while caller.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return True


def speak(opened: list[socket.socket], more: bytes) -> None:
    """Say some more on those connections that still stand."""
    for caller in opened:
        try:
            caller.sendall(more)
        except ConnectionError:
            continue


async def an_answer(caller: socket.socket) -> bytes:
    """What the server says next."""
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(caller, 65_536), 60)
