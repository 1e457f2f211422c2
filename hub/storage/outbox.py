"""The readings store as the forwarder walks it: rows become lines without becoming readings first.

A backlog of a day is drained beside a pipeline that wants the same processor: what one line costs decides how fast.
"""

from collections.abc import Iterable
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from hub.storage.database import reading
from hub.storage.line_protocol import Series, name_series, write_line
from hub.storage.readings import FILE_NAME, ReadingsStore
from sensors.model import DeviceKey, Reading

CURSOR = "influx"
"""The forwarder's cursor in the readings store: what is above it has not reached InfluxDB yet."""
_SERIES_KNOWN = 65_536
_ROWS = """
SELECT id, series, value, is_boolean, quality, captured_us, received_us, sequence, historical
FROM readings WHERE id > ? ORDER BY id LIMIT ?
"""
_SERIES = "SELECT id, site, device, metric, unit FROM series WHERE id IN (SELECT value FROM json_each(?))"


class Outgoing(NamedTuple):
    """The next readings as lines, in order of storing, and the id of the last of them."""

    lines: list[str]
    last_id: int


class Outbox:
    """One file of readings and the forwarder's place in it; for one thread."""

    def __init__(self, store: ReadingsStore, data_dir: Path, *, exercise: bool = False) -> None:
        self._store = store
        self._exercise = exercise
        self._path = data_dir / FILE_NAME
        self._known: dict[int, Series] = {}

    @property
    def cursor(self) -> int:
        """The id of the last reading that is done with."""
        return self._store.get_cursor(CURSOR)

    @property
    def last_id(self) -> int:
        """The id of the newest reading."""
        return self._store.last_id()

    def lines_after(self, cursor: int, limit: int) -> Outgoing:
        """Up to `limit` readings with an id above `cursor`; no lines when there are none.

        Raises:
            UnavailableError: the file cannot be read.
        """
        with reading(self._path) as connection:
            rows = connection.execute(_ROWS, (cursor, limit)).fetchall()
            series = self._name({row[1] for row in rows}, connection)
        return Outgoing([write_line(series[row[1]], *row[2:]) for row in rows], rows[-1][0] if rows else cursor)

    def readings_between(self, after: int, last: int, most: int) -> list[Reading]:
        """The readings behind such lines, whole.

        Raises:
            UnavailableError: the file cannot be read.
        """
        return [stored.reading for stored in self._store.read_after(after, most) if stored.id <= last]

    def confirm(self, last_id: int) -> None:
        """Everything up to this reading is done with, durably.

        Raises:
            UnavailableError: the disk refuses.
        """
        self._store.set_cursor(CURSOR, last_id)

    def _name(self, wanted: Iterable[int], connection: Connection) -> dict[int, Series]:
        """Series by their ids. Those without a unit are asked for again: a birth may give them one."""
        if len(self._known) > _SERIES_KNOWN:
            self._known = {}
        found = {number: self._known[number] for number in wanted if number in self._known}
        unknown = [number for number in wanted if number not in found]
        for number, site, device, metric, unit in connection.execute(_SERIES, (str(unknown),)):
            found[number] = name_series(DeviceKey(site, device), metric, unit, exercise=self._exercise)
            if unit:
                self._known[number] = found[number]
        return found
