"""Cameras' own streams handed on as they come: no decoding, no encoding, one MP4 fragment for each access unit.

Everything here is on the event loop. A camera with privacy masks is never handed on, because its masks can be burned
into decoded pictures alone.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

import structlog
from msgspec import Struct

from sensors.catalog import PictureState
from sensors.clock import Clock
from sensors.errors import LimitError, WireError
from sensors.model import DeviceKey, Language, StreamRole
from videowall.captions import strings
from videowall.captions.face import STILL_SEEN
from videowall.capture.channel import Channel
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.encoding.broadcast import CLOCK_RATE_HZ
from videowall.fmp4.annexb import split_units
from videowall.fmp4.fragment import fragment
from videowall.fmp4.timeline import Timeline
from videowall.fmp4.track import CODECS, Track, describe, find_sets, sample, single_sample
from videowall.plan import Feed

MAX_PENDING_S: Final = 1.0
MAX_PENDING_BYTES: Final = 4_000_000
_log = structlog.get_logger(__name__)


class Obstacle(StrEnum):
    """Why a camera's stream is not handed on."""

    UNKNOWN = "unknown"
    """The plan does not show it."""
    MASKED = "masked"
    CODEC = "codec"
    """It is neither H.264 nor H.265."""


class Piece(Struct, frozen=True, gc=False):
    """One picture ready to send; `track` belongs in front of it when it is not the one that was sent last."""

    fragment: bytes
    key: bool
    begin_90k: int
    track: Track


class Said(Struct, frozen=True, tag_field="kind", tag="state"):
    """What is to be said over a camera's picture, in the plan's language. `dims`: it must not be taken for now's."""

    state: PictureState
    label: str
    site: str
    trouble: str
    dims: bool
    presets: tuple[str, ...]


class Outlet:
    """One viewer's pieces of one stream, beginning with a key picture; too many of them, and all are dropped.

    `ready` is set whenever something has changed; several outlets may share it.
    """

    def __init__(self, ready: asyncio.Event) -> None:
        self.skipped_total = 0
        self.obstacle: Obstacle | None = None
        self._ready = ready
        self._pending: deque[Piece] = deque()
        self._bytes = 0
        self._wants_key = True

    def offer(self, piece: Piece) -> None:
        """Queue a piece, or count it as skipped."""
        if self._pending and (
            piece.begin_90k - self._pending[0].begin_90k > MAX_PENDING_S * CLOCK_RATE_HZ
            or self._bytes + len(piece.fragment) > MAX_PENDING_BYTES
        ):
            self._drop()
        if self._wants_key and not piece.key:
            self.skipped_total += 1
            return
        self._wants_key = False
        self._pending.append(piece)
        self._bytes += len(piece.fragment)
        self._ready.set()

    def refuse(self, obstacle: Obstacle | None) -> None:
        """Nothing comes while there is an obstacle: what waits was made before it, and must not be seen either."""
        if obstacle is not None:
            self._drop()
        if obstacle is not self.obstacle:
            self.obstacle = obstacle
            self._ready.set()

    def take(self) -> list[Piece]:
        """All that waits."""
        taken = list(self._pending)
        self._pending.clear()
        self._bytes = 0
        return taken

    def _drop(self) -> None:
        self.skipped_total += len(self._pending)
        self._pending.clear()
        self._bytes = 0
        self._wants_key = True


class Reel:
    """One stream as fragments, made once for all who watch it: a `videowall.capture.tap.Tap`."""

    def __init__(self, label: str, clock: Clock) -> None:
        self.outlets: tuple[Outlet, ...] = ()
        self.obstacle: Obstacle | None = None
        """Of the stream itself."""
        self.channel: Channel | None = None
        self._label = label
        self._clock = clock
        self._codec = ""
        self._sets: tuple[bytes, ...] = ()
        self._extra: list[bytes] = []
        self._track: Track | None = None
        self._timeline = Timeline()
        self._sequence = 0
        self._zero_unix_s = 0.0
        """Unix time of the monotonic clock's start, as of the last key picture."""
        self._wants_key = True

    def follow(self, channel: Channel | None) -> None:
        """Take the pictures from this channel from now on."""
        if channel is self.channel:
            return
        if self.channel is not None:
            self.channel.untap(self)
        self.channel = channel
        self._wants_key = True
        if channel is not None:
            channel.tap(self)

    def begin(self, codec: str, extradata: bytes) -> None:
        """A session has begun."""
        self._codec = codec
        self._wants_key = True
        self._timeline.restart()
        self.obstacle = None if codec in CODECS else Obstacle.CODEC
        for outlet in self.outlets:
            outlet.refuse(self.obstacle)
        self._extra = _units_or_none(extradata) if codec in CODECS else []

    def take(self, unit: AccessUnit) -> None:
        """Hand the next access unit on; after a loss nothing before the next key picture."""
        span = self._timeline.place(unit.rtp_timestamp, unit.arrival_s)
        if unit.gap:
            self._wants_key = True
        if self.obstacle is not None or (self._wants_key and not unit.key):
            return
        try:
            coded = None if unit.key else single_sample(self._codec, unit.data)
            if coded is None:
                units = split_units(unit.data)
                if unit.key:
                    self._zero_unix_s = self._clock.now().timestamp() - self._clock.monotonic_s()
                    self._describe(units)
                coded = sample(self._codec, units)
            if self._track is None:
                return
            self._sequence += 1
            piece = Piece(
                fragment(
                    coded,
                    key=unit.key,
                    sequence=self._sequence,
                    pts_90k=span.begin_90k,
                    duration_90k=span.duration_90k,
                    encoded_at=self._zero_unix_s + unit.arrival_s,
                    shown_after_90k=span.shown_after_90k,
                ),
                unit.key,
                span.begin_90k,
                self._track,
            )
        except (WireError, LimitError) as error:
            _log.warning("a picture cannot be handed on", camera=self._label, problem=error.text)
            self._wants_key = True
            return
        self._wants_key = False
        for outlet in self.outlets:
            outlet.offer(piece)

    def _describe(self, units: list[bytes]) -> None:
        """Know the track of a key picture; where its parameter sets are not in the stream, they came beside it."""
        try:
            sets = find_sets(self._codec, units)
        except WireError:
            if self._track is not None and not self._extra:
                return
            units = [*self._extra, *units]
            sets = find_sets(self._codec, units)
        if self._track is None or sets != self._sets:
            self._track = describe(self._codec, units)
            self._sets = sets


class Passthrough:
    """The reels of one wall, each made while somebody watches it; `changed` is told when other streams are wanted."""

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self.displays = 0
        """How many show the whole wall out of these streams, with no composed picture."""
        self._clock = clock
        self._changed = changed
        self._language = Language.RU
        self._feeds: dict[DeviceKey, Feed] = {}
        self._shown: dict[DeviceKey, Channel] = {}
        """What fills a tile of each camera: where a stream is not handed on, its picture is looked at instead."""
        self._reels: dict[tuple[DeviceKey, StreamRole], Reel] = {}

    @property
    def wanted(self) -> tuple[tuple[Feed, StreamRole], ...]:
        """The streams that viewers need, of cameras that the plan shows and that may be handed on."""
        keys = ((self._feeds.get(key), role) for key, role in self._reels)
        return tuple((feed, role) for feed, role in keys if feed is not None and not feed.masks)

    def follow(self, feeds: Iterable[Feed], channels: Iterable[Channel], language: Language) -> None:
        """The plan's cameras and the streams that run, whenever one of them may have changed."""
        self._language = language
        self._feeds = {}
        for feed in feeds:
            if feed.masks or feed.key not in self._feeds:
                self._feeds[feed.key] = feed
        running = {(channel.key, channel.role): channel for channel in channels} if self._reels else {}
        self._shown = {channel.key: channel for channel in running.values() if channel.slots}
        for name, reel in self._reels.items():
            self._connect(name[0], reel, running.get(name))

    def role(self, key: DeviceKey, wished: StreamRole) -> StreamRole:
        """The stream that a viewer gets: the wished one, or what there is."""
        feed = self._feeds.get(key)
        roles = [stream.role for stream in feed.streams] if feed else []
        return wished if wished in roles or not roles else roles[0]

    def state(self, key: DeviceKey, role: StreamRole) -> Said | None:
        """What is to be said over a watched stream now; None for a camera that the plan does not show."""
        feed, reel = self._feeds.get(key), self._reels.get((key, role))
        if feed is None:
            return None
        channel = (reel.channel if reel else None) or self._shown.get(key)
        state = channel.state if channel else PictureState.CONNECTING
        age_s = channel.trouble_age_s if channel else None
        return Said(
            state=state,
            label=feed.names.in_language(self._language) or feed.key.device,
            site=feed.site_names.in_language(self._language) or feed.key.site,
            trouble=strings.trouble(state, age_s, self._language),
            dims=state is not PictureState.LIVE and state not in STILL_SEEN,
            presets=feed.presets,
        )

    def is_watched(self, channel: Channel) -> bool:
        """Whether a viewer watches this stream as it comes, and so needs no decoded pictures of it."""
        reel = self._reels.get((channel.key, channel.role))
        return reel is not None and reel.channel is channel

    def needs_pictures(self, channel: Channel) -> bool:
        """Whether viewers who would rather watch a stream as it comes have to be shown decoded pictures instead."""
        reel = self._reels.get((channel.key, channel.role))
        return bool(channel.masks) or (reel is not None and reel.obstacle is not None)

    @contextmanager
    def watch_tiles(self) -> Iterator[None]:
        """A display that shows the whole wall out of such streams, for the length of the block."""
        self.displays += 1
        self._changed()
        try:
            yield
        finally:
            self.displays -= 1
            self._changed()

    @contextmanager
    def watch(self, key: DeviceKey, role: StreamRole, ready: asyncio.Event) -> Iterator[Outlet]:
        """One viewer's outlet of one stream for the length of the block; `obstacle` says why nothing comes of it."""
        outlet = Outlet(ready)
        name = (key, role)
        reel = self._reels.get(name)
        if reel is None:
            reel = self._reels[name] = Reel(f"{key} {role}", self._clock)
            self._changed()
        reel.outlets = (*reel.outlets, outlet)
        outlet.refuse(reel.obstacle or self._obstacle(key))
        try:
            yield outlet
        finally:
            reel.outlets = tuple(other for other in reel.outlets if other is not outlet)
            if not reel.outlets and self._reels.get(name) is reel:
                reel.follow(None)
                del self._reels[name]

    def _connect(self, key: DeviceKey, reel: Reel, channel: Channel | None) -> None:
        obstacle = self._obstacle(key)
        if channel is not None and channel.masks:
            obstacle = Obstacle.MASKED
        reel.follow(None if obstacle else channel)
        for outlet in reel.outlets:
            outlet.refuse(obstacle or reel.obstacle)

    def _obstacle(self, key: DeviceKey) -> Obstacle | None:
        feed = self._feeds.get(key)
        if feed is None:
            return Obstacle.UNKNOWN
        return Obstacle.MASKED if feed.masks else None


def _units_or_none(extradata: bytes) -> list[bytes]:
    try:
        return split_units(extradata) if extradata else []
    except (WireError, LimitError):
        return []
