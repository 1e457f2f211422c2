"""The tiers' own file: every window once for each tier, numbered anew whenever it changes, for those who follow it.

One thread writes. Any thread reads, each question on a connection of its own. It can be removed while the hub stands:
what the readings still tell is made again.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from hub.storage.database import give_back, open_writer, reading, speaking_of, transaction, writing
from hub.storage.tiers import Rollup, StateShare, Tier, join
from hub.storage.windows import SeriesName, Summary
from sensors.model import DeviceKey

FILE_NAME = "rollups.sqlite"
_VERSION = 1
_SCHEMA = """
CREATE TABLE series (
  id INTEGER PRIMARY KEY, site TEXT NOT NULL, device TEXT NOT NULL, metric TEXT NOT NULL, unit TEXT NOT NULL,
  UNIQUE (site, device, metric, unit)
);
CREATE TABLE rollups (
  tier INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series, start_s INTEGER NOT NULL, count INTEGER NOT NULL,
  good INTEGER NOT NULL, numbers INTEGER NOT NULL, minimum REAL, maximum REAL, total REAL, first REAL, last REAL,
  increase REAL, states BLOB, revision INTEGER NOT NULL, PRIMARY KEY (tier, series, start_s)
) WITHOUT ROWID;
CREATE UNIQUE INDEX rollups_by_revision ON rollups (revision);
CREATE TABLE cursors (name TEXT PRIMARY KEY, last_id INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO cursors VALUES ('revision', 0);
"""
COLUMNS = "start_s, count, good, numbers, minimum, maximum, total, first, last, increase, states"
_REVISION = "revision"
NOT_EMPTY = "(count OR states IS NOT NULL)"
"""A window that nothing is left of stays, so that those who follow hear of it."""
_PUT = "INSERT OR REPLACE INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_READ = f"""
SELECT {COLUMNS} FROM rollups WHERE tier = ? AND start_s >= ? AND start_s < ? AND {NOT_EMPTY} AND series =
  (SELECT id FROM series WHERE site = ? AND device = ? AND metric = ? AND unit = ?) ORDER BY start_s LIMIT ?
"""  # noqa: S608 - own columns
_READ_AFTER = f"""
SELECT {COLUMNS}, revision, tier, site, device, metric, unit,
  (SELECT last FROM rollups b WHERE b.tier = r.tier AND b.series = r.series AND b.start_s < r.start_s AND b.numbers
   ORDER BY b.start_s DESC LIMIT 1)
FROM rollups r JOIN series s ON s.id = r.series WHERE revision > ? ORDER BY revision LIMIT ?
"""  # noqa: S608 - own columns
_LAST_BEFORE = """
SELECT last FROM rollups WHERE tier = ? AND numbers AND start_s < ? AND series =
  (SELECT id FROM series WHERE site = ? AND device = ? AND metric = ? AND unit = ?) ORDER BY start_s DESC LIMIT 1
"""
_READ_WITHIN = f"""
SELECT {COLUMNS} FROM rollups WHERE tier = ? AND series = ? AND start_s >= ? AND start_s < ? ORDER BY start_s
"""  # noqa: S608 - own columns
_DELETE = """
DELETE FROM rollups WHERE (tier, series, start_s) IN
  (SELECT tier, series, start_s FROM rollups WHERE tier = ? AND start_s < ? AND revision <= ? LIMIT ?)
"""
_shares = msgspec.json.Decoder(tuple[StateShare, ...])


class NumberedRollup(Struct, frozen=True):
    """A window as it stands since revision `id`; `before` is the number that its counter's first step starts from."""

    id: int
    tier: Tier
    series: SeriesName
    rollup: Rollup
    before: float | None


class RollupStore:
    """The file of windows. `write` and `delete_before` belong to one thread each."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE_NAME
        self._connection = open_writer(self._path, _SCHEMA, _VERSION)

    def write(self, summaries: Sequence[Summary]) -> int:
        """Put one-minute windows in place, and make the longer ones anew that hold them; how many have changed.

        A window that has lost readings since is left as it is: retention took them, and it remembers them.

        Raises:
            UnavailableError: the disk is full or fails; nothing has changed.
        """
        with speaking_of(self._path), transaction(self._connection):
            (revision,) = self._connection.execute("SELECT last_id FROM cursors WHERE name = 'revision'").fetchone()
            pen = _Pen(self._connection, revision)
            for summary in summaries:
                series = _series_id(self._connection, summary.series)
                changed = {window.start_s for window in summary.windows if pen.put(Tier.MINUTE, series, window)}
                for tier in (Tier.QUARTER, Tier.HOUR):
                    starts = {start_s // tier * tier for start_s in changed}
                    changed = {start_s for start_s in sorted(starts) if pen.renew(tier, series, start_s)}
            self._connection.execute("UPDATE cursors SET last_id = ? WHERE name = 'revision'", (pen.revision,))
        return pen.revision - int(revision)

    def read(self, series: SeriesName, tier: Tier, since_s: int, until_s: int, limit: int) -> list[Rollup]:
        """Windows with since_s <= start_s < until_s, oldest first."""
        with reading(self._path) as connection:
            rows = connection.execute(_READ, (tier, since_s, until_s, *series, limit)).fetchall()
        return [rollup_of(row) for row in rows]

    def units(self, key: DeviceKey, metric: str) -> list[str]:
        """The units in which a metric was ever measured, the newest last; none when it never was."""
        with reading(self._path) as connection:
            rows = connection.execute(
                "SELECT unit FROM series WHERE site = ? AND device = ? AND metric = ? ORDER BY id",
                (key.site, key.device, metric),
            ).fetchall()
        return [unit for (unit,) in rows]

    def last_before(self, series: SeriesName, tier: Tier, start_s: int) -> float | None:
        """The last number of the windows that begin before `start_s`; None when there is none."""
        with reading(self._path) as connection:
            row = connection.execute(_LAST_BEFORE, (tier, start_s, *series)).fetchone()
        return float(row[0]) if row else None

    def series(self) -> list[SeriesName]:
        """Everything that has windows, in order of name."""
        with reading(self._path) as connection:
            rows = connection.execute("SELECT site, device, metric, unit FROM series ORDER BY 1, 2, 3, 4").fetchall()
        return [SeriesName(*row) for row in rows]

    def read_after(self, cursor: int, limit: int) -> list[NumberedRollup]:
        """Up to `limit` windows that have changed since revision `cursor`, in the order of changing."""
        with reading(self._path) as connection:
            rows = connection.execute(_READ_AFTER, (cursor, limit)).fetchall()
        return [
            NumberedRollup(revision, Tier(tier), SeriesName(site, device, metric, unit), rollup_of(row), before)
            for *row, revision, tier, site, device, metric, unit, before in rows
        ]

    def last_id(self) -> int:
        """The newest revision, 0 before the first."""
        return self.get_cursor(_REVISION)

    def get_cursor(self, name: str) -> int:
        """How far the named follower has come; 0 at first."""
        with reading(self._path) as connection:
            row = connection.execute("SELECT last_id FROM cursors WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def set_cursor(self, name: str, last_id: int) -> None:
        """Remember how far the named follower has come, durably; from any thread."""
        with writing(self._path, _SCHEMA, _VERSION) as connection:
            connection.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (name, last_id))

    def delete_before(self, tier: Tier, start_s: int, passed: int, limit: int) -> int:
        """Delete up to `limit` of a tier's windows that begin before `start_s`, none newer than revision `passed`.

        Returns how many were deleted; from any thread.

        Raises:
            UnavailableError: the disk refuses.
        """
        with writing(self._path, _SCHEMA, _VERSION) as connection:
            return connection.execute(_DELETE, (tier, start_s, passed, limit)).rowcount

    def give_back(self, pages: int) -> int:
        """Give up to `pages` free pages back to the disk, when they are many; how many. From any thread."""
        return give_back(self._path, _SCHEMA, _VERSION, pages)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


class _Pen:
    """Writes windows within one transaction, and numbers what changes."""

    def __init__(self, connection: sqlite3.Connection, revision: int) -> None:
        self._connection = connection
        self.revision = revision

    def put(self, tier: Tier, series: int, window: Rollup) -> bool:
        """Put a window in place; true when that changed anything."""
        found = self._connection.execute(_READ_WITHIN, (tier, series, window.start_s, window.start_s + 1)).fetchone()
        old = rollup_of(found) if found else Rollup(window.start_s, 0, 0)
        if old == window or old.count > window.count:
            return False
        self.revision += 1
        self._connection.execute(_PUT, (tier, series, *_row(window), self.revision))
        if old.last != window.last:
            self._renumber_next(tier, series, window.start_s)
        return True

    def renew(self, tier: Tier, series: int, start_s: int) -> bool:
        """Make a window anew from the finer tier's; true when that changed anything."""
        rows = self._connection.execute(_READ_WITHIN, (tier.finer, series, start_s, start_s + tier)).fetchall()
        return self.put(tier, series, join([rollup_of(row) for row in rows], start_s))

    def _renumber_next(self, tier: Tier, series: int, start_s: int) -> None:
        """The next window's counter starts from another number now: followers must hear of it."""
        row = self._connection.execute(
            "SELECT start_s FROM rollups WHERE tier = ? AND series = ? AND start_s > ? AND numbers"
            " ORDER BY start_s LIMIT 1",
            (tier, series, start_s),
        ).fetchone()
        if row:
            self.revision += 1
            self._connection.execute(
                "UPDATE rollups SET revision = ? WHERE tier = ? AND series = ? AND start_s = ?",
                (self.revision, tier, series, *row),
            )


def _series_id(connection: sqlite3.Connection, name: SeriesName) -> int:
    """The number of a series. One that had no unit until its device's birth gains it."""
    for unit in (name.unit, ""):
        row = connection.execute(
            "SELECT id FROM series WHERE site = ? AND device = ? AND metric = ? AND unit = ?", (*name[:3], unit)
        ).fetchone()
        if row:
            if unit != name.unit:
                connection.execute("UPDATE series SET unit = ? WHERE id = ?", (name.unit, *row))
            return int(row[0])
    cursor = connection.execute("INSERT INTO series (site, device, metric, unit) VALUES (?, ?, ?, ?)", name)
    return int(cursor.lastrowid or 0)


def _row(window: Rollup) -> tuple[object, ...]:
    *figures, states = msgspec.structs.astuple(window)
    return (*figures, msgspec.json.encode(states) if states else None)


def rollup_of(row: Sequence[Any]) -> Rollup:
    """A window from its `COLUMNS`."""
    *figures, states = row
    fields = (*figures, _shares.decode(states) if states else ())
    return Rollup(*fields)
