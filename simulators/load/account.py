"""What a crowd did and cost, counted as it runs."""

import time
from typing import NamedTuple

import psutil
from msgspec import Struct


class Cost(Struct, frozen=True):
    """One line of the account. `readings_per_s` and `acknowledged` are what the broker has confirmed.

    `lag_s` is the most that a reading left after its time; `skipped` ones never left: their connection was away or
    full. `cpu_s_per_s` is of this process, 1 for a whole core.
    """

    seconds: float
    asked_per_s: float
    readings_per_s: float
    acknowledged: int
    waiting: int
    skipped: int
    lag_s: float
    cpu_s_per_s: float
    rss_mb: float
    connections: int

    @property
    def short(self) -> bool:
        """Whether less was done than was asked for."""
        return self.skipped > 0 or self.readings_per_s < _ENOUGH * self.asked_per_s or self.lag_s > _LATE_S


class Count(NamedTuple):
    """How things stand at one moment; totals over all connections."""

    acknowledged: int
    waiting: int
    skipped: int
    connections: int


class Account:
    """Keeps the time and the processor's."""

    def __init__(self, asked_per_s: float) -> None:
        self._asked_per_s = asked_per_s
        self._process = psutil.Process()
        self._began = self._since = self._ended = _Mark.now(0)
        self._lag_s = self._worst_lag_s = 0.0

    def late(self, lag_s: float) -> None:
        """A breath left so long after its time."""
        self._lag_s = max(self._lag_s, lag_s)

    def so_far(self, count: Count) -> Cost:
        """What was done and spent since it was last asked."""
        began, self._since = self._since, _Mark.now(count.acknowledged)
        cost = self._cost(began, self._since, count, self._lag_s)
        self._worst_lag_s, self._lag_s = max(self._worst_lag_s, self._lag_s), 0.0
        return cost

    def end(self) -> None:
        """Nobody speaks any more; acknowledgements of what was said may still come."""
        self._ended = _Mark.now(0)

    def whole(self, count: Count) -> Cost:
        """What was done and spent until the end, with all that was acknowledged for it."""
        ended = self._ended._replace(acknowledged=count.acknowledged)
        return self._cost(self._began, ended, count, max(self._worst_lag_s, self._lag_s))

    def _cost(self, began: "_Mark", ended: "_Mark", count: Count, lag_s: float) -> Cost:
        span_s = max(ended.at_s - began.at_s, 1e-9)
        return Cost(
            seconds=round(ended.at_s - self._began.at_s, 1),
            asked_per_s=round(self._asked_per_s, 1),
            readings_per_s=round((ended.acknowledged - began.acknowledged) / span_s, 1),
            acknowledged=count.acknowledged,
            waiting=count.waiting,
            skipped=count.skipped,
            lag_s=round(lag_s, 3),
            cpu_s_per_s=round((ended.cpu_s - began.cpu_s) / span_s, 4),
            rss_mb=round(self._process.memory_info().rss / 2**20, 1),
            connections=count.connections,
        )


class _Mark(NamedTuple):
    at_s: float
    cpu_s: float
    acknowledged: int

    @classmethod
    def now(cls, acknowledged: int) -> "_Mark":
        return cls(time.monotonic(), time.process_time(), acknowledged)


_ENOUGH = 0.98
_LATE_S = 0.5
