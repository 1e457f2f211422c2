"""One stream from its URL to access units: `run` retries for ever, `run_once` works until it fails."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import structlog
from msgspec import Struct

from sensors.catalog import PictureState
from sensors.clock import Clock
from sensors.model import SiteId
from sensors.rtsp.authentication import Credentials
from videowall.capture.admission import Admission
from videowall.capture.demuxer import Demuxer, find_place
from videowall.capture.rtsp.address import Address, Redirects, follow, parse_address
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.capture.rtsp.conversation import Remnant, Transport
from videowall.capture.rtsp.failure import MovedError, StreamError, blame
from videowall.capture.rtsp.lateness import Lateness
from videowall.capture.rtsp.patience import STABLE_S, Patience
from videowall.capture.rtsp.player import Player
from videowall.capture.rtsp.poller import Poller

MAX_REDIRECTS = 4
SANE_OFFSET_S = (-0.05, 5.0)
"""Between a picture's capture by the camera's clock and its arrival by ours. Beyond it one of the clocks is wrong."""
_SMOOTHING = 0.05
_log = structlog.get_logger()


class Source(Struct, frozen=True):
    """One stream of one camera, and how to come to it."""

    label: str
    site: SiteId
    url: str
    credentials: Credentials | None = None
    transport: Transport = Transport.TCP
    redirects: Redirects = Redirects.SAME_HOST
    films: Path | None = None
    """The folder of film:NAME."""


class CameraStream:
    """A camera's stream as the wall keeps it open. Counters grow over all sessions.

    `failure` is why there are no packets now; None while they come, or before the first attempt has ended.
    """

    def __init__(
        self,
        source: Source,
        clock: Clock,
        chance: random.Random,
        admission: Admission,
        on_unit: Callable[[AccessUnit], None],
        on_session: Callable[[str, bytes], None],
        poller: Poller | None = None,
    ) -> None:
        self.failure: PictureState | None = None
        self.last_packet_s: float | None = None
        self.received_bytes_total = 0
        self.lost_total = 0
        self.sessions_total = 0
        self.clock_offset_s: float | None = None
        """How far a picture's capture by the camera's clock lies before its arrival by ours, smoothed."""
        self.lateness = Lateness()
        """Of the session that runs, or ran last."""
        self.carrier = ""
        """How packets came last: tcp, udp, multicast, or through FFmpeg's demuxers; empty before the first session."""
        self._source = source
        self._transport = source.transport
        self._refused: set[Transport] = set()
        self._reader: Player | Demuxer | None = None
        self._clock = clock
        self._chance = chance
        self._patience = Patience(chance)
        self._admission = admission
        self._on_unit = on_unit
        self._on_session = on_session
        self._poller = poller
        self._remnant: Remnant | None = None
        self._demuxer: Demuxer | None = None
        self._reads_otherwise = False
        self._began_s: float | None = None

    @property
    def receive_latency_s(self) -> float | None:
        """From capture to arrival; None while the camera's clock is unknown or cannot be right."""
        offset_s = self.clock_offset_s
        least, most = SANE_OFFSET_S
        return offset_s if offset_s is not None and least <= offset_s <= most else None

    async def run(self) -> None:
        """Keep the stream open until cancelled, waiting longer after each failure that follows another soon."""
        while True:
            self._began_s = None
            try:
                await self.run_once()
            except StreamError as error:
                await asyncio.sleep(self._wait_after(error))

    async def run_once(self) -> None:
        """Open the stream and hand out its pictures until it ends; the session at the camera is taken down.

        Raises:
            StreamError: always, with the reason; this never returns otherwise.
        """
        try:
            await self._attempt()
        except OSError as error:
            # What the system refuses to one camera must not end the others, whose tasks are ended with this one's.
            raise blame(error, f"refused by the system: {error.strerror}") from error

    async def _attempt(self) -> None:
        if self._reads_otherwise or not self._source.url.startswith("rtsp://"):
            await self._demux()
        origin = address = parse_address(self._source.url)
        for _ in range(1 + MAX_REDIRECTS):
            try:
                await self._play(address, is_origin=address.host == origin.host)
            except MovedError as moved:
                address = follow(address, moved.location, self._source.redirects)
        raise StreamError(f"redirected more than {MAX_REDIRECTS} times", PictureState.REFUSED)

    def begin(self, codec: str, extradata: bytes = b"") -> None:
        """A session has begun: called by whoever reads the stream."""
        self.last_packet_s = self._began_s = self._clock.monotonic_s()
        self.clock_offset_s = None
        self.lateness = Lateness()
        self.sessions_total += 1
        carrier = self._reader.carrier if self._reader is not None else ""
        if carrier != self.carrier:
            self.carrier = carrier
            _log.info("camera stream begins", camera=self._source.label, carrier=carrier, codec=codec)
        self._on_session(codec, extradata)

    def hear(self, received_bytes: int, lost: int) -> None:
        """Packets came in, and so many were found missing."""
        self.last_packet_s = self._clock.monotonic_s()
        self.received_bytes_total += received_bytes
        self.lost_total += lost

    def give(self, unit: AccessUnit) -> None:
        """A whole picture has come."""
        self.failure = None
        self._refused.clear()
        if unit.captured_unix_s is not None:
            self.lateness.see(unit.captured_unix_s, unit.arrival_s)
            offset_s = self._clock.now().timestamp() - unit.captured_unix_s
            before_s = offset_s if self.clock_offset_s is None else self.clock_offset_s
            self.clock_offset_s = before_s + (offset_s - before_s) * _SMOOTHING
        self._on_unit(unit)

    async def _play(self, address: Address, *, is_origin: bool) -> None:
        # A password is for the host it was given for, wherever that may send us.
        credentials = self._source.credentials if is_origin else None
        player = self._reader = Player(
            address, credentials, self._transport, self._clock, self._chance, self, self._remnant, self._poller
        )
        try:
            async with self._admission.turn(self._source.site, self._patience.failures):
                await player.open()
            await player.watch()
        finally:
            await player.close()
            self._remnant, self._reader = player.remnant, None

    async def _demux(self) -> None:
        """The same through FFmpeg."""
        if self._demuxer is not None and self._demuxer.is_reading:
            raise StreamError("the last attempt still hangs", PictureState.NO_PACKETS)
        place = find_place(self._source.url, self._source.credentials, self._source.films)
        demuxer = self._reader = self._demuxer = Demuxer(place, self._clock, self)
        try:
            async with self._admission.turn(self._source.site, self._patience.failures):
                await demuxer.open()
            await demuxer.watch()
        finally:
            await demuxer.close()
            self._reader = None
            if not demuxer.is_reading:
                self._demuxer = None

    def _take_another_way(self) -> bool:
        """Have packets carried otherwise the next time; False when every way was refused, so that FFmpeg may try."""
        self._refused.add(self._transport)
        left = [way for way in Transport if way not in self._refused]
        if not left:
            self._refused.clear()
        self._transport = left[0] if left else self._source.transport
        return bool(left)

    def _wait_after(self, error: StreamError) -> float:
        if error.state is not self.failure:
            _log.warning("camera stream failed", camera=self._source.label, state=error.state, why=error.text)
        self.failure = error.state
        self._reads_otherwise = error.other_reader or (error.other_transport and not self._take_another_way())
        if self._reads_otherwise:
            return 0.0
        if self._began_s is not None and self._clock.monotonic_s() - self._began_s > STABLE_S:
            self._patience.reset()
        return self._patience.wait_s(error.state)
