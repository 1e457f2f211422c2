"""What was decided, kept: operational log, registry, alarms, the officers' choices for walls, how cameras are shown.

One transaction for all that one batch of inputs decided. The log is append-only: the database refuses to change it.
"""

from pathlib import Path
from typing import Any

import msgspec

from hub.decisions.records import AlarmRecord, Changes, DeviceRecord, Doubts, Remembered, WallChoice
from hub.protocol import AlarmView, Approval, CameraView, LogEntry, Page, PresetView
from hub.storage.database import from_us, mark_of, open_writer, reading, speaking_of, to_us, transaction
from hub.storage.memos import SCHEMA, put_memos, recall_memos
from sensors.errors import ConfigError
from sensors.model import Birth, DeviceKey

FILE_NAME = "operations.sqlite"
_VERSION = 4
_SCHEMA = f"""{SCHEMA}
CREATE TABLE IF NOT EXISTS log (
  number INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, kind TEXT NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL,
  site TEXT, device TEXT, occurrence TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS log_is_never_changed BEFORE UPDATE ON log
  BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_is_never_cut BEFORE DELETE ON log
  BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TABLE IF NOT EXISTS devices (
  site TEXT, device TEXT, approval TEXT NOT NULL, first_seen_us INTEGER NOT NULL, provenance BLOB NOT NULL, birth BLOB,
  PRIMARY KEY (site, device)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS doubts (
  site TEXT, device TEXT, doubts BLOB NOT NULL, PRIMARY KEY (site, device)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alarms (
  site TEXT, device TEXT, metric TEXT, limit_id TEXT, count INTEGER NOT NULL, view BLOB,
  PRIMARY KEY (site, device, metric, limit_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS walls (wall TEXT PRIMARY KEY, choice BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS presets (preset TEXT PRIMARY KEY, view BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS views (
  site TEXT, device TEXT, view BLOB NOT NULL, PRIMARY KEY (site, device)
) WITHOUT ROWID;
"""
_RECENT = 200


class OperationsStore:
    """The file of decisions. `commit` belongs to one thread."""

    def __init__(self, data_dir: Path, *, exercise: bool = False) -> None:
        """Open the file, or make it.

        Raises:
            ConfigError: it is not the hub's, or of a newer one, or of an exercise for a hub of none, or reversed.
        """
        self.exercise = exercise
        self._path = data_dir / FILE_NAME
        self._connection = open_writer(self._path, _SCHEMA, _VERSION, mark_of(exercise=exercise))

    def commit(self, changes: Changes) -> None:
        """Make all changes durable, or none.

        Raises:
            UnavailableError: the disk is full or fails; it may be tried again.
        """
        if not changes:
            return
        with speaking_of(self._path), transaction(self._connection):
            self._connection.executemany(
                "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [_log_row(entry) for entry in changes.log]
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        *_key(each.key),
                        each.approval,
                        to_us(each.first_seen_at),
                        _json(each.provenance),
                        _json(each.birth),
                    )
                    for each in changes.devices.values()
                ],
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO doubts VALUES (?, ?, ?)",
                [(*_key(each.key), _json(each.doubts)) for each in changes.devices.values()],
            )
            gone = [_key(key) for key in changes.removed]
            self._connection.executemany("DELETE FROM devices WHERE site = ? AND device = ?", gone)
            self._connection.executemany("DELETE FROM doubts WHERE site = ? AND device = ?", gone)
            self._connection.executemany(
                "INSERT OR REPLACE INTO alarms VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (*_key(each.key), each.metric, each.limit, each.count, _json(each.view))
                    for each in changes.alarms.values()
                ],
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO walls VALUES (?, ?)",
                [(wall, _json(choice)) for wall, choice in changes.walls.items()],
            )
            self._commit_views(changes)
            put_memos(self._connection, changes.memos)

    def _commit_views(self, changes: Changes) -> None:
        kept = [(name, _json(preset)) for name, preset in changes.presets.items() if preset is not None]
        gone = [(name,) for name, preset in changes.presets.items() if preset is None]
        views = [(*_key(key), _json(view)) for key, view in changes.views.items()]
        self._connection.executemany("INSERT OR REPLACE INTO presets VALUES (?, ?)", kept)
        self._connection.executemany("DELETE FROM presets WHERE preset = ?", gone)
        self._connection.executemany("INSERT OR REPLACE INTO views VALUES (?, ?, ?)", views)

    def recall(self) -> Remembered:
        """What an earlier run left.

        Raises:
            ConfigError: a record is not readable.
        """
        with speaking_of(self._path):
            devices = self._connection.execute(
                "SELECT devices.*, doubts FROM devices LEFT JOIN doubts USING (site, device) ORDER BY site, device"
            ).fetchall()
            alarms = self._connection.execute("SELECT * FROM alarms").fetchall()
            walls = self._connection.execute("SELECT * FROM walls").fetchall()
            presets = self._connection.execute("SELECT view FROM presets ORDER BY preset").fetchall()
            views = self._connection.execute("SELECT * FROM views").fetchall()
            memos = recall_memos(self._connection)
        try:
            return Remembered(
                devices=tuple(_device(row) for row in devices),
                alarms=tuple(_alarm(row) for row in alarms),
                walls={wall: msgspec.json.decode(choice, type=WallChoice) for wall, choice in walls},
                presets=tuple(msgspec.json.decode(preset, type=PresetView) for (preset,) in presets),
                views={
                    DeviceKey(site, device): msgspec.json.decode(view, type=CameraView) for site, device, view in views
                },
                memos=memos,
                log=tuple(reversed(self.log(None, _RECENT).entries)),
            )
        except (msgspec.DecodeError, ValueError) as error:
            raise ConfigError(
                f"holds a record of another version: {error}",
                subject=str(self._path),
                mend="Restore it from a copy, or move it away to begin anew",
            ) from error

    def log(self, before: int | None, limit: int) -> Page:
        """Entries with a number below `before` (None: the newest), newest first; from any thread."""
        with reading(self._path) as connection:
            rows = connection.execute(
                "SELECT * FROM log WHERE number < ? ORDER BY number DESC LIMIT ?",
                (2**63 - 1 if before is None else before, limit),
            ).fetchall()
        return Page(tuple(_entry(row, exercise=self.exercise) for row in rows), self.exercise)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _key(key: DeviceKey) -> tuple[str, str]:
    return key.site, key.device


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)


def _log_row(entry: LogEntry) -> tuple[object, ...]:
    site, device = (entry.key.site, entry.key.device) if entry.key else (None, None)
    return entry.number, to_us(entry.at), entry.kind, entry.who, entry.text, site, device, entry.occurrence


def _entry(row: tuple[Any, ...], *, exercise: bool) -> LogEntry:
    number, at_us, kind, who, text, site, device, occurrence = row
    key = DeviceKey(site, device) if site is not None else None
    return LogEntry(number, from_us(at_us), kind, who, text, key, occurrence, exercise)


def _device(row: tuple[Any, ...]) -> DeviceRecord:
    site, device, approval, first_seen_us, provenance, birth, doubts = row
    return DeviceRecord(
        key=DeviceKey(site, device),
        approval=Approval(approval),
        first_seen_at=from_us(first_seen_us),
        provenance=msgspec.json.decode(provenance, type=tuple[str, ...]),
        birth=msgspec.json.decode(birth, type=Birth | None),
        doubts=msgspec.json.decode(doubts or b"{}", type=Doubts),
    )


def _alarm(row: tuple[Any, ...]) -> AlarmRecord:
    site, device, metric, limit, count, view = row
    return AlarmRecord(DeviceKey(site, device), metric, limit, count, msgspec.json.decode(view, type=AlarmView | None))
