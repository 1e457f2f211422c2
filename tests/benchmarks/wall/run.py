"""One run: cameras, a wall, a settled stretch of it, and what that cost and showed."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from tests.benchmarks.wall.load import Load, running
from tests.benchmarks.wall.reading import Figures, figure, read_wall
from tests.benchmarks.wall.walls import Running, Spent

WINDOW_S = 8.0
_FIRST_WITHIN_S = 60.0
Start = Callable[[Load, str], AbstractContextManager[Running]]


class Outcome(NamedTuple):
    """What a run gave: CPU-seconds a second, and per delivered picture of the wall."""

    cpu: float
    cpu_ms_per_picture: float
    figures: Figures
    end: Spent
    first_s: float
    """From the start of the wall's process to its first picture."""


def run_once(wall: Start, load: Load, settle_s: float, window_s: float = WINDOW_S) -> Outcome:
    """Run a wall on a load and measure it."""
    with running(load) as (cameras, departures), wall(load, cameras.url) as begun:
        first_s = wait_for_pictures(begun)
        pause(settle_s)
        before = begun.spent()
        pause(window_s)
        after = begun.spent()
        delivered = list(begun.receiver.frames)
    seen = read_wall(delivered, load.rects(), before.at_s, after.at_s)
    figures = figure(seen, departures)
    cpu = (after.cpu_s - before.cpu_s) / (after.at_s - before.at_s)
    return Outcome(cpu, cpu / max(figures.wall_fps, 1e-3) * 1000, figures, after, first_s)


def wait_for_pictures(begun: Running) -> float:
    """Seconds from its start to the first delivered picture."""
    deadline_s = begun.began_s + _FIRST_WITHIN_S
    while not begun.receiver.frames:
        if not begun.process.is_running() or time.monotonic() > deadline_s:
            message = f"no picture: {begun.log.read_text()[-2000:]}"
            raise RuntimeError(message)
        pause(0.02)
    return begun.receiver.frames[0].at_s - begun.began_s


def pause(seconds: float) -> None:
    """Let a real wall run in real time: what is measured here is time itself."""
    threading.Event().wait(seconds)
