"""References on disk: one small file for each stream of each camera, replaced as a whole."""

import os
from pathlib import Path

import msgspec

from sensors.errors import LimitError, UnavailableError
from sensors.model import DeviceKey, StreamRole
from videowall.quality.likeness import COLUMNS, ROWS, Reference

MAX_FILES = 4096
_MAX_BYTES = 4 * COLUMNS * ROWS
_LIGHTS = 2
_decoder = msgspec.msgpack.Decoder(tuple[Reference, ...])
_encode = msgspec.msgpack.Encoder().encode


class Shelf:
    """A folder of references; made when the first is stored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, key: DeviceKey, role: StreamRole) -> tuple[Reference, ...]:
        """What is known of a stream; nothing when its file is missing, cannot be read, or is none of ours."""
        path = self._path(key, role)
        try:
            if path.stat().st_size > _MAX_BYTES:
                return ()
            references = _decoder.decode(path.read_bytes())
        except (OSError, msgspec.DecodeError):
            return ()
        whole = all(len(reference.edges) == COLUMNS * ROWS for reference in references)
        return references if whole and len(references) <= _LIGHTS else ()

    def store(self, key: DeviceKey, role: StreamRole, references: tuple[Reference, ...]) -> None:
        """Keep what is known of a stream.

        Raises:
            LimitError: the folder is full.
            UnavailableError: the disk does not take it now.
        """
        path = self._path(key, role)
        fresh = path.with_suffix(".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() and len(list(self._folder.glob("*/*.ref"))) >= MAX_FILES:
                raise LimitError(f"{MAX_FILES} references are stored", subject=str(self._folder))
            with fresh.open("wb") as file:
                file.write(_encode(references))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            raise UnavailableError(error.strerror or "cannot be written", subject=str(path)) from error

    def forget(self, key: DeviceKey, role: StreamRole) -> None:
        """Know nothing of a stream any more."""
        try:
            self._path(key, role).unlink(missing_ok=True)
        except OSError as error:
            raise UnavailableError(error.strerror or "cannot be removed", subject=str(key)) from error

    def _path(self, key: DeviceKey, role: StreamRole) -> Path:
        return self._folder / key.site / f"{key.device}.{role}.ref"
