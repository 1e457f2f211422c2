"""All rows of the simulators."""

from collections.abc import Callable

from tests.benchmarks.row import Row
from tests.benchmarks.simulators import drawing, readings, streams

GROUPS: tuple[Callable[[], list[Row]], ...] = (readings.measure, streams.measure, drawing.measure)


def measure() -> list[Row]:
    """Every group, one after another."""
    return [row for group in GROUPS for row in group()]
