"""Walks the readings store into InfluxDB: at least once, which for points of the same series and time is once.

The cursor moves only after the server has confirmed, or after a line that it refuses for good is in the dead-letter
file with the reason. InfluxDB away for a day costs nothing but that day's place on the disk, which is there anyway.
"""

import random
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol

import structlog

from hub.backoff import Backoff
from hub.health import Health
from hub.storage.database import open_writer, reading, speaking_of, transaction
from hub.storage.influx import BusyError
from hub.storage.line_protocol import encode_line
from hub.storage.readings import StoredReading
from sensors.clock import Clock
from sensors.errors import ShekaraError, WireError

CURSOR = "influx"
PART = "influx"
DEAD_LETTER_FILE = "dead_letters.sqlite"
MAX_DEAD_LETTERS = 100_000
_IDLE_S = 0.5
_VERSION = 1
_SCHEMA = """
CREATE TABLE dead_letters (
  reading_id INTEGER PRIMARY KEY, at REAL NOT NULL, line TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
"""
_log = structlog.get_logger("hub.influx")


class Outbox(Protocol):
    """The readings store, as the forwarder sees it."""

    def read_after(self, cursor: int, limit: int) -> list[StoredReading]:
        """Readings with an id above `cursor`, in order of id."""

    def last_id(self) -> int:
        """The newest id."""

    def get_cursor(self, name: str) -> int:
        """How far a consumer has come."""

    def set_cursor(self, name: str, last_id: int) -> None:
        """Remember how far it has come."""


class Writer(Protocol):
    """`hub.storage.influx.InfluxWriter`."""

    def write(self, lines: Sequence[str]) -> None:
        """All of the lines, confirmed; or WireError, or BusyError."""


class DeadLetter(NamedTuple):
    """A line that the server refuses for good."""

    reading_id: int
    line: str
    reason: str


class DeadLetters:
    """What InfluxDB refused, and why, for the technician. The readings themselves are in the local store."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self._path = data_dir / DEAD_LETTER_FILE
        self._clock = clock
        open_writer(self._path, _SCHEMA, _VERSION).close()

    def add(self, letters: Sequence[DeadLetter]) -> None:
        """Keep them, durably; the oldest give way beyond the bound.

        Raises:
            UnavailableError: the disk refuses.
        """
        at = self._clock.now().timestamp()
        with (
            closing(open_writer(self._path, _SCHEMA, _VERSION)) as database,
            speaking_of(self._path),
            transaction(database),
        ):
            database.executemany(
                "INSERT OR REPLACE INTO dead_letters VALUES (?, ?, ?, ?)",
                [(letter.reading_id, at, letter.line, letter.reason) for letter in letters],
            )
            database.execute(
                "DELETE FROM dead_letters WHERE reading_id <="
                " (SELECT reading_id FROM dead_letters ORDER BY reading_id DESC LIMIT 1 OFFSET ?)",
                (MAX_DEAD_LETTERS,),
            )

    def all(self) -> tuple[DeadLetter, ...]:
        """All of them, oldest first."""
        with reading(self._path) as database:
            rows = database.execute("SELECT reading_id, line, reason FROM dead_letters ORDER BY reading_id").fetchall()
        return tuple(DeadLetter(*row) for row in rows)


class Forwarder:
    """One thread between `start` and `stop`; `run_once` works and fails, the thread retries for ever."""

    def __init__(
        self,
        outbox: Outbox,
        writer: Writer,
        letters: DeadLetters,
        health: Health,
        clock: Clock,
        batch_lines: int,
        chance: random.Random | None = None,
    ) -> None:
        self._outbox = outbox
        self._writer = writer
        self._letters = letters
        self._health = health
        self._clock = clock
        self._batch_lines = batch_lines
        self._backoff = Backoff(clock, chance or random.SystemRandom())
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="influx-forwarder", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to forward."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """End after the request at hand; False when that took longer. What was not confirmed is sent again."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        return not self._thread.is_alive()

    def run(self) -> None:
        """Forward until stopped, through every trouble of the server and the disk."""
        while not self._stopping.is_set():
            try:
                moved = self.run_once()
            except ShekaraError as error:
                wished_s = error.retry_after_s if isinstance(error, BusyError) else 0.0
                if self._health.report(PART, error.text):
                    _log.warning("forwarding waits", problem=error.text)
                self._stopping.wait(max(wished_s, self._backoff.failed()))
            else:
                self._backoff.succeeded()
                if self._health.clear(PART):
                    _log.info("forwarding goes on")
                if not moved:
                    self._stopping.wait(_IDLE_S)

    def run_once(self) -> int:
        """Forward one batch; how many readings are done with, 0 when there are none.

        Raises:
            BusyError: the server takes nothing now; the cursor has not moved.
            UnavailableError: the local disk fails.
        """
        cursor = self._outbox.get_cursor(CURSOR)
        self._health.forwarding.pending = max(0, self._outbox.last_id() - cursor)
        batch = self._outbox.read_after(cursor, self._batch_lines)
        if not batch:
            return 0
        refused = self._deliver([(stored.id, encode_line(stored.reading)) for stored in batch])
        if refused:
            self._bury(refused, len(batch))
        self._outbox.set_cursor(CURSOR, batch[-1].id)
        self._health.forwarding.written_total += len(batch) - len(refused)
        self._health.forwarding.pending = max(0, self._outbox.last_id() - batch[-1].id)
        return len(batch)

    def _deliver(self, numbered: Sequence[tuple[int, str]]) -> list[DeadLetter]:
        """Write lines, halving what is refused until the bad ones stand alone; those are returned."""
        try:
            self._writer.write([line for _, line in numbered])
        except WireError as error:
            if len(numbered) == 1:
                return [DeadLetter(*numbered[0], error.what)]
            if self._stopping.is_set():
                raise BusyError("stopped in the middle of a batch", subject=PART, mend="It is sent again") from error
            middle = len(numbered) // 2
            return self._deliver(numbered[:middle]) + self._deliver(numbered[middle:])
        return []

    def _bury(self, refused: Sequence[DeadLetter], batch: int) -> None:
        """Give bad lines up, unless it is the server that refuses everything.

        Raises:
            BusyError: not even a line beyond doubt is accepted.
        """
        if len(refused) == batch:
            probe = f"shekara_probe,hub=1 v=1.0 {round(self._clock.now().timestamp())}000000000"
            try:
                self._writer.write([probe])
            except WireError as error:
                raise BusyError(
                    f"refuses every line: {error.what}", subject=error.subject, mend="Check [influx] org and bucket"
                ) from error
        self._letters.add(refused)
        _log.warning("lines refused for good", lines=len(refused), reason=refused[0].reason)
