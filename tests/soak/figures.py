"""What a process took over time, and what that says of the next day."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import psutil

WARM_UP_SHARE = 0.2
WARM_UP_MOST_H = 0.5


class Sample(NamedTuple):
    """One look at the wall's process and its children; `own_mb` is of the process alone."""

    at_h: float
    rss_mb: float
    own_mb: float
    fds: int
    threads: int
    processes: int


class Trend(NamedTuple):
    """How one figure went: its slope an hour, and its median in the first and in the last fifth of the time judged."""

    per_h: float
    first: float
    last: float


def look(pid: int, at_h: float) -> Sample | None:
    """A sample now; None while a process is on its way out."""
    try:
        root = psutil.Process(pid)
        family = (root, *root.children(recursive=True))
        memory_mb = [process.memory_info().rss / 1e6 for process in family]
        return Sample(
            at_h,
            sum(memory_mb),
            memory_mb[0],
            sum(process.num_fds() for process in family),
            sum(process.num_threads() for process in family),
            len(family),
        )
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def steady(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Those after the warm-up, in which caches fill and every fault happens for the first time."""
    if not samples:
        return samples
    begin_h = min(WARM_UP_MOST_H, WARM_UP_SHARE * samples[-1].at_h)
    return [sample for sample in samples if sample.at_h >= begin_h]


def trend(points: Sequence[tuple[float, float]]) -> Trend:
    """The least-squares slope of (hours, value), and both ends."""
    if not points:
        return Trend(0.0, 0.0, 0.0)
    fifth = max(1, len(points) // 5)
    first, last = (median(value for _, value in part) for part in (points[:fifth], points[-fifth:]))
    middle_h = sum(at_h for at_h, _ in points) / len(points)
    spread = sum((at_h - middle_h) ** 2 for at_h, _ in points)
    slope = sum((at_h - middle_h) * value for at_h, value in points) / spread if spread else 0.0
    return Trend(slope, first, last)
