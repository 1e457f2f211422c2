"""One-minute windows summarised from the readings file, by SQL: Python sees windows, not readings.

That keeps Python's lock free for the pipeline: SQLite works without it. A window is always summarised whole, with the
states that are held into it, so the order in which its readings came does not matter.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from hub.storage.database import reading
from hub.storage.readings import FILE_NAME
from hub.storage.tiers import MOST, STATE_HOLDS_S, Rollup, Tier, share_states

_MINUTE_US = Tier.MINUTE * 1_000_000
_HOLD_US = STATE_HOLDS_S * 1_000_000
MAX_WINDOWS = 20_000
_MAX_READINGS = 2_000_000
_MOST_AT_ONCE = 50
"""Windows that one question summarises: it sorts their readings in memory, and whoever asks rests between two."""
_FIGURES = {"minute": _MINUTE_US, "hold": _HOLD_US}
_TOUCHED = "CREATE TEMP TABLE touched (series INTEGER, minute INTEGER, PRIMARY KEY (series, minute)) WITHOUT ROWID"
_FEW = "CREATE TEMP TABLE few (series INTEGER, minute INTEGER, PRIMARY KEY (series, minute)) WITHOUT ROWID"
_NEXT = """
INSERT INTO few SELECT series, minute FROM touched WHERE (series, minute) > (?, ?) ORDER BY series, minute LIMIT ?
"""
_TOUCH = """
INSERT INTO touched SELECT DISTINCT series, captured_us / :minute
FROM main.readings WHERE id > :after AND id <= :last AND captured_us >= 0
"""
# How far a change reaches: back to a state that now ends with it, and on through silence to the next reading.
_REACH = """
SELECT series, minute, before, after FROM (
  SELECT t.series, t.minute, iif(p.is_boolean OR typeof(p.value) = 'text', p.captured_us, NULL) AS before,
    (SELECT n.captured_us FROM main.readings n WHERE n.series = t.series AND n.captured_us >= (t.minute + 1) * :minute
     ORDER BY n.captured_us LIMIT 1) AS after
  FROM touched t LEFT JOIN main.readings p ON p.id =
    (SELECT id FROM main.readings b WHERE b.series = t.series AND b.captured_us < t.minute * :minute
     ORDER BY b.captured_us DESC, b.sequence DESC LIMIT 1)
) WHERE before IS NOT NULL OR after IS NOT NULL
"""
# Quality 0 is GOOD, 2 is BAD; numbers that cannot be summed are left out, as BAD ones are.
_NUMBER = f"""
CASE WHEN r.quality <> 2 AND NOT r.is_boolean AND typeof(r.value) <> 'text' AND abs(CAST(r.value AS REAL)) <= {MOST!r}
THEN CAST(r.value AS REAL) END
"""
# The last number is looked up for each window: `lead` over all of them would take as long as all the rest.
_SUMMARISE = f"""
WITH number AS (
  SELECT t.series, t.minute, r.captured_us, r.sequence, r.quality, {_NUMBER} AS v
  FROM few t LEFT JOIN main.readings r ON r.series = t.series
    AND r.captured_us >= t.minute * :minute AND r.captured_us < (t.minute + 1) * :minute
), step AS (
  SELECT *, lag(v) OVER (PARTITION BY series, minute, v IS NULL ORDER BY captured_us, sequence) AS before FROM number
)
SELECT series, minute, count(captured_us), coalesce(sum(quality = 0), 0), count(v), min(v), max(v),
  coalesce(sum(v), 0.0), max(CASE WHEN before IS NULL THEN v END),
  (SELECT {_NUMBER} AS last FROM main.readings r
   WHERE r.series = step.series AND r.captured_us >= minute * :minute AND r.captured_us < (minute + 1) * :minute
   AND last IS NOT NULL ORDER BY r.captured_us DESC, r.sequence DESC LIMIT 1),
  coalesce(sum(CASE WHEN v >= before THEN v - before ELSE iif(before IS NULL, 0.0, v) END), 0.0)
FROM step GROUP BY series, minute ORDER BY series, minute
"""  # noqa: S608 - own expressions
_STATES = """
WITH held AS (
  SELECT t.series, t.minute, CASE WHEN r.is_boolean THEN iif(r.value, 'true', 'false') ELSE r.value END AS state,
    max(r.captured_us, t.minute * :minute) AS begins,
    min(r.captured_us + :hold, (t.minute + 1) * :minute,
      (SELECT n.captured_us FROM main.readings n WHERE n.series = t.series
       AND (n.captured_us, n.sequence) > (r.captured_us, r.sequence) ORDER BY n.captured_us, n.sequence LIMIT 1)
    ) AS ends
  FROM few t CROSS JOIN main.readings r ON r.series = t.series AND r.captured_us < (t.minute + 1) * :minute
    AND r.captured_us >= coalesce(
      (SELECT p.captured_us FROM main.readings p WHERE p.series = t.series AND p.captured_us < t.minute * :minute
       AND p.captured_us >= t.minute * :minute - :hold ORDER BY p.captured_us DESC LIMIT 1), t.minute * :minute)
  WHERE r.quality <> 2 AND (r.is_boolean OR typeof(r.value) = 'text')
)
SELECT series, minute, state, sum(ends - begins) FROM held WHERE ends > begins GROUP BY 1, 2, 3
"""


_NAME = "SELECT site, device, metric, unit FROM main.series WHERE id = ?"


class SeriesName(NamedTuple):
    """What is measured, and in which unit."""

    site: str
    device: str
    metric: str
    unit: str


class Summary(NamedTuple):
    """The windows of one series that new readings have changed; those without readings and states are empty now."""

    series: SeriesName
    windows: list[Rollup]


class Summarised(NamedTuple):
    """All windows that readings up to id `last` have changed, a part at a time: a minute of a border is many."""

    last: int
    parts: Iterator[list[Summary]]


class Windows:
    """The readings file, as the tiers are made from it. `most` bounds how many windows are taken at once."""

    def __init__(self, data_dir: Path, most: int = MAX_WINDOWS) -> None:
        self._path = data_dir / FILE_NAME
        self._most = most

    @contextmanager
    def summarise(self, after: int, last: int) -> Iterator[Summarised]:
        """Every one-minute window that readings with after < id <= last have changed, as it is now.

        Goes less far than `last` where there are too many. The parts are made as they are asked for, and between two
        of them nothing of the file is held, so that its log can be begun again.

        Raises:
            UnavailableError: the file cannot be read.
        """
        with reading(self._path) as connection:
            connection.isolation_level = None
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute(_TOUCHED)
            connection.execute(_FEW)
            last = min(last, after + _MAX_READINGS)
            while not self._touch(connection, after, last):
                connection.execute("DELETE FROM touched")
                last = after + max(1, (last - after) // 4)
            yield Summarised(last, _parts(connection))

    def _touch(self, connection: sqlite3.Connection, after: int, last: int) -> bool:
        """Note the windows to summarise; false when they are too many and may be fewer."""
        connection.execute(_TOUCH, {"after": after, "last": last, **_FIGURES})
        if self._too_many(connection, after, last):
            return False
        held = _held(connection.execute(_REACH, _FIGURES).fetchall())
        connection.executemany("INSERT OR IGNORE INTO touched VALUES (?, ?)", held)
        return not self._too_many(connection, after, last)

    def _too_many(self, connection: sqlite3.Connection, after: int, last: int) -> bool:
        (count,) = connection.execute("SELECT count(*) FROM touched").fetchone()
        return bool(count > self._most and last > after + 1)


def _parts(connection: sqlite3.Connection) -> Iterator[list[Summary]]:
    """The windows in order of series and minute, few at a time."""
    reached = (-1, -1)
    while connection.execute(_NEXT, (*reached, _MOST_AT_ONCE)).rowcount:
        figures = connection.execute(_SUMMARISE, _FIGURES).fetchall()
        shares: dict[tuple[int, int], list[tuple[str, int]]] = {}
        for series, minute, state, duration_us in connection.execute(_STATES, _FIGURES):
            shares.setdefault((series, minute), []).append((state, duration_us))
        yield [
            Summary(
                SeriesName(*connection.execute(_NAME, (series,)).fetchone()),
                [_rollup(row, shares.get((series, row[1]), ())) for row in rows],
            )
            for series, rows in groupby(figures, itemgetter(0))
        ]
        reached = figures[-1][:2]
        connection.execute("DELETE FROM few")


def _held(reached: Iterable[tuple[int, int, int | None, int | None]]) -> set[tuple[int, int]]:
    """The windows whose states last longer or shorter now: from the reading before to the one after."""
    held: set[tuple[int, int]] = set()
    for series, minute, before_us, after_us in reached:
        reach_us = (minute + 1) * _MINUTE_US + _HOLD_US
        last = minute if after_us is None else min(after_us, reach_us) // _MINUTE_US
        held.update((series, each) for each in range(minute, last + 1))
        if before_us is not None:
            ends_us = min(minute * _MINUTE_US, max(0, before_us) + _HOLD_US)
            held.update((series, each) for each in range(max(0, before_us) // _MINUTE_US, ends_us // _MINUTE_US + 1))
    return held


def _rollup(row: Sequence[Any], states: Iterable[tuple[str, int]]) -> Rollup:
    _, minute, *figures = row
    fields = (minute * Tier.MINUTE, *figures, share_states(states))
    return Rollup(*fields)
