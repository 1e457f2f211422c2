"""References on disk: one small file for each stream of each camera, and one that names the cameras sent elsewhere.

Each is replaced as a whole. What was learnt of a camera before something of it was masked is no reference any more, and
is not kept.
"""

import os
from pathlib import Path
from typing import NamedTuple

import msgspec

from sensors.errors import LimitError, UnavailableError
from sensors.model import DeviceKey, StreamRole
from videowall.quality.likeness import COLUMNS, ROWS, Reference

MAX_FILES = 4096
_MAX_BYTES = 4 * COLUMNS * ROWS
_LIGHTS = 2
_MAX_SENT_BYTES = 1_000_000
_SENT = ".sent"
"""No site can be named so."""
_UNREADABLE = (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decoder = msgspec.msgpack.Decoder(tuple[Reference, ...])
_sent_decoder = msgspec.msgpack.Decoder(frozenset[DeviceKey])
_encode = msgspec.msgpack.Encoder().encode


class View(NamedTuple):
    """A stream as it is judged: `masks` names what of it is hidden, as in file names; empty when nothing is."""

    key: DeviceKey
    role: StreamRole
    masks: str = ""


class Shelf:
    """A folder of references; made when the first is stored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, view: View) -> tuple[Reference, ...]:
        """What is known of a view; nothing when its file is missing, cannot be read, or is none of ours.

        Raises:
            UnavailableError: what is known of the stream under other masks cannot be removed now.
        """
        path = self._path(view)
        self._remove(view, but=path)
        try:
            if path.stat().st_size > _MAX_BYTES:
                return ()
            references = _decoder.decode(path.read_bytes())
        except _UNREADABLE:
            return ()
        whole = all(len(reference.edges) == COLUMNS * ROWS for reference in references)
        return references if whole and len(references) <= _LIGHTS else ()

    def store(self, view: View, references: tuple[Reference, ...]) -> None:
        """Keep what is known of a view.

        Raises:
            LimitError: the folder is full.
            UnavailableError: the disk does not take it now.
        """
        path = self._path(view)
        try:
            is_one_more = not path.exists() and len(list(self._folder.glob("*/*.ref"))) >= MAX_FILES
        except OSError as error:
            raise UnavailableError(error.strerror or "cannot be read", subject=str(path)) from error
        if is_one_more:
            raise LimitError(f"{MAX_FILES} references are stored", subject=str(self._folder))
        _replace(path, _encode(references))

    def load_sent(self) -> frozenset[DeviceKey]:
        """The cameras that were sent elsewhere; none when that file is missing, cannot be read, or is none of ours."""
        path = self._folder / _SENT
        try:
            return _sent_decoder.decode(path.read_bytes()) if path.stat().st_size <= _MAX_SENT_BYTES else frozenset()
        except _UNREADABLE:
            return frozenset()

    def store_sent(self, keys: frozenset[DeviceKey]) -> None:
        """Keep which cameras were sent elsewhere.

        Raises:
            UnavailableError: the disk does not take it now.
        """
        _replace(self._folder / _SENT, _encode(keys))

    def forget(self, key: DeviceKey, role: StreamRole) -> None:
        """Know nothing of a stream any more, under whatever masks.

        Raises:
            UnavailableError: the disk does not let go of it now.
        """
        self._remove(View(key, role))

    def _remove(self, view: View, but: Path | None = None) -> None:
        try:
            for path in (self._folder / view.key.site).glob(f"{view.key.device}.{view.role}*.ref"):
                if path != but:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise UnavailableError(error.strerror or "cannot be removed", subject=str(view.key)) from error

    def _path(self, view: View) -> Path:
        masks = f".{view.masks}" if view.masks else ""
        return self._folder / view.key.site / f"{view.key.device}.{view.role}{masks}.ref"


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise UnavailableError(error.strerror or "cannot be written", subject=str(path)) from error
