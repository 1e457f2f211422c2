"""One session with one camera: opened, watched until it ends, and taken down."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from typing import Protocol

from sensors.catalog import PictureState
from sensors.clock import Clock, until_next
from sensors.rtsp.authentication import Credentials
from sensors.rtsp.rtp import HEAD, PLAIN, parse_rtp
from videowall.capture.oversleeping import OVERSLEPT_S
from videowall.capture.rtsp.address import Address
from videowall.capture.rtsp.assembly import AccessUnit, Assembler
from videowall.capture.rtsp.conversation import Conversation, Remnant, Session, Transport
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.link import DatagramPair, Link, connect
from videowall.capture.rtsp.multicast import Membership
from videowall.capture.rtsp.poller import Poller
from videowall.capture.rtsp.reporting import REPORT_S, Reporter
from videowall.capture.rtsp.sequencing import HOLD_S, Sequenced, Sequencer

NO_PACKETS_S = 2.5
NOTHING_WHOLE_S = 4.0
"""When of all that comes no picture is whole for so long, the camera is asked anew what it sends: it may have gone over
to another codec within the session."""
OPEN_TIMEOUT_S = 10.0
_WATCH_S, _WATCH_DATAGRAMS_S = 0.5, 0.2
_KEEP_ALIVE_SHARE = 0.4
_FAREWELL_S = 0.5
_NAME = "shekara"
_MARKER = 0x80


class Listener(Protocol):
    """Who takes what comes."""

    def begin(self, codec: str, extradata: bytes = b"") -> None:
        """A session has begun; `codec` is the decoder's name, `extradata` what it must know beforehand."""

    def hear(self, received_bytes: int, lost: int) -> None:
        """Packets came in, and so many were found missing."""

    def give(self, unit: AccessUnit) -> None:
        """A whole picture."""


class Player:
    """One attempt. `remnant` is a session that an earlier one could not take down, and after `close` our own, if so."""

    def __init__(
        self,
        address: Address,
        credentials: Credentials | None,
        transport: Transport,
        clock: Clock,
        chance: random.Random,
        listener: Listener,
        remnant: Remnant | None,
        poller: Poller | None = None,
    ) -> None:
        self.remnant = remnant
        self._address = address
        self._credentials = credentials
        self._transport = transport
        self._clock = clock
        self._chance = chance
        self._listener = listener
        self._poller = poller
        self._link: Link | None = None
        self._ports: DatagramPair | Membership | None = None
        self._conversation: Conversation | None = None
        self._reception: _Reception | None = None

    async def open(self) -> None:
        """Connect and play.

        Raises:
            MovedError: the camera names another address.
            StreamError: it does not let us in, or takes longer than `OPEN_TIMEOUT_S`.
        """
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await self._open()
        except TimeoutError as error:
            raise StreamError(f"not playing after {OPEN_TIMEOUT_S:g} s", PictureState.NO_PACKETS) from error

    @property
    def carrier(self) -> str:
        """How packets come."""
        conversation = self._conversation
        expected = conversation.expected if conversation is not None else None
        return str(Transport.MULTICAST if expected is not None and expected.group is not None else self._transport)

    async def watch(self) -> None:
        """Hand out pictures until the session ends.

        Raises:
            StreamError: always, with the reason.
        """
        link, conversation, reception = self._link, self._conversation, self._reception
        if link is None or conversation is None or conversation.session is None or reception is None:
            raise StreamError("PLAY did not begin a session", PictureState.REFUSED)
        link.closing_means = PictureState.NO_PACKETS
        if self._poller is not None:
            link.be_read_by(self._poller)
        alive_s = reception.heard_s = self._clock.monotonic_s()
        report_s = alive_s + self._report_in_s() / 2
        period_s = _WATCH_S if self._ports is None else _WATCH_DATAGRAMS_S
        while True:
            slept_from_s = self._clock.monotonic_s()
            pause_s = until_next(period_s, slept_from_s)
            await asyncio.wait({link.ended}, timeout=pause_s)
            if link.ended.done():
                raise link.ended.result()
            now_s = self._clock.monotonic_s()
            if (overslept_s := now_s - slept_from_s - pause_s) > OVERSLEPT_S:
                reception.excuse(overslept_s, now_s)
            # What the camera says comes before its silence: it may say why.
            while (response := link.take_response()) is not None:
                if (retry := conversation.answer(response)) is not None:
                    link.send(retry)
            reception.look(now_s, is_datagrams=self._ports is not None)
            if now_s - alive_s > conversation.session.timeout_s * _KEEP_ALIVE_SHARE:
                alive_s = now_s
                link.send(conversation.keep_alive())
            if now_s >= report_s:
                report_s = now_s + self._report_in_s()
                self._send_report(link, conversation.session, reception.report(now_s))

    async def close(self) -> None:
        """Take the session down, so that it is not held while the next one opens; what is left behind is remembered."""
        link, conversation = self._link, self._conversation
        try:
            if link is not None and conversation is not None:
                self.remnant = await _say_farewell(link, conversation) or self.remnant
        finally:
            if self._ports is not None:
                self._ports.close()
            if link is not None:
                link.end(StreamError("done", PictureState.NO_PACKETS))
                # It keeps the error that it ended with, whose traceback and context keep it.
                ended = link.ended.result()
                ended.__traceback__ = ended.__context__ = None
            # And it hands its packets to us: without this only the garbage collector would free the two, much later.
            self._link = self._conversation = self._reception = self._ports = None

    async def _open(self) -> None:
        link = self._link = await connect(self._address, self._receive)
        pair = None
        if self._transport is Transport.UDP:
            self._ports = pair = DatagramPair(link.local_host)
            await pair.listen(link.peer_host, self._receive)
        remnant, self.remnant = self.remnant, None
        conversation = self._conversation = Conversation(
            self._address.url,
            self._credentials,
            self._transport,
            pair.ports if pair else None,
            remnant,
        )
        request = conversation.begin()
        while True:
            step = conversation.answer(await link.ask(request))
            if conversation.expected is not None and self._reception is None:
                # Packets may overtake the response to PLAY.
                await self._join(link, conversation.expected)
                self._reception = self._begin(conversation.expected)
            if step is None:
                return
            request = step

    async def _join(self, link: Link, session: Session) -> None:
        """Listen where the camera sends to, when that is a group."""
        if session.group is None:
            return
        if self._ports is not None:
            self._ports.close()
        self._ports = Membership(session.group, link.local_host)
        await self._ports.listen(link.peer_host, self._receive)

    def _begin(self, session: Session) -> "_Reception":
        hold_s = HOLD_S if self._ports is not None else 0.0
        ssrc = self._chance.getrandbits(32)
        reception = _Reception(session, hold_s, ssrc, self._clock.monotonic_s(), self._listener)
        self._listener.begin(session.track.packing.codec)
        return reception

    def _receive(self, channel: int, data: bytes | memoryview) -> None:
        if self._reception is not None:
            self._reception.take(channel, data, self._clock.monotonic_s())

    def _send_report(self, link: Link, session: Session, packet: bytes) -> None:
        if self._ports is None:
            link.send_packet(session.control_channel, packet)
        else:
            self._ports.send_control(packet, link.peer_host, session.control_port)

    def _report_in_s(self) -> float:
        return REPORT_S * self._chance.uniform(0.5, 1.5)


class _Reception:
    """What comes in one session, from packets to pictures."""

    def __init__(self, session: Session, hold_s: float, ssrc: int, now_s: float, listener: Listener) -> None:
        self.heard_s = now_s
        self._session = session
        self._sequencer = Sequencer(hold_s)
        self._reporter = Reporter(self._sequencer, session.track.clock_rate_hz, ssrc, _NAME)
        track = session.track
        self._assembler = Assembler(track.packing, track.parameter_sets, self._reporter.captured_unix_s)
        self._payload_type = track.payload_type
        self._listener = listener
        self._untold_bytes = self._told_lost = 0
        self._has_heard = False
        self._whole_s: float | None = None
        self._hurt_before = 0

    def take(self, channel: int, data: bytes | memoryview, now_s: float) -> None:
        """One packet of either kind."""
        if channel == self._session.control_channel:
            self._reporter.take_control(bytes(data), now_s)
            return
        if channel != self._session.channel or len(data) < HEAD.size:
            return
        flags, kind, sequence, timestamp, ssrc = HEAD.unpack_from(data)
        if kind & 0x7F != self._payload_type:
            return
        if flags == PLAIN and self._sequencer.passes(sequence, ssrc):
            self._hear(len(data), now_s)
            self._reporter.take(ssrc, timestamp, now_s)
            payload = memoryview(data)[HEAD.size :]
            self._give(self._assembler.take(payload, timestamp, now_s, marker=kind >= _MARKER))
            return
        packet = parse_rtp(data)
        if packet is not None:
            self._hear(len(data), now_s)
            ready = self._sequencer.feed(packet, now_s)
            self._reporter.take(ssrc, timestamp, now_s)
            self._assemble(ready)

    def excuse(self, deaf_s: float, now_s: float) -> None:
        """For so long, until now, nobody listened to what came."""
        self.heard_s = min(now_s, self.heard_s + deaf_s)
        self._whole_s = None if self._whole_s is None else self._whole_s + deaf_s

    def look(self, now_s: float, *, is_datagrams: bool) -> None:
        """Let go what has waited too long.

        Raises:
            StreamError: the stream has fallen silent, or said goodbye, or none of its pictures is whole.
        """
        if self._reporter.said_goodbye:
            raise StreamError("the camera ended the stream", PictureState.NO_PACKETS)
        if now_s - self.heard_s > NO_PACKETS_S:
            # Datagrams that never came at all are stopped on the way more often than at the camera.
            other = is_datagrams and not self._has_heard
            raise StreamError(f"no packets for {NO_PACKETS_S:g} s", PictureState.NO_PACKETS, other_transport=other)
        self._look_for_whole(now_s)
        self._assemble(self._sequencer.release(now_s))
        self._tell()

    def _look_for_whole(self, now_s: float) -> None:
        """The wait begins with the first packet, and anew with every whole picture."""
        if self._whole_s is None:
            self._whole_s = now_s if self._has_heard else None
        elif now_s - self._whole_s > NOTHING_WHOLE_S and self._hurt_total > self._hurt_before:
            raise StreamError(f"no whole picture for {NOTHING_WHOLE_S:g} s", PictureState.CANNOT_DECODE)

    @property
    def _hurt_total(self) -> int:
        return self._assembler.damaged_total + self._assembler.malformed_total

    def report(self, now_s: float) -> bytes:
        """The receiver report that is due now."""
        return self._reporter.report(now_s)

    def _hear(self, received_bytes: int, now_s: float) -> None:
        self.heard_s = now_s
        self._has_heard = True
        self._untold_bytes += received_bytes

    def _tell(self) -> None:
        """Tell of what was heard since the last time: with each picture, and now and then without."""
        lost = self._sequencer.lost_total - self._told_lost
        if self._untold_bytes or lost:
            self._listener.hear(self._untold_bytes, lost)
            self._untold_bytes, self._told_lost = 0, self._sequencer.lost_total

    def _assemble(self, ready: list[Sequenced]) -> None:
        for sequenced in ready:
            self._give(self._assembler.feed(sequenced))

    def _give(self, units: Sequence[AccessUnit]) -> None:
        for unit in units:
            self._tell()
            self._whole_s, self._hurt_before = unit.arrival_s, self._hurt_total
            self._listener.give(unit)


async def _say_farewell(link: Link, conversation: Conversation) -> Remnant | None:
    """End the session at the camera; what stays when it did not confirm that."""
    request = conversation.tear_down()
    if request is None:
        return None
    if link.ended.done():
        return conversation.remnant
    with contextlib.suppress(StreamError):
        answer = await link.ask(request, _FAREWELL_S)
        again = conversation.farewell_again(answer)
        if again is not None:
            await link.ask(again, _FAREWELL_S)
        return None
    return conversation.remnant
