"""One viewer's WebSocket: sent to for as long as they stay and may watch, and closed with a code that says why."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, NoReturn

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from sensors.errors import ShekaraError
from videowall.outputs.access import Access
from videowall.outputs.gate import CLOSE_CODES, TRY_AGAIN_LATER

RECHECK_S: Final = 1.0
"""How often a running stream's proof of sign-in is checked again."""
SEND_WITHIN_S: Final = 10.0
GOING_AWAY: Final = 1001
BROKEN: Final = 1011
_UNWANTED: Final = 1008
_CLOSE_WITHIN_S: Final = 1.0
_log = structlog.get_logger(__name__)


class EndedError(Exception):
    """The stream is over; the code says why."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


async def run_session(socket: WebSocket, access: Access, sending: Coroutine[Any, Any, NoReturn]) -> None:
    """Send to one viewer, accepted already, until they leave, their sign-in ends, or `sending` raises `EndedError`."""
    code: int | None = GOING_AWAY
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_watch_viewer(socket), name="viewer-watch")
            group.create_task(_watch_access(socket, access), name="access-watch")
            group.create_task(sending, name="viewer-stream")
    except* EndedError as ended:
        code = next(error.code for error in ended.exceptions if isinstance(error, EndedError))
    except* (WebSocketDisconnect, TimeoutError):
        code = None
    if code is None:
        return
    try:
        async with asyncio.timeout(_CLOSE_WITHIN_S):
            await socket.close(code)
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        _log.debug("a viewer left before the farewell")


async def _watch_viewer(socket: WebSocket) -> NoReturn:
    """A viewer has nothing to say but farewell."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    raise EndedError(_UNWANTED)


async def _watch_access(socket: WebSocket, access: Access) -> NoReturn:
    while True:
        await asyncio.sleep(RECHECK_S)
        try:
            access.admit(socket)
        except ShekaraError as error:
            raise EndedError(CLOSE_CODES.get(error.error_kind, TRY_AGAIN_LATER)) from error
