"""Where the engine ends and the outputs begin: encoded frames fanned out, and what a wall tells about itself.

One thread publishes; subscribers live on event loops. A slow subscriber loses whole groups of pictures, never a
part of one, and never holds up the publisher or another subscriber.
"""

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from msgspec import Struct

from sensors.catalog import PictureState
from sensors.model import DeviceKey, Language, Names, StreamRole
from videowall.composing.latency import Samples, TileLatency
from videowall.encoding.profile import ProfileName

CLOCK_RATE_HZ = 90_000
MAX_PENDING_S = 1.0
MAX_PENDING_BYTES = 8_000_000
KEY_WISHES_EVERY_S = 0.5
"""Key frames are given no more often than this, however many viewers ask: they burden everybody."""


class EncodedFrame(Struct, frozen=True):
    """One picture of the wall: an Annex B access unit, parameter sets in front of every key frame.

    `index` is the tick it was composed at, so skipped ticks show as gaps; times are in units of 1/90000 s, except
    `encoded_at`, which is unix time in seconds.
    """

    data: bytes
    key: bool
    index: int
    duration_90k: int
    pts_90k: int
    encoded_at: float


class ParameterSets(Struct, frozen=True):
    """The NAL units, without start codes, that a decoder of the wall's stream needs first."""

    sps: bytes
    pps: bytes


class TileView(Struct, frozen=True):
    """One camera's place on the wall: its picture's rectangle in canvas pixels, and what is said of it."""

    site: str
    device: str
    slot: int
    x: int
    y: int
    width: int
    height: int
    state: PictureState
    stream_role: StreamRole | None
    spot: bool
    latency: TileLatency | None = None


class Subscription:
    """Encoded frames for one viewer, beginning with a key frame: an async iterator, and a context that leaves.

    When more than `MAX_PENDING_S` or `MAX_PENDING_BYTES` wait, all of it is dropped and counted in
    `skipped_total`; the iteration goes on with the next key frame. Iteration ends when the broadcast closes.
    """

    def __init__(self, broadcast: "Broadcast", loop: asyncio.AbstractEventLoop) -> None:
        self.skipped_total = 0
        self.skipped_before = 0
        """How many of these came before the frame that was taken last."""
        self._broadcast = broadcast
        self._loop = loop
        self._lock = threading.Lock()
        self._pending: deque[tuple[EncodedFrame, float]] = deque()
        self._taken_s: float | None = None
        """When the frame was offered that the viewer is at now."""
        self._pending_bytes = 0
        self._wants_key = True
        self._closed = False
        self._ready = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EncodedFrame:
        # Whoever wants the next frame has sent the last one.
        if self._taken_s is not None:
            self._broadcast.sending.add(self._broadcast.now_s() - self._taken_s)
            self._taken_s = None
        while True:
            with self._lock:
                if self._pending:
                    frame, self._taken_s = self._pending.popleft()
                    self._pending_bytes -= len(frame.data)
                    self.skipped_before = self.skipped_total
                    return frame
                if self._closed:
                    raise StopAsyncIteration
                self._ready.clear()
            await self._ready.wait()

    def close(self) -> None:
        """Leave the broadcast; what waits is forgotten and the iteration ends."""
        self._broadcast.leave(self)
        with self._lock:
            self._closed = True
            self._pending.clear()
            self._pending_bytes = 0
        self._wake()

    def offer(self, frame: EncodedFrame) -> bool:
        """Hand over one frame, from any thread; False when this viewer needs a key frame that has not come."""
        with self._lock:
            if self._is_full(frame):
                self.skipped_total += len(self._pending)
                self._pending.clear()
                self._pending_bytes = 0
                self._wants_key = True
            if self._wants_key and not frame.key:
                self.skipped_total += 1
                return False
            self._wants_key = False
            self._pending.append((frame, self._broadcast.now_s()))
            self._pending_bytes += len(frame.data)
        self._wake()
        return True

    def _is_full(self, frame: EncodedFrame) -> bool:
        if not self._pending:
            return False
        waiting_s = (frame.pts_90k - self._pending[0][0].pts_90k) / CLOCK_RATE_HZ
        return waiting_s > MAX_PENDING_S or self._pending_bytes + len(frame.data) > MAX_PENDING_BYTES

    def _wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ready.set)


class Broadcast:
    """The fan-out from the composer's thread to every viewer."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self.now_s = now_s
        self.parameter_sets: ParameterSets | None = None
        """Of the newest key frame; None until something was encoded, which happens only while somebody watches."""
        self.sending = Samples()
        """How long frames take from encoded until a viewer has sent them and wants the next, all viewers together."""
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()
        self._key_wanted = threading.Event()
        self._key_given_s = -math.inf
        """When a wish was granted last."""

    @property
    def viewers(self) -> int:
        """How many subscriptions are open."""
        return len(self._subscriptions)

    def subscribe(self) -> Subscription:
        """Join, from the event loop that will iterate; a key frame is asked for, at once if nobody else watches."""
        subscription = Subscription(self, asyncio.get_running_loop())
        with self._lock:
            if not self._subscriptions:
                self._key_given_s = -math.inf
            self._subscriptions = (*self._subscriptions, subscription)
        self._key_wanted.set()
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Take a subscription out; one that is already out is no error."""
        with self._lock:
            self._subscriptions = tuple(item for item in self._subscriptions if item is not subscription)

    def ask_for_key(self) -> None:
        """Have a key frame soon: a viewer has lost something."""
        self._key_wanted.set()

    def wants_key(self) -> bool:
        """Whether the next frame should be a key frame: somebody wishes for one, and the last wish is long enough ago.

        The wish stands until a key frame is published, which is everybody's.
        """
        return self._key_wanted.is_set() and self.now_s() - self._key_given_s >= KEY_WISHES_EVERY_S

    def publish(self, frame: EncodedFrame, parameter_sets: ParameterSets | None = None) -> None:
        """Hand one frame to every viewer. Never blocks; `parameter_sets` replace the known ones when given."""
        if parameter_sets is not None:
            self.parameter_sets = parameter_sets
        if frame.key and self._key_wanted.is_set():
            # Before the viewers are looked up: whoever wishes later may have come too late for this frame.
            self._key_wanted.clear()
            self._key_given_s = self.now_s()
        for subscription in self._subscriptions:
            if not subscription.offer(frame):
                self._key_wanted.set()

    def close(self) -> None:
        """End every viewer's iteration."""
        for subscription in self._subscriptions:
            subscription.close()


class WallView(Protocol):
    """What the outputs may ask of a wall. Every method may be called from any thread."""

    @property
    def name(self) -> str:
        """The wall's id, as in its topics and paths."""

    @property
    def broadcast(self) -> Broadcast:
        """The encoded stream."""

    def broadcast_of(self, profile: ProfileName) -> Broadcast:
        """The stream of a profile, which may be another one after the canvas has changed."""

    def still_jpeg(self, quality: int = 80, max_width: int | None = None) -> bytes:
        """The canvas as it stands, as a JPEG no wider than `max_width`."""

    def camera_jpeg(self, key: DeviceKey, max_width: int = 640) -> bytes | None:
        """The newest decoded picture of one camera; None when the wall has none."""

    def camera_bitmap(self, key: DeviceKey, max_width: int = 160) -> bytes | None:
        """The same as an uncompressed 24-bit BMP."""

    def tiles(self) -> tuple[TileView, ...]:
        """Every camera tile of the canvas, in drawing order."""

    def plan_title(self) -> Names:
        """The wall's title in its plan."""

    @property
    def language(self) -> Language:
        """The language the plan asks captions in."""
