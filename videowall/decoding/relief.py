"""Where the pressure on a wall's processor is measured, and what is done without because of it is put in force."""

from collections.abc import Iterable

from sensors.clock import Clock
from videowall.capture.channel import Channel
from videowall.capture.oversleeping import OVERSLEPT_S
from videowall.composing.composer import Composer
from videowall.composing.scene import Tile
from videowall.decoding.pool import Pool
from videowall.decoding.thrift import Governor, Pressure, saving, ticks_each

PERIOD_S = 1.0


class Relief:
    """Looked after by the event loop, as often as it likes."""

    def __init__(self, clock: Clock, pool: Pool, composer: Composer) -> None:
        self._clock = clock
        self._pool = pool
        self._composer = composer
        self._governor = Governor()
        self._looked_s = clock.monotonic_s()
        self._busy_s = pool.busy_s
        self._ticks = self._missed = 0
        self._stood = False

    @property
    def depth(self) -> int:
        """How much the wall does without, 0 for nothing; `videowall.decoding.thrift` says what."""
        return self._governor.depth

    def look(self, channels: Iterable[Channel]) -> None:
        """Measure, when a second has passed, and decide."""
        now_s = self._clock.monotonic_s()
        passed_s = now_s - self._looked_s
        if passed_s < PERIOD_S:
            return
        pressure = self._measure(now_s, channels)
        # What waits after the whole wall has stood still once is nothing that decoding less would mend.
        stood_before, self._stood = self._stood, passed_s > PERIOD_S + OVERSLEPT_S
        if stood_before or not self._stood:
            self._governor.look(pressure)
        self._composer.ticks_each = ticks_each(self.depth)

    def ease(self, channels: Iterable[Channel], tiles: Iterable[Tile]) -> None:
        """Put in force what was decided, a spot's streams apart."""
        tiles = tuple(tiles)
        spots = {tile.slot for tile in tiles if tile.is_spot}
        small, large = saving(self.depth, is_spot=False), saving(self.depth, is_spot=True)
        for channel in channels:
            channel.goes_first = not spots.isdisjoint(channel.slots)
            channel.saving = large if channel.goes_first else small
        for tile in tiles:
            tile.saving = large if tile.is_spot else small

    def _measure(self, now_s: float, channels: Iterable[Channel]) -> Pressure:
        passed_s, self._looked_s = now_s - self._looked_s, now_s
        busy_s, counts = self._pool.busy_s, self._composer.counts
        ticks, missed = counts.ticks_total - self._ticks, counts.missed_ticks_total - self._missed
        pressure = Pressure(
            busy=max((now - before) / passed_s for now, before in zip(busy_s, self._busy_s, strict=True)),
            missed=missed / max(1, ticks + missed),
            waits_s=max((channel.intake.waits_s(now_s) for channel in channels), default=0.0),
        )
        self._busy_s, self._ticks, self._missed = busy_s, counts.ticks_total, counts.missed_ticks_total
        return pressure
