"""What dialects want to be reminded of after a restart, in the file of decisions and with its transactions."""

import sqlite3
from collections.abc import Mapping

SCHEMA = """
CREATE TABLE IF NOT EXISTS memos (
  number INTEGER PRIMARY KEY, dialect TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL, UNIQUE (dialect, name)
);
"""
_PUT = """
INSERT INTO memos (dialect, name, content) VALUES (?, ?, ?)
ON CONFLICT (dialect, name) DO UPDATE SET content = excluded.content
"""


def put_memos(connection: sqlite3.Connection, memos: Mapping[tuple[str, str], bytes | None]) -> None:
    """Within a transaction: keep each under its dialect and name; None takes it away."""
    gone = [key for key, content in memos.items() if content is None]
    connection.executemany("DELETE FROM memos WHERE dialect = ? AND name = ?", gone)
    kept = [(*key, content) for key, content in memos.items() if content is not None]
    connection.executemany(_PUT, kept)


def recall_memos(connection: sqlite3.Connection) -> dict[str, dict[str, bytes]]:
    """All of them by dialect and name, in the order in which they were first kept."""
    memos: dict[str, dict[str, bytes]] = {}
    for dialect, name, content in connection.execute("SELECT dialect, name, content FROM memos ORDER BY number"):
        memos.setdefault(dialect, {})[name] = content
    return memos
