"""One RTP stream on its way to those who watch: numbered, timed, reported."""

import struct
from collections.abc import Callable
from datetime import datetime

from simulators.cameras.frame import Frame, cut
from simulators.cameras.mishaps import Mishaps
from simulators.cameras.reports import sender_report
from simulators.cameras.subscriber import Outgoing, Subscriber
from simulators.cameras.units import RTP_HEAD
from simulators.cameras.vocabulary import Codec

_PLACE = struct.Struct(">HII")
"""Sequence number, timestamp and source of a packet (RFC 3550, 5.1)."""
_PLACE_AT = 2


class Track:
    """All viewers get the same packets at the same moment. `ticks` and `sequence` are those of the next packet."""

    def __init__(self, ssrc: int, ticks: int, sequence: int, mishaps: Mishaps | None = None) -> None:
        self.subscribers: set[Subscriber] = set()
        self.ticks = ticks
        self.sequence = sequence
        self._ssrc = ssrc
        self._mishaps = mishaps
        self._packets_total = 0
        self._octets_total = 0

    def send(self, frame: Frame, ticks: int, codec: Codec = Codec.H264) -> bool:
        """Send the packets of one moment, which lasts `ticks`; whether anybody got them."""
        mishaps = self._mishaps if self._mishaps is not None and self._mishaps.happen else None
        if mishaps is not None:
            frame = Frame.of(mishaps.encoded(frame.packets, codec), key=frame.key)
        wire, starts = self._numbered(frame), frame.starts
        self.ticks += ticks
        self._packets_total += len(starts)
        self._octets_total += len(wire) - (RTP_HEAD + starts[0]) * len(starts) if starts else 0
        outgoing = Outgoing(wire, starts, key=frame.key)
        if mishaps is not None:
            outgoing = _spoiled(outgoing, mishaps)
        went = False
        for subscriber in self.subscribers:
            went |= subscriber.send(outgoing)
        return went

    def report(self, now: datetime) -> None:
        """Tell everybody which wall-clock time the timestamps are."""
        report = sender_report(self._ssrc, now, self.ticks, self._packets_total, self._octets_total)
        self._each(lambda subscriber: subscriber.report(report))

    def break_off(self) -> None:
        """What is sent next does not follow what was sent last."""
        self._each(Subscriber.break_off)

    def _numbered(self, frame: Frame) -> bytearray:
        """The same packets at this place in time. Only their heads differ, so only those are written."""
        wire = bytearray(frame.wire)
        write, sequence, ticks, ssrc = _PLACE.pack_into, self.sequence, self.ticks & 0xFFFF_FFFF, self._ssrc
        for start in frame.starts:
            write(wire, start + _PLACE_AT, sequence, ticks, ssrc)
            sequence = (sequence + 1) & 0xFFFF
        self.sequence = sequence
        return wire

    def _each(self, act: Callable[[Subscriber], None]) -> None:
        for subscriber in self.subscribers:
            act(subscriber)


def _spoiled(outgoing: Outgoing, mishaps: Mishaps) -> Outgoing:
    sent = mishaps.sent(cut(outgoing.wire, outgoing.starts))
    left = Frame.of(sent, key=outgoing.key)
    return Outgoing(bytearray(left.wire), left.starts, key=outgoing.key, datagrams=mishaps.datagrams(sent))
