"""A soak of a given length, and what it found."""

import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from tests.soak.figures import Sample, Trend, look, steady, trend
from tests.soak.rig import Rig, running_rig

_ACT_S = (0.5, 3.0)
_SAMPLES = 2000
"""At most so many over a whole run."""
_SETTLE_S = 90.0
"""A camera that was full is asked again after a minute at most."""
JUDGED_FROM_H = 2.0
"""In a shorter run a slope says more of the warm-up and of chance than of the day: then the two ends are compared."""
MOST_RSS_MB_PER_H = 5.0
WARM_FROM_H = 0.1
MOST_MORE_RSS_MB = 50.0
MOST_MORE_FDS = 12
MOST_MORE_THREADS = 6


class Outcome(Struct, frozen=True):
    """What became of the wall: figures of its process and children, and what was done to it.

    Pairs are medians of the first and of the last fifth of the time judged.
    """

    hours: float
    rss_slope_mb_per_h: float
    rss_mb: tuple[float, float]
    rss_own_mb: tuple[float, float]
    fds: tuple[int, int]
    threads: tuple[int, int]
    restarts: int
    live_at_end: int
    cameras: int
    flaps: int
    plans: int
    viewers: int
    samples: int

    @property
    def faults(self) -> list[str]:
        """What must not be."""
        is_long = self.hours >= JUDGED_FROM_H
        found = {
            f"begun again {self.restarts} times": self.restarts > 0,
            f"{self.live_at_end} of {self.cameras} cameras live at the end": self.live_at_end < self.cameras,
            f"memory grows by {self.rss_slope_mb_per_h:.1f} MB an hour": is_long
            and self.rss_slope_mb_per_h > MOST_RSS_MB_PER_H,
            f"memory grows from {self.rss_mb[0]} to {self.rss_mb[1]} MB": self.hours >= WARM_FROM_H
            and self.rss_mb[1] - self.rss_mb[0] > MOST_MORE_RSS_MB,
            f"descriptors grow from {self.fds[0]} to {self.fds[1]}": self.fds[1] - self.fds[0] > MOST_MORE_FDS,
            f"threads grow from {self.threads[0]} to {self.threads[1]}": self.threads[1] - self.threads[0]
            > MOST_MORE_THREADS,
        }
        return [words for words, holds in found.items() if holds]


def soak(duration_s: float, cameras: int, shards: int, seed: int) -> Outcome:
    """Flap, watch and change plans for so long, then see whether all is as it was."""
    with (
        tempfile.TemporaryDirectory(prefix="shekara-soak-") as folder,
        running_rig(Path(folder), cameras, shards, seed) as rig,
    ):
        samples = _abuse(rig, duration_s)
        rig.settle()
        live = _wait_until_live(rig)
        return _sum_up(rig, samples, live)


def _abuse(rig: Rig, duration_s: float) -> list[Sample]:
    """Samples of the wall's process, taken while things are done to it."""
    samples: list[Sample] = []
    begun_s, pause = time.monotonic(), threading.Event()
    every_s = max(1.0, duration_s / _SAMPLES)
    sample_s = act_s = begun_s
    while (now_s := time.monotonic()) - begun_s < duration_s:
        if now_s >= sample_s and (pid := rig.wall_pid) is not None:
            sample_s += every_s
            sample = look(pid, (now_s - begun_s) / 3600)
            samples += [sample] if sample is not None else []
        if now_s >= act_s:
            act_s = now_s + rig.pause_s(*_ACT_S)
            rig.act()
        pause.wait(0.1)
    return samples


def _wait_until_live(rig: Rig) -> int:
    deadline_s, pause = time.monotonic() + _SETTLE_S, threading.Event()
    while (live := rig.live()) < rig.count and time.monotonic() < deadline_s:
        pause.wait(0.5)
    return live


def _sum_up(rig: Rig, samples: Sequence[Sample], live: int) -> Outcome:
    judged = steady(samples)
    memory, own, fds, threads = (
        trend([(sample.at_h, float(sample[column])) for sample in judged])
        for column in (Sample._fields.index(name) for name in ("rss_mb", "own_mb", "fds", "threads"))
    )
    return Outcome(
        hours=round(samples[-1].at_h, 3) if samples else 0.0,
        rss_slope_mb_per_h=round(memory.per_h, 2),
        rss_mb=(round(memory.first, 1), round(memory.last, 1)),
        rss_own_mb=(round(own.first, 1), round(own.last, 1)),
        fds=_ends(fds),
        threads=_ends(threads),
        restarts=rig.count_restarts(),
        live_at_end=live,
        cameras=rig.count,
        flaps=rig.flaps,
        plans=rig.plans,
        viewers=rig.viewers,
        samples=len(judged),
    )


def _ends(course: Trend) -> tuple[int, int]:
    return round(course.first), round(course.last)
