"""One viewer's stream: a WebSocket that carries JSON text about the stream and binary pieces of fragmented MP4.

Order: a Start message, the init segment, then one fragment per frame. A Start comes again, with a new init segment,
when the wall changes its shape. A viewer that was too slow goes on at the next key frame and is told so.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NoReturn

import msgspec
import structlog
from msgspec import Struct
from starlette.websockets import WebSocket, WebSocketDisconnect

from sensors.clock import Clock
from sensors.errors import LimitError, ShekaraError, UnavailableError, WireError
from videowall.encoding.broadcast import Broadcast, EncodedFrame, Subscription
from videowall.encoding.profile import ProfileName
from videowall.outputs.access import Access
from videowall.outputs.gate import CLOSE_CODES, TRY_AGAIN_LATER, refuse_stream
from videowall.outputs.packaging import Opening, Packager

MAX_VIEWERS: Final = 100
RECHECK_S: Final = 1.0
"""How often a running stream's proof of sign-in is checked again."""
SEND_WITHIN_S: Final = 10.0
_CLOSE_WITHIN_S: Final = 1.0
_BROKEN: Final = 1011
_UNWANTED: Final = 1008
_GOING_AWAY: Final = 1001
_log = structlog.get_logger(__name__)


class Start(Struct, frozen=True, tag_field="kind", tag="start"):
    """The stream's shape. `sent_at` is unix time, so that a player can relate its clock to the fragments' `prft`."""

    wall: str
    codec: str
    mime: str
    width: int
    height: int
    fps: float
    sent_at: float


class Skipped(Struct, frozen=True, tag_field="kind", tag="skipped"):
    """How many frames this viewer was too slow for, since the last such message."""

    skipped: int


class _EndedError(Exception):
    """The stream is over; the code says why."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class Streams:
    """Serves every viewer of one wall."""

    def __init__(
        self, name: str, broadcast_of: Callable[[ProfileName], Broadcast], access: Access, clock: Clock
    ) -> None:
        self._name = name
        self._broadcast_of = broadcast_of
        self._access = access
        self._clock = clock
        self._packagers: dict[Broadcast, Packager] = {}

    async def serve(self, socket: WebSocket, profile: ProfileName = ProfileName.FULL) -> None:
        """Stream a profile to one admitted viewer until they leave, their sign-in ends, or the wall stops."""
        broadcast = self._broadcast_of(profile)
        if broadcast.viewers >= MAX_VIEWERS:
            error = UnavailableError(f"{MAX_VIEWERS} are watching already", subject=self._name, mend="Try again later")
            await refuse_stream(socket, error)
            return
        await socket.accept()
        code: int | None = _GOING_AWAY
        packager = self._packagers.setdefault(broadcast, Packager())

        def is_current() -> bool:
            return self._broadcast_of(profile) is broadcast

        with broadcast.subscribe() as frames:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._watch_viewer(socket), name="wall-viewer-watch")
                    group.create_task(self._watch_access(socket), name="wall-access-watch")
                    group.create_task(self._send_frames(socket, frames, packager, is_current), name="wall-stream")
            except* _EndedError as ended:
                code = next(error.code for error in ended.exceptions if isinstance(error, _EndedError))
            except* (WebSocketDisconnect, TimeoutError):
                code = None
        if code is None:
            return
        try:
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await socket.close(code)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            _log.debug("a viewer left before the farewell", wall=self._name)

    async def _send_frames(
        self, socket: WebSocket, frames: Subscription, packager: Packager, is_current: Callable[[], bool]
    ) -> NoReturn:
        """End when the stream's time goes back, or when another stream is the viewer's profile now."""
        sent: Opening | None = None
        skipped_told = 0
        before: EncodedFrame | None = None
        async for frame in frames:
            if before is not None and frame.pts_90k <= before.pts_90k:
                _log.warning("the wall's time went back, viewers begin anew", wall=self._name, frame=frame.index)
                raise _EndedError(_GOING_AWAY)
            try:
                package = packager.package(frame, before)
            except (WireError, LimitError) as error:
                _log.error("a frame cannot be packaged", wall=self._name, frame=frame.index, problem=error.text)
                raise _EndedError(_BROKEN) from error
            async with asyncio.timeout(SEND_WITHIN_S):
                if package.opening is not None and package.opening is not sent:
                    if not is_current():
                        raise _EndedError(_GOING_AWAY)
                    if sent is None:
                        skipped_told = frames.skipped_before
                    sent = package.opening
                    await socket.send_text(self._start(sent))
                    await socket.send_bytes(sent.init)
                if frames.skipped_before != skipped_told:
                    message = Skipped(frames.skipped_before - skipped_told)
                    skipped_told = frames.skipped_before
                    await socket.send_text(msgspec.json.encode(message).decode())
                await socket.send_bytes(package.fragment)
            before = frame
        raise _EndedError(_GOING_AWAY)

    def _start(self, opening: Opening) -> str:
        message = Start(
            self._name,
            opening.codec,
            opening.mime,
            opening.width,
            opening.height,
            opening.fps,
            self._clock.now().timestamp(),
        )
        return msgspec.json.encode(message).decode()

    @staticmethod
    async def _watch_viewer(socket: WebSocket) -> NoReturn:
        """A viewer has nothing to say but farewell."""
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        raise _EndedError(_UNWANTED)

    async def _watch_access(self, socket: WebSocket) -> NoReturn:
        while True:
            await asyncio.sleep(RECHECK_S)
            try:
                self._access.admit(socket)
            except ShekaraError as error:
                raise _EndedError(CLOSE_CODES.get(error.error_kind, TRY_AGAIN_LATER)) from error
