"""The log of when each frame left: what tests hold against the frame that reached the wall.

A record is little-endian: camera number (2 bytes), frame number (2), stream (1; 0 main, 1 sub), Unix time (8, float).
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

from sensors.model import StreamRole

_RECORD = struct.Struct("<HHBd")
_FLUSH_S = 0.2
_ROLES = (StreamRole.MAIN, StreamRole.SUB)


class Departure(NamedTuple):
    """One frame that left to at least one viewer."""

    camera: int
    frame: int
    role: StreamRole
    unix_s: float


class DepartureWriter:
    """Appends records; they are in the file at most `_FLUSH_S` after they left, while frames keep leaving."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._flushed_s = 0.0
        self.records_total = 0

    @classmethod
    def open(cls, path: Path) -> Self:
        """A writer on a new file."""
        return cls(path.open("wb"))

    def record(self, departure: Departure) -> None:
        """Add one record."""
        role = _ROLES.index(departure.role)
        self._file.write(_RECORD.pack(departure.camera, departure.frame, role, departure.unix_s))
        self.records_total += 1
        if not 0.0 <= departure.unix_s - self._flushed_s < _FLUSH_S:
            self._flushed_s = departure.unix_s
            self._file.flush()

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


def read_departures(path: Path, start: int = 0) -> Iterator[Departure]:
    """Records from number `start` on; one that is only half written is left for later."""
    with path.open("rb") as file:
        file.seek(start * _RECORD.size)
        data = file.read()
    whole = len(data) - len(data) % _RECORD.size
    for camera, frame, role, unix_s in _RECORD.iter_unpack(data[:whole]):
        yield Departure(camera, frame, _ROLES[role], unix_s)
