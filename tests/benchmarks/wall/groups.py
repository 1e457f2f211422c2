"""All groups of rows, or those that are asked for.

SHEKARA_BENCH_ONLY names groups, with commas between, that are run alone; SHEKARA_BENCH_RUNS how many runs make a
median.
"""

import os
import sys
from collections.abc import Callable
from functools import partial

from tests.benchmarks import passthrough
from tests.benchmarks.row import Row
from tests.benchmarks.wall import clips, delivered, faults, overload, rows, scaling, viewers

GROUPS: dict[str, Callable[[], list[Row]]] = {
    **rows.SUBS,
    "16x1080": rows.measure_mains,
    "36x1080": overload.measure,
    "twice": overload.measure_twice,
    "faults": faults.measure,
    "viewers": viewers.measure_viewers,
    "start": viewers.measure_start,
    "saving": delivered.measure_saving,
    "bit-rates": delivered.measure_bit_rates,
    "passthrough": partial(passthrough.measure, rows.RUNS),
    "scaling": scaling.measure,
}


def measure() -> list[Row]:
    """All groups, or those that are asked for; one that cannot be run says so and does not hold up the others."""
    wanted = os.environ.get("SHEKARA_BENCH_ONLY", "")
    names = wanted.split(",") if wanted else list(GROUPS)
    unknown = sorted(set(names) - set(GROUPS))
    if unknown:
        sys.exit(f"no group {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    clips.prepare(clips.SUB)
    clips.prepare(clips.MAIN)
    measured: list[Row] = []
    for name in names:
        sys.stderr.write(f"wall: {name}\n")
        try:
            measured += GROUPS[name]()
        except (AssertionError, RuntimeError, OSError) as error:
            sys.stderr.write(f"wall: {name} could not be measured: {error}\n")
    return measured
