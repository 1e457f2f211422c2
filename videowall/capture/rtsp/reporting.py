"""RTCP as a receiver speaks it: what it tells the camera of the reception, and the camera's clock that it learns."""

from sensors.rtsp.rtcp import Goodbye, ReportBlock, SenderReport, encode_receiver_report, parse_rtcp
from videowall.capture.rtsp.sequencing import Sequencer

REPORT_S = 5.0
"""RFC 3550's least interval between reports; each is halved to one and a half times by chance."""
_JITTER_SHARE = 1 / 16


class Reporter:
    """The reception of one session, measured as RFC 3550 (A.3, A.8) says. Times are monotonic seconds."""

    def __init__(self, sequencer: Sequencer, clock_rate_hz: int, ssrc: int, name: str) -> None:
        self.said_goodbye = False
        self._sequencer = sequencer
        self._rate_hz = clock_rate_hz
        self._ssrc = ssrc
        self._name = name
        self._source: int | None = None
        self._transit: float | None = None
        self._jitter = 0.0
        self._clock: SenderReport | None = None
        self._clock_s = 0.0
        self._expected_before = 0
        self._received_before = 0

    def take(self, ssrc: int, timestamp: int, arrival_s: float) -> None:
        """Measure one packet as it arrives."""
        if ssrc != self._sequencer.source:
            return
        if ssrc != self._source:
            self._begin(ssrc)
        transit = arrival_s * self._rate_hz - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            # A timestamp that wrapped or jumped says nothing of the network.
            if change < self._rate_hz:
                self._jitter += (change - self._jitter) * _JITTER_SHARE
        self._transit = transit

    def take_control(self, data: bytes, arrival_s: float) -> None:
        """Take in an RTCP packet; one that is none changes nothing."""
        for part in parse_rtcp(data):
            match part:
                case SenderReport() if self._sequencer.source in {None, part.ssrc}:
                    self._clock, self._clock_s = part, arrival_s
                case Goodbye() if self._sequencer.source in part.ssrcs:
                    self.said_goodbye = True

    def report(self, now_s: float) -> bytes:
        """The receiver report that is due now."""
        return encode_receiver_report(self._ssrc, self._name, self._block(now_s))

    def captured_unix_s(self, rtp_timestamp: int) -> float | None:
        """When a picture was taken by the camera's own clock; None before its first sender report."""
        clock = self._clock
        unix_s = clock.unix_s if clock is not None else None
        if clock is None or unix_s is None:
            return None
        since = ((rtp_timestamp - clock.rtp_timestamp + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
        return unix_s + since / self._rate_hz

    def _begin(self, ssrc: int) -> None:
        self._source, self._transit, self._jitter = ssrc, None, 0.0
        self._expected_before = self._received_before = 0
        if self._clock is not None and self._clock.ssrc != ssrc:
            self._clock = None

    def _block(self, now_s: float) -> ReportBlock | None:
        if self._source is None:
            return None
        seen = self._sequencer
        expected = seen.highest - seen.first + 1
        expected_now, received_now = expected - self._expected_before, seen.received_total - self._received_before
        self._expected_before, self._received_before = expected, seen.received_total
        missing = max(0, expected_now - received_now)
        clock = self._clock
        return ReportBlock(
            ssrc=self._source,
            fraction_lost=min(255, (missing << 8) // expected_now) if expected_now > 0 else 0,
            lost_total=expected - seen.received_total,
            highest_sequence=seen.highest,
            jitter=int(self._jitter),
            last_report=clock.ntp >> 16 & 0xFFFF_FFFF if clock else 0,
            delay_since_report=int((now_s - self._clock_s) * 65_536) if clock else 0,
        )
