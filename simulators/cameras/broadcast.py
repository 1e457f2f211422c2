"""One stream of one camera: a clip, and perhaps silence beside it, played against the clock to whoever watches."""

import asyncio
import math
from collections.abc import Callable, Sequence
from concurrent.futures import Future

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
from simulators.cameras.frame import Frame
from simulators.cameras.look import Look
from simulators.cameras.metronome import Metronome
from simulators.cameras.mishaps import Mishaps
from simulators.cameras.mount import Mount
from simulators.cameras.playback import Playback
from simulators.cameras.sound import silence
from simulators.cameras.subscriber import Subscriber
from simulators.cameras.take import Moment, Take
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
        mount: Mount,
        workshop: Workshop,
        clock: Clock,
        metronome: Metronome,
        on_departure: Callable[[Departure], None] | None,
    ) -> None:
        self._role = role
        self._format = camera.formats[role]
        self._condition = condition
        self._mount = mount
        self._shown = mount.look
        self._filmed = {mount.look}
        self._workshop = workshop
        self._clock = clock
        self._metronome = metronome
        self._on_departure = on_departure
        self._camera = camera
        self._scene = camera.shot.lighting, camera.shot.air
        self._awaited: tuple[Shot, Format] | None = None
        self._watched = asyncio.Event()
        self._playback: Playback | None = None
        self._is_first = False
        self._since_report = 0
        self._silence = silence(camera.audio)
        self._quiet = None if self._silence is None else Frame.of((self._silence.packet,), key=True)
        self._owed_s = 0.0
        self._snapping = asyncio.Lock()
        self._froze_s = 0.0
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
        """The clip as the camera's condition, and what it sees by, make it, made when first asked for."""
        if self._playback is None:
            self._look_round()
        format_, look = self.format, self._mount.look
        self._filmed.add(look)
        return await self._workshop.clip(self._dressed(format_, look), format_)

    async def prepare(self, look: Look) -> None:
        """Have the beginning of the clip of a look ready before anybody asks."""
        if self._playback is None:
            self._look_round()
        self._filmed.add(look)
        await self._workshop.prepare(self._dressed(self._format, look), self._format)

    async def snapshot(self) -> bytes:
        """What the camera shows now, whether anybody watches or not, as a JPEG. One is drawn at a time."""
        async with self._snapping:
            return await self._workshop.snap(*self._seen_now())

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
        if self._condition.fault is Fault.FROZEN:
            self._froze_s = self._clock.monotonic_s()
        if self._playback is not None:
            await self._load()

    async def follow(self) -> None:
        """Show what the camera has turned to, from the next frame on, to whoever watches."""
        if self._playback is not None and self._is_watched():
            await self._load()

    async def run(self) -> None:
        """Play whenever somebody watches, for ever."""
        while True:
            await self._watched.wait()
            if self._condition.fault is Fault.ROLLING:
                self._video.ticks = _TIMESTAMPS - int(self._condition.amount * CLOCK_HZ)
                self._video.sequence = -int(self._condition.amount * self._format.fps) & 0xFFFF
            self._is_first = False
            self._playback = None
            await self._load(afresh=True)
            await self._play()

    def draw(self, take: Take, moments: Sequence[Moment]) -> "Future[tuple[Frame, ...]]":
        """Have pictures drawn by a worker, in the light of the loop that plays; none: have all ready to draw some."""
        format_ = self.format
        return self._workshop.draw(self._dressed(format_, self._shown), format_, take, moments)

    def renewal(self) -> Clip | None:
        """Another loop that should be on now, of other light or weather, once it is whole."""
        before = self._scene
        self._look_round()
        if self._scene == before:
            return None
        after, format_ = self._scene, self.format
        wanted = self._dressed(format_, self._shown), format_
        if self._awaited is not None and self._awaited != wanted:
            self._workshop.forget(*self._awaited)
        self._awaited = wanted
        clip = self._workshop.whole(*wanted)
        self._scene = before
        if clip is not None:
            for look in self._filmed:
                self._workshop.forget(self._dressed(format_, look), format_)
            self._filmed = {self._shown}
            self._scene, self._awaited = after, None
        return clip

    async def _load(self, *, afresh: bool = False) -> None:
        """Put the clip on that the condition asks for, where the camera's clock is."""
        fault, look, own, before = self._condition.fault, self._mount.look, self._format, self._playback
        reel = None if before is None else before.clip
        position = self._position(self._clock.monotonic_s())
        if fault is not Fault.FROZEN:
            clip = await self.clip()
        elif reel is not None and reel.is_still:
            clip = reel
        else:
            number = self._number(position)
            if before is not None and reel is not None:
                number = reel[before.index].stamp
            clip = await self._workshop.still(self._dressed(own, look), own, number)
        if (self._condition.fault, self._mount.look) != (fault, look):
            await self._load(afresh=afresh)  # it has changed while the clip was made
        elif afresh or clip is not reel:
            camera, self._shown = self._camera, look
            self._playback = Playback(clip, clip.key_before(position), camera.sight, self)

    def _look_round(self) -> None:
        if self._camera.sight is not None:
            self._scene = self._camera.sight.scene()

    def _position(self, at_s: float) -> int:
        """Where the camera's clock is; cameras that are switched on together do not send key frames together."""
        fps = self._format.fps
        return int(at_s * fps) + int(self._camera.shot.camera * _GOLDEN * LOOP_S * fps)

    def _number(self, position: int) -> int:
        """Which frame of the film a whole loop shows there."""
        return film_frame(position % int(LOOP_S * self._format.fps), self._format.fps)

    def _seen_now(self) -> tuple[Shot, Moment]:
        """The picture that is shown, or would be if anybody watched."""
        is_frozen, sight = self._condition.fault is Fault.FROZEN, self._camera.sight
        if (playback := self._playback) is not None and self._is_watched():
            look, number = self._shown, playback.clip[playback.index].stamp
        else:
            self._look_round()
            at_s = self._froze_s if is_frozen else self._clock.monotonic_s()
            look, number = self._mount.look, self._number(self._position(at_s))
        present = () if is_frozen or sight is None else sight.appearances(0.0)
        return self._dressed(self.format, look), Moment(number, present)

    def _dressed(self, format_: Format, look: Look) -> Shot:
        lighting, air = self._scene
        return msgspec.structs.replace(
            self._camera.shot,
            width=format_.width,
            height=format_.height,
            blemish=self._condition.blemish,
            lighting=lighting,
            air=air,
            look=look,
        )

    def _is_watched(self) -> bool:
        return bool(self._video.subscribers or self._audio.subscribers)

    async def _play(self) -> None:
        due_s = self._clock.monotonic_s()
        period_s = 1 / self._format.fps
        while self._is_watched() and not self._is_first:
            playback = self._playback
            if playback is None:
                return
            frame = playback.next(due_s)
            if self._condition.fault in SILENT:
                self._video.break_off()
                self._skip()
            else:
                self._report_in_time()
                self._send(frame, playback.clip.format.codec)
                self._send_silence(period_s)
            due_s += period_s
            late_s = self._clock.monotonic_s() - due_s
            if late_s > _LATE_S:
                self.late_total += 1
                due_s += late_s
                # Its clock went on: what is taken now is not told to have been taken then.
                self._video.ticks += int(late_s * CLOCK_HZ)
            await self._metronome.wait(due_s)

    def _skip(self) -> None:
        """A picture is taken and not sent."""
        self._video.ticks += CLOCK_HZ // self._format.fps
        self._audio.ticks += 0 if self._silence is None else self._silence.clock_hz // self._format.fps

    def _send(self, frame: Frame, codec: Codec) -> None:
        went = self._video.send(frame, CLOCK_HZ // self._format.fps, codec)
        if self._on_departure is not None and went:
            number, at_s = self._camera.shot.camera, self._clock.now().timestamp()
            self._on_departure(Departure(number, frame.stamp, self._role, at_s))

    def _send_silence(self, for_s: float) -> None:
        quiet = self._silence
        if quiet is None or self._quiet is None:
            return
        self._owed_s += for_s
        while self._owed_s >= quiet.lasts_s:
            self._owed_s -= quiet.lasts_s
            self._audio.send(self._quiet, quiet.ticks)

    def _report_in_time(self) -> None:
        self._since_report += 1
        if self._since_report > self._format.fps * _REPORT_S:
            self._since_report = 0
            for track in self.tracks.values():
                track.report(self._clock.now())
