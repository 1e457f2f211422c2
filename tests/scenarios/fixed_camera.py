"""A camera on a fixed clock as a wall sees it: drawn, coded, decoded and judged by the wall's own parts.

The network alone is not there: what the wall's RTSP client would say of it follows from the fault, as it is measured
over real sockets in tests/simulators/test_camera_faults.py.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import NamedTuple

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from sensors.catalog import PictureState
from sensors.clock import ManualClock
from sensors.model import DeviceKey, StreamRole
from simulators.cameras.condition import BLEMISHES, SILENT
from simulators.cameras.drawing.film import FPS as FILM_FPS
from simulators.cameras.drawing.film import LOOP_FRAMES, Film, Shot
from simulators.cameras.encoder import CLOCK_HZ
from simulators.cameras.vocabulary import Blemish, Fault
from tests.support.faulty_pictures import HEIGHT, WIDTH, Scene
from tests.support.quality_scores import learnt
from videowall.capture.admission import Admission, Bounds
from videowall.capture.channel import Channel
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.capture.rtsp.stream import CameraStream, Source
from videowall.quality.likeness import Reference

FPS = 5
"""Few, for the sake of time; a key picture each second, as the simulated cameras have."""
_BIT_RATE = 250_000
_FAILURES = {
    Fault.KILLED: PictureState.REFUSED,
    Fault.RESET: PictureState.REFUSED,
    Fault.LOCKED: PictureState.BAD_CREDENTIALS,
    Fault.GONE: PictureState.NOT_FOUND,
}
_MUTE = SILENT | {Fault.TRICKLING}
_FAILED_AFTER_S = 1.0
"""So long it takes a wall to find its connection broken and to be told why it gets no other."""
_BACK_AFTER_S = 3.0
_STILL_S = 4
_NO_BOUNDS = Bounds(1, 1.0)


class Coded(NamedTuple):
    """One coded picture of a clip."""

    data: bytes
    key: bool


class FixedCamera:
    """One camera, and the channel of a wall that shows it. The wall has known its usual scenes for long."""

    def __init__(self, key: DeviceKey, usual: Sequence[Scene], clock: ManualClock) -> None:
        self._clock = clock
        self._scene = usual[0]
        known = tuple(reference for scene in usual for reference in _references(scene))
        self._channel = Channel(key, StreamRole.SUB, clock, lambda _: None, known)
        self._stream = CameraStream(
            Source(str(key), key.site, "rtsp://camera.invalid/sub"),
            clock,
            random.Random(1),  # noqa: S311 - nothing is retried here
            Admission(clock, _NO_BOUNDS, _NO_BOUNDS),
            self._channel.feed,
            self._channel.begin_session,
        )
        self._channel.stream = self._stream
        self._plays = False
        self._gap = True
        self._taken = 0
        self._broke_s = self._failed_s = float("-inf")

    def show(self, fault: Fault, scene: Scene | None = None) -> PictureState:
        """Let the next picture come, or not, with this fault; what the wall says of the camera at once.

        Another scene than before begins with a key picture, as it does in the simulated cameras.
        """
        self._taken += 1
        if scene is not None and (not self._plays or self._taken % FPS == 0):
            self._scene = scene
        if fault in _FAILURES:
            self._break_off(_FAILURES[fault])
        elif fault in _MUTE:
            self._gap = True
        elif self._plays or self._clock.monotonic_s() - self._failed_s >= _BACK_AFTER_S:
            self._send(fault)
        return self._channel.state

    def _break_off(self, failure: PictureState) -> None:
        now_s = self._clock.monotonic_s()
        if self._plays:
            self._plays, self._broke_s = False, now_s
        if now_s - self._broke_s >= _FAILED_AFTER_S:
            self._stream.failure = failure
            self._failed_s = now_s

    def _send(self, fault: Fault) -> None:
        if not self._plays:
            self._plays = self._gap = True
            self._stream.begin("h264")
        clip = _still(self._scene) if fault is Fault.FROZEN else _clip(self._scene, BLEMISHES.get(fault, Blemish.NONE))
        coded, now_s = clip[self._taken % len(clip)], self._clock.monotonic_s()
        self._stream.hear(len(coded.data), 0)
        self._stream.give(AccessUnit(coded.data, coded.key, self._gap, self._taken * CLOCK_HZ // FPS, now_s))
        self._gap = self._gap and not coded.key
        while self._channel.work():
            pass


@cache
def _clip(scene: Scene, blemish: Blemish) -> tuple[Coded, ...]:
    """A camera's loop, as the simulated cameras play it."""
    film = _film(scene, blemish)
    return tuple(_coded(film.draw(number * FILM_FPS // FPS) for number in range(LOOP_FRAMES * FPS // FILM_FPS)))


@cache
def _still(scene: Scene) -> tuple[Coded, ...]:
    """One picture again and again, from a lens that brings no other."""
    film = _film(scene, Blemish.NONE)
    return tuple(_coded(film.draw(0) for _ in range(_STILL_S * FPS)))


def _film(scene: Scene, blemish: Blemish) -> Film:
    view, terrain, variant, lighting, air = scene
    return Film(Shot(40 + variant, view, terrain, variant, lighting, WIDTH, HEIGHT, blemish, air))


def _coded(pictures: Iterable[NDArray[np.uint8]]) -> Iterator[Coded]:
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.framerate, context.time_base = Fraction(FPS), Fraction(1, FPS)
    context.bit_rate, context.gop_size, context.thread_count = _BIT_RATE, FPS, 1
    rate = str(_BIT_RATE)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0", "forced-idr": "1"}
    context.options |= {"maxrate": rate, "bufsize": rate}
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_numpy_buffer(picture, format="yuv420p")
        frame.pts = number
        yield from (Coded(bytes(packet), packet.is_keyframe) for packet in context.encode(frame))


@cache
def _references(scene: Scene) -> tuple[Reference, ...]:
    return learnt(scene).references
