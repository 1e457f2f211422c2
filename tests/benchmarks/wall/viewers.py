"""What more viewers cost, what a wall needs to begin, and what a camera needs of memory."""

from functools import partial

from tests.benchmarks.row import Row
from tests.benchmarks.wall.load import Load
from tests.benchmarks.wall.rows import RUNS
from tests.benchmarks.wall.run import Outcome, run_once
from tests.benchmarks.wall.walls import ours

MANY = 20


def measure_viewers() -> list[Row]:
    """One viewer and twenty: what each more costs is sending; encoding is done once."""
    one, many = (_middle(Load("16x360", 16, "sub"), viewers) for viewers in (1, MANY))
    each = (many.cpu - one.cpu) / (MANY - 1)
    encoding = 0.006 * 25
    return [
        Row("viewers_1_cpu", one.cpu, "cpu-s/s", None, "lower", RUNS),
        Row(f"viewers_{MANY}_cpu", many.cpu, "cpu-s/s", None, "lower", RUNS),
        Row("viewer_more_cpu", each, "cpu-s/s", encoding / 10, "lower", RUNS),
        Row(f"viewers_{MANY}_wall_fps", many.figures.wall_fps, "fps", 24.5, "higher", RUNS),
    ]


def measure_start() -> list[Row]:
    """From the process' start to the first picture, and memory by camera."""
    few, many = (_middle(Load(f"{cameras}x360", cameras, "sub"), 1) for cameras in (4, 36))
    return [
        Row("first_picture_s", few.first_s, "s", None, "lower", RUNS),
        Row("memory_per_camera_mb", (many.end.rss_mb - few.end.rss_mb) / 32, "MB", None, "lower", RUNS),
        Row("memory_4_cameras_mb", few.end.rss_mb, "MB", None, "lower", RUNS),
    ]


def _middle(load: Load, viewers: int) -> Outcome:
    runs = [run_once(partial(ours, viewers=viewers), load, 4.0) for _ in range(RUNS)]
    return sorted(runs, key=lambda run: run.cpu)[len(runs) // 2]
