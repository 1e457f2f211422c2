"""RTP packets of one source into their order: what overtook is held for a short while, what is missing is counted.

Sequence numbers are judged as in RFC 3550, A.1: a far jump or another source counts only once two packets in a row
bear it out, so that one stray packet upsets nothing and a camera that has begun anew is followed at once.
"""

from typing import NamedTuple

from sensors.rtsp.rtp import RtpPacket

HOLD_S = 0.06
"""How long datagrams wait for one that is missing; above the reordering of radio links, below two frames."""
MAX_HELD_PACKETS = 512
MAX_HELD_BYTES = 1_000_000
_MAX_AHEAD = 3000
_MAX_BEHIND = 512


class Sequenced(NamedTuple):
    """A packet in its place. `gap`: something before it is missing, or another source has begun."""

    packet: RtpPacket
    gap: bool
    arrival_s: float


class Sequencer:
    """Order for one session's packets; `hold_s` 0 for a transport that keeps order. Memory is bounded."""

    def __init__(self, hold_s: float) -> None:
        self.received_total = 0
        self.lost_total = 0
        self.late_total = 0
        """Packets that came twice, or when they were already given up."""
        self.restarts_total = 0
        self.source: int | None = None
        self.first = 0
        self.highest = 0
        """Extended sequence numbers of the source: its first, and the highest so far."""
        self._hold_s = hold_s
        self._next = 0
        self._held: dict[int, Sequenced] = {}
        self._held_bytes = 0
        self._candidate: tuple[int, int] | None = None

    def passes(self, sequence: int, ssrc: int) -> bool:
        """Whether a packet is the next one, with nothing in front of it, as nearly all are; then it is counted."""
        if self._held or ssrc != self.source or sequence != self._next & 0xFFFF:
            return False
        self._candidate = None
        self.received_total += 1
        self.highest = self._next
        self._next += 1
        return True

    def feed(self, packet: RtpPacket, arrival_s: float) -> list[Sequenced]:
        """The packets whose turn has come now."""
        if self.passes(packet.sequence, packet.ssrc):
            return [Sequenced(packet, gap=False, arrival_s=arrival_s)]
        if not self._is_followed(packet):
            return self.release(arrival_s)
        place = self._extend(packet.sequence)
        self.received_total += 1
        self.highest = max(self.highest, place)
        if place < self._next or place in self._held:
            self.late_total += 1
            return self.release(arrival_s)
        begins = place == self._next == self.first
        found = Sequenced(packet, begins, arrival_s)
        if place == self._next:
            self._next += 1
            return [found, *self._drain(), *self.release(arrival_s)]
        # What is held outlasts the memory that it was received into.
        self._held[place] = found._replace(packet=packet._replace(payload=memoryview(bytes(packet.payload))))
        self._held_bytes += len(packet.payload)
        return self.release(arrival_s)

    def release(self, now_s: float) -> list[Sequenced]:
        """The packets that have waited long enough for one that did not come."""
        released: list[Sequenced] = []
        while self._held and self._must_go_on(now_s):
            place = min(self._held)
            self.lost_total += place - self._next
            self._next = place + 1
            packet = self._pop(place)
            released += [packet._replace(gap=True), *self._drain()]
        return released

    def _is_followed(self, packet: RtpPacket) -> bool:
        ahead = self._extend(packet.sequence) - self.highest
        if self.source == packet.ssrc and -_MAX_BEHIND <= ahead <= _MAX_AHEAD:
            self._candidate = None
            return True
        borne_out = self._candidate == (packet.ssrc, packet.sequence)
        if self.source is not None and not borne_out:
            self._candidate = (packet.ssrc, (packet.sequence + 1) & 0xFFFF)
            return False
        self.restarts_total += self.source is not None
        self.source = packet.ssrc
        self.first = self.highest = self._next = packet.sequence
        self.received_total = 0
        self._candidate = None
        self._held.clear()
        self._held_bytes = 0
        return True

    def _extend(self, sequence: int) -> int:
        """The extended number that is nearest to the highest so far."""
        return self.highest + ((sequence - self.highest + 0x8000) & 0xFFFF) - 0x8000

    def _must_go_on(self, now_s: float) -> bool:
        if len(self._held) > MAX_HELD_PACKETS or self._held_bytes > MAX_HELD_BYTES:
            return True
        oldest = next(iter(self._held.values()))
        return now_s - oldest.arrival_s >= self._hold_s

    def _drain(self) -> list[Sequenced]:
        ready: list[Sequenced] = []
        while self._next in self._held:
            ready.append(self._pop(self._next))
            self._next += 1
        return ready

    def _pop(self, place: int) -> Sequenced:
        found = self._held.pop(place)
        self._held_bytes -= len(found.packet.payload)
        return found
