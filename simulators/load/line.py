"""One connection of the crowd to the broker: what is on its way, and what the broker has acknowledged."""

import asyncio
from collections.abc import Iterable
from itertools import islice

from sensors.errors import AccessError, UnavailableError
from simulators.load.packets import ALIVE, HANG_UP, MAX_ID, Ear, Named, Will, connect, publish
from simulators.publish_connection import Broker

MOST_OPEN = 20_000
"""Messages of one connection that wait for their acknowledgement; far fewer than there are packet ids."""
_CONNECT_S = 10.0
_AT_ONCE = 100
"""Announcements given to the broker in one go: as many again when these are acknowledged."""
_ACKNOWLEDGED_S = 30.0
_NO_PASSWORD = frozenset((4, 5))


class Line(asyncio.Protocol):
    """Opened once. Totals count messages since `begin`."""

    def __init__(self, broker: Broker, client: str) -> None:
        loop = asyncio.get_running_loop()
        self._broker = broker
        self._client = client
        self._ear = Ear()
        self._transport: asyncio.Transport | None = None
        self._opened: asyncio.Future[None] = loop.create_future()
        self._settled = asyncio.Event()
        self._full = False
        self._next_id = 0
        self.ended = asyncio.Event()
        self.reason = ""
        self.sent_total = 0
        self.acknowledged_total = 0

    @property
    def open(self) -> int:
        """Messages that wait for their acknowledgement."""
        return self.sent_total - self.acknowledged_total

    @property
    def next_id(self) -> int:
        """Where the numbers of the next packets begin, 0 to `MAX_ID` - 1."""
        return self._next_id

    def has_room_for(self, messages: int) -> bool:
        """Whether so many may be sent now: the broker reads, and has not fallen behind with acknowledgements."""
        return not self.ended.is_set() and not self._full and self.open + messages <= MOST_OPEN

    async def connect(self, will: Will | None) -> None:
        """Reach the broker and be let in.

        Raises:
            UnavailableError: it does not answer.
            AccessError: it does not let us in.
        """
        broker, loop = self._broker, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_CONNECT_S):
                await loop.create_connection(lambda: self, broker.host, broker.port)
                self._write(connect(self._client, broker.keepalive_s, will, broker.credentials))
                await self._opened
        except (OSError, TimeoutError) as error:
            raise UnavailableError("does not answer", subject=str(broker), mend="Is the broker running?") from error

    async def announce(self, said: Iterable[tuple[Named, bytes]]) -> None:
        """Publish retained messages, a few at a time.

        Raises:
            UnavailableError: the broker does not acknowledge them.
        """
        rest = iter(said)
        while some := list(islice(rest, _AT_ONCE)):
            parts: list[bytes] = []
            for number, (name, payload) in enumerate(some, self._next_id):
                parts += publish(name, number % MAX_ID + 1, payload, retained=True)
            self.send(b"".join(parts), len(some))
            await self.settle()

    def send(self, packets: bytes, messages: int) -> None:
        """Hand over packets that were numbered from `next_id` on."""
        self._next_id = (self._next_id + messages) % MAX_ID
        self.sent_total += messages
        self._settled.clear()
        self._write(packets)

    async def settle(self) -> None:
        """Wait until all that was sent is acknowledged.

        Raises:
            UnavailableError: that takes too long, or the connection ends before.
        """
        try:
            async with asyncio.timeout(_ACKNOWLEDGED_S):
                while self.open:
                    if self.ended.is_set():
                        raise self._lost()
                    await self._settled.wait()
        except TimeoutError as error:
            raise UnavailableError(f"has not acknowledged {self.open} messages", subject=str(self._broker)) from error

    def begin(self) -> None:
        """Count anew; only when nothing is on its way."""
        self.sent_total = self.acknowledged_total = 0

    def stay(self) -> None:
        """A sign of life."""
        self._write(ALIVE)

    def close(self) -> None:
        """Hang up, without the will being said."""
        self._write(HANG_UP)
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        try:
            heard = self._ear.hear(data)
        except ValueError as error:
            self.reason = str(error)
            if self._transport is not None:
                self._transport.abort()
            return
        self.acknowledged_total += heard.acknowledged
        if not self.open:
            self._settled.set()
        if heard.refusal is not None and not self._opened.done():
            self._answer(heard.refusal)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.reason = self.reason or (str(exc) if exc else "the broker hung up")
        self.ended.set()
        self._settled.set()
        if not self._opened.done():
            self._opened.set_exception(self._lost())

    def pause_writing(self) -> None:
        """See asyncio.Protocol."""
        self._full = True

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._full = False

    def _answer(self, refusal: int) -> None:
        if refusal == 0:
            self._opened.set_result(None)
        elif refusal in _NO_PASSWORD:
            self._opened.set_exception(
                AccessError(
                    "not let in", signed_in=False, subject=str(self._broker), mend="Check [mqtt] in the secrets"
                )
            )
        else:
            self._opened.set_exception(UnavailableError(f"refused with code {refusal}", subject=str(self._broker)))

    def _lost(self) -> UnavailableError:
        return UnavailableError(f"closed: {self.reason}", subject=str(self._broker))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
