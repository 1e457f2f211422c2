"""The readings store: every reading once, durable before it is acknowledged; also the forwarder's outbox.

One thread writes. Any thread reads, each question on a connection of its own.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct

from hub.protocol import History, HistoryPoint
from hub.storage.cursors import Cursors
from hub.storage.database import (
    from_us,
    give_back,
    mark_of,
    open_writer,
    reading,
    speaking_of,
    to_us,
    transaction,
    writing,
)
from sensors.errors import NotFoundError
from sensors.model import DeviceKey, Quality, Reading, Value

FILE_NAME = "readings.sqlite"
_VERSION = 2
OBSERVERS_SINCE_VERSION = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS series (
  id INTEGER PRIMARY KEY, site TEXT NOT NULL, device TEXT NOT NULL, metric TEXT NOT NULL, unit TEXT NOT NULL,
  UNIQUE (site, device, metric, unit)
);
CREATE TABLE IF NOT EXISTS readings (
  id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series, captured_us INTEGER NOT NULL,
  sequence INTEGER NOT NULL, value NOT NULL, is_boolean INTEGER NOT NULL, quality INTEGER NOT NULL,
  received_us INTEGER NOT NULL, historical INTEGER NOT NULL,
  UNIQUE (series, captured_us, sequence)
);
ALTER TABLE readings ADD COLUMN observer TEXT;
"""
"""A file of version 1 has the tables, and lacks the column; none: the device itself."""
_COLUMNS = ("series", "captured_us", "sequence", "value", "is_boolean", "quality", "received_us", "historical")
_Row = tuple[int, int, int, Value, int, int, int, int]
"""A reading as `_COLUMNS` name it."""
_OBSERVED_COLUMNS = (*_COLUMNS, "observer")
_ObservedRow = tuple[int, int, int, Value, int, int, int, int, str]
"""A reading of which somebody else than the device said it: nearly all others need not pay for a column more."""
_ROWS_AT_ONCE = (128, 64, 32, 16, 8, 4, 2, 1)
"""Rows that one statement inserts, largest first. Python's lock is let go and fought for once in a statement: with
another thread at work, one row at a time costs ten times as long."""
_CACHE_KIB = 16 * 1024
_LOG_PAGES = 4_000
"""From this length on, some 16 MB, the log is begun again when all of it is in the file."""
_MOVE_LOG = "PRAGMA wal_checkpoint(PASSIVE)"
_MOST_LOG_PAGES = 64_000
"""At this length a commit moves it itself, if nobody else did."""
QUALITIES = tuple(Quality)
"""By the numbers that stand for them in the file."""
_QUALITY_NUMBER = {quality: number for number, quality in enumerate(QUALITIES)}


class WriteOutcome(NamedTuple):
    """What became of a batch: readings that are new, and those that were there already, whose they were."""

    stored: int
    repeated: Mapping[DeviceKey, int] = {}

    @property
    def duplicates(self) -> int:
        """How many were there already."""
        return sum(self.repeated.values())


class Swept(NamedTuple):
    """What became of the next rows: the last one's id, how many were deleted, and whether newer ones can wait."""

    last_id: int
    deleted: int
    done: bool


class StoredReading(Struct, frozen=True):
    """A reading and its place in the order of storing; ids only grow."""

    id: int
    reading: Reading


class ReadingsStore:
    """The file of readings. `write` belongs to one thread."""

    def __init__(self, data_dir: Path, *, exercise: bool = False) -> None:
        """Open the file, or make it.

        Raises:
            ConfigError: it is not the hub's, or of a newer one, or of an exercise for a hub of none, or reversed.
        """
        self._path = data_dir / FILE_NAME
        self._connection = open_writer(self._path, _SCHEMA, _VERSION, mark_of(exercise=exercise))
        self._cursors = Cursors(data_dir)
        self._cursors.rewind(self.last_id())
        self._connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        self._connection.execute(f"PRAGMA wal_autocheckpoint={_MOST_LOG_PAGES}")
        self._series_known = False
        self._log_is_long = False
        self._load_series()

    def write(self, batch: Sequence[Reading]) -> WriteOutcome:
        """Store a batch in one transaction; on return it is on the disk. Readings already stored are left as they are.

        Raises:
            UnavailableError: the disk is full or fails; nothing of the batch is stored, and it may be tried again.
        """
        if not batch:
            return WriteOutcome(0)
        with speaking_of(self._path):
            self._begin_log_again()
        try:
            with speaking_of(self._path), transaction(self._connection):
                if not self._series_known:
                    self._load_series()
                before = self._connection.total_changes
                rows = self._rows(batch)
                named = self._connection.total_changes - before
                self._insert(rows)
                stored = self._connection.total_changes - before - named
                repeated = self._find_repeated(batch, rows, stored) if stored < len(batch) else {}
        except BaseException:
            self._series_known = False
            raise
        return WriteOutcome(stored, repeated)

    def checkpoint(self) -> None:
        """Move what is committed from the log into the file while others write; from any thread.

        A long log is begun again by who writes: only between two of its batches can all of it be in the file.

        Raises:
            UnavailableError: the disk refuses.
        """
        with speaking_of(self._path), closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            _, pages, _ = connection.execute(_MOVE_LOG).fetchone()
        self._log_is_long = pages >= _LOG_PAGES

    def read_after(self, cursor: int, limit: int) -> list[StoredReading]:
        """Up to `limit` readings with an id above `cursor`, in order of id."""
        with reading(self._path) as connection:
            rows = connection.execute(
                "SELECT r.id, s.site, s.device, s.metric, s.unit, r.value, r.is_boolean, r.quality, r.captured_us,"
                " r.received_us, r.sequence, r.historical, r.observer FROM readings r JOIN series s ON s.id = r.series"
                " WHERE r.id > ? ORDER BY r.id LIMIT ?",
                (cursor, limit),
            ).fetchall()
        return [StoredReading(row[0], _reading(row[1:])) for row in rows]

    def last_id(self) -> int:
        """The id of the newest reading, 0 when there is none."""
        with reading(self._path) as connection:
            return int(connection.execute("SELECT coalesce(max(id), 0) FROM readings").fetchone()[0])

    def get_cursor(self, name: str) -> int:
        """How far the named consumer has come; 0 at first."""
        return self._cursors.get(name)

    def set_cursor(self, name: str, last_id: int) -> None:
        """Remember how far the named consumer has come, durably; from any thread."""
        self._cursors.set(name, last_id)

    def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """Readings with since <= captured_at < until, oldest first, at most `limit`.

        Raises:
            NotFoundError: nothing of that metric was ever stored.
        """
        with reading(self._path) as connection:
            series = connection.execute(
                "SELECT id, unit FROM series WHERE site = ? AND device = ? AND metric = ? ORDER BY id",
                (key.site, key.device, metric),
            ).fetchall()
            if not series:
                raise NotFoundError("no such metric was ever stored", subject=f"{key}/{metric}")
            marks = ", ".join("?" * len(series))
            rows = connection.execute(
                "SELECT captured_us, received_us, value, is_boolean, quality, historical, observer FROM readings"  # noqa: S608 - marks only
                f" WHERE series IN ({marks}) AND captured_us >= ? AND captured_us < ?"
                " ORDER BY captured_us, sequence LIMIT ?",
                (*(row[0] for row in series), to_us(since), to_us(until), limit + 1),
            ).fetchall()
        points = tuple(
            HistoryPoint(
                from_us(captured),
                from_us(received),
                value_of(value, boolean),
                QUALITIES[quality],
                bool(historical),
                observer or "",
            )
            for captured, received, value, boolean, quality, historical, observer in rows[:limit]
        )
        return History(key, metric, series[-1][1], points, truncated=len(rows) > limit)

    def newest(self) -> list[Reading]:
        """The newest reading of every series that is not historical, for the values shown after a restart."""
        with reading(self._path) as connection:
            rows = connection.execute(
                "SELECT s.site, s.device, s.metric, s.unit, r.value, r.is_boolean, r.quality, r.captured_us,"
                " r.received_us, r.sequence, r.historical, r.observer FROM series s JOIN readings r ON r.id ="
                " (SELECT id FROM readings WHERE series = s.id ORDER BY captured_us DESC, sequence DESC LIMIT 1)"
                " ORDER BY s.id"
            ).fetchall()
        return [_reading(row) for row in rows]

    def delete_received(self, before: datetime, now: datetime, after: int, passed: int, limit: int) -> Swept:
        """Delete what was received before a time, among the first `limit` readings with after < id <= passed.

        Ids grow as readings are received; those that a wrong clock marked later than `now` do not end the search.
        From any thread.

        Raises:
            UnavailableError: the disk refuses; nothing is deleted.
        """
        with writing(self._path, _SCHEMA, _VERSION) as connection:
            count, last = connection.execute(
                "SELECT count(*), max(id) FROM (SELECT id FROM readings WHERE id > ? AND id <= ? ORDER BY id LIMIT ?)",
                (after, passed, limit),
            ).fetchone()
            if not count:
                return Swept(after, 0, done=True)
            deleted = connection.execute(
                "DELETE FROM readings WHERE id > ? AND id <= ? AND received_us < ?", (after, last, to_us(before))
            ).rowcount
            (recent,) = connection.execute(
                "SELECT count(*) FROM readings WHERE id > ? AND id <= ? AND received_us <= ?",
                (after, last, to_us(now)),
            ).fetchone()
        return Swept(last, deleted, done=bool(recent) or count < limit)

    def give_back(self, pages: int) -> int:
        """Give up to `pages` free pages back to the disk, when they are many; how many. From any thread."""
        return give_back(self._path, _SCHEMA, _VERSION, pages)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _rows(self, batch: Sequence[Reading]) -> list[_Row | _ObservedRow]:
        """The rows of a batch in its order, as plain int, float and str: all else SQLite takes slowly."""
        rows: list[_Row | _ObservedRow] = []
        captured_at = received_at = None
        captured_us = received_us = 0
        for item in batch:
            if item.captured_at is not captured_at:
                captured_at = item.captured_at
                captured_us = to_us(captured_at)
            if item.received_at is not received_at:
                received_at = item.received_at
                received_us = to_us(received_at)
            value = item.value
            boolean = value is True or value is False
            key = (item.key, item.metric, item.unit)
            row = (
                self._series.get(key) or self._name_series(*key),
                captured_us,
                item.sequence,
                int(value) if boolean else value,
                1 if boolean else 0,
                _QUALITY_NUMBER[item.quality],
                received_us,
                1 if item.historical else 0,
            )
            rows.append((*row, item.observer) if item.observer else row)
        return rows

    def _begin_log_again(self) -> None:
        """Move the little that was written since the last checkpoint: then the next transaction begins the log anew."""
        if self._log_is_long:
            self._log_is_long = False
            self._connection.execute(_MOVE_LOG).fetchone()

    def _insert(self, rows: Sequence[_Row | _ObservedRow]) -> None:
        """Series by series, each in its order: neighbours in the index are then put there one after another."""
        ordered = sorted(rows, key=_series_of)
        for columns in (_COLUMNS, _OBSERVED_COLUMNS):
            begin, width = 0, len(columns)
            values = list(chain.from_iterable([row for row in ordered if len(row) == width]))
            for count in _ROWS_AT_ONCE:
                while len(values) - begin >= count * width:
                    self._connection.execute(_insertion(columns, count), values[begin : begin + count * width])
                    begin += count * width

    def _find_repeated(
        self, batch: Sequence[Reading], rows: Sequence[_Row | _ObservedRow], stored: int
    ) -> Counter[DeviceKey]:
        """Whose readings of a batch were not new: those beyond the rows just made, which have the highest ids."""
        newest = self._connection.execute(
            "SELECT series, captured_us, sequence FROM readings ORDER BY id DESC LIMIT ?", (stored,)
        )
        fresh = set(newest)
        repeated: Counter[DeviceKey] = Counter()
        for item, row in zip(batch, rows, strict=True):
            identity = row[:3]
            if identity in fresh:
                fresh.remove(identity)
            else:
                repeated[item.key] += 1
        return repeated

    def _name_series(self, key: DeviceKey, metric: str, unit: str) -> int:
        if not unit and (key, metric) in self._named:
            return self._named[key, metric]
        if unit and (unnamed := self._series.pop((key, metric, ""), None)) is not None:
            self._connection.execute("UPDATE series SET unit = ? WHERE id = ?", (unit, unnamed))
            number = unnamed
        else:
            cursor = self._connection.execute(
                "INSERT INTO series (site, device, metric, unit) VALUES (?, ?, ?, ?)",
                (key.site, key.device, metric, unit),
            )
            number = int(cursor.lastrowid or 0)
        self._remember(key, metric, unit, number)
        return number

    def _remember(self, key: DeviceKey, metric: str, unit: str, number: int) -> None:
        self._series[key, metric, unit] = number
        if unit:
            self._named[key, metric] = number

    def _load_series(self) -> None:
        self._series: dict[tuple[DeviceKey, str, str], int] = {}
        self._named: dict[tuple[DeviceKey, str], int] = {}
        """A reading that came before its device's birth, without a unit, joins the series that has one."""
        rows = self._connection.execute("SELECT id, site, device, metric, unit FROM series ORDER BY id")
        for number, site, device, metric, unit in rows:
            self._remember(DeviceKey(site, device), metric, unit, number)
        self._series_known = True


def _series_of(row: _Row | _ObservedRow) -> int:
    return row[0]


@cache
def _insertion(columns: tuple[str, ...], rows: int) -> str:
    marks = ", ".join(f"({', '.join('?' * len(columns))})" for _ in range(rows))
    return f"INSERT OR IGNORE INTO readings ({', '.join(columns)}) VALUES {marks}"  # noqa: S608 - marks only


def _reading(row: Sequence[Any]) -> Reading:
    site, device, metric, unit, value, boolean, quality, captured_us, received_us, sequence, historical, observer = row
    return Reading(
        key=DeviceKey(site, device),
        metric=metric,
        value=value_of(value, boolean),
        unit=unit,
        quality=QUALITIES[quality],
        captured_at=from_us(captured_us),
        received_at=from_us(received_us),
        sequence=sequence,
        historical=bool(historical),
        observer=observer or "",
    )


def value_of(value: Any, boolean: int) -> Value:
    """A value as it was, from the two columns that hold it."""
    number_or_text: Value = value
    return bool(value) if boolean else number_or_text
