"""A line of a post: a TCP proxy of ours between its equipment and who speaks with it, with the faults of its link."""

import asyncio
from random import Random

from sensors.clock import Clock
from sensors.errors import UnavailableError
from simulators.faults.conduit import Conduit
from simulators.faults.link import Link, LinkState
from simulators.faults.passage import Lane, Passage
from simulators.scenario.link_actions import Ending

LOOPBACK = "127.0.0.1"
MAX_CONNECTIONS = 256
_WATCH_S = 0.05


class Line:
    """Listens on a port of `host` and carries every connection to `target`. `start` before `run`.

    The state of the link is looked at for every piece of data, and twenty times a second for what ends connections:
    a change takes effect at once. Datagrams go beside it; who sends them asks when they would come out.
    `lanes`, from clients and to them, may be shared with other lines over the same link.
    """

    def __init__(
        self,
        link: Link,
        clock: Clock,
        target: tuple[str, int],
        host: str = LOOPBACK,
        seed: str = "",
        lanes: tuple[Lane, Lane] | None = None,
        port: int = 0,
    ) -> None:
        self.link = link
        self._clock = clock
        self._target = target
        self._host = host
        self._random = Random(f"{seed}/line")  # noqa: S311 - repeatable chance, not a secret
        self._lanes = (Lane(), Lane()) if lanes is None else lanes
        self._datagrams = Passage(self._lanes[1], self._random)
        self._listener: asyncio.Server | None = None
        self._arrivals: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue(
            MAX_CONNECTIONS
        )
        self._conduits: set[Conduit] = set()
        self.port = port
        self.connections_total = 0
        self.refused_total = 0

    async def start(self) -> None:
        """Begin to listen, on a free port when it is 0.

        Raises:
            UnavailableError: the port is taken, or the host is none of this machine.
        """
        try:
            self._listener = await asyncio.start_server(self._arrive, self._host, self.port)
        except OSError as error:
            raise UnavailableError(
                f"cannot listen: {error.strerror}",
                subject=f"line {self._host}:{self.port}",
                mend="Name an address of this machine, and stop what uses the port or set rtsp_port = 0",
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

    @property
    def is_open(self) -> bool:
        """Whether what is sent now arrives at all, however late."""
        return self._state().passes

    @property
    def is_broken(self) -> bool:
        """Whether connections end now, and no new one comes about."""
        return self._state().ending is not None

    def client_of(self, address: tuple[str, int]) -> str | None:
        """The host of the client whose connection comes out of it with that address; None: it did not come through."""
        return next((conduit.client for conduit in self._conduits if conduit.comes_out == address), None)

    def datagram_due_s(self, size: int) -> float | None:
        """When a datagram to a client that is sent now comes out, by the event loop's clock; None: never."""
        return self._datagrams.datagram_due_s(asyncio.get_running_loop().time(), size, self._state())

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
