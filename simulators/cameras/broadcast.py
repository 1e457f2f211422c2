"""One stream of one camera: a clip played against the clock to whoever watches."""

import asyncio
import math
from collections.abc import Callable

from sensors.clock import Clock
from sensors.model import StreamRole
from sensors.rtsp.rtp import rewrite
from simulators.cameras.camera import Camera
from simulators.cameras.clip import Clip
from simulators.cameras.departures import Departure
from simulators.cameras.encoder import GOP_FRAMES, TICKS_PER_FRAME, Format
from simulators.cameras.film import FPS, LOOP_FRAMES, Shot
from simulators.cameras.reports import sender_report
from simulators.cameras.subscriber import Outgoing, Subscriber
from simulators.cameras.vocabulary import Fault
from simulators.cameras.workshop import FORMATS, Workshop

_REPORT_FRAMES = 5 * FPS
_LATE_S = 0.5
_GOLDEN = (math.sqrt(5) - 1) / 2
_RTP_HEAD = 12


class Broadcast:
    """Plays while somebody watches. All viewers get the same packets at the same moment.

    The first viewer begins at once, at the nearest key frame behind the camera's own clock; later ones begin at the
    next key frame.
    """

    def __init__(
        self,
        camera: Camera,
        role: StreamRole,
        workshop: Workshop,
        clock: Clock,
        on_departure: Callable[[Departure], None] | None,
    ) -> None:
        self.format: Format = FORMATS[role]
        self._camera = camera
        self._role = role
        self._workshop = workshop
        self._clock = clock
        self._on_departure = on_departure
        self._shot = _sized(camera.shot, self.format)
        self._subscribers: set[Subscriber] = set()
        self._watched = asyncio.Event()
        self._fault = Fault.NONE
        self._clip: Clip | None = None
        self._index = 0
        self._sequence = camera.shot.camera * 997 & 0xFFFF
        self._ssrc = camera.shot.camera << 8 | (role is StreamRole.SUB)
        self._ticks = camera.shot.camera * 90_001
        self._since_report = 0
        self._packets_total = 0
        self._octets_total = 0
        self.late_total = 0

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return len(self._subscribers)

    async def clip(self) -> Clip:
        """The stream's own clip, made when first asked for."""
        return await self._workshop.clip(self._shot, self.format)

    async def prepare(self) -> None:
        """Have the beginning of the clip ready before anybody asks."""
        await self._workshop.prepare(self._shot, self.format)

    def join(self, subscriber: Subscriber) -> None:
        """Begin to send to a viewer."""
        self._subscribers.add(subscriber)
        self._since_report = _REPORT_FRAMES
        self._watched.set()

    def leave(self, subscriber: Subscriber) -> None:
        """Stop sending to a viewer; harmless when it never joined."""
        self._subscribers.discard(subscriber)
        if not self._subscribers:
            self._watched.clear()

    async def set_fault(self, fault: Fault) -> None:
        """Show a fault, or none, from the next frame on."""
        if self._clip is None:
            self._fault = fault
            return
        if fault is Fault.FROZEN and self._fault is not Fault.FROZEN:
            stamp = self._clip.stamp(self._index)
            self._clip = await self._workshop.still(self._shot, self.format, stamp)
            self._index = 0
        elif fault is not Fault.FROZEN and self._fault is Fault.FROZEN:
            self._clip = await self.clip()
            self._index = 0
        self._fault = fault

    async def run(self) -> None:
        """Play whenever somebody watches, for ever."""
        while True:
            await self._watched.wait()
            await self._prepare()
            await self._play()

    async def _prepare(self) -> None:
        if self._clip is None or self._fault is not Fault.FROZEN:
            self._clip = await self.clip()
            position = int(self._clock.monotonic_s() * FPS + self._camera.shot.camera * _GOLDEN * LOOP_FRAMES)
            self._index = position % len(self._clip) // GOP_FRAMES * GOP_FRAMES
        if self._fault is Fault.FROZEN and not self._clip.is_still:
            self._clip = await self._workshop.still(self._shot, self.format, self._clip.stamp(self._index))
            self._index = 0

    async def _play(self) -> None:
        due_s = self._clock.monotonic_s()
        while self._subscribers:
            self._send_frame()
            self._since_report += 1
            if self._since_report > _REPORT_FRAMES:
                self._since_report = 0
                self._send_report()
            due_s += 1 / FPS
            wait_s = due_s - self._clock.monotonic_s()
            if wait_s < -_LATE_S:
                self.late_total += 1
                due_s -= wait_s
            await asyncio.sleep(max(0.0, wait_s))

    def _send_frame(self) -> None:
        clip, index = self._clip, self._index
        if clip is None:
            return
        self._index = clip.after(index)
        self._ticks += TICKS_PER_FRAME
        if self._fault is Fault.STALLED:
            for subscriber in self._subscribers:
                subscriber.break_off()
            return
        packets = [
            rewrite(packet, self._sequence + place, self._ticks, self._ssrc) for place, packet in enumerate(clip[index])
        ]
        self._sequence = (self._sequence + len(packets)) & 0xFFFF
        self._packets_total += len(packets)
        self._octets_total += sum(map(len, packets)) - _RTP_HEAD * len(packets)
        frame = Outgoing(packets, clip.is_key(index))
        sent = [subscriber.send(frame) for subscriber in self._subscribers]
        if self._on_departure is not None and any(sent):
            number, at_s = self._camera.shot.camera, self._clock.now().timestamp()
            self._on_departure(Departure(number, clip.stamp(index), self._role, at_s))

    def _send_report(self) -> None:
        if self._fault is Fault.STALLED:
            return
        report = sender_report(self._ssrc, self._clock.now(), self._ticks, self._packets_total, self._octets_total)
        for subscriber in self._subscribers:
            subscriber.report(report)


def _sized(shot: Shot, format_: Format) -> Shot:
    return Shot(shot.camera, shot.view, shot.terrain, shot.variant, shot.night, format_.width, format_.height)
