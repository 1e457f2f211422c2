"""How far each follower of the readings has come, in a file of its own.

In the readings' file each step of a follower would make the pipeline's commits wait, and empty its cache of pages.
"""

from pathlib import Path

from hub.storage.database import open_writer, reading, writing

FILE_NAME = "cursors.sqlite"
_VERSION = 1
_SCHEMA = "CREATE TABLE cursors (name TEXT PRIMARY KEY, last_id INTEGER NOT NULL) WITHOUT ROWID;"


class Cursors:
    """The file; from any thread. It can be removed while the hub stands: everything is then followed from the start."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE_NAME
        open_writer(self._path, _SCHEMA, _VERSION).close()

    def get(self, name: str) -> int:
        """How far the named follower has come; 0 at first.

        Raises:
            UnavailableError: the file cannot be read.
        """
        with reading(self._path) as connection:
            row = connection.execute("SELECT last_id FROM cursors WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def set(self, name: str, last_id: int) -> None:
        """Remember how far it has come, durably.

        Raises:
            UnavailableError: the disk refuses; it stays where it was.
        """
        with writing(self._path, _SCHEMA, _VERSION) as connection:
            connection.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (name, last_id))

    def rewind(self, last_id: int) -> None:
        """Let nobody be ahead of the newest reading: the readings are another file now, restored or begun anew.

        Raises:
            UnavailableError: the disk refuses.
        """
        with writing(self._path, _SCHEMA, _VERSION) as connection:
            connection.execute("UPDATE cursors SET last_id = ? WHERE last_id > ?", (last_id, last_id))
