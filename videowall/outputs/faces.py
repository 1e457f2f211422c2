"""What a wall shows, to its pages: a WebSocket of JSON texts, each the newest of its kind.

First `hello`; then `scene`, `faces` and `board` whenever they have changed. A page that is slow misses what was
replaced meanwhile, and nothing else.
"""

import asyncio
from contextlib import suppress
from typing import Final, NoReturn

import msgspec
from msgspec import Struct
from starlette.websockets import WebSocket

from sensors.access import ALLOWED, Action, Principal
from sensors.clock import Clock
from sensors.errors import UnavailableError
from videowall.outputs.access import Access
from videowall.outputs.gate import refuse_stream
from videowall.outputs.live_wall import LiveWall
from videowall.outputs.session import SEND_WITHIN_S, run_session

MAX_PAGES: Final = 100
_REPEAT_S: Final = 5.0
"""A page that hears nothing for longer than a few of these knows that the wall is gone.

A busy wall says hello as often: pages reckon ages by its clock."""


class Hello(Struct, frozen=True, tag_field="kind", tag="hello"):
    """Which page this wall serves now, its clocks, and what this sign-in may do beyond watching.

    `at` is unix time in seconds; `monotonic_s` is by the clock that nobody sets.
    """

    version: str
    at: float
    monotonic_s: float
    who: str
    may_control: bool
    may_save: bool


class Faces:
    """Serves every page of one wall."""

    def __init__(
        self, wall: LiveWall, access: Access, clock: Clock, version: str, *, takes_orders: bool, saves_clips: bool
    ) -> None:
        self._wall = wall
        self._clock = clock
        self._access = access
        self._version = version
        self._takes_orders = takes_orders
        self._saves_clips = saves_clips

    async def serve(self, socket: WebSocket) -> None:
        """Tell one page until it leaves."""
        if self._wall.showing.listeners >= MAX_PAGES:
            mend = "Try again later"
            error = UnavailableError(f"{MAX_PAGES} pages listen already", subject=self._wall.name, mend=mend)
            await refuse_stream(socket, error)
            return
        principal = self._access.admit(socket)
        await socket.accept()
        await run_session(socket, self._access, self._tell(socket, principal))

    async def _tell(self, socket: WebSocket, principal: Principal) -> NoReturn:
        allowed = ALLOWED[principal.role]
        may_control = self._takes_orders and Action.CONTROL_WALL in allowed
        may_save = self._saves_clips and Action.EXPORT_VIDEO in allowed

        async def greet() -> float:
            at, now_s = self._clock.now().timestamp(), self._clock.monotonic_s()
            hello = Hello(self._version, at, now_s, principal.name, may_control, may_save)
            await socket.send_text(msgspec.json.encode(hello).decode())
            return now_s

        with self._wall.showing.listen() as listener:
            greeted_s = await greet()
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_REPEAT_S):
                        await listener.ready.wait()
                if self._clock.monotonic_s() - greeted_s >= _REPEAT_S:
                    greeted_s = await greet()
                async with asyncio.timeout(SEND_WITHIN_S):
                    for message in listener.take(self._wall.showing.newest):
                        await socket.send_text(message.decode())
