"""A smaller edition of the wall: scaled from the composed canvas, encoded in its own thread while it is watched."""

import threading
from collections.abc import Callable
from typing import Protocol

import av

from sensors.clock import Clock
from videowall.composing.canvas import CanvasBuffer
from videowall.encoding.broadcast import Broadcast, EncodedFrame, ParameterSets
from videowall.encoding.encoder import Encoder
from videowall.encoding.profile import MIDDLE_FPS, THIN_FPS, Profile, ProfileName, fit_profile
from videowall.outputs.config import OutputsSettings
from videowall.picture import Plane, scale
from videowall.plan import Canvas

_IDLE_S = 1.0


class CanvasEncoder(Protocol):
    """What makes a stream of canvases; see `videowall.encoding.encoder.Encoder`."""

    def encode(
        self, buffer: Plane, index: int, encoded_at: float, *, key: bool
    ) -> tuple[EncodedFrame, ParameterSets | None] | None:
        """The frame of one I420 canvas."""


MakeEncoder = Callable[[Canvas, int, float], CanvasEncoder]
"""Given canvas, kilobits a second, and seconds between key frames."""


def make_renditions(
    settings: OutputsSettings, clock: Clock, key_frame_s: float, make_encoder: MakeEncoder = Encoder
) -> "tuple[Rendition, ...]":
    """Every profile but the whole wall."""
    profiles = (
        Profile(ProfileName.MIDDLE, 1920, 1080, MIDDLE_FPS, settings.middle_kbps),
        Profile(ProfileName.THIN, 1280, 720, THIN_FPS, settings.thin_kbps),
    )
    return tuple(Rendition(profile, clock, key_frame_s, make_encoder) for profile in profiles)


class Rendition:
    """One profile. The composer's tick pays for scaling alone; a picture that finds the encoder busy is dropped."""

    def __init__(self, profile: Profile, clock: Clock, key_frame_s: float, make_encoder: MakeEncoder = Encoder) -> None:
        self.broadcast = Broadcast(clock.monotonic_s)
        self.profile = profile
        self.dropped_total = 0
        self.errors_total = 0
        self._clock = clock
        self._key_frame_s = key_frame_s
        self._make_encoder = make_encoder
        self._encoder: CanvasEncoder | None = None
        self._encoder_canvas: Canvas | None = None
        self._buffer = CanvasBuffer(Canvas(320, 180))
        self._index = -1
        self._full = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"profile-{profile.name}", daemon=True)

    def start(self) -> None:
        """Begin to wait for pictures."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and every viewer's stream."""
        self._stopping.set()
        self._full.set()
        self._thread.join()
        self.broadcast.close()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def is_whole(self, canvas: Canvas) -> bool:
        """Whether this profile of that canvas is the canvas itself."""
        return fit_profile(self.profile, canvas) == (canvas, 1)

    def offer(self, whole: CanvasBuffer, index: int) -> None:
        """Take the canvas of one tick, from the composer's thread; costs nothing while nobody watches."""
        if not self.broadcast.viewers:
            return
        canvas, ticks = fit_profile(self.profile, whole.canvas)
        frame_index = index // ticks
        if frame_index == self._index:
            return
        if self._full.is_set():
            self.dropped_total += 1
            return
        if canvas != self._buffer.canvas:
            self._buffer = CanvasBuffer(canvas)
        scale(whole.planes, self._buffer.planes)
        self._index = frame_index
        self._full.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._full.wait(_IDLE_S):
                if not self.broadcast.viewers:
                    self._encoder = None
                continue
            if not self._stopping.is_set():
                self._encode()
            self._full.clear()

    def _encode(self) -> None:
        canvas = self._buffer.canvas
        try:
            if self._encoder is None or canvas != self._encoder_canvas:
                self._encoder = self._make_encoder(canvas, self.profile.bitrate_kbps, self._key_frame_s)
                self._encoder_canvas = canvas
            coded = self._encoder.encode(
                self._buffer.i420,
                self._index,
                self._clock.now().timestamp(),
                key=self.broadcast.wants_key(),
            )
        except av.FFmpegError:
            self.errors_total += 1
            self._encoder = None
            return
        if coded is not None:
            self.broadcast.publish(*coded)
