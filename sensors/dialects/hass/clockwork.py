"""What happens to gauges by themselves, in order of time; about one entry for each gauge."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple

from sensors.dialects.hass.devices import Gauge
from sensors.model import DeviceKey

_STALE_ALLOWED = 1_000


class _Due(NamedTuple):
    at: datetime
    number: int
    key: DeviceKey
    gauge: Gauge


class Clockwork:
    """A heap of gauges by when they are due. One that is set later is put back when its old time has come."""

    def __init__(self) -> None:
        self._heap: list[_Due] = []
        self._numbers = count()

    def watch(self, key: DeviceKey, gauge: Gauge) -> None:
        """Look at the gauge when it is due."""
        at = gauge.next_at
        if at is not None and (gauge.watched_at is None or at < gauge.watched_at):
            gauge.watched_at = at
            heappush(self._heap, _Due(at, next(self._numbers), key, gauge))

    def due(self, now: datetime) -> Iterator[tuple[DeviceKey, Gauge]]:
        """The gauges whose time has come; whoever takes them sees to it that they are due no more."""
        while self._heap and self._heap[0].at <= now:
            at, _, key, gauge = heappop(self._heap)
            if at != gauge.watched_at:
                continue
            gauge.watched_at = None
            if (next_at := gauge.next_at) is not None and next_at <= now:
                yield key, gauge
            self.watch(key, gauge)

    def clock_set(self, by: timedelta) -> None:
        """Every time is so much later by now, or earlier, as its gauge's is."""
        self._heap = [due._replace(at=due.at + by) for due in self._heap]

    def sweep(self, gauges_total: int) -> None:
        """Let go of gauges that are gone, once they are more than those that are not."""
        if len(self._heap) > 2 * gauges_total + _STALE_ALLOWED:
            self._heap = [due for due in self._heap if due.gauge.next_at is not None]
            heapify(self._heap)
