"""A spool: messages that an ingest process has taken in and acknowledged, on the disk until the hub has stored them.

One file for each ingest process, with two users: that process appends and tidies up, the hub reads and says how far
it has come. Numbers only grow, also over a spool that was empty.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from hub.inputs import Moment, Received
from hub.storage.database import from_us, open_writer, speaking_of, to_us, transaction

_VERSION = 1
_SCHEMA = """
CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL, payload_bytes INTEGER NOT NULL,
  retained INTEGER NOT NULL, qos INTEGER NOT NULL, received_us INTEGER NOT NULL
) STRICT;
CREATE TABLE done (only INTEGER PRIMARY KEY CHECK (only = 1), last_id INTEGER NOT NULL) STRICT;
INSERT INTO done VALUES (1, 0);
"""
_READ = """
SELECT id, topic, payload, payload_bytes, retained, qos, received_us FROM messages WHERE id > ? ORDER BY id LIMIT ?
"""
MAX_READ_BYTES = 4 * 1024 * 1024
"""Of messages that are read at once, before the last of them: a thousand of the largest would be 256 MB."""
_TIDY_ROWS = 5_000
_STATUS_BYTES = 1_024


class Spooled(NamedTuple):
    """A message and its number."""

    id: int
    topic: str
    payload: bytes
    payload_bytes: int
    retained: bool
    qos: int
    received_us: int

    def received(self, monotonic_s: float, epoch: int) -> Received:
        """As the hub takes it in: its number is its packet id."""
        moment = Moment(from_us(self.received_us), monotonic_s)
        return Received(
            moment, self.topic, self.payload, self.payload_bytes, bool(self.retained), self.qos, self.id, epoch
        )


class Spool:
    """One spool; every user opens it anew. A `reader` gives no promise about the disk: what it says is only progress.

    Raises:
        ConfigError: the file is no spool of ours.
        UnavailableError: the disk refuses; what was asked did not happen, and may be tried again.
    """

    def __init__(self, path: Path, *, reader: bool = False) -> None:
        self._path = path
        self._connection = open_writer(path, _SCHEMA, _VERSION)
        if reader:
            self._connection.execute("PRAGMA synchronous=NORMAL")

    def append(self, messages: Sequence[Received]) -> None:
        """Keep them, in order; on return they are on the disk."""
        rows = [
            (each.topic, each.payload, each.payload_bytes, each.retained, each.qos, to_us(each.moment.at))
            for each in messages
        ]
        with speaking_of(self._path), transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO messages (topic, payload, payload_bytes, retained, qos, received_us)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def read_after(self, last_id: int, limit: int, most_bytes: int = MAX_READ_BYTES) -> list[Spooled]:
        """Up to `limit` messages with a number above `last_id`, in order; none after those that have `most_bytes`."""
        found: list[Spooled] = []
        with speaking_of(self._path), closing(self._connection.execute(_READ, (last_id, limit))) as rows:
            for row in rows:
                found.append(message := Spooled(*row))
                most_bytes -= len(message.topic) + len(message.payload)
                if most_bytes <= 0:
                    break
        return found

    def done(self) -> int:
        """Up to which number the hub has stored everything."""
        with speaking_of(self._path):
            return int(self._connection.execute("SELECT last_id FROM done").fetchone()[0])

    def mark_done(self, last_id: int) -> None:
        """Everything up to this number is stored. Forgotten in a power cut, it is stored again, which is once."""
        with speaking_of(self._path):
            self._connection.execute("UPDATE done SET last_id = max(last_id, ?)", (last_id,))

    def waiting(self) -> int:
        """How many messages the hub has not stored yet."""
        with speaking_of(self._path):
            newest = self._connection.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0]
        return max(0, int(newest) - self.done())

    def tidy_up(self) -> int:
        """Remove some of what is done; how many that were, 0 when there is too little to be worth a write."""
        with speaking_of(self._path):
            oldest = self._connection.execute("SELECT coalesce(min(id), 0) FROM messages").fetchone()[0]
            done = self.done()
            if done - oldest < _TIDY_ROWS:
                return 0
            with transaction(self._connection):
                last = min(done, oldest + _TIDY_ROWS - 1)
                return self._connection.execute("DELETE FROM messages WHERE id <= ?", (last,)).rowcount

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def spool_file(data_dir: Path, partition: int) -> Path:
    """Where the spool of an ingest process is; processes are numbered from 1."""
    return data_dir / f"ingest-{partition}.sqlite"


class StatusFile:
    """What troubles an ingest process, for the hub to say. Written in place, so that a full disk takes it too."""

    def __init__(self, data_dir: Path, partition: int) -> None:
        self._path = data_dir / f"ingest-{partition}.status"

    def write(self, problem: str) -> None:
        """Say it; an empty text takes it back. What the disk does not take is left unsaid."""
        line = problem.encode("utf-8")[: _STATUS_BYTES - 1].ljust(_STATUS_BYTES - 1) + b"\n"
        try:
            with self._path.open("r+b" if self._path.exists() else "wb") as file:
                file.write(line)
        except OSError:
            return

    def read(self) -> str:
        """What it says; empty when all is well, or nothing was ever said."""
        try:
            return self._path.read_bytes()[:_STATUS_BYTES].decode("utf-8", "replace").strip()
        except OSError:
            return ""
