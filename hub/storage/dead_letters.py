"""Lines that InfluxDB refuses for good, with its reason, until a technician replays or drops them.

The file is shared by a running hub and `shekara dead-letters`: every change is one transaction. A letter is known by
its line, which is a point's whole identity and value: kept twice or sent twice, it is still one. A letter to be
replayed stays in the file until the server has confirmed it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from hub.storage.database import from_us, open_writer, speaking_of, to_us, transaction
from sensors.clock import Clock

FILE_NAME = "dead_letters.sqlite"
MAX_LETTERS = 100_000
_VERSION = 2
# Version 1 named letters by their reading; what an earlier hub kept is taken over.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS dead_letters (
  reading_id INTEGER PRIMARY KEY, at REAL NOT NULL, line TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE TABLE letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL UNIQUE, reason TEXT NOT NULL, refused_us INTEGER NOT NULL,
  refusals INTEGER NOT NULL DEFAULT 1, queued INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX letters_in_line ON letters (id) WHERE queued;
INSERT OR IGNORE INTO letters (line, reason, refused_us)
  SELECT line, reason, CAST(at * 1000000 AS INTEGER) FROM dead_letters ORDER BY reading_id;
DROP TABLE dead_letters;
CREATE TABLE tallies (name TEXT PRIMARY KEY, total INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO tallies VALUES ('given_way', 0);
"""
_COLUMNS = "id, line, reason, refused_us, refusals, queued"


class Refused(NamedTuple):
    """A line and why it was refused."""

    line: str
    reason: str


class DeadLetter(NamedTuple):
    """A refused line as it is kept. `queued`: it goes out again as soon as the server takes anything."""

    id: int
    line: str
    reason: str
    refused_at: datetime
    refusals: int
    queued: bool


class Tally(NamedTuple):
    """How many there are, how many of them wait to be sent again, and how many oldest ones had to give way."""

    kept: int = 0
    queued: int = 0
    given_way_total: int = 0


class DeadLetters:
    """The file; made by the first letter. Any thread, any process."""

    def __init__(self, data_dir: Path, clock: Clock, most: int = MAX_LETTERS) -> None:
        self._path = data_dir / FILE_NAME
        self._clock = clock
        self._most = most

    def add(self, refused: Sequence[Refused]) -> None:
        """Keep them, durably, and no longer in line; the oldest give way beyond the bound.

        Raises:
            UnavailableError: the disk refuses; none of them is kept.
            ConfigError: the file is no database of ours.
        """
        at_us = to_us(self._clock.now())
        with self._changing() as database:
            database.executemany(
                "INSERT INTO letters (line, reason, refused_us) VALUES (?, ?, ?) ON CONFLICT (line) DO UPDATE SET"
                " reason = excluded.reason, refused_us = excluded.refused_us, refusals = refusals + 1, queued = 0",
                [(each.line, each.reason, at_us) for each in refused],
            )
            gone = database.execute(
                "DELETE FROM letters WHERE id <= (SELECT id FROM letters ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (self._most,),
            ).rowcount
            database.execute("UPDATE tallies SET total = total + ? WHERE name = 'given_way'", (gone,))

    def letters(self, after: int = 0, limit: int = MAX_LETTERS, *, queued: bool = False) -> tuple[DeadLetter, ...]:
        """Those with an id above `after`, oldest first; only those in line when `queued`.

        Raises:
            UnavailableError, ConfigError: as `add`.
        """
        only = "AND queued" if queued else ""
        return self._read(f"SELECT {_COLUMNS} FROM letters WHERE id > ? {only} ORDER BY id LIMIT ?", (after, limit))  # noqa: S608 - our own words

    def letter(self, number: int) -> DeadLetter | None:
        """One of them.

        Raises:
            UnavailableError, ConfigError: as `add`.
        """
        return next(iter(self._read(f"SELECT {_COLUMNS} FROM letters WHERE id = ?", (number,))), None)  # noqa: S608 - our own words

    def tally(self) -> Tally:
        """How many there are.

        Raises:
            UnavailableError, ConfigError: as `add`.
        """
        if not self._path.exists():
            return Tally()
        with self._opened() as database:
            row = database.execute(
                "SELECT count(*), coalesce(sum(queued), 0), (SELECT total FROM tallies WHERE name = 'given_way')"
                " FROM letters"
            ).fetchone()
        return Tally(*row)

    def replay(self, numbers: Iterable[int] | None = None) -> int:
        """Put them back in line, all when `numbers` is None; how many.

        Raises:
            UnavailableError, ConfigError: as `add`.
        """
        return self._change("UPDATE letters SET queued = 1", numbers)

    def drop(self, numbers: Iterable[int] | None = None) -> int:
        """Give them up, all when `numbers` is None; how many.

        Raises:
            UnavailableError, ConfigError: as `add`.
        """
        return self._change("DELETE FROM letters", numbers)

    def _change(self, statement: str, numbers: Iterable[int] | None) -> int:
        if not self._path.exists():
            return 0
        with self._changing() as database:
            if numbers is None:
                return database.execute(statement).rowcount
            return sum(database.execute(f"{statement} WHERE id = ?", (number,)).rowcount for number in set(numbers))

    def _read(self, question: str, values: tuple[int, ...]) -> tuple[DeadLetter, ...]:
        if not self._path.exists():
            return ()
        with self._opened() as database:
            rows = database.execute(question, values).fetchall()
        return tuple(
            DeadLetter(number, line, reason, from_us(refused_us), refusals, bool(queued))
            for number, line, reason, refused_us, refusals, queued in rows
        )

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        """Of the newest shape, whoever made it."""
        with speaking_of(self._path), closing(open_writer(self._path, _SCHEMA, _VERSION)) as database:
            yield database

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with self._opened() as database, transaction(database):
            yield database
