"""Where the pressure on a wall's processor is measured, and what is done without because of it is put in force."""

from collections import defaultdict
from collections.abc import Iterable

from sensors.clock import Clock
from sensors.model import DeviceKey
from videowall.capture.channel import Channel
from videowall.capture.oversleeping import OVERSLEPT_S
from videowall.composing.composer import Composer
from videowall.composing.scene import Tile
from videowall.decoding.pool import Pool
from videowall.decoding.thrift import Burden, Governor, Pressure, Saving, more_thrifty, saving, ticks_each

PERIOD_S = 1.0


class Relief:
    """Looked after by the event loop, as often as it likes.

    Those that cannot take work from one another, as children cannot, are each judged by themselves: what one has too
    much of is done without by its own cameras. A camera that alone is too much goes without before all others.
    """

    def __init__(self, clock: Clock, pool: Pool, composer: Composer) -> None:
        self._clock = clock
        self._pool = pool
        self._composer = composer
        self._looked_s = clock.monotonic_s()
        self._busy_s = pool.busy_s
        self._governors = tuple(Governor() for _ in self._busy_s)
        self._burdens: dict[DeviceKey, Burden] = {}
        self._ticks = self._missed = 0
        self._stood = False

    @property
    def depth(self) -> int:
        """How much is done without at most, 0 for nothing; `videowall.decoding.thrift` says what."""
        return max(governor.depth for governor in self._governors)

    def look(self, channels: Iterable[Channel]) -> None:
        """Measure, when a second has passed, and decide."""
        now_s = self._clock.monotonic_s()
        passed_s = now_s - self._looked_s
        if passed_s < PERIOD_S:
            return
        self._looked_s = now_s
        channels = tuple(channels)
        places: list[list[Channel]] = [[] for _ in self._governors]
        for channel in channels:
            places[self._pool.number_of(channel.key)].append(channel)
        pressures = self._measure(now_s, passed_s, places)
        needs = _needs(channels, passed_s)
        self._burdens = {key: self._burdens.get(key) or Burden() for key in needs}
        # What waits after the whole wall has stood still once is nothing that decoding less would mend.
        stood_before, self._stood = self._stood, passed_s > PERIOD_S + OVERSLEPT_S
        if stood_before or not self._stood:
            for governor, pressure, place in zip(self._governors, pressures, places, strict=True):
                self._decide(governor, pressure, place, needs)
        used = [governor.depth for governor, place in zip(self._governors, places, strict=True) if place]
        # Slower for all only when there is none left whose cameras are well.
        self._composer.ticks_each = ticks_each(min(used, default=0))

    def ease(self, channels: Iterable[Channel], tiles: Iterable[Tile]) -> None:
        """Put in force what was decided, a spot's streams apart."""
        tiles = tuple(tiles)
        spots = {tile.slot for tile in tiles if tile.is_spot}
        for channel in channels:
            channel.goes_first = not spots.isdisjoint(channel.slots)
            channel.saving = self._saving(channel.key, is_spot=channel.goes_first)
        for tile in tiles:
            tile.saving = self._saving(tile.feed.key, is_spot=tile.is_spot)

    def _saving(self, key: DeviceKey, *, is_spot: bool) -> Saving:
        shared = saving(self._governors[self._pool.number_of(key)].depth, is_spot=is_spot)
        burden = self._burdens.get(key)
        return shared if burden is None else more_thrifty(shared, burden.saving)

    def _decide(
        self, governor: Governor, pressure: Pressure, place: list[Channel], needs: dict[DeviceKey, float]
    ) -> None:
        waits: defaultdict[DeviceKey, float] = defaultdict(float)
        for channel in place:
            waits[channel.key] = max(waits[channel.key], channel.intake.waits_s(self._looked_s))
        relieving = [self._burdens[key].look(needs[key], waits_s, pressure) for key, waits_s in waits.items()]
        if not any(relieving):
            governor.look(pressure)

    def _measure(self, now_s: float, passed_s: float, places: list[list[Channel]]) -> list[Pressure]:
        busy_s, counts = self._pool.busy_s, self._composer.counts
        ticks, missed = counts.ticks_total - self._ticks, counts.missed_ticks_total - self._missed
        pressures = [
            Pressure(
                busy=(now - before) / passed_s,
                missed=missed / max(1, ticks + missed),
                waits_s=max((channel.intake.waits_s(now_s) for channel in place), default=0.0),
            )
            for now, before, place in zip(busy_s, self._busy_s, places, strict=True)
        ]
        self._busy_s, self._ticks, self._missed = busy_s, counts.ticks_total, counts.missed_ticks_total
        return pressures


def _needs(channels: Iterable[Channel], passed_s: float) -> dict[DeviceKey, float]:
    """What each camera's streams would have taken of a thread's time, those apart that no tile shows any more."""
    needs: defaultdict[DeviceKey, float] = defaultdict(float)
    for channel in channels:
        need = channel.effort.need(passed_s)
        needs[channel.key] += need if channel.slots else 0.0
    return needs
