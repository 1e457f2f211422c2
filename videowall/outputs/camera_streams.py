"""Cameras' own streams to viewers: one camera on a socket, or all tiles of the wall on one.

One camera: JSON text and binary pieces as in `videowall.outputs.stream`, and texts of kind `state` (what is to be said
over the picture) and `obstacle` (why there is none). All tiles: binary messages of several records, each with a head
of `RECORD`; see docs/wall-page.md.
"""

import asyncio
import struct
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from typing import Any, Final, NamedTuple, NoReturn

import msgspec
from msgspec import Struct
from starlette.websockets import WebSocket

from sensors.clock import Clock
from sensors.errors import ErrorKind, UnavailableError
from sensors.model import DeviceKey, StreamRole
from videowall.fmp4.track import Track
from videowall.outputs.access import Access
from videowall.outputs.gate import CLOSE_CODES, refuse_stream
from videowall.outputs.live_wall import LiveWall
from videowall.outputs.session import SEND_WITHIN_S, EndedError, run_session
from videowall.passthrough.passthrough import Obstacle, Outlet, Piece, Said

MAX_VIEWERS: Final = 100
RECORD: Final = struct.Struct(">HBxI")
"""In front of each record: the tile's number, the kind, a spare byte, the length of what follows."""
TEXT, INIT, FRAGMENT = 1, 2, 3
GATHER_S: Final = 0.03
"""Pieces of all tiles wait this long for one another: far fewer messages, for less than a picture's time."""
REPEAT_S: Final = 5.0
"""A socket that has nothing to say is not silent: a page takes one for broken that it hears nothing from for longer."""
_LOOK_S: Final = 0.2


class Start(Struct, frozen=True, tag_field="kind", tag="start"):
    """The shape of a stream whose init segment follows. `sent_at` is unix time, `codec` as browsers name it."""

    wall: str
    site: str
    device: str
    role: StreamRole
    codec: str
    mime: str
    width: int
    height: int
    sent_at: float


class Skipped(Struct, frozen=True, tag_field="kind", tag="skipped"):
    """How many pictures this viewer was too slow for, since the last such message."""

    skipped: int


class Blocked(Struct, frozen=True, tag_field="kind", tag="obstacle"):
    """Why nothing comes of a camera; None when the obstacle has gone."""

    site: str
    device: str
    obstacle: Obstacle | None


class _Feeder:
    """What one viewer of one stream has been sent, and what comes next, as (kind, payload)."""

    def __init__(self, wall: str, key: DeviceKey, role: StreamRole, outlet: Outlet, clock: Clock) -> None:
        self.name = (key, role)
        self._wall = wall
        self._outlet = outlet
        self._clock = clock
        self._track: Track | None = None
        self._is_begun = False
        self._obstacle: Obstacle | None = None
        self._skipped_total = 0

    def take(self) -> list[tuple[int, bytes]]:
        """Everything that waits to be sent, in order."""
        outlet = self._outlet
        records: list[tuple[int, bytes]] = []
        if outlet.obstacle is not self._obstacle:
            self._obstacle = outlet.obstacle
            # Whoever shows something else meanwhile has let go of what the stream began with.
            self._is_begun = False
            records.append(
                (TEXT, msgspec.json.encode(Blocked(self.name[0].site, self.name[0].device, outlet.obstacle)))
            )
        for piece in outlet.take():
            self._add(records, piece)
        return records

    def _add(self, records: list[tuple[int, bytes]], piece: Piece) -> None:
        skipped = self._outlet.skipped_total - self._skipped_total
        self._skipped_total = self._outlet.skipped_total
        if skipped and self._track is not None:
            records.append((TEXT, msgspec.json.encode(Skipped(skipped))))
        if piece.track is not self._track or not self._is_begun:
            self._track, self._is_begun = piece.track, True
            records += ((TEXT, self._start(piece.track)), (INIT, piece.track.init))
        records.append((FRAGMENT, piece.fragment))

    def _start(self, track: Track) -> bytes:
        key, role = self.name
        at = self._clock.now().timestamp()
        shape = (track.codec, track.mime, track.width, track.height)
        return msgspec.json.encode(Start(self._wall, key.site, key.device, role, *shape, at))


class CameraStreams:
    """Serves every viewer of cameras' own streams."""

    def __init__(self, wall: LiveWall, access: Access, clock: Clock) -> None:
        self._wall = wall
        self._access = access
        self._clock = clock
        self._viewers = 0

    async def serve_camera(self, socket: WebSocket, key: DeviceKey, wished: StreamRole) -> None:
        """Hand one camera's stream on to one admitted viewer."""
        await self._serve(socket, lambda: self._send_camera(socket, key, wished))

    async def serve_tiles(self, socket: WebSocket) -> None:
        """Hand the streams of all tiles on to one admitted viewer, as the plan and the cameras change."""
        await self._serve(socket, lambda: self._send_tiles(socket))

    async def _serve(self, socket: WebSocket, send: Callable[[], Coroutine[Any, Any, NoReturn]]) -> None:
        if self._viewers >= MAX_VIEWERS:
            mend = "Try again later"
            error = UnavailableError(f"{MAX_VIEWERS} are watching already", subject=self._wall.name, mend=mend)
            await refuse_stream(socket, error)
            return
        self._viewers += 1
        try:
            await socket.accept()
            await run_session(socket, self._access, send())
        finally:
            self._viewers -= 1

    async def _send_camera(self, socket: WebSocket, key: DeviceKey, wished: StreamRole) -> NoReturn:
        passthrough, ready = self._wall.passthrough, asyncio.Event()
        role = passthrough.role(key, wished)
        with passthrough.watch(key, role, ready) as outlet:
            feeder = _Feeder(self._wall.name, key, role, outlet, self._clock)
            said: Said | None = None
            said_s = float("-inf")
            while True:
                now_s, state = self._clock.monotonic_s(), passthrough.state(key, role)
                if state is None:
                    raise EndedError(CLOSE_CODES[ErrorKind.NOT_FOUND])
                async with asyncio.timeout(SEND_WITHIN_S):
                    if state != said or now_s - said_s >= REPEAT_S:
                        said, said_s = state, now_s
                        await socket.send_text(msgspec.json.encode(state).decode())
                    for kind, payload in feeder.take():
                        if kind == TEXT:
                            await socket.send_text(payload.decode())
                        elif outlet.obstacle is None:
                            # What was taken for a slow viewer may have been masked while it was waited for.
                            await socket.send_bytes(payload)
                await _wait(ready)

    async def _send_tiles(self, socket: WebSocket) -> NoReturn:
        ready, tiles = asyncio.Event(), dict[int, _Tile]()
        looked_s = sent_s = float("-inf")
        with self._wall.passthrough.watch_tiles():
            try:
                while True:
                    now_s = self._clock.monotonic_s()
                    if now_s - looked_s >= _LOOK_S:
                        looked_s = now_s
                        self._follow(tiles, ready)
                    if (records := _gather(tiles)) or now_s - sent_s >= REPEAT_S:
                        sent_s = now_s
                        async with asyncio.timeout(SEND_WITHIN_S):
                            await socket.send_bytes(b"".join(records))
                    await _wait(ready)
                    if (left_s := sent_s + GATHER_S - self._clock.monotonic_s()) > 0:
                        await asyncio.sleep(left_s)
            finally:
                for tile in tiles.values():
                    tile.stack.close()

    def _follow(self, tiles: dict[int, "_Tile"], ready: asyncio.Event) -> None:
        """Have an outlet for what each tile of the wall is filled with now, and none else."""
        passthrough = self._wall.passthrough
        wanted = {
            tile.number: (tile.key, tile.role or passthrough.role(tile.key, StreamRole.SUB))
            for tile in self._wall.placed
        }
        for number, tile in list(tiles.items()):
            if wanted.get(number) != tile.feeder.name:
                tile.stack.close()
                del tiles[number]
        for number, (key, role) in wanted.items():
            if number not in tiles:
                stack = ExitStack()
                outlet = stack.enter_context(passthrough.watch(key, role, ready))
                tiles[number] = _Tile(_Feeder(self._wall.name, key, role, outlet, self._clock), stack)


class _Tile(NamedTuple):
    feeder: _Feeder
    stack: ExitStack


def _gather(tiles: dict[int, _Tile]) -> list[bytes]:
    """All that waits for a viewer of all tiles, as records."""
    records: list[bytes] = []
    for number, tile in tiles.items():
        for kind, payload in tile.feeder.take():
            records += (RECORD.pack(number, kind, len(payload)), payload)
    return records


async def _wait(ready: asyncio.Event) -> None:
    """Until something has changed, or it is time to look again."""
    try:
        async with asyncio.timeout(_LOOK_S):
            await ready.wait()
    except TimeoutError:
        return
    ready.clear()
