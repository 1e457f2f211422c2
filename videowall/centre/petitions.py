"""Orders from a wall's page on their way to the centre, and the centre's answers. Belongs to one event loop."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Final

import msgspec

from sensors.access import Audience, Principal
from sensors.clock import Clock
from sensors.errors import ConflictError, LimitError, UnavailableError
from sensors.wall_orders import WallOrder, seal_order

ANSWER_WITHIN_S: Final = 6.0
MAX_WAITING: Final = 32


class Petitions:
    """The wall decides nothing: it seals what a signed-in person asks with their own token, and passes it on.

    `send(id, text)` publishes an event; False while there is no broker.
    """

    def __init__(self, wall: str, clock: Clock, send: Callable[[str, str], bool]) -> None:
        self._wall = wall
        self._clock = clock
        self._send = send
        self._waiting: dict[str, asyncio.Future[str]] = {}

    async def ask(self, name: str, change: msgspec.Raw, principal: Principal, audience: Audience, token: str) -> None:
        """Have an order carried out, and wait until it is.

        Raises:
            ConflictError: the centre did not do it, and says why.
            UnavailableError: there is no centre, or no answer of it.
            LimitError: too many orders wait.
            WireError: it is too long.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise LimitError("too many orders wait for the centre", subject=self._wall, mend="Try again in a moment")
        order = WallOrder(secrets.token_hex(8), self._wall, self._clock.now(), name, change)
        text = seal_order(order, principal, audience, token)
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[order.id] = answer
        try:
            if not self._send(order.id, text):
                raise UnavailableError("no connection to the centre", subject=self._wall, mend="Try again later")
            async with asyncio.timeout(ANSWER_WITHIN_S):
                refusal = await answer
        except TimeoutError:
            raise UnavailableError("no answer from the centre", subject=self._wall, mend="Try again later") from None
        finally:
            del self._waiting[order.id]
        if refusal:
            raise ConflictError(refusal, subject=self._wall)

    def hear(self, order: str, refusal: str) -> None:
        """The centre has answered: an empty text when it was done."""
        answer = self._waiting.get(order)
        if answer is not None and not answer.done():
            answer.set_result(refusal)
