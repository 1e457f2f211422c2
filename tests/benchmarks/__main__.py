"""`python -m tests.benchmarks [NAME]`: run one benchmark, or all of them."""

import sys

from tests.benchmarks import demo, quality, telemetry
from tests.benchmarks.row import publish
from tests.benchmarks.simulators import groups as simulators
from tests.benchmarks.wall import groups as wall

BENCHMARKS = {
    "demo": demo.measure,
    "quality": quality.measure,
    "simulators": simulators.measure,
    "telemetry": telemetry.measure,
    "wall": wall.measure,
}


def main() -> None:
    names = sys.argv[1:] or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            sys.exit(f"no benchmark {name}; there are {', '.join(BENCHMARKS)}")
        publish(name, BENCHMARKS[name]())


main()
