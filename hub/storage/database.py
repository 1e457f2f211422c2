"""Opening the hub's SQLite files: one writer that survives a power cut, any number of readers.

Write-ahead log with `synchronous=FULL`: a commit that has returned is on the disk.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path

from sensors.errors import ConfigError, UnavailableError

_FREE_SHARE = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Mark(IntEnum):
    """What a file is of, as SQLite's application id: "SHKA" or "SHKX". It stays with the file for good.

    One without any was made before there were marks, and is of actual work.
    """

    ACTUAL = 0x53484B41
    EXERCISE = 0x53484B58


def mark_of(*, exercise: bool) -> Mark:
    """The mark of a hub's files."""
    return Mark.EXERCISE if exercise else Mark.ACTUAL


def open_writer(path: Path, schema: str, version: int, mark: Mark | None = None) -> sqlite3.Connection:
    """The one writing connection to a file, which is made, with this mark if any, when missing.

    Transactions are begun by hand. One thread at a time may use it.

    Raises:
        ConfigError: it is no database of ours, of a newer version of the hub, or bears the other mark.
        UnavailableError: the file cannot be opened or written.
    """
    with speaking_of(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(
                f"cannot be made: {error.strerror}", subject=str(path.parent), mend="Set [hub] data_dir"
            ) from error
        connection = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > version:
            connection.close()
            raise ConfigError(
                f"is of schema version {found}, this hub knows {version}",
                subject=str(path),
                mend="Run the version of the hub that made it, or set another [hub] data_dir",
            )
        if found and mark is not None:
            try:
                refuse_mixed(path, _mark(connection), mark)
            except ConfigError:
                connection.close()
                raise
        # Only a file that is being made takes this: what retention deletes can then be given back to the disk.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        if found < version:
            _make(connection, schema, version, mark)
        return connection


def read_mark(path: Path) -> Mark:
    """What a file is of.

    Raises:
        UnavailableError: it cannot be read.
    """
    with reading(path) as connection:
        return _mark(connection)


def refuse_mixed(path: Path, found: Mark, wanted: Mark) -> None:
    """Pass where a file is of what its hub is for.

    Raises:
        ConfigError: it is not; the text says how to mend that.
    """
    if found is wanted:
        return
    if wanted is Mark.EXERCISE:
        raise ConfigError(
            "holds actual work, and this hub is marked exercise",
            subject=str(path),
            mend="Give the exercise another [hub] data_dir",
        )
    raise ConfigError(
        "holds an exercise, and this hub is not marked exercise",
        subject=str(path),
        mend="Set [hub] exercise = true to go on with it, or another [hub] data_dir for actual work",
    )


def _mark(connection: sqlite3.Connection) -> Mark:
    found: int = connection.execute("PRAGMA application_id").fetchone()[0]
    return Mark.EXERCISE if found == Mark.EXERCISE else Mark.ACTUAL


def _make(connection: sqlite3.Connection, schema: str, version: int, mark: Mark | None) -> None:
    """Bring the file to this version. Of two who open it at once, one does, and the other waits for that."""
    with transaction(connection):
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if found >= version:
            return
        if not found and mark is not None:
            connection.execute(f"PRAGMA application_id={mark:d}")
        for statement in _statements(schema):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version={version}")


def _statements(script: str) -> Iterator[str]:
    """Its statements one by one: a trigger has semicolons of its own."""
    statement = ""
    for part in script.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            if statement.strip("; \n"):
                yield statement
            statement = ""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection for one question, on any thread.

    Raises:
        UnavailableError: the file cannot be read.
    """
    with speaking_of(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; on the disk when it has ended well."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def writing(path: Path, schema: str, version: int) -> Iterator[sqlite3.Connection]:
    """One transaction on a writing connection of its own, on any thread.

    Raises:
        UnavailableError: the disk refuses, or another writer does not let go in time; nothing has changed.
    """
    with closing(open_writer(path, schema, version)) as connection, speaking_of(path), transaction(connection):
        yield connection


def give_back(path: Path, schema: str, version: int, pages: int) -> int:
    """Give up to `pages` of a file's free pages back to the disk; how many.

    None while they are less than a tenth of the file: what is written next takes them.

    Raises:
        UnavailableError: the disk refuses.
    """
    with closing(open_writer(path, schema, version)) as connection, speaking_of(path):
        free, total = _pages(connection)
        wanted = min(pages, free - total // _FREE_SHARE)
        if wanted <= 0:
            return 0
        # It gives back one page a step, and `execute` takes one step of what has no columns.
        connection.executescript(f"PRAGMA incremental_vacuum({wanted})")
        return free - _pages(connection)[0]


def _pages(connection: sqlite3.Connection) -> tuple[int, int]:
    free: int = connection.execute("PRAGMA freelist_count").fetchone()[0]
    total: int = connection.execute("PRAGMA page_count").fetchone()[0]
    return free, total


@contextmanager
def speaking_of(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, naming the file."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.InternalError) as error:
        raise UnavailableError(
            str(error), subject=str(path), mend="Check free space and permissions of [hub] data_dir"
        ) from error
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        raise ConfigError(
            str(error), subject=str(path), mend="Restore it from a copy, or move it away to begin anew"
        ) from error


def to_us(moment: datetime) -> int:
    """Microseconds since 1970, exact."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_us(microseconds: int) -> datetime:
    """The aware UTC time of `to_us`."""
    return _EPOCH + timedelta(microseconds=microseconds)
