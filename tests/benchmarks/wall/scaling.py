"""From one camera to sixty-four: what a wall of ours costs and what GStreamer's does, as figures and as a picture."""

import os
from pathlib import Path

from tests.benchmarks.row import FOLDER, Row
from tests.benchmarks.wall.load import Load
from tests.benchmarks.wall.plot import Line, plot
from tests.benchmarks.wall.run import run_once
from tests.benchmarks.wall.walls import gstreamer, ours

COUNTS = (1, 4, 9, 16, 25, 36, 49, 64)
_WINDOW_S = 6.0
_PICTURE = "wall-scaling.svg"


def measure() -> list[Row]:
    """One run of each; the picture is written beside the rows, and into the folder that SHEKARA_BENCH_DOCS names."""
    rows: list[Row] = []
    lines: dict[str, list[tuple[float, float]]] = {"Shekara": [], "GStreamer compositor": []}
    for count in COUNTS:
        load = Load(f"{count}x360", count, "sub")
        for name, wall in zip(lines, (ours, gstreamer), strict=True):
            outcome = run_once(wall, load, 4.0, _WINDOW_S)
            cores = outcome.cpu_ms_per_picture * 25 / 1000
            lines[name].append((count, cores))
            label = "ours" if wall is ours else "gstreamer"
            rows.append(Row(f"scaling_{count}_{label}_cpu", cores, "cpu-s/s", None, "lower", 1))
    drawn = plot(
        "Cameras of 640x360 at 25 pictures a second on one wall of 1920x1080",
        ("cameras", "CPU seconds a second of wall"),
        [Line(name, tuple(points)) for name, points in lines.items()],
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    for folder in (FOLDER, *map(Path, filter(None, [os.environ.get("SHEKARA_BENCH_DOCS")]))):
        (folder / _PICTURE).write_text(drawn, encoding="utf-8")
    return rows
