"""The thread that draws: a fixed tick that waits for no camera, only what changed, one encode for all viewers."""

import threading
from collections.abc import Callable

from msgspec import Struct

from sensors.clock import Clock
from videowall import caption
from videowall.beat import Beat
from videowall.broadcast import Broadcast
from videowall.canvas import CanvasBuffer
from videowall.encode import FrugalEncoder
from videowall.face import STILL_SEEN, CalmFace, TileFace
from videowall.picture import Planes, crop
from videowall.plan import Canvas
from videowall.rendition import Rendition
from videowall.scene import Scene, Tile
from videowall.sheet import Patch, blend, dim, fill

_SMOOTHING = 0.1


class ComposerCounts(Struct, frozen=True):
    """What the composer did since it started."""

    ticks_total: int = 0
    missed_ticks_total: int = 0
    encoded_total: int = 0
    encoded_bytes_total: int = 0


class Composer:
    """Draws the scene it was given last, until stopped."""

    def __init__(
        self,
        clock: Clock,
        broadcast: Broadcast,
        bitrate_kbps: int,
        key_frame_s: float,
        waiting_text: Callable[[], str],
        renditions: tuple[Rendition, ...] = (),
        beat: Beat | None = None,
    ) -> None:
        self.counts = ComposerCounts()
        self._beat = beat or Beat()
        self._clock = clock
        self._broadcast = broadcast
        self._bitrate_kbps = bitrate_kbps
        self._key_frame_s = key_frame_s
        self._waiting_text = waiting_text
        self._renditions = renditions
        self._scene: Scene | None = None
        self._drawn_scene: Scene | None = None
        self._buffer = CanvasBuffer(Canvas())
        self._lock = threading.Lock()
        self.looked_s = float("-inf")
        """When somebody last asked for the canvas."""
        self._rests = False
        self._encoder: FrugalEncoder | None = None
        self._drawn_tiles: dict[Tile, TileFace] = {}
        self._patches: dict[Tile, tuple[Patch, ...]] = {}
        self._drawn_calm: CalmFace | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="composer", daemon=True)

    def start(self) -> None:
        """Begin to draw."""
        self._clear()
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the tick it is at."""
        self._stopping.set()
        self._thread.join()

    def show(self, scene: Scene) -> None:
        """Draw this scene from the next tick on; from any thread."""
        self._scene = scene

    def rest(self, *, rests: bool) -> None:
        """While it rests, nothing is drawn but what is asked for; from any thread."""
        self._rests = rests

    def snapshot(self) -> Planes:
        """A copy of the canvas as it stands; from any thread."""
        self.looked_s = self._clock.monotonic_s()
        with self._lock:
            if self._rests and self._scene is not None:
                self._draw(self._scene)
            return self._buffer.copy()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def canvas(self) -> Canvas:
        """Size and rate of what is drawn now; from any thread."""
        scene = self._scene
        return scene.canvas if scene else self._buffer.canvas

    def _run(self) -> None:
        index = 0
        due_s = self._clock.monotonic_s()
        while not self._stopping.wait(max(0.0, due_s - self._clock.monotonic_s())):
            self._tick(index)
            period_s = 1 / self.canvas.fps
            late = max(0, int((self._clock.monotonic_s() - due_s) / period_s))
            index += 1 + late
            due_s += (1 + late) * period_s
            self._beat.tell(due_s, period_s)
            counts = self.counts
            self.counts = ComposerCounts(
                counts.ticks_total + 1,
                counts.missed_ticks_total + late,
                counts.encoded_total,
                counts.encoded_bytes_total,
            )

    def _tick(self, index: int) -> None:
        scene = self._scene
        with self._lock:
            if scene is not None and not self._rests:
                self._draw(scene)
        if self._broadcast.viewers:
            self._encode(index)
        elif self._encoder is not None:
            self._encoder = None
        for rendition in self._renditions:
            rendition.offer(self._buffer, index)

    def _draw(self, scene: Scene) -> None:
        if scene is not self._drawn_scene:
            self._drawn_scene = scene
            if scene.canvas != self._buffer.canvas:
                self._buffer = CanvasBuffer(scene.canvas)
                self._encoder = None
            self._clear()
            for rect in scene.empty:
                fill(self._buffer.planes, rect, caption.EMPTY)
        if scene.calm_rect is not None and scene.calm is not None and scene.calm != self._drawn_calm:
            self._drawn_calm = scene.calm
            fill(self._buffer.planes, scene.calm_rect, caption.EMPTY)
            self._lay(caption.draw_calm(scene.calm_rect, scene.calm))
        now_s = self._clock.monotonic_s()
        for tile in scene.tiles:
            self._draw_tile(tile, now_s)

    def _draw_tile(self, tile: Tile, now_s: float) -> None:
        face = tile.face
        before = self._drawn_tiles.get(tile)
        fresh = tile.slot.take(now_s)
        if fresh is None and face == before:
            return
        if fresh is not None:
            tile.latency_ms += _SMOOTHING * ((now_s - fresh.arrival_s) * 1000 - tile.latency_ms)
        picture = tile.slot.shown
        canvas = self._buffer.planes
        if face != before:
            self._drawn_tiles[tile] = face
            self._patches[tile] = caption.draw_tile(tile.rect, face)
        if face.blank or picture is None:
            fill(canvas, tile.rect, caption.EMPTY)
        else:
            if picture.rect != tile.rect:
                # What lies beside the picture is blended over too, so it starts afresh like the picture itself.
                fill(canvas, tile.rect, caption.EMPTY)
            target = crop(canvas, picture.rect)
            if face.trouble and face.state not in STILL_SEEN:
                dim(picture.planes, target)
            else:
                for plane, source in zip(target, picture.planes, strict=True):
                    plane[:] = source
        self._lay(self._patches[tile])

    def _lay(self, patches: tuple[Patch, ...]) -> None:
        for patch in patches:
            blend(self._buffer.planes, patch)

    def _clear(self) -> None:
        self._drawn_tiles.clear()
        self._patches.clear()
        self._drawn_calm = None
        whole = self._buffer.rect
        fill(self._buffer.planes, whole, caption.CANVAS)
        if self._scene is None:
            self._lay(caption.draw_message(whole, self._waiting_text()))

    def _encode(self, index: int) -> None:
        if self._encoder is None:
            self._encoder = FrugalEncoder(self._buffer.canvas, self._bitrate_kbps, self._key_frame_s)
        coded = self._encoder.encode(
            self._buffer.i420, index, self._clock.now().timestamp(), key=self._broadcast.take_key_request()
        )
        if coded is None:
            return
        frame, parameter_sets = coded
        self._broadcast.publish(frame, parameter_sets)
        counts = self.counts
        self.counts = ComposerCounts(
            counts.ticks_total,
            counts.missed_ticks_total,
            counts.encoded_total + 1,
            counts.encoded_bytes_total + len(frame.data),
        )
