"""One connection through a faulty link: what enters at one end comes out at the other when the link lets it."""

import asyncio
import socket
import struct
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from simulators.faults.link import LinkState
from simulators.faults.passage import HELD_S, Lane, Passage
from simulators.scenario.link_actions import Ending

READ_BYTES = 4_096
MOST_CHUNKS = 256
"""At most a megabyte waits in each direction; then reading stops, and who sends is slowed down as by a real link."""
_CONNECT_S = 5.0
_LOOK_S = 0.02
_BUFFER_BYTES = 32_768
"""What the kernel, and what asyncio, take in before the link; a narrow one is felt by who sends, not by its buffers."""
_LINGER_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: what is unsent is thrown away, and the end is an RST."""


class _Chunk(NamedTuple):
    data: bytes
    due_s: float


class Conduit:
    """Carries one connection. Delays are real seconds."""

    def __init__(self, state: Callable[[], LinkState], lanes: tuple[Lane, Lane], random: Random) -> None:
        self._state = state
        self._lanes = lanes
        self._random = random
        self._writers: list[asyncio.StreamWriter] = []
        self._task: asyncio.Task[None] | None = None
        self.client: str | None = None
        """The host from which it comes."""
        self.comes_out: tuple[str, int] | None = None
        """The address with which its server sees it."""
        self.is_torn = False
        """Something was swallowed, so that whatever came later would be nonsense."""

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int]) -> None:
        """Carry bytes between a client and its server until both have ended, one is lost, or `end` is called."""
        self._task = asyncio.current_task()
        self._writers = [writer]
        state = self._state()
        try:
            if state.ending is not None:
                self._close(state.ending)
            elif state.half_open:
                await self._swallow(reader)
            else:
                await self._carry_both(reader, writer, target)
        except* OSError:
            self._close(Ending.RESET)
        finally:
            self._close(Ending.FIN)

    def end(self, ending: Ending) -> None:
        """End the connection at both ends now; what was on its way is lost."""
        self._close(ending)
        if self._task is not None:
            self._task.cancel()

    def _close(self, ending: Ending) -> None:
        for writer in self._writers:
            if ending is Ending.RESET and not writer.is_closing():
                opened: socket.socket = writer.get_extra_info("socket")
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
                writer.transport.abort()
            writer.close()

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        """A connection to nobody: it stands until the client leaves, or until the link is well, and is reset then."""
        self.is_torn = True
        while await reader.read(READ_BYTES):
            pass

    async def _carry_both(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int]
    ) -> None:
        async with asyncio.timeout(_CONNECT_S):
            far_reader, far_writer = await asyncio.open_connection(*target, limit=_BUFFER_BYTES)
        self._writers.append(far_writer)
        for end in self._writers:
            opened: socket.socket = end.get_extra_info("socket")
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self.client, self.comes_out = writer.get_extra_info("peername")[0], far_writer.get_extra_info("sockname")[:2]
        async with asyncio.TaskGroup() as group:
            for source, sink, lane in ((reader, far_writer, self._lanes[0]), (far_reader, writer, self._lanes[1])):
                waiting: asyncio.Queue[_Chunk | None] = asyncio.Queue(MOST_CHUNKS)
                group.create_task(self._take_in(source, waiting, Passage(lane, self._random)), name="link-in")
                group.create_task(self._let_out(sink, waiting), name="link-out")

    async def _take_in(
        self, source: asyncio.StreamReader, waiting: asyncio.Queue[_Chunk | None], passage: Passage
    ) -> None:
        now_s = asyncio.get_running_loop().time
        while data := await source.read(READ_BYTES):
            await waiting.put(_Chunk(data, passage.due_s(now_s(), len(data), self._state())))
            while passage.waits_s(now_s(), self._state()) > HELD_S:  # noqa: ASYNC110 - as below
                await asyncio.sleep(_LOOK_S)
        await waiting.put(None)

    async def _let_out(self, sink: asyncio.StreamWriter, waiting: asyncio.Queue[_Chunk | None]) -> None:
        while (chunk := await waiting.get()) is not None:
            await self._wait_until(chunk.due_s)
            if self._passes():
                sink.write(chunk.data)
                await sink.drain()
        if self._passes():
            sink.write_eof()

    def _passes(self) -> bool:
        """Whether something comes out now; once something did not, nothing does any more."""
        self.is_torn = self.is_torn or self._state().half_open
        return not self.is_torn

    async def _wait_until(self, due_s: float) -> None:
        await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))
        while self._state().stalled:  # noqa: ASYNC110 - a state of the link is a function of time, not an event
            await asyncio.sleep(_LOOK_S)
