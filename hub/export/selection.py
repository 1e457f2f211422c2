"""What of the stores is exported, as tables read page by page: no question to the disk is longer than a page.

So an export of any size holds up nobody, neither here nor on the disk, however slowly it is fetched.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta, Struct

from hub.storage import readings, rollups
from hub.storage.database import Mark, from_us, read_mark, reading, to_us
from hub.storage.readings import QUALITIES, value_of
from hub.storage.rollups import COLUMNS, NOT_EMPTY, rollup_of
from hub.storage.tiers import Rollup, Tier
from sensors.model import Ident, Value

PAGE_ROWS = 5_000
EXERCISE = "exercise"
_DISTANT_US = 2**62
_SERIES = """
SELECT id, site, device, metric, unit FROM series
WHERE site = coalesce(?, site) AND device = coalesce(?, device) AND metric = coalesce(?, metric)
ORDER BY site, device, metric, unit
"""
_READINGS = """
SELECT captured_us, sequence, received_us, value, is_boolean, quality, historical, observer FROM readings
WHERE series = ? AND (captured_us, sequence) > (?, ?) AND captured_us < ? ORDER BY captured_us, sequence LIMIT ?
"""
_READINGS_BEFORE_OBSERVERS = _READINGS.replace("observer", "NULL")
_WINDOWS = f"""
SELECT {COLUMNS} FROM rollups WHERE tier = ? AND series = ? AND start_s > ? AND start_s < ? AND {NOT_EMPTY}
ORDER BY start_s LIMIT ?
"""  # noqa: S608 - own columns


class Subject(StrEnum):
    """What is exported: readings, or the windows of one tier."""

    READINGS = "readings"
    MINUTE = "1min"
    QUARTER = "15min"
    HOUR = "1h"

    @property
    def tier(self) -> Tier | None:
        """The tier, if it is one."""
        return next((tier for tier in Tier if tier.label == self), None)


class Selection(Struct, frozen=True):
    """Which readings or windows: since <= time < until, all where nothing is said."""

    since: datetime | None = None
    until: datetime | None = None
    site: Annotated[Ident | None, Meta(description="only this site")] = None
    device: Annotated[Ident | None, Meta(description="only devices of this id")] = None
    metric: Annotated[Ident | None, Meta(description="only this metric")] = None


class Kind(StrEnum):
    """What a column holds. Any cell but a text may be None."""

    TEXT = "text"
    TIME = "time"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


class Column(NamedTuple):
    """A column; its unit is in its name, or in the column `unit` for what was measured."""

    name: str
    kind: Kind


Cell = str | int | float | bool | datetime | None


class Table(NamedTuple):
    """Rows, page by page; the first two columns are site and device. Pages may raise UnavailableError."""

    columns: tuple[Column, ...]
    pages: Iterator[list[tuple[Cell, ...]]]


_SERIES_COLUMNS = tuple(Column(name, Kind.TEXT) for name in ("site", "device", "metric", "unit"))
_READING_COLUMNS = (
    *_SERIES_COLUMNS,
    Column("captured_at_utc", Kind.TIME),
    Column("received_at_utc", Kind.TIME),
    Column("sequence", Kind.INTEGER),
    Column("value", Kind.NUMBER),
    Column("state", Kind.TEXT),
    Column("quality", Kind.TEXT),
    Column("historical", Kind.BOOLEAN),
    Column("observer", Kind.TEXT),
)
_WINDOW_COLUMNS = (
    *_SERIES_COLUMNS,
    Column("start_utc", Kind.TIME),
    Column("duration_s", Kind.INTEGER),
    Column("count", Kind.INTEGER),
    Column("good_fraction", Kind.NUMBER),
    *(Column(name, Kind.NUMBER) for name in ("minimum", "maximum", "mean", "first", "last", "increase")),
    Column("states_s", Kind.TEXT),
)


def select(data_dir: Path, subject: Subject, selection: Selection) -> Table:
    """A table of readings or windows: one series after another by name, each in order of time.

    That of an exercise has a last column `exercise`, true in every row, whatever becomes of the file's name.
    """
    if (tier := subject.tier) is not None:
        table = Table(_WINDOW_COLUMNS, _window_pages(data_dir / rollups.FILE_NAME, selection, tier))
    else:
        table = Table(_READING_COLUMNS, _reading_pages(data_dir / readings.FILE_NAME, selection))
    if not is_exercise(data_dir):
        return table
    return Table((*table.columns, Column(EXERCISE, Kind.BOOLEAN)), _marked(table.pages))


def is_exercise(data_dir: Path) -> bool:
    """Whether what is kept there is of an exercise."""
    return read_mark(data_dir / readings.FILE_NAME) is Mark.EXERCISE


def _marked(pages: Iterator[list[tuple[Cell, ...]]]) -> Iterator[list[tuple[Cell, ...]]]:
    for page in pages:
        yield [(*row, True) for row in page]


def _reading_pages(path: Path, selection: Selection) -> Iterator[list[tuple[Cell, ...]]]:
    since_us, until_us = bounds_us(selection)
    with reading(path) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    # The file may be a copy that no hub of today has opened.
    statement = _READINGS if version >= readings.OBSERVERS_SINCE_VERSION else _READINGS_BEFORE_OBSERVERS
    for number, *names in series_of(path, selection):
        after: tuple[int, ...] = (since_us - 1, _DISTANT_US)
        while rows := _page(path, statement, (number, *after, until_us)):
            yield [
                (*names, from_us(captured), from_us(received), sequence, *_split(value_of(value, boolean)),
                 QUALITIES[quality].value, bool(historical), observer)
                for captured, sequence, received, value, boolean, quality, historical, observer in rows
            ]  # fmt: skip
            after = rows[-1][:2]


def _window_pages(path: Path, selection: Selection, tier: Tier) -> Iterator[list[tuple[Cell, ...]]]:
    since_us, until_us = bounds_us(selection)
    for number, *names in series_of(path, selection):
        after_s = -(-since_us // 1_000_000) - 1
        while rows := _page(path, _WINDOWS, (tier, number, after_s, -(-until_us // 1_000_000))):
            yield [(*names, *_window_cells(rollup_of(row), tier)) for row in rows]
            after_s = rows[-1][0]


def _window_cells(window: Rollup, tier: Tier) -> tuple[Cell, ...]:
    states = {share.state: share.duration_us / 1_000_000 for share in window.states}
    return (
        from_us(window.start_s * 1_000_000),
        int(tier),
        window.count,
        window.good_fraction,
        window.minimum,
        window.maximum,
        window.mean,
        window.first,
        window.last,
        window.increase if window.numbers else None,
        msgspec.json.encode(states).decode() if states else None,
    )


def series_of(path: Path, selection: Selection) -> Sequence[tuple[int, str, str, str, str]]:
    """The series of a file that are asked for: number, site, device, metric, unit."""
    with reading(path) as connection:
        return connection.execute(_SERIES, (selection.site, selection.device, selection.metric)).fetchall()


def _page(path: Path, statement: str, bounds: tuple[object, ...]) -> list[tuple[int, ...]]:
    with reading(path) as connection:
        return connection.execute(statement, (*bounds, PAGE_ROWS)).fetchall()


def _split(value: Value) -> tuple[float | None, str | None]:
    """A value as a number or as a state."""
    if isinstance(value, bool):
        return None, "true" if value else "false"
    return (None, value) if isinstance(value, str) else (value, None)


def bounds_us(selection: Selection) -> tuple[int, int]:
    """The time asked for, in microseconds since 1970."""
    since_us = to_us(selection.since) if selection.since else -_DISTANT_US
    return since_us, to_us(selection.until) if selection.until else _DISTANT_US
