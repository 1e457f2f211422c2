"""The newest coded pictures of every stream that runs, in memory: what happened just now can still be saved.

Everything here is on the event loop. Nothing is decoded; access units are kept as they came.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from sensors.clock import Clock
from sensors.model import DeviceKey, StreamRole
from videowall.capture.channel import Channel
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.plan import Mask

MAX_STREAM_BYTES: Final = 64_000_000
_MAX_RINGS: Final = 512


class _Group(Struct):
    """A key frame and what follows it up to the next, without a loss in between."""

    units: list[AccessUnit]
    size: int


class Ring:
    """Whole groups of pictures of one stream, the oldest first. A group that lost a picture ends there."""

    def __init__(self, key: DeviceKey, role: StreamRole) -> None:
        self.key = key
        self.role = role
        self.codec, self.extradata = "", b""
        self.size = 0
        self.dropped_total = 0
        self._groups: deque[_Group] = deque()
        self._wants_key = True

    def begin(self, codec: str, extradata: bytes) -> None:
        """A session has begun; what is kept stays, unless what comes cannot be decoded together with it."""
        if (codec, extradata) != (self.codec, self.extradata):
            self._groups.clear()
            self.size = 0
        self.codec, self.extradata = codec, extradata
        self._wants_key = True

    def take(self, unit: AccessUnit) -> None:
        """Keep one picture."""
        if unit.gap:
            self._wants_key = True
        if self._wants_key and not unit.key:
            self.dropped_total += 1
            return
        if unit.key:
            self._groups.append(_Group([], 0))
        self._wants_key = False
        group = self._groups[-1]
        group.units.append(unit)
        group.size += len(unit.data)
        self.size += len(unit.data)

    def shorten(self, oldest_s: float, max_bytes: int) -> None:
        """Forget groups that end before `oldest_s` (monotonic), then the oldest until the rest has room."""
        while len(self._groups) > 1 and self._groups[1].units[0].arrival_s <= oldest_s:
            self.drop_oldest()
        while self._groups and self.size > max_bytes:
            self.drop_oldest()
        if self._groups and self._groups[-1].units[-1].arrival_s < oldest_s:
            self.drop_oldest()

    def drop_oldest(self) -> None:
        """Forget the oldest group."""
        group = self._groups.popleft()
        self.size -= group.size
        self.dropped_total += len(group.units)
        self._wants_key = self._wants_key or not self._groups

    def since(self, from_s: float) -> tuple[AccessUnit, ...]:
        """The pictures from the last key frame at or before `from_s` on, or else from the oldest that there is."""
        groups = list(self._groups)
        before = [number for number, group in enumerate(groups) if group.units[0].arrival_s <= from_s]
        return tuple(unit for group in groups[before[-1] if before else 0 :] for unit in group.units)


class Rings:
    """The rings of all streams, together within `max_bytes`: the largest gives way first."""

    def __init__(self, clock: Clock, seconds: float, max_bytes: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._rings: dict[tuple[DeviceKey, StreamRole], Ring] = {}
        self._masks: Mapping[DeviceKey, tuple[Mask, ...]] = {}

    @property
    def size(self) -> int:
        """Bytes kept."""
        return sum(ring.size for ring in self._rings.values())

    def follow(self, channels: Iterable[Channel], masks: Mapping[DeviceKey, tuple[Mask, ...]]) -> None:
        """Keep what these streams bring; those that have ended are kept until they are old.

        `masks` are of each camera that the plan shows now: they hold for all that is kept of it, whenever it came.
        """
        self._masks = masks
        if not self._seconds:
            return
        running: set[tuple[DeviceKey, StreamRole]] = set()
        for channel in channels:
            running.add((channel.key, channel.role))
            ring = self._rings.get((channel.key, channel.role))
            if ring is None and len(self._rings) < _MAX_RINGS:
                ring = self._rings[channel.key, channel.role] = Ring(channel.key, channel.role)
            if ring is not None and ring not in channel.taps:
                channel.tap(ring)
        self._shorten(running)

    def of(self, key: DeviceKey) -> tuple[Ring, ...]:
        """The rings of one camera, the main stream's first."""
        found = (self._rings.get((key, role)) for role in (StreamRole.MAIN, StreamRole.SUB))
        return tuple(ring for ring in found if ring is not None)

    def masks(self, key: DeviceKey) -> tuple[Mask, ...] | None:
        """What nobody may see of a camera; None where that is not known, because the plan does not show it."""
        return self._masks.get(key)

    def _shorten(self, running: set[tuple[DeviceKey, StreamRole]]) -> None:
        oldest_s = self._clock.monotonic_s() - self._seconds
        for key, ring in list(self._rings.items()):
            ring.shorten(oldest_s, MAX_STREAM_BYTES)
            if not ring.size and key not in running:
                del self._rings[key]
        excess = self.size - self._max_bytes
        while excess > 0:
            largest = max(self._rings.values(), key=lambda ring: ring.size)
            before = largest.size
            largest.drop_oldest()
            excess -= before - largest.size
