"""uvicorn's WebSocket protocol with what the live feed needs of it: a send that waits for a slow reader.

Without it, what a watcher does not read gathers in this process without bound, and nobody notices that it is slow.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

FAREWELL_S: Final = 5.0
"""How long what was said last is kept for a watcher that does not read."""


class PacedWebSocket(WebSocketsSansIOProtocol):
    """One WebSocket; `send` returns once the transport's buffer has room again."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._ending: asyncio.TimerHandle | None = None
        self._is_lost = False
        self._has_room = asyncio.Event()
        self._has_room.set()

    def pause_writing(self) -> None:
        """The transport's buffer is over its high-water mark."""
        self._has_room.clear()

    def resume_writing(self) -> None:
        """There is room again."""
        self._has_room.set()

    async def run_asgi(self) -> None:
        """The watcher's whole time. Closing waits for all to be read: who does not read would stay for ever."""
        await super().run_asgi()
        if not self._is_lost:
            self._ending = asyncio.get_running_loop().call_later(FAREWELL_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody reads any more, so nobody is waited for."""
        self._is_lost = True
        if self._ending is not None:
            self._ending.cancel()
        self._has_room.set()
        super().connection_lost(exc)

    async def send(self, message: Any) -> None:
        """Send, then wait for room."""
        await super().send(message)
        await self._has_room.wait()
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # A refusal is an answer: without this the parent logs it as an application that gave none.
            self.handshake_complete = True
