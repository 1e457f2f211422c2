"""One stream from its URL to access units: `run` retries for ever, `run_once` works until it fails."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator

import structlog

from sensors.catalog import PictureState
from sensors.clock import Clock
from sensors.rtsp.authentication import Credentials
from sensors.rtsp.rtp import parse_rtp
from videowall.rtsp.assembly import AccessUnit, Assembler
from videowall.rtsp.conversation import Conversation, Session, Transport, parse_address
from videowall.rtsp.failure import StreamError
from videowall.rtsp.link import DatagramPair, Link, connect

NO_PACKETS_S = 2.5
_WATCH_S = 0.25
_KEEP_ALIVE_SHARE = 0.4
_FAREWELL_S = 0.5
_RETRY_FIRST_S = 0.3
_RETRY_MOST_S = 10.0
_RETRY_CREDENTIALS_S = 30.0
_STABLE_S = 60.0
_log = structlog.get_logger()


def back_off(chance: random.Random) -> Iterator[float]:
    """Full-jitter waits between attempts, in seconds, for ever."""
    ceiling_s = _RETRY_FIRST_S
    while True:
        yield max(_RETRY_FIRST_S, chance.uniform(0, ceiling_s))
        ceiling_s = min(_RETRY_MOST_S, ceiling_s * 2)


class CameraStream:
    """A camera's stream as the wall keeps it open. Counters grow over all sessions.

    `failure` is why there are no packets now; None while they come, or before the first attempt has ended.
    """

    def __init__(
        self,
        label: str,
        url: str,
        credentials: Credentials | None,
        transport: Transport,
        clock: Clock,
        chance: random.Random,
        admission: asyncio.Semaphore,
        on_unit: Callable[[AccessUnit], None],
        on_session: Callable[[Session], None],
    ) -> None:
        self.failure: PictureState | None = None
        self.last_packet_s: float | None = None
        self.received_bytes_total = 0
        self.lost_total = 0
        self.sessions_total = 0
        self._label = label
        self._url = url
        self._credentials = credentials
        self._transport = transport
        self._clock = clock
        self._chance = chance
        self._admission = admission
        self._on_unit = on_unit
        self._on_session = on_session
        self._assembler: Assembler | None = None
        self._session: Session | None = None

    async def run(self) -> None:
        """Keep the stream open until cancelled, waiting longer after each failure that follows another soon."""
        waits = back_off(self._chance)
        while True:
            began_s = self._clock.monotonic_s()
            try:
                await self.run_once()
            except StreamError as error:
                if error.state is not self.failure:
                    _log.warning("camera stream failed", camera=self._label, state=error.state, why=error.text)
                self.failure = error.state
                if error.other_transport:
                    self._transport = self._transport.other
            if self._session is not None and self._clock.monotonic_s() - began_s > _STABLE_S:
                waits = back_off(self._chance)
            self._session = None
            bad = self.failure is PictureState.BAD_CREDENTIALS
            await asyncio.sleep(_RETRY_CREDENTIALS_S if bad else next(waits))

    async def run_once(self) -> None:
        """Open the stream and hand out its pictures until it ends; the session at the camera is taken down.

        Raises:
            StreamError: always, with the reason; this never returns otherwise.
        """
        address = parse_address(self._url)
        async with contextlib.AsyncExitStack() as stack:
            async with self._admission:
                link = await connect(address, self._receive)
                stack.callback(link.end, StreamError("done", PictureState.NO_PACKETS))
                ports: DatagramPair | None = None
                if self._transport is Transport.UDP:
                    ports = DatagramPair(link.local_host)
                    stack.callback(ports.close)
                    await ports.listen(link.peer_host, self._receive)
                conversation = Conversation(
                    address.url, self._credentials, self._transport, ports.ports if ports else None
                )
                stack.push_async_callback(_say_farewell, link, conversation)
                await self._open(link, conversation)
            link.closing_means = PictureState.NO_PACKETS
            await self._watch(link, conversation)

    async def _open(self, link: Link, conversation: Conversation) -> None:
        request = conversation.begin()
        while True:
            step = conversation.answer(await link.ask(request))
            if conversation.expected is not None:
                # Packets may overtake the response to PLAY.
                self._begin(conversation.expected)
            if step is None:
                return
            request = step

    def _begin(self, session: Session) -> None:
        if self._session is session:
            return
        self._session = session
        self._assembler = Assembler(session.track.packing, session.track.parameter_sets)
        self.last_packet_s = self._clock.monotonic_s()
        self.sessions_total += 1
        self._on_session(session)

    async def _watch(self, link: Link, conversation: Conversation) -> None:
        session = conversation.session
        if session is None:
            raise StreamError("PLAY did not begin a session", PictureState.REFUSED)
        alive_s = self._clock.monotonic_s()
        self.last_packet_s = alive_s
        while True:
            await asyncio.wait({link.ended}, timeout=_WATCH_S)
            if link.ended.done():
                raise link.ended.result()
            now_s = self._clock.monotonic_s()
            if now_s - self.last_packet_s > NO_PACKETS_S:
                raise StreamError(f"no packets for {NO_PACKETS_S:g} s", PictureState.NO_PACKETS)
            while (response := link.take_response()) is not None:
                if (retry := conversation.answer(response)) is not None:
                    link.send(retry)
            if now_s - alive_s > session.timeout_s * _KEEP_ALIVE_SHARE:
                alive_s = now_s
                link.send(conversation.keep_alive())

    def _receive(self, channel: int, data: bytes) -> None:
        session, assembler = self._session, self._assembler
        if (
            session is None
            or assembler is None
            or channel != (session.channel if self._transport is Transport.TCP else 0)
        ):
            return
        packet = parse_rtp(data)
        if packet is None or packet.payload_type != session.track.payload_type:
            return
        now_s = self._clock.monotonic_s()
        self.last_packet_s = now_s
        self.received_bytes_total += len(data)
        lost_before = assembler.lost_total
        for unit in assembler.feed(packet, now_s):
            self.failure = None
            self._on_unit(unit)
        self.lost_total += assembler.lost_total - lost_before


async def _say_farewell(link: Link, conversation: Conversation) -> None:
    """End the session at the camera, so that it is not held while the next one opens."""
    request = conversation.tear_down()
    if request is not None and not link.ended.done():
        with contextlib.suppress(StreamError):
            await link.ask(request, _FAREWELL_S)
