"""Which streams run, and which of them fills which tile. Everything here is on the event loop."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from sensors.catalog import PictureState
from sensors.clock import Clock
from sensors.model import DeviceKey, Stream, StreamRole
from sensors.rtsp.authentication import Credentials
from sensors.secrets import Secrets
from videowall.capture.admission import Admission, Bounds
from videowall.capture.channel import Channel
from videowall.capture.choice import choose
from videowall.capture.rtsp.address import Redirects
from videowall.capture.rtsp.conversation import Transport
from videowall.capture.rtsp.poller import Poller
from videowall.capture.rtsp.stream import CameraStream, Source
from videowall.composing.mask import name_of
from videowall.composing.scene import Tile
from videowall.composing.slot import Slot
from videowall.config import WallSettings
from videowall.decoding.pool import Pool
from videowall.decoding.thrift import Thrift
from videowall.plan import Feed, Mask
from videowall.quality.hearsay import Word
from videowall.quality.keeper import Keeper
from videowall.quality.shelf import View

_LINGER_S = 3.0
"""A stream that no tile wants runs on this long, because alarms come and go."""
_REMEMBERED_S = 900.0
"""What was wrong with a camera that is not shown is remembered for so long, as tours turn their pages."""
_MOST_WORDS = 2048
_HOPELESS_FOR_SMALLER = frozenset(
    {PictureState.LIVE, PictureState.CONNECTING, PictureState.BAD_CREDENTIALS, PictureState.NO_FREE_SESSION}
)
_HOPELESS_FOR_LARGER = frozenset(PictureState) - {PictureState.NOT_FOUND, PictureState.CANNOT_DECODE}
_ROLES = frozenset({StreamRole.MAIN, StreamRole.SUB})


class _Running(Struct):
    channel: Channel
    source: Source
    stream: Stream
    credentials: Credentials | None
    """What the source was made of: while these are the same objects, it need not be made again."""
    task: asyncio.Task[None]
    unwanted_since_s: float | None = None


class _LastWords(NamedTuple):
    """What was wrong with a stream's pictures when it was let go."""

    words: tuple[Word, ...]
    at_s: float


class Ingest:
    """The streams of one wall. A camera that fails retries in its own task and touches no other."""

    def __init__(
        self,
        clock: Clock,
        secrets: Secrets,
        settings: WallSettings,
        pool: Pool,
        keeper: Keeper,
        group: asyncio.TaskGroup,
        poller: Poller,
    ) -> None:
        self._clock = clock
        self.secrets = secrets
        """Those in force; may be set anew at any time."""
        self._settings = settings
        self._pool = pool
        self._keeper = keeper
        self._group = group
        self._poller = poller
        self._chance = random.Random()  # noqa: S311 - jitter, not a secret
        self._admission = Admission(
            clock,
            Bounds(settings.openings_at_once, settings.openings_per_s),
            Bounds(settings.site_openings_at_once, settings.site_openings_per_s),
        )
        self._running: dict[tuple[DeviceKey, StreamRole], _Running] = {}
        self._masks: dict[DeviceKey, tuple[Mask, ...]] = {}
        self._serving: dict[Slot, Channel] = {}
        self._last_words: OrderedDict[tuple[DeviceKey, StreamRole], _LastWords] = OrderedDict()

    def reconcile(self, tiles: Iterable[Tile], handed_on: Iterable[tuple[Feed, StreamRole]] = ()) -> None:
        """Start what tiles want, let go what none wants, and have each tile filled by the best that shows a picture.

        `handed_on` are streams that viewers watch as they come from the camera, or that the next page will show; they
        run beside those of the tiles.
        """
        tiles, handed_on = tuple(tiles), tuple(handed_on)
        self._mask((*(tile.feed for tile in tiles), *(feed for feed, _ in handed_on)))
        wanted: set[tuple[DeviceKey, StreamRole]] = set()
        filled: dict[Channel, list[Tile]] = {}
        for tile in tiles:
            sparingly = tile.saving.thrift >= Thrift.SMALLER
            stream = choose(tile.feed.streams, tile.rect, tile.role, sparingly=sparingly)
            if stream is None:
                continue
            tile.role = stream.role
            best = self._want(tile.feed, stream, wanted)
            channel = best if best.is_showing else self._stand_in(tile, best, wanted)
            filled.setdefault(channel, []).append(tile)
        for feed, role in handed_on:
            for stream in feed.streams:
                if stream.role is role:
                    self._want(feed, stream, wanted)
        self._serving = {tile.slot: channel for channel, served in filled.items() for tile in served}
        for key, running in self._running.items():
            running.channel.show_on(tuple(tile.slot for tile in filled.get(running.channel, ())))
            self._age(running, is_wanted=key in wanted)
        self._let_go()
        self._confer()

    def serving(self, tile: Tile) -> Channel | None:
        """The channel that fills a tile now."""
        return self._serving.get(tile.slot)

    def channels(self, key: DeviceKey) -> tuple[Channel, ...]:
        """The running channels of one camera, smallest role last."""
        found = (self._running.get((key, role)) for role in (StreamRole.MAIN, StreamRole.SUB))
        return tuple(running.channel for running in found if running is not None)

    @property
    def running(self) -> tuple[Channel, ...]:
        """Every channel there is."""
        return tuple(running.channel for running in self._running.values())

    @property
    def masks(self) -> Mapping[DeviceKey, tuple[Mask, ...]]:
        """What is hidden of each camera that the plan shows now, or will on its next page; of none else it is known."""
        return self._masks

    def _mask(self, feeds: tuple[Feed, ...]) -> None:
        """Hide of each camera what any of its feeds hides; what shows more than that is stopped, not kept a moment."""
        masks: dict[DeviceKey, tuple[Mask, ...]] = {}
        for feed in feeds:
            known = masks.get(feed.key, ())
            masks[feed.key] = (*known, *(mask for mask in feed.masks if mask not in known))
        self._masks = masks
        for key, running in list(self._running.items()):
            if key[0] in masks and running.channel.masks != masks[key[0]]:
                self._drop(key)

    def _want(self, feed: Feed, stream: Stream, wanted: set[tuple[DeviceKey, StreamRole]]) -> Channel:
        key = (feed.key, stream.role)
        wanted.add(key)
        running, credentials = self._running.get(key), self.secrets.camera(feed.key)
        if running is not None and running.stream is stream and running.credentials is credentials:
            return running.channel
        source = self._source(feed.key, stream, credentials)
        if running is None or running.source != source:
            if running is not None:
                self._drop(key)
            running = self._running[key] = self._start(feed.key, stream, source)
        running.stream, running.credentials = stream, credentials
        return running.channel

    def _stand_in(self, tile: Tile, best: Channel, wanted: set[tuple[DeviceKey, StreamRole]]) -> Channel:
        """Another stream of the camera that shows a picture, while the best one does not.

        One that does not run yet is opened when the best has failed and the other may do better: a smaller one unless
        the password is wrong, a larger one only where the small stream itself is at fault. A camera that is in trouble
        as a whole is not asked twice.
        """
        others = [stream for stream in tile.feed.streams if stream.role in _ROLES and stream.role is not best.role]
        for stream in others:
            running = self._running.get((tile.feed.key, stream.role))
            if running is not None and running.source.url == stream.url and running.channel.is_showing:
                wanted.add((tile.feed.key, stream.role))
                return running.channel
        hopeless = _HOPELESS_FOR_SMALLER if best.role is StreamRole.MAIN else _HOPELESS_FOR_LARGER
        if best.state not in hopeless:
            for stream in others:
                self._want(tile.feed, stream, wanted)
        return best

    def _source(self, key: DeviceKey, stream: Stream, credentials: Credentials | None) -> Source:
        """How to come to a stream now; when that changes, the stream is opened anew and no other is touched."""
        return Source(
            label=f"{key} {stream.role}",
            site=key.site,
            url=stream.url,
            credentials=credentials,
            transport=Transport(self._settings.transport),
            redirects=Redirects(self._settings.redirects),
            films=Path(self._settings.films) if self._settings.films else None,
        )

    def _start(self, key: DeviceKey, stream: Stream, source: Source) -> _Running:
        masks, role = self._masks[key], stream.role
        references = self._keeper.load(View(key, role, name_of(masks)))
        opener = self._pool.opener(key, role)
        channel = Channel(key, role, self._clock, self._pool.schedule, references, opener, masks)
        self._keeper.whereabouts.brief(key, channel.inspector)
        self._recall(key, channel)
        channel.stream = CameraStream(
            source, self._clock, self._chance, self._admission, channel.feed, channel.begin_session, self._poller
        )
        task = self._group.create_task(channel.stream.run(), name=f"rtsp {source.label}")
        return _Running(channel, source, stream, source.credentials, task)

    def _age(self, running: _Running, *, is_wanted: bool) -> None:
        if is_wanted:
            running.unwanted_since_s = None
        elif running.unwanted_since_s is None:
            running.unwanted_since_s = self._clock.monotonic_s()

    def _let_go(self) -> None:
        now_s = self._clock.monotonic_s()
        for key, running in list(self._running.items()):
            if running.unwanted_since_s is not None and now_s - running.unwanted_since_s > _LINGER_S:
                self._drop(key)

    def _confer(self) -> None:
        """Have each stream hear what the camera's others know, and that there are none any more."""
        now_s = self._clock.monotonic_s()
        for (key, _), running in self._running.items():
            others = (other for other in self.channels(key) if other is not running.channel and other.is_showing)
            running.channel.opinion.confer((other.opinion for other in others), now_s)

    def _recall(self, key: DeviceKey, channel: Channel) -> None:
        """Tell a stream that begins what was wrong with its pictures when they were last shown, or with another's."""
        own = self._last_words.pop((key, channel.role), None)
        others = (self._last_words.get((key, role)) for role in _ROLES if role is not channel.role)
        since_s = self._clock.monotonic_s() - _REMEMBERED_S
        known = (last.words for last in (own, *others) if last is not None and last.at_s > since_s)
        channel.opinion.recall(next(known, ()))

    def _remember(self, key: tuple[DeviceKey, StreamRole], channel: Channel) -> None:
        now_s = self._clock.monotonic_s()
        if words := channel.opinion.words(now_s):
            self._last_words[key] = _LastWords(words, now_s)
        if len(self._last_words) > _MOST_WORDS:
            self._last_words.popitem(last=False)

    def _drop(self, key: tuple[DeviceKey, StreamRole]) -> None:
        running = self._running.pop(key)
        running.task.cancel()
        self._remember(key, running.channel)
        # The two hold each other: without this only the garbage collector would free the decoder, much later.
        running.channel.stream = None
