"""The thread that draws: a fixed tick that waits for no camera, only what changed, one encode for all viewers."""

import threading

from msgspec import Struct

from sensors.clock import Clock
from videowall.captions.overlay import Overlay
from videowall.captions.palette import CANVAS, EMPTY, Colour
from videowall.captions.sheet import blend, fill
from videowall.composing.canvas import CanvasBuffer
from videowall.composing.latency import Samples
from videowall.composing.placement import Placement
from videowall.composing.scene import PanelTile, Scene, Tile
from videowall.decoding.beat import Beat
from videowall.encoding.broadcast import Broadcast
from videowall.encoding.encoder import FrugalEncoder
from videowall.encoding.rendition import CanvasEncoder, MakeEncoder, Rendition
from videowall.picture import Planes
from videowall.plan import Canvas

_REST_S = 0.5


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
        renditions: tuple[Rendition, ...] = (),
        beat: Beat | None = None,
        make_encoder: MakeEncoder = FrugalEncoder,
    ) -> None:
        self.counts = ComposerCounts()
        self._beat = beat or Beat()
        self.encoding = Samples()
        """How long encoding takes."""
        self._clock = clock
        self._broadcast = broadcast
        self._bitrate_kbps = bitrate_kbps
        self._key_frame_s = key_frame_s
        self._renditions = renditions
        self.ticks_each = 1
        """Every how manyeth picture is made; set by any thread."""
        self._scene: Scene | None = None
        self._drawn_scene: Scene | None = None
        self._buffer = CanvasBuffer(Canvas())
        self._lock = threading.Lock()
        self.looked_s = float("-inf")
        """When somebody last asked for the canvas."""
        self._rests = False
        self._woken = threading.Event()
        self._make_encoder = make_encoder
        self._encoder: CanvasEncoder | None = None
        self._drawn: dict[PanelTile, Overlay] = {}
        self._placed: dict[Tile, Placement] = {}
        self._drawn_asleep = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="composer", daemon=True)

    def start(self) -> None:
        """Begin to draw."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the tick it is at."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def show(self, scene: Scene) -> None:
        """Draw this scene from the next tick on; from any thread."""
        self._scene = scene

    def rest(self, *, rests: bool) -> None:
        """While it rests, nothing is drawn but what is asked for; from any thread."""
        if self._rests and not rests:
            self._woken.set()
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
            if self._rests:
                self._pause()
                due_s = self._clock.monotonic_s()
            if index % self.ticks_each == 0:
                self._tick(index)
            period_s = 1 / self.canvas.fps
            late = max(0, int((self._clock.monotonic_s() - due_s) / period_s))
            index += 1 + late
            due_s += (1 + late) * period_s
            if not self._rests:
                self._beat.tell(due_s, period_s)
            counts = self.counts
            self.counts = ComposerCounts(
                counts.ticks_total + 1,
                counts.missed_ticks_total + late,
                counts.encoded_total,
                counts.encoded_bytes_total,
            )

    def _pause(self) -> None:
        """Wake now and then, to say that the thread lives, and at once when there is something to draw for."""
        self._woken.wait(_REST_S)
        self._woken.clear()

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
            self._begin(scene)
        if scene.asleep is not self._drawn_asleep:
            self._clear(scene)
        if scene.asleep:
            self._draw_panel(scene.quiet, CANVAS)
            return
        for panel in scene.panels:
            self._draw_panel(panel, EMPTY)
        now_s = self._clock.monotonic_s()
        for tile in scene.tiles:
            self._draw_tile(tile, now_s)

    def _begin(self, scene: Scene) -> None:
        self._drawn_scene = scene
        if scene.canvas != self._buffer.canvas:
            self._buffer = CanvasBuffer(scene.canvas)
            self._encoder = None
        self._clear(scene)

    def _clear(self, scene: Scene) -> None:
        self._drawn.clear()
        self._placed.clear()
        self._drawn_asleep = scene.asleep
        fill(self._buffer.planes, self._buffer.rect, CANVAS)
        for rect in () if scene.asleep else scene.empty:
            fill(self._buffer.planes, rect, EMPTY)

    def _draw_panel(self, panel: PanelTile, ground: Colour) -> None:
        overlay = panel.overlay
        if overlay is None or overlay is self._drawn.get(panel):
            return
        self._drawn[panel] = overlay
        fill(self._buffer.planes, panel.rect, ground)
        for patch in overlay.over:
            blend(self._buffer.planes, patch)

    def _draw_tile(self, tile: Tile, now_s: float) -> None:
        overlay, slot = tile.overlay, tile.slot
        fresh = slot.take()
        if fresh is not None:
            tile.latency.note(fresh, now_s)
        if overlay is None:
            return
        placed, picture = self._placed.get(tile), slot.shown
        if placed is None or placed.overlay is not overlay or (picture is not None and placed.rect != picture.rect):
            placed = Placement(self._buffer.planes, tile.rect, overlay, picture.rect if picture else None)
            self._placed[tile] = placed
            placed.begin(picture)
        elif fresh is not None:
            placed.renew(fresh)

    def _encode(self, index: int) -> None:
        if self._encoder is None:
            self._encoder = self._make_encoder(self._buffer.canvas, self._bitrate_kbps, self._key_frame_s)
        began_s = self._clock.monotonic_s()
        coded = self._encoder.encode(
            self._buffer.i420, index, self._clock.now().timestamp(), key=self._broadcast.wants_key()
        )
        if coded is None:
            return
        frame, parameter_sets = coded
        self.encoding.add(self._clock.monotonic_s() - began_s)
        self._broadcast.publish(frame, parameter_sets)
        counts = self.counts
        self.counts = ComposerCounts(
            counts.ticks_total,
            counts.missed_ticks_total,
            counts.encoded_total + 1,
            counts.encoded_bytes_total + len(frame.data),
        )
