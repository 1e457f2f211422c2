"""More than there is processor for: what the wall keeps up, and that no old picture is called live."""

import os
import statistics
import time
from typing import NamedTuple

import msgspec

from tests.benchmarks.row import Row
from tests.benchmarks.wall import clips
from tests.benchmarks.wall.load import Departures, Load, running
from tests.benchmarks.wall.reading import Seen, figure, read_wall
from tests.benchmarks.wall.rows import RUNS
from tests.benchmarks.wall.run import WINDOW_S, pause, wait_for_pictures
from tests.benchmarks.wall.walls import ours

_SETTLE_S = 20.0
_ASK_S = 0.25


class _Kept(NamedTuple):
    wall_fps: float
    min_tile_fps: float
    spot_fps: float
    oldest_live_s: float
    cpu: float


def measure() -> list[Row]:
    """Thirty-six main streams."""
    return _measure(Load("36x1080", 36, "main", spot=True))


def measure_twice() -> list[Row]:
    """Main streams that would take twice as long to decode as this machine's cores have, however quick they are."""
    needed = clips.decoding_s(clips.MAIN) * clips.FPS
    load = Load("twice", round(2 * (os.cpu_count() or 1) / needed), "main", spot=True)
    load = msgspec.structs.replace(load, cameras=min(load.cameras, len(load.places)))
    return [Row("twice_cameras", load.cameras, "", None, "higher", 1), *_measure(load)]


def _measure(load: Load) -> list[Row]:
    """Medians; of the oldest picture that was called live, the worst."""
    runs = [_run(load) for _ in range(RUNS)]
    middle = _Kept(*(statistics.median(values) for values in zip(*runs, strict=True)))
    return [
        Row(f"{load.name}_wall_fps", middle.wall_fps, "fps", 24.5, "higher", RUNS),
        Row(f"{load.name}_min_tile_fps", middle.min_tile_fps, "fps", 2, "higher", RUNS),
        Row(f"{load.name}_spot_fps", middle.spot_fps, "fps", 20, "higher", RUNS),
        Row(f"{load.name}_oldest_live_s", max(run.oldest_live_s for run in runs), "s", 1.0, "lower", RUNS),
        Row(f"{load.name}_cpu", middle.cpu, "cpu-s/s", None, "lower", RUNS),
    ]


def _run(load: Load) -> _Kept:
    said: list[tuple[float, set[int]]] = []
    with running(load) as (cameras, departures), ours(load, cameras.url) as begun:
        wait_for_pictures(begun)
        pause(_SETTLE_S)
        before = begun.spent()
        while time.monotonic() < before.at_s + WINDOW_S:
            assert begun.watch is not None
            states = begun.watch.states()
            live = {int(device.removeprefix("cam-")) for device, state, _ in states if state == "live"}
            said.append((time.monotonic(), live))
            pause(_ASK_S)
        after = begun.spent()
        delivered = list(begun.receiver.frames)
    seen = read_wall(delivered, load.rects(), before.at_s - 4.0, after.at_s)
    figures = figure([picture for picture in seen if picture.at_s >= before.at_s], departures)
    return _Kept(
        figures.wall_fps,
        figures.min_fps,
        figures.tile_fps[0],
        _oldest(said, seen, departures),
        (after.cpu_s - before.cpu_s) / (after.at_s - before.at_s),
    )


def _oldest(said: list[tuple[float, set[int]]], seen: list[Seen], departures: Departures) -> float:
    """The age of the oldest picture on the wall, since it left its camera, while its tile was said to be live."""
    oldest_s = 0.0
    for at_s, live in said:
        shown = [picture for picture in seen if picture.at_s <= at_s]
        for camera in live if shown else ():
            frame = int(shown[-1].frames[camera])
            left = [left_s for left_s in departures.get((camera, frame), []) if left_s <= at_s]
            if frame >= 0 and left:
                oldest_s = max(oldest_s, at_s - left[-1])
    return oldest_s
