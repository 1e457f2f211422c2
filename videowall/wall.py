"""The engine as one thing: a plan goes in, a composed and encoded wall comes out, and what is known of every camera."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sensors.catalog import PictureState
from sensors.clock import Clock, until_next
from sensors.errors import NotFoundError, UnavailableError
from sensors.model import DeviceKey, Language, Names, StreamRole
from sensors.secrets import Secrets
from videowall.board import Board
from videowall.captions import strings
from videowall.captions.attention import Attention
from videowall.captions.caption import mark_still
from videowall.captions.face import BLANK_AFTER_S, exercise_marks
from videowall.capture.channel import Channel
from videowall.capture.choice import choose, choose_for_still
from videowall.capture.ingest import Ingest
from videowall.capture.oversleeping import hear_first
from videowall.capture.rtsp.poller import Poller
from videowall.clips.ring import Rings
from videowall.composing.composer import Composer
from videowall.composing.expression import express
from videowall.composing.latency import Hop, Spread
from videowall.composing.painter import Painter
from videowall.composing.scene import Scene, Tile, build_scene
from videowall.config import WallSettings
from videowall.decoding.beat import Beat
from videowall.decoding.pool import DecodePool, Pool
from videowall.decoding.relief import Relief
from videowall.decoding.shards.pool import ShardPool
from videowall.encoding.broadcast import Broadcast, TileView
from videowall.encoding.encoder import Encoder, FrugalEncoder
from videowall.encoding.profile import ProfileName
from videowall.encoding.rendition import make_renditions
from videowall.hardware.decoding import DecoderMaker
from videowall.hardware.encoding import EncoderMaker
from videowall.hardware.selection import Selection
from videowall.outputs.config import OutputsSettings
from videowall.outputs.live_wall import Placed
from videowall.outputs.showing import Showing
from videowall.passthrough.passthrough import Passthrough
from videowall.picture import Planes, Rect, encode_bitmap, encode_jpeg, turned
from videowall.plan import Canvas, Feed, Panel, PanelKind, Plan
from videowall.quality.keeper import Keeper
from videowall.quality.shelf import Shelf

_SUPERVISE_S, _SUPERVISE_RESTING_S = 0.1, 0.2
_READ_RESTING_S = 0.04
"""Displays that decode for themselves are sent so often what has come: a picture of most cameras."""
_LEAST_AHEAD_S, _MOST_AHEAD_S = 0.001, 0.003
_STORE_S = 5.0
_LOOKED_AT_S = 10.0
"""Whoever has asked for a still may ask for the next one; the wall is composed on for so long."""
_FACES_EVERY = 2
"""Faces are renewed at every second round, five times a second: states show at once, clocks do not stutter."""


class Wall:
    """One wall. `apply` and `run` belong to one event loop; what `WallView` names may be called from anywhere."""

    def __init__(
        self, settings: WallSettings, secrets: Secrets, clock: Clock, outputs: OutputsSettings | None = None
    ) -> None:
        self.name = settings.name
        self.broadcast = Broadcast(clock.monotonic_s)
        outputs = outputs or OutputsSettings()
        encoders = EncoderMaker(FrugalEncoder), EncoderMaker(Encoder)
        decoders = DecoderMaker(settings.hardware_decoders)
        self.hardware = Selection(settings.encoder, settings.decoder, encoders, decoders)
        self.renditions = make_renditions(outputs, clock, settings.key_frame_s, encoders[1])
        self.rings = Rings(clock, outputs.clip_s, outputs.clips_max_mb * 1_000_000)
        beat = Beat()
        self.pool: Pool = (
            ShardPool(settings.shards, settings.shard_memory_mb, clock)
            if settings.shards
            else DecodePool(settings.workers, clock, beat, decoders)
        )
        self.composer = Composer(
            clock,
            self.broadcast,
            settings.bitrate_kbps,
            settings.key_frame_s,
            self.renditions,
            beat,
            encoders[0],
        )
        self.relief = Relief(clock, self.pool, self.composer)
        self._painter = Painter(self.composer.show)
        self._changed = asyncio.Event()
        self.passthrough = Passthrough(clock, self._changed.set)
        self.showing = Showing()
        self._looked_at: dict[DeviceKey, float] = {}
        """When somebody last asked for a picture of a camera."""
        self._unseen = False
        """Whether displays show the cameras' own streams, and nobody the composed picture."""
        self._fps = settings.fps
        self._is_planned = False
        self._settings = settings
        self._secrets = secrets
        self._clock = clock
        self._keeper = Keeper(Shelf(Path(settings.references_dir) / settings.name), clock)
        self._attention = Attention()
        self._scene: Scene = build_scene(_waiting(settings.name), settings.fps, None)
        self._painted: Scene | None = None
        self._ingest: Ingest | None = None

    @property
    def plan(self) -> Plan | None:
        """The plan that is drawn; None before the first."""
        return self._scene.plan if self._is_planned else None

    @property
    def canvas(self) -> Canvas:
        """Size and rate of what the plan asks for."""
        return self._scene.canvas

    @property
    def language(self) -> Language:
        """The plan's language; Russian before there is a plan."""
        return self._scene.plan.language

    def plan_title(self) -> Names:
        """The plan's title; empty before there is a plan."""
        return self._scene.plan.title

    def apply(self, plan: Plan) -> None:
        """Draw this plan from now on. Cameras that stay are not touched."""
        self._is_planned = True
        self._scene = build_scene(plan, self._fps, self._scene)
        self._renew()
        self._changed.set()

    def show_board(self, board: Board) -> None:
        """Say from now on what this board says."""
        heard_s = self._clock.monotonic_s()
        self._attention = Attention(board, heard_s)
        self.showing.tell_board(board, heard_s)
        self._renew()

    def renew_secrets(self, secrets: Secrets) -> None:
        """These hold from now on: a camera whose own have changed is opened anew."""
        self._secrets = secrets
        if self._ingest is not None:
            self._ingest.secrets = secrets
        self._changed.set()

    async def run(self) -> None:
        """Compose until cancelled.

        Raises:
            UnavailableError: a thread of the engine has ended; the process should be started anew.
        """
        self.pool.start()
        self._painter.start()
        self.composer.start()
        for rendition in self.renditions:
            rendition.start()
        try:
            async with asyncio.TaskGroup() as group:
                poller = Poller(self._clock, self._pause_s)
                self._ingest = Ingest(
                    self._clock, self._secrets, self._settings, self.pool, self._keeper, group, poller
                )
                group.create_task(poller.run(), name="poller")
                group.create_task(self._keep(), name="references")
                group.create_task(self.hardware.run(), name="hardware-trial")
                await self._supervise()
        finally:
            self._painter.stop()
            self.composer.stop()
            for rendition in self.renditions:
                rendition.stop()
            self.pool.stop()
            self.broadcast.close()

    @property
    def viewers(self) -> int:
        """How many watch, of all profiles and outputs."""
        return self.broadcast.viewers + sum(rendition.broadcast.viewers for rendition in self.renditions)

    def broadcast_of(self, profile: ProfileName) -> Broadcast:
        """The stream of a profile; the whole wall's where that is no larger, so that nothing is encoded twice."""
        found = next((one for one in self.renditions if one.profile.name is profile), None)
        return self.broadcast if found is None or found.is_whole(self.composer.canvas) else found.broadcast

    def still_jpeg(self, quality: int = 80, max_width: int | None = None) -> bytes:
        """The canvas as it stands."""
        return encode_jpeg(self.composer.snapshot(), quality, max_width)

    def camera_jpeg(self, key: DeviceKey, max_width: int = 640) -> bytes | None:
        """The newest decoded picture of a camera, upright, from its largest stream that shows one.

        None where there is none, or only one that a tile would not show any more either.
        """
        newest = self._newest(key)
        if newest is None:
            return None
        self._looked_at[key] = self._clock.monotonic_s()
        return encode_jpeg(newest, 80, max_width)

    def camera_bitmap(self, key: DeviceKey, max_width: int = 160) -> bytes | None:
        """The same as an uncompressed bitmap."""
        newest = self._newest(key)
        return None if newest is None else encode_bitmap(newest, max_width)

    def tiles(self) -> tuple[TileView, ...]:
        """Every camera tile that is drawn, the spots first; none while the wall is dark."""
        if self._scene.asleep:
            return ()
        shared = self.shared_latency
        return tuple(self._view(tile, shared) for tile in self._scene.tiles)

    @property
    def placed(self) -> tuple[Placed, ...]:
        """Which camera fills each tile, and from which of its streams; none while the wall is dark."""
        tiles = () if self._scene.asleep else self._scene.tiles
        serving = ((tile, self._serving(tile)) for tile in tiles)
        return tuple(Placed(tile.number, tile.feed.key, channel.role if channel else None) for tile, channel in serving)

    @property
    def shared_latency(self) -> dict[Hop, Spread]:
        """The hops that all tiles have in common, as far as pictures have passed them lately."""
        encoding, sending = self.composer.encoding.spread, self.broadcast.sending.spread
        return {hop: spread for hop, spread in ((Hop.ENCODE, encoding), (Hop.SEND, sending)) if spread is not None}

    def cameras(self) -> Iterable[tuple[Tile, Channel | None]]:
        """Each camera once, with the channel that shows it; its small tile goes before the spot."""
        seen: set[DeviceKey] = set()
        for tile in sorted(self._scene.tiles, key=lambda tile: tile.is_spot):
            if tile.feed.key not in seen:
                seen.add(tile.feed.key)
                yield tile, self._serving(tile)

    async def accept_view(self, key: DeviceKey) -> None:
        """From now on a camera shall look as it does, and that is stored before this returns, where the disk takes it.

        Raises:
            NotFoundError: there is no picture of it.
            UnavailableError: a view of another stream cannot be removed now.
        """
        accepted = {channel.role for channel in self._channels(key) if channel.inspector.accept()}
        if not accepted:
            raise NotFoundError("there is no picture of it here", subject=str(key))
        for role in {StreamRole.MAIN, StreamRole.SUB} - accepted:
            await self._keeper.forget(key, role)
        await self._store()

    def expect_move(self, key: DeviceKey, for_s: float) -> None:
        """A camera is being turned on purpose: for so long its view is not judged, in streams still to come neither."""
        until_s = self._clock.monotonic_s() + for_s
        self._keeper.whereabouts.send(key, until_s)
        for channel in self._channels(key):
            channel.inspector.expect_move(until_s)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_STORE_S)
            await self._store()

    async def _store(self) -> None:
        running = self._ingest.running if self._ingest else ()
        await self._keeper.store((channel.view, channel.inspector) for channel in running)

    def _channels(self, key: DeviceKey) -> tuple[Channel, ...]:
        return self._ingest.channels(key) if self._ingest else ()

    async def _supervise(self) -> None:
        rounds = 0
        while True:
            profiles_run = all(rendition.is_alive for rendition in self.renditions)
            if not (self.composer.is_alive and self._painter.is_alive and self.pool.is_alive and profiles_run):
                raise UnavailableError("a thread of the engine has ended", subject=f"wall {self.name}")
            self._renew(faces=self._unseen or rounds % _FACES_EVERY == 0)
            rounds += 1
            self._changed.clear()
            period_s, before_s = _SUPERVISE_RESTING_S if self._unseen else _SUPERVISE_S, self._clock.monotonic_s()
            with suppress(TimeoutError):
                async with asyncio.timeout(until_next(period_s, before_s)):
                    await self._changed.wait()
            await hear_first(self._clock.monotonic_s() - before_s - period_s)

    def _renew(self, *, faces: bool = True) -> None:
        scene, ingest = self._scene, self._ingest
        if ingest is None:
            return
        ingest.reconcile(scene.tiles, (*self.passthrough.wanted, *_ahead(scene)))
        self.passthrough.follow((tile.feed for tile in scene.tiles), ingest.running, scene.plan.language)
        self.rings.follow(ingest.running, ingest.masks)
        self.relief.look(ingest.running)
        self.relief.ease(ingest.running, scene.tiles)
        self._rest(ingest)
        if not faces:
            return
        is_new = express(scene, self._attention, self._clock.now(), self._clock.monotonic_s(), self._look)
        if is_new or scene is not self._painted:
            self._painted = scene
            self._painter.paint(scene)
        if self._is_planned:
            self.showing.follow(scene)

    def _pause_s(self, reading_s: float) -> float:
        """Until cameras' connections are read next: just before what they bring is looked for."""
        if self._unseen:
            return until_next(_READ_RESTING_S, self._clock.monotonic_s())
        ahead_s, now_s = min(max(_LEAST_AHEAD_S, reading_s), _MOST_AHEAD_S), self._clock.monotonic_s()
        # Not at once again: all that had come was read just now.
        return self.pool.looks_at_s(now_s + ahead_s + _LEAST_AHEAD_S) - ahead_s - now_s

    def _look(self, tile: Tile) -> tuple[PictureState, float | None]:
        channel = self._serving(tile)
        return (channel.state, channel.trouble_age_s) if channel else (PictureState.CONNECTING, None)

    def _rest(self, ingest: Ingest) -> None:
        """Decode and draw no more than somebody looks at, while displays show the cameras' own streams."""
        long_ago_s = self._clock.monotonic_s() - _LOOKED_AT_S
        unseen = self.passthrough.displays > 0 and not self.viewers and self.composer.looked_s < long_ago_s
        self._unseen = unseen
        self.composer.rest(rests=unseen)
        ahead = {feed.key for feed in self._scene.plan.preload}
        for channel in ingest.running:
            alone = not channel.slots and (self.passthrough.is_watched(channel) or channel.key in ahead)
            unseen_now = unseen or self._scene.asleep
            looked_at = self._looked_at.get(channel.key, long_ago_s) > long_ago_s
            needed = looked_at or self.passthrough.needs_pictures(channel)
            channel.rest(rests=(unseen_now or alone) and not needed)

    def _serving(self, tile: Tile) -> Channel | None:
        return self._ingest.serving(tile) if self._ingest else None

    def _newest(self, key: DeviceKey) -> Planes | None:
        channel = choose_for_still(self._channels(key), BLANK_AFTER_S)
        newest = channel.last if channel is not None else None
        if newest is None:
            return None
        rotation = next((tile.feed.rotation for tile in self._scene.tiles if tile.feed.key == key), 0)
        return mark_still(turned(newest, rotation), exercise_marks(self._scene.plan))

    def _view(self, tile: Tile, shared: dict[Hop, Spread]) -> TileView:
        rect, channel = tile.slot.rect, self._serving(tile)
        return TileView(
            site=tile.feed.key.site,
            device=tile.feed.key.device,
            slot=tile.number,
            x=rect.x,
            y=rect.y,
            width=rect.width,
            height=rect.height,
            state=tile.face.state,
            stream_role=channel.role if channel else None,
            spot=tile.is_spot,
            latency=tile.latency.summary(shared),
        )


def _ahead(scene: Scene) -> tuple[tuple[Feed, StreamRole], ...]:
    """The streams of the next page that will be wanted, as far as this page tells: in tiles of the same size."""
    size = scene.tiles[-1].rect if scene.tiles else Rect(0, 0, 480, 270)
    chosen = ((feed, choose(feed.streams, size, None)) for feed in scene.plan.preload)
    return tuple((feed, stream.role) for feed, stream in chosen if stream is not None)


def _waiting(name: str) -> Plan:
    """What is drawn before there is a plan."""
    message = Panel(PanelKind.MESSAGE, strings.WAITING_FOR_PLAN)
    return Plan(0, name, Names(), Canvas(), "1x1", (message,))
