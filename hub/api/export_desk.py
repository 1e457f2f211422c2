"""Hands exports out while they are made: a bounded number at a time, each only as fast as its client reads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import structlog
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from hub.export.formats import Format, What, export
from hub.export.selection import Selection
from sensors.errors import ShekaraError, UnavailableError

MAX_AT_ONCE = 2
STALLED_S = 30.0
"""How long one chunk may wait for a client that does not read."""
_log = structlog.get_logger("hub.exports")


class ExportDesk:
    """The hub's exports that are under way; belongs to the event loop's thread."""

    def __init__(self, data_dir: Path, stalled_s: float = STALLED_S, *, exercise: bool = False) -> None:
        self._data_dir = data_dir
        self._stalled_s = stalled_s
        self._name = "shekara-EXERCISE" if exercise else "shekara"
        self.running = 0

    async def answer(self, form: Format, what: What, selection: Selection) -> Response:
        """The file, begun.

        Raises:
            WireError: that cannot be had in that format.
            ConfigError: the format's library is not installed.
            UnavailableError: too many are under way, or the disk fails.
        """
        if self.running >= MAX_AT_ONCE:
            raise UnavailableError(f"{MAX_AT_ONCE} exports are under way", subject="exports", mend="Try again later")
        self.running += 1
        try:
            chunks = await asyncio.to_thread(export, self._data_dir, form, what, selection)
            first = await asyncio.to_thread(next, chunks, b"")
        except BaseException:
            self.running -= 1
            raise
        name = f"{self._name}-{what}.{form}"
        return _ExportResponse(first, chunks, form.media_type, name, self._stalled_s, self._end)

    def _end(self) -> None:
        self.running -= 1


class _ExportResponse(StreamingResponse):
    """A file under way. It ends with its client, or when that has stopped reading."""

    def __init__(
        self,
        first: bytes,
        chunks: Iterator[bytes],
        media_type: str,
        name: str,
        stalled_s: float,
        ended: Callable[[], None],
    ) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        super().__init__(_on_threads(first, chunks), media_type=media_type, headers=headers)
        self._stalled_s = stalled_s
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and give its place to another whatever happens."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(self._stalled_s):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        except* TimeoutError:
            _log.warning("an export's client has stopped reading and is cut off")
        except* ShekaraError as errors:
            # The status has gone out: a file without its end, on a cut connection, is what still tells the client.
            _log.error("an export is cut off", problem=str(errors.exceptions[0]))
        finally:
            self._ended()


async def _on_threads(first: bytes, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, each made on a thread when it is wanted. None is under way when this ends."""
    yield first
    while chunk := await asyncio.to_thread(next, chunks, b""):
        yield chunk
