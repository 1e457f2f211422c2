"""uvicorn's WebSocket protocol with what the live feed needs of it: a send that waits for a slow reader.

Without it, what a watcher does not read gathers in this process without bound, and nobody notices that it is slow.
"""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class PacedWebSocket(WebSocketsSansIOProtocol):
    """One WebSocket; `send` returns once the transport's buffer has room again."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._has_room = asyncio.Event()
        self._has_room.set()

    def pause_writing(self) -> None:
        """The transport's buffer is over its high-water mark."""
        self._has_room.clear()

    def resume_writing(self) -> None:
        """There is room again."""
        self._has_room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody reads any more, so nobody is waited for."""
        self._has_room.set()
        super().connection_lost(exc)

    async def send(self, message: Any) -> None:
        """Send, then wait for room."""
        await super().send(message)
        await self._has_room.wait()
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # A refusal is an answer: without this the parent logs it as an application that gave none.
            self.handshake_complete = True
