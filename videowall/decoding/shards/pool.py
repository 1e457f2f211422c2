"""Decoding in children: each camera belongs to one of them, by its name, so that it always costs the same others."""

import queue
import random
import sys
import threading
import zlib
from functools import partial
from typing import NamedTuple

from sensors.clock import Clock
from sensors.errors import ConfigError
from sensors.model import DeviceKey, StreamRole
from videowall.capture.channel import Channel
from videowall.decoding.decoder import OpenDecoder
from videowall.decoding.looks import LONGEST_S
from videowall.decoding.pool import Busy, PoolCounts, prepare_thread
from videowall.decoding.shards.conduct import Conduct
from videowall.decoding.shards.decoder import ShardDecoder, Ward
from videowall.decoding.shards.shard import Shard
from videowall.decoding.turns import Turns

_MAX_KNOWN = 4096


class _Place(NamedTuple):
    """A child, who waits for it, and a call for each of them; a call of False ends its thread. `busy`: it was asked."""

    ward: Ward
    waiting: Turns
    calls: "queue.SimpleQueue[bool]"
    busy: Busy
    thread: threading.Thread


class ShardPool:
    """As `videowall.decoding.pool.DecodePool`, with a child process behind each thread.

    Raises:
        ConfigError: this system has no memory files.
    """

    def __init__(self, shards: int, limit_mb: int, clock: Clock) -> None:
        if sys.platform != "linux":
            raise ConfigError("needs Linux", subject="[wall] shards", mend="Set it to 0")
        self._clock = clock
        self._conducts: dict[tuple[DeviceKey, StreamRole], Conduct] = {}
        self._places = [self._make(number, limit_mb * 1_000_000) for number in range(shards)]

    def start(self) -> None:
        """Begin to decode."""
        for place in self._places:
            place.thread.start()

    def stop(self) -> None:
        """End the children, and with them what they were asked."""
        for place in self._places:
            place.ward.shard.stop()
            place.calls.put(False)
        for place in self._places:
            if place.thread.ident is not None:
                place.thread.join()
            place.ward.shard.close()

    @property
    def is_alive(self) -> bool:
        """Whether every thread runs; a child may be gone."""
        return all(place.thread.is_alive() for place in self._places)

    @property
    def counts(self) -> PoolCounts:
        """What the children used, how many were lost, and how many streams are given to none because they end them."""
        shards = [place.ward.shard for place in self._places]
        kept_away = sum(conduct.is_kept_away for conduct in tuple(self._conducts.values()))
        return PoolCounts(sum(shard.cpu_s for shard in shards), sum(shard.life for shard in shards), kept_away)

    def pids(self) -> tuple[int | None, ...]:
        """The children's, by number."""
        return tuple(place.ward.shard.pid for place in self._places)

    def number_of(self, key: DeviceKey) -> int:
        """Which child a camera belongs to; the same at every start."""
        return zlib.crc32(str(key).encode()) % len(self._places)

    @property
    def busy_s(self) -> tuple[float, ...]:
        """For how long each child was asked: none can do another's work."""
        return tuple(place.busy.total_s for place in self._places)

    def looks_at_s(self, from_s: float) -> float:
        """Children are given what comes at once; more often than this is too dear."""
        return max(from_s, self._clock.monotonic_s() + LONGEST_S)

    def schedule(self, channel: Channel) -> None:
        """Have one picture of a channel decoded, from any thread."""
        place = self._places[self.number_of(channel.key)]
        place.waiting.put(channel)
        place.calls.put(True)

    def opener(self, key: DeviceKey, role: StreamRole) -> OpenDecoder:
        """Decoders in the camera's child. What it did to children is remembered beyond its streams' sessions."""
        conduct = self._conducts.get((key, role))
        if conduct is None:
            if len(self._conducts) >= _MAX_KNOWN:
                self._conducts.pop(next(iter(self._conducts)))
            conduct = self._conducts[key, role] = Conduct(self._clock)
        return partial(ShardDecoder, key, self._places[self.number_of(key)].ward, conduct)

    def _make(self, number: int, limit_bytes: int) -> _Place:
        chance = random.Random()  # noqa: S311 - jitter, not a secret
        ward = Ward(Shard(number, limit_bytes, self._clock, chance))
        waiting, calls, busy = Turns(), queue.SimpleQueue[bool](), Busy()
        thread = threading.Thread(
            target=_run, args=(ward.shard, waiting, calls, busy, self._clock), name=f"shard-{number}", daemon=True
        )
        return _Place(ward, waiting, calls, busy, thread)


def _run(shard: Shard, waiting: Turns, calls: "queue.SimpleQueue[bool]", busy: Busy, clock: Clock) -> None:
    prepare_thread()
    shard.is_ready()
    while calls.get() and (channel := waiting.take()) is not None:
        began_s, asked_cpu_s = clock.monotonic_s(), shard.asked_cpu_s
        if channel.work():
            waiting.put(channel)
            calls.put(True)
        channel.effort.add(shard.asked_cpu_s - asked_cpu_s)
        spent_s = clock.monotonic_s() - began_s
        busy.add(spent_s)
        waiting.spent(channel, spent_s)
