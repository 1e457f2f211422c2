"""One of sixteen cameras in trouble: what the others notice, and how soon it is back."""

import time

from tests.benchmarks.row import Row
from tests.benchmarks.wall.load import Load, running
from tests.benchmarks.wall.reading import figure, read_wall
from tests.benchmarks.wall.run import pause, wait_for_pictures
from tests.benchmarks.wall.walls import ours

FAULTS = ("frozen", "killed", "stalled", "refused", "corrupt", "bursty")
_LOAD = Load("16x360", 16, "sub")
_BROKEN = 5
_SETTLE_S, _BEFORE_S, _DURING_S, _AFTER_S = 4.0, 5.0, 5.0, 6.0
_FRESH_S = 0.5
"""A picture that left its camera no longer ago shows that the tile is back."""


def measure() -> list[Row]:
    """Each fault once: the others' longest gap without it and with it, and the time until the tile moves again."""
    rows: list[Row] = []
    with running(_LOAD) as (cameras, departures), ours(_LOAD, cameras.url) as begun:
        wait_for_pictures(begun)
        pause(_SETTLE_S)
        times: list[tuple[str, float, float, float, float]] = []
        for fault in FAULTS:
            calm_s = time.monotonic()
            pause(_BEFORE_S)
            broken_s = time.monotonic()
            cameras.break_(_BROKEN, fault)
            pause(_DURING_S)
            mended_s = time.monotonic()
            cameras.break_(_BROKEN, "none")
            pause(_AFTER_S)
            times.append((fault, calm_s, broken_s, mended_s, time.monotonic()))
        delivered = list(begun.receiver.frames)
    seen = read_wall(delivered, _LOAD.rects(), times[0][1], times[-1][4])
    for fault, calm_s, broken_s, mended_s, end_s in times:
        gaps = []
        for from_s, to_s in ((calm_s, broken_s), (broken_s, end_s)):
            part = figure([picture for picture in seen if from_s <= picture.at_s <= to_s], departures)
            gaps.append(max(gap for camera, gap in enumerate(part.gaps_s) if camera != _BROKEN))
        back_s = _AFTER_S
        for picture in seen:
            left = departures.get((_BROKEN, int(picture.frames[_BROKEN])), [])
            if mended_s < picture.at_s and any(
                mended_s <= left_s <= picture.at_s <= left_s + _FRESH_S for left_s in left
            ):
                back_s = picture.at_s - mended_s
                break
        rows += [
            Row(f"fault_{fault}_others_gap_before_s", gaps[0], "s", None, "lower", 1),
            Row(f"fault_{fault}_others_gap_s", gaps[1], "s", max(2 * gaps[0], gaps[0] + 0.08), "lower", 1),
            Row(f"fault_{fault}_back_s", back_s, "s", 2.0, "lower", 1),
        ]
    return rows
