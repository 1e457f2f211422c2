"""A wall without cameras: a moving test picture, really encoded, published at its real pace into a real broadcast."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from msgspec.structs import replace
from numpy.typing import NDArray

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, Language, Names, SiteId, StreamRole
from videowall.encoding.broadcast import CLOCK_RATE_HZ, Broadcast, EncodedFrame, Subscription, TileView
from videowall.encoding.profile import ProfileName
from videowall.outputs.live_wall import Placed
from videowall.outputs.showing import Showing
from videowall.passthrough.passthrough import Passthrough

Picture = NDArray[np.uint8]


def draw(index: int, width: int, height: int) -> Picture:
    """Picture number `index` (BGR): a gradient that runs to the right, and the number in six bright or dark bars."""
    row = (np.arange(width, dtype=np.int32) * 2 + index * 8) % 200
    picture = np.repeat(row[np.newaxis, :, np.newaxis], height, axis=0).repeat(3, axis=2).astype(np.uint8)
    for bit in range(6):
        left = bit * width // 6
        picture[: height // 4, left : left + width // 6] = 235 if index >> bit & 1 else 16
    return picture


class Encoder:
    """x264 as the wall uses it: no delay, parameter sets in front of every key frame."""

    def __init__(self, width: int = 640, height: int = 360, fps: int = 25, key_every: int = 25) -> None:
        self.fps = fps
        self.size = (width, height)
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = width, height
        context.pix_fmt = "yuv420p"
        context.framerate = Fraction(fps)
        context.time_base = Fraction(1, fps)
        context.gop_size = key_every
        context.thread_count = 1
        context.options = {"preset": "ultrafast", "tune": "zerolatency"}
        self._context = context

    def encode(self, index: int, *, force_key: bool = False, at_index: int | None = None) -> EncodedFrame:
        """Picture `index` as the frame of tick `at_index` (the same number unless said)."""
        frame = av.VideoFrame.from_ndarray(draw(index, *self.size), format="bgr24").reformat(format="yuv420p")
        frame.pts = index
        if force_key:
            frame.pict_type = av.video.frame.PictureType.I
        (packet,) = self._context.encode(frame)
        tick = CLOCK_RATE_HZ // self.fps
        at = index if at_index is None else at_index
        return EncodedFrame(bytes(packet), packet.is_keyframe, at, tick, at * tick, time.time())

    def encode_many(self, count: int) -> list[EncodedFrame]:
        """The first `count` pictures."""
        return [self.encode(index) for index in range(count)]


class CrowdingBroadcast(Broadcast):
    """One that can hand over many frames while its viewers' event loop, which sends them, stands still."""

    _loop: asyncio.AbstractEventLoop | None = None

    def subscribe(self) -> Subscription:
        """Join, and remember the loop."""
        self._loop = asyncio.get_running_loop()
        return super().subscribe()

    def crowd(self, frames: list[EncodedFrame]) -> None:
        """Publish them all in one step of the loop of the newest viewer; returns after that: none overtakes them."""
        assert self._loop is not None, "nobody watches"
        are_out = threading.Event()

        def publish_all() -> None:
            for frame in frames:
                self.publish(frame)
            are_out.set()

        self._loop.call_soon_threadsafe(publish_all)
        assert are_out.wait(60), "the viewers' loop has ended"


class MovingWall:
    """A `WallView`; `running()` publishes at its pace, `stall` holds it still like a wall that hangs.

    `ticks_per_frame` above 1 skips ticks, as a wall short of time does; as many pictures as `at_once` says are
    published in one go, with no chance for a viewer to be sent one in between.
    """

    name = "main"
    language = Language.RU

    def __init__(self, fps: int = 25, key_every: int = 50) -> None:
        self._key_every = key_every
        self.broadcast = CrowdingBroadcast()
        self.thin = Broadcast()
        """Half the size and every second picture."""
        self.passthrough = Passthrough(SystemClock(), lambda: None)
        self.showing = Showing()
        self.stall = threading.Event()
        self.stills_total = 0
        self.index = 0
        self.ticks_per_frame = 1
        self.at_once = 0
        self.clock_off_s = 0.0
        """How far the clock of the wall has been set."""
        self._fps = fps
        self._end = threading.Event()

    def broadcast_of(self, profile: ProfileName) -> Broadcast:
        """The thin one, or the other for every other size."""
        return self.thin if profile is ProfileName.THIN else self.broadcast

    def still_jpeg(self, quality: int = 80, max_width: int | None = None) -> bytes:
        """The newest picture."""
        self.stills_total += 1
        return _jpeg(draw(self.index, 640, 360), quality, max_width)

    def camera_jpeg(self, key: DeviceKey, max_width: int = 640) -> bytes | None:
        """A picture of the one camera there is."""
        return _jpeg(draw(self.index, 320, 180), 80, max_width) if key == DeviceKey("kordai", "cam-1") else None  # type: ignore[arg-type] # plain strings are ids enough here

    def camera_bitmap(self, key: DeviceKey, max_width: int = 160) -> bytes | None:
        """The same, uncompressed."""
        del max_width
        return None if self.camera_jpeg(key) is None else cv2.imencode(".bmp", draw(self.index, 160, 90))[1].tobytes()

    def tiles(self) -> tuple[TileView, ...]:
        """One tile."""
        return (TileView("kordai", "cam-1", 0, 0, 0, 640, 360, PictureState.LIVE, StreamRole.SUB, spot=False),)

    @property
    def placed(self) -> tuple[Placed, ...]:
        """The same tile."""
        return (Placed(0, DeviceKey(SiteId("kordai"), DeviceId("cam-1")), StreamRole.SUB),)

    def plan_title(self) -> Names:
        """A title."""
        return Names(en="Border", ru="Граница", kk="Шекара")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Publish from a thread of its own, as the engine does."""
        thread = threading.Thread(target=self._publish, name="moving-wall")
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()
            self.broadcast.close()
            self.thin.close()

    def _publish(self) -> None:
        encoder = Encoder(fps=self._fps, key_every=self._key_every)
        thin = Encoder(320, 180, fps=self._fps, key_every=self._key_every)
        start = time.monotonic()
        while not self._end.wait(max(0.0, start + self.index / self._fps - time.monotonic())):
            if self.at_once:
                self.broadcast.crowd([encoder.encode(self.index + step) for step in range(self.at_once)])
                self.index += self.at_once
                self.at_once = 0
            elif not self.stall.is_set():
                frame = encoder.encode(self.index, force_key=self.broadcast.wants_key())
                self.broadcast.publish(replace(frame, encoded_at=frame.encoded_at + self.clock_off_s))
                if self.thin.viewers and self.index % 2 == 0:
                    self.thin.publish(thin.encode(self.index, force_key=self.thin.wants_key()))
            self.index += self.ticks_per_frame


def _jpeg(picture: Picture, quality: int, max_width: int | None) -> bytes:
    height, width = picture.shape[:2]
    if max_width is not None and width > max_width:
        picture = cv2.resize(picture, (max_width, height * max_width // width)).astype(np.uint8)
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return jpeg.tobytes()
