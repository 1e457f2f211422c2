"""One stream of one camera: a clip, and perhaps silence beside it, played against the clock to whoever watches."""

import asyncio
import math
from collections.abc import Callable

import msgspec

from sensors.clock import Clock
from sensors.model import StreamRole
from simulators.cameras.camera import Camera
from simulators.cameras.clip import Clip
from simulators.cameras.condition import SILENT, Condition
from simulators.cameras.departures import Departure
from simulators.cameras.drawing.film import Shot, film_frame
from simulators.cameras.drawing.scenes import LOOP_S
from simulators.cameras.encoder import CLOCK_HZ
from simulators.cameras.formats import Format
from simulators.cameras.mishaps import Mishaps
from simulators.cameras.sound import silence
from simulators.cameras.subscriber import Subscriber
from simulators.cameras.track import Track
from simulators.cameras.vocabulary import Codec, Fault
from simulators.cameras.workshop import Workshop

VIDEO, AUDIO = 0, 1
"""Numbers of the tracks."""
_REPORT_S = 5
_LATE_S = 0.5
_GOLDEN = (math.sqrt(5) - 1) / 2
_TIMESTAMPS = 2**32


class Broadcast:
    """Plays while somebody watches.

    The first viewer begins at once, at the nearest key frame behind the camera's own clock; later ones begin at the
    next key frame.
    """

    def __init__(
        self,
        camera: Camera,
        role: StreamRole,
        condition: Condition,
        workshop: Workshop,
        clock: Clock,
        on_departure: Callable[[Departure], None] | None,
    ) -> None:
        self._role = role
        self._format = camera.formats[role]
        self._condition = condition
        self._workshop = workshop
        self._clock = clock
        self._on_departure = on_departure
        self._shot = camera.shot
        self._watched = asyncio.Event()
        self._clip: Clip | None = None
        self._index = 0
        self._is_first = False
        self._since_report = 0
        self._silence = silence(camera.audio)
        self._owed_s = 0.0
        number = camera.shot.camera
        ssrc = number << 8 | (role is StreamRole.SUB)
        self._mishaps = Mishaps(condition, ssrc)
        self._video = Track(ssrc, number * 90_001, number * 997 & 0xFFFF, self._mishaps)
        self._audio = Track(ssrc | 2, number * 16_001, number * 499 & 0xFFFF)
        self.late_total = 0

    @property
    def format(self) -> Format:
        """What its pictures are now: not what they should be, when the camera has changed its mind."""
        width, height, *_ = own = self._format
        match self._condition.fault:
            case Fault.RESIZED:
                return own._replace(width=width // 2, height=height // 2)
            case Fault.RECODED:
                return own._replace(codec=Codec.H264 if own.codec is Codec.H265 else Codec.H265)
            case _:
                return own

    @property
    def tracks(self) -> dict[int, Track]:
        """What a viewer can set up, by number."""
        return {VIDEO: self._video} if self._silence is None else {VIDEO: self._video, AUDIO: self._audio}

    async def clip(self) -> Clip:
        """The clip as the camera's condition makes it, made when first asked for."""
        format_ = self.format
        return await self._workshop.clip(self._dressed(format_), format_)

    async def prepare(self) -> None:
        """Have the beginning of the clip ready before anybody asks."""
        await self._workshop.prepare(self._dressed(self._format), self._format)

    def join(self, viewers: dict[int, Subscriber]) -> None:
        """Begin to send to a viewer, who has one subscriber a track."""
        self._is_first |= not self._is_watched()
        for number, subscriber in viewers.items():
            self.tracks[number].subscribers.add(subscriber)
        self._since_report = self._format.fps * _REPORT_S
        self._watched.set()

    def leave(self, viewers: dict[int, Subscriber]) -> None:
        """Stop sending to a viewer; harmless when it never joined."""
        for number, subscriber in viewers.items():
            self.tracks[number].subscribers.discard(subscriber)
        if not self._is_watched():
            self._watched.clear()

    async def adapt(self) -> None:
        """Show what the camera's condition has become, from the next frame on."""
        if self._condition.fault is Fault.JUMPED:
            self._video.ticks = (self._video.ticks + int(self._condition.amount * CLOCK_HZ)) % _TIMESTAMPS
        if self._clip is not None:
            await self._load()

    async def run(self) -> None:
        """Play whenever somebody watches, for ever."""
        while True:
            await self._watched.wait()
            if self._condition.fault is Fault.ROLLING:
                self._video.ticks = _TIMESTAMPS - int(self._condition.amount * CLOCK_HZ)
                self._video.sequence = -int(self._condition.amount * self._format.fps) & 0xFFFF
            self._is_first = False
            await self._load(afresh=True)
            await self._play()

    async def _load(self, *, afresh: bool = False) -> None:
        """Put the clip on that the condition asks for, where the camera's clock is."""
        fault, reel, own = self._condition.fault, self._clip, self._format
        position = int(self._clock.monotonic_s() * own.fps) + self._head_start()
        if fault is not Fault.FROZEN:
            clip = await self.clip()
        elif reel is not None and reel.is_still:
            clip = reel
        else:
            number = film_frame(position % int(LOOP_S * own.fps), own.fps) if reel is None else reel.stamp(self._index)
            clip = await self._workshop.still(self._dressed(own), own, number)
        if self._condition.fault is not fault:
            await self._load(afresh=afresh)  # it has changed while the clip was made
        elif afresh or clip is not reel:
            self._clip, self._index = clip, clip.key_before(position)

    def _head_start(self) -> int:
        """Cameras that are switched on together do not send their key frames together."""
        return int(self._shot.camera * _GOLDEN * LOOP_S * self._format.fps)

    def _dressed(self, format_: Format) -> Shot:
        return msgspec.structs.replace(
            self._shot, width=format_.width, height=format_.height, blemish=self._condition.blemish
        )

    def _is_watched(self) -> bool:
        return bool(self._video.subscribers or self._audio.subscribers)

    async def _play(self) -> None:
        due_s = self._clock.monotonic_s()
        fps = self._format.fps
        while self._is_watched() and not self._is_first:
            if self._condition.fault in SILENT:
                self._video.break_off()
                self._advance()
            else:
                self._report_in_time()
                self._send_frame()
                self._send_silence(1 / fps)
            due_s += 1 / fps
            wait_s = due_s - self._clock.monotonic_s()
            if wait_s < -_LATE_S:
                self.late_total += 1
                due_s -= wait_s
            await asyncio.sleep(max(0.0, wait_s))

    def _advance(self) -> None:
        """A picture is taken and not sent."""
        if self._clip is not None:
            self._index = self._clip.after(self._index)
        self._video.ticks += CLOCK_HZ // self._format.fps
        self._audio.ticks += 0 if self._silence is None else self._silence.clock_hz // self._format.fps

    def _send_frame(self) -> None:
        clip, index = self._clip, self._index
        if clip is None:
            return
        self._index = clip.after(index)
        packets = self._mishaps.encoded(clip[index], clip.format.codec)
        went = self._video.send(packets, CLOCK_HZ // self._format.fps, key=clip.is_key(index))
        if self._on_departure is not None and went:
            number, at_s = self._shot.camera, self._clock.now().timestamp()
            self._on_departure(Departure(number, clip.stamp(index), self._role, at_s))

    def _send_silence(self, for_s: float) -> None:
        quiet = self._silence
        if quiet is None:
            return
        self._owed_s += for_s
        while self._owed_s >= quiet.lasts_s:
            self._owed_s -= quiet.lasts_s
            self._audio.send((quiet.packet,), quiet.ticks)

    def _report_in_time(self) -> None:
        self._since_report += 1
        if self._since_report > self._format.fps * _REPORT_S:
            self._since_report = 0
            for track in self.tracks.values():
                track.report(self._clock.now())
