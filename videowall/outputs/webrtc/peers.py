"""All viewers over WebRTC: few enough to bear, each looked at once a second."""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable
from typing import Final

import structlog
from msgspec import Struct

from sensors.clock import Clock
from sensors.errors import NotFoundError, ShekaraError, UnavailableError
from videowall.encoding.broadcast import Broadcast
from videowall.outputs.webrtc.offer import read_offer
from videowall.outputs.webrtc.peer import Peer

CONNECT_WITHIN_S: Final = 15.0
_LOOK_EVERY_S: Final = 1.0
_CLOSE_WITHIN_S: Final = 5.0
_REMEMBERED: Final = 64
_log = structlog.get_logger(__name__)


class _Seat(Struct):
    peer: Peer
    may_watch: Callable[[], None]


class Peers:
    """At most `most` at a time; 0 turns WebRTC off. `run` must run for them to be looked after."""

    def __init__(self, most: int, addresses: tuple[str, ...], clock: Clock) -> None:
        self._most = most
        self._addresses = addresses
        self._clock = clock
        self._seats: dict[str, _Seat] = {}
        self._negotiating = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()
        self._let_go_lately: deque[str] = deque(maxlen=_REMEMBERED)
        """Whose connection was seen to be over first: their goodbye by HTTP comes too late, and is no mistake."""

    def __len__(self) -> int:
        return len(self._seats)

    async def admit(self, offer: bytes, broadcast: Broadcast, may_watch: Callable[[], None]) -> tuple[str, str]:
        """A new viewer's id and the answer to their offer. `may_watch` raises once their sign-in is over.

        Raises:
            UnavailableError: there is no place left.
            WireError, LimitError: the offer is none.
        """
        text = read_offer(offer)
        async with self._negotiating:
            if len(self._seats) >= self._most:
                mend = "Watch through the wall's page, which takes many"
                raise UnavailableError(f"{self._most} are watching over WebRTC already", subject="WHEP", mend=mend)
            peer = Peer(broadcast, self._addresses, self._clock)
            try:
                answer = await peer.answer(text)
            except BaseException:
                await asyncio.shield(self._let_go(peer))
                raise
            name = secrets.token_urlsafe(18)
            self._seats[name] = _Seat(peer, may_watch)
        return name, answer

    async def dismiss(self, name: str) -> None:
        """End a viewer's session.

        Raises:
            NotFoundError: there is none of that id.
        """
        seat = self._seats.pop(name, None)
        if seat is None and name in self._let_go_lately:
            self._let_go_lately.remove(name)
            return
        if seat is None:
            raise NotFoundError("there is no such session", subject="WHEP")
        await asyncio.shield(self._let_go(seat.peer))

    async def run(self) -> None:
        """Let go whoever left, never came, or may no longer watch, until cancelled; then everybody."""
        try:
            while True:
                await asyncio.sleep(_LOOK_EVERY_S)
                for name, seat in list(self._seats.items()):
                    if (reason := self._reason_to_end(seat)) is not None:
                        _log.info("a viewer over WebRTC is let go", reason=reason)
                        self._seats.pop(name, None)
                        self._let_go_lately.append(name)
                        self._let_go(seat.peer)
        finally:
            for seat in self._seats.values():
                self._let_go(seat.peer)
            self._seats.clear()
            await asyncio.gather(*self._ending)

    def _let_go(self, peer: Peer) -> asyncio.Task[None]:
        """End a connection in a task of its own: whoever asks for it may be cancelled, its sockets must still close."""
        task = asyncio.create_task(_close(peer))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    def _reason_to_end(self, seat: _Seat) -> str | None:
        if seat.peer.is_over:
            return "the connection has ended"
        if not seat.peer.is_connected and self._clock.monotonic_s() - seat.peer.begun_s > CONNECT_WITHIN_S:
            return "no connection came about"
        try:
            seat.may_watch()
        except ShekaraError as error:
            return error.what
        return None


async def _close(peer: Peer) -> None:
    """End a connection; one that does not end in time is left to its own time-outs."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSE_WITHIN_S):
            await peer.close()
