"""The line of a post: a TCP proxy of ours between its equipment and what it speaks to, with the faults of its link."""

import asyncio
from random import Random

from sensors.clock import Clock
from sensors.errors import UnavailableError
from simulators.faults.conduit import Conduit
from simulators.faults.link import Link, LinkState
from simulators.faults.passage import Lane
from simulators.scenario.link_actions import Ending

LOOPBACK = "127.0.0.1"
MAX_CONNECTIONS = 256
_WATCH_S = 0.05


class Line:
    """Listens on a port of `host` and carries every connection to `target`. `start` before `run`.

    The state of the link is looked at for every piece of data, and twenty times a second for what ends connections:
    a change takes effect at once. UDP goes beside it.
    """

    def __init__(self, link: Link, clock: Clock, target: tuple[str, int], host: str = LOOPBACK, seed: str = "") -> None:
        self.link = link
        self._clock = clock
        self._target = target
        self._host = host
        self._random = Random(f"{seed}/line")  # noqa: S311 - repeatable chance, not a secret
        self._lanes = (Lane(), Lane())
        self._listener: asyncio.Server | None = None
        self._arrivals: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue(
            MAX_CONNECTIONS
        )
        self._conduits: set[Conduit] = set()
        self.port = 0
        self.connections_total = 0
        self.refused_total = 0

    async def start(self) -> None:
        """Begin to listen on a free port.

        Raises:
            UnavailableError: the host is none of this machine.
        """
        try:
            self._listener = await asyncio.start_server(self._arrive, self._host, 0)
        except OSError as error:
            raise UnavailableError(
                f"cannot listen: {error.strerror}", subject=f"line {self._host}", mend="Name an address of this machine"
            ) from error
        self.port = self._listener.sockets[0].getsockname()[1]

    async def run(self) -> None:
        """Carry connections until cancelled; every one is ended on the way out."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch(), name="line-watch")
                while True:
                    group.create_task(self._serve(*await self._arrivals.get()), name="line-connection")
        finally:
            self.close()

    def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.close()

    def _state(self) -> LinkState:
        return self.link.at(self._clock.now())

    def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._arrivals.full() or len(self._conduits) >= MAX_CONNECTIONS:
            self.refused_total += 1
            writer.transport.abort()
        else:
            self._arrivals.put_nowait((reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_total += 1
        conduit = Conduit(self._state, self._lanes, self._random)
        self._conduits.add(conduit)
        try:
            await conduit.run(reader, writer, self._target)
        finally:
            self._conduits.discard(conduit)

    async def _watch(self) -> None:
        """End what the link ends."""
        while True:
            state = self._state()
            for conduit in tuple(self._conduits):
                if state.ending is not None:
                    conduit.end(state.ending)
                elif conduit.is_torn and not state.half_open:
                    conduit.end(Ending.RESET)
            await asyncio.sleep(_WATCH_S)
