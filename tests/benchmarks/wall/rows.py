"""The rows of each group, from runs side by side."""

import os
import statistics
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from tests.benchmarks.row import Row
from tests.benchmarks.wall import walls
from tests.benchmarks.wall.load import Load
from tests.benchmarks.wall.run import Outcome, Start, run_once

RUNS = int(os.environ.get("SHEKARA_BENCH_RUNS", "3"))
_STARTS: dict[str, Start] = {"ours": walls.ours, "gstreamer": walls.gstreamer, "ffmpeg": walls.ffmpeg}


class Side(NamedTuple):
    """The runs of one load, by wall; the n-th of each were made one after another."""

    load: Load
    runs: dict[str, list[Outcome]]

    def middle(self, wall: str, figure: Callable[[Outcome], float]) -> float:
        """The median of a figure of one wall's runs."""
        return statistics.median(figure(outcome) for outcome in self.runs[wall])

    def ratio(self, peer: str) -> float:
        """The median of what a picture of our wall costs as a share of what one of the peer's costs, run by run."""
        pairs = zip(self.runs["ours"], self.runs[peer], strict=True)
        return statistics.median(ours.cpu_ms_per_picture / theirs.cpu_ms_per_picture for ours, theirs in pairs)


def side_by_side(load: Load, peers: tuple[str, ...], settle_s: float = 4.0) -> Side:
    """Every wall in turn, `RUNS` times."""
    runs: dict[str, list[Outcome]] = {wall: [] for wall in ("ours", *peers)}
    for _ in range(RUNS):
        for wall, outcomes in runs.items():
            outcomes.append(run_once(_STARTS[wall], load, settle_s))
    return Side(load, runs)


class Aims(NamedTuple):
    """What is aimed at, None where nothing is."""

    gstreamer: float | None = None
    ffmpeg: float | None = None
    p95_ms: float | None = None
    tile_fps: float | None = None


def compared(side: Side, aims: Aims) -> list[Row]:
    """Ours against each peer, then the absolute figures of all.

    A wall that leaves out pictures is cheap; what ours then costs is not compared, and stands as infinite.
    """
    name = side.load.name
    middle = side.middle
    rows = [
        _row(f"{name}_cpu", middle("ours", _cpu), "cpu-s/s", None, "lower"),
        _row(f"{name}_p95_ms", middle("ours", lambda run: run.figures.p95_ms), "ms", aims.p95_ms, "lower"),
        _row(f"{name}_min_tile_fps", middle("ours", lambda run: run.figures.min_fps), "fps", aims.tile_fps, "higher"),
    ]
    is_whole = middle("ours", lambda run: run.figures.min_fps) >= (aims.tile_fps or 0.0)
    for peer in side.runs:
        if peer != "ours":
            aim = aims.gstreamer if peer == "gstreamer" else aims.ffmpeg
            rows.append(_row(f"{name}_vs_{peer}", side.ratio(peer) if is_whole else float("inf"), "", aim, "lower"))
    for wall in side.runs:
        prefix = f"{name}_{wall}"
        rows += [
            _row(f"{prefix}_cpu_ms_per_picture", middle(wall, lambda run: run.cpu_ms_per_picture), "ms", None, "lower"),
            _row(f"{prefix}_wall_fps", middle(wall, lambda run: run.figures.wall_fps), "fps", None, "higher"),
            _row(f"{prefix}_rss_mb", middle(wall, lambda run: run.end.rss_mb), "MB", None, "lower"),
        ]
        if wall != "ours":
            rows += [
                _row(f"{prefix}_cpu", middle(wall, _cpu), "cpu-s/s", None, "lower"),
                _row(f"{prefix}_p95_ms", middle(wall, lambda run: run.figures.p95_ms), "ms", None, "lower"),
                _row(f"{prefix}_min_tile_fps", middle(wall, lambda run: run.figures.min_fps), "fps", None, "higher"),
            ]
    return rows


def measure_subs(cameras: int) -> list[Row]:
    """So many sub-streams."""
    aims = {
        16: (("gstreamer", "ffmpeg"), Aims(gstreamer=0.65, ffmpeg=1.0, p95_ms=60, tile_fps=24.5)),
        36: (("gstreamer",), Aims(gstreamer=0.65, p95_ms=60, tile_fps=24.5)),
        64: (("gstreamer",), Aims(gstreamer=0.70, tile_fps=24)),
    }
    peers, aim = aims[cameras]
    return compared(side_by_side(Load(f"{cameras}x360", cameras, "sub"), peers), aim)


def measure_mains() -> list[Row]:
    """Sixteen main streams: as much as two cores can do."""
    side = side_by_side(Load("16x1080", 16, "main"), ("gstreamer", "ffmpeg"), settle_s=8.0)
    return compared(side, Aims(gstreamer=0.55, ffmpeg=0.80, p95_ms=80, tile_fps=23))


def _cpu(outcome: Outcome) -> float:
    return outcome.cpu


def _row(name: str, value: float, unit: str, aim: float | None, better: str) -> Row:
    return Row(name, value, unit, aim, "lower" if better == "lower" else "higher", RUNS)


SUBS = {f"{cameras}x360": partial(measure_subs, cameras) for cameras in (16, 36, 64)}
