"""One RTP stream on its way to those who watch: numbered, timed, reported."""

from collections.abc import Callable
from datetime import datetime

from sensors.rtsp.rtp import rewrite
from simulators.cameras.encoder import Packets
from simulators.cameras.mishaps import Mishaps
from simulators.cameras.reports import sender_report
from simulators.cameras.subscriber import Outgoing, Subscriber
from simulators.cameras.units import RTP_HEAD


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

    def send(self, packets: Packets, ticks: int, *, key: bool = True) -> bool:
        """Send the packets of one moment, which lasts `ticks`; whether anybody got them."""
        numbered = tuple(
            rewrite(packet, self.sequence + place, self.ticks, self._ssrc) for place, packet in enumerate(packets)
        )
        self.sequence = (self.sequence + len(packets)) & 0xFFFF
        self.ticks += ticks
        self._packets_total += len(packets)
        self._octets_total += sum(map(len, packets)) - RTP_HEAD * len(packets)
        datagrams = numbered
        if self._mishaps is not None:
            numbered = self._mishaps.sent(numbered)
            datagrams = self._mishaps.datagrams(numbered)
        frame = Outgoing(numbered, datagrams, key)
        went = [subscriber.send(frame) for subscriber in self.subscribers]
        return any(went)

    def report(self, now: datetime) -> None:
        """Tell everybody which wall-clock time the timestamps are."""
        report = sender_report(self._ssrc, now, self.ticks, self._packets_total, self._octets_total)
        self._each(lambda subscriber: subscriber.report(report))

    def break_off(self) -> None:
        """What is sent next does not follow what was sent last."""
        self._each(Subscriber.break_off)

    def _each(self, act: Callable[[Subscriber], None]) -> None:
        for subscriber in self.subscribers:
            act(subscriber)
