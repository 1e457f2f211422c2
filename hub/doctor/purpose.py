"""Whether settings, stores and buckets agree on what this hub is for: an exercise or actual work."""

from collections.abc import Iterator
from pathlib import Path

from hub.config import HubSettings, InfluxSettings
from hub.decisions.purpose import read_purpose
from hub.doctor.finding import Finding, Level
from hub.storage import operations, readings
from hub.storage.database import mark_of, read_mark, refuse_mixed
from hub.storage.line_protocol import check_bucket
from sensors.errors import ShekaraError

_PART = "[hub] exercise"


def check_purpose(hub: HubSettings, influx: InfluxSettings | None) -> Iterator[Finding]:
    """What this hub is for, and whatever is of the other sort."""
    if hub.exercise:
        yield Finding(_PART, Level.OK, "EXERCISE: simulated equipment alone is taken in, and everything says so")
    else:
        yield Finding(_PART, Level.OK, "actual work; simulated equipment is held")
    try:
        read_purpose(exercise=hub.exercise, simulated=hub.simulated)
    except ShekaraError as error:
        yield Finding("[hub] simulated", Level.FAIL, error.what, error.mend)
    for name in (readings.FILE_NAME, operations.FILE_NAME):
        yield from _of_store(hub.data_dir / name, exercise=hub.exercise)
    if influx is not None:
        try:
            check_bucket(influx, exercise=hub.exercise)
        except ShekaraError as error:
            yield Finding("[influx] bucket", Level.FAIL, error.what, error.mend)


def _of_store(path: Path, *, exercise: bool) -> Iterator[Finding]:
    if not path.exists():
        return
    try:
        refuse_mixed(path, read_mark(path), mark_of(exercise=exercise))
    except ShekaraError as error:
        yield Finding(_PART, Level.FAIL, f"{path} {error.what}", error.mend)
