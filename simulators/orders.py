"""What a simulated device is told over the broker: taken one after another, a few at most waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sensors.dialects.native import CommandPayload, decode_command

MAX_WAITING: Final = 32
Answer = Callable[[CommandPayload], Awaitable[bytes]]
"""Does what is asked, and says whether it is done."""


class Orders:
    """Belongs to one event loop. One too many is dropped and counted; who asked hears nothing."""

    def __init__(self) -> None:
        self.dropped_total = 0
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)

    def take(self, payload: bytes) -> None:
        """An order has come, whatever its bytes are."""
        if self._waiting.full():
            self.dropped_total += 1
        else:
            self._waiting.put_nowait(payload)

    async def obey(self, answer: Answer, say: Callable[[bytes], None]) -> None:
        """Carry out what comes until cancelled; what is no order is passed over."""
        while True:
            command = decode_command(await self._waiting.get())
            if isinstance(command, CommandPayload):
                say(await answer(command))
