"""Encoded clips kept on disk between runs, so that a second start draws nothing.

A file's name holds a hash of everything that decides its content, the drawing code included; its head holds a hash of
its body. What does not match is drawn again.
"""

import contextlib
import hashlib
import os
import uuid
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import av
import msgspec
import structlog

from simulators.cameras.clip import Clip
from simulators.cameras.drawing.film import Shot
from simulators.cameras.formats import Format
from simulators.cameras.frame import Frame

_MAX_FILES: Final = 240
_DIGEST_BYTES = 32
_decoder = msgspec.msgpack.Decoder(tuple[bool, tuple[Frame, ...]])
"""Whether a clip is whole, and its frames."""
_log = structlog.get_logger()


def default_directory() -> Path:
    """Where clips are kept when nobody says otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shekara" / "clips"


class ClipCache:
    """Clips by shot and format. A directory that cannot be used costs time, nothing else."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._revision = _revision()
        self.hits_total = 0
        self.misses_total = 0

    def load(self, shot: Shot, format_: Format) -> Clip | None:
        """The clip as far as it was drawn, or None when there is none that can be trusted."""
        path = self._path(shot, format_)
        try:
            data = path.read_bytes()
        except OSError:
            data = b""
        body = data[_DIGEST_BYTES:]
        if data and hashlib.sha256(body).digest() == data[:_DIGEST_BYTES]:
            with contextlib.suppress(msgspec.DecodeError):
                complete, frames = _decoder.decode(body)
                self.hits_total += 1
                return Clip(format_, frames, complete=complete)
        if data:
            _log.warning("a cached clip is damaged and is drawn again", file=str(path))
        self.misses_total += 1
        return None

    def save(self, shot: Shot, format_: Format, clip: Clip) -> None:
        """Keep a clip; appears in one step, or not at all. One that is not whole does not replace a longer one."""
        body = msgspec.msgpack.encode((clip.complete, clip.frames))
        path = self._path(shot, format_)
        draft = path.with_suffix(f".{uuid.uuid4().hex}.part")
        try:
            if not clip.complete and _size(path) >= _DIGEST_BYTES + len(body):
                return
            self._directory.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(hashlib.sha256(body).digest() + body)
            draft.replace(path)
            self._prune()
        except OSError as error:
            _log.warning("a clip cannot be cached", directory=str(self._directory), reason=str(error.strerror))

    def _prune(self) -> None:
        kept: list[tuple[float, Path]] = []
        for path in self._directory.glob("*.clip"):
            with contextlib.suppress(FileNotFoundError):
                kept.append((path.stat().st_mtime, path))
        for _, path in sorted(kept, reverse=True)[_MAX_FILES:]:
            path.unlink(missing_ok=True)

    def _path(self, shot: Shot, format_: Format) -> Path:
        content = msgspec.json.encode((self._revision, shot, format_))
        return self._directory / f"{hashlib.sha256(content).hexdigest()[:32]}.clip"


def _size(path: Path) -> int:
    """Of a file that another process may remove at any time; 0 of none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _revision() -> str:
    """A hash of the code that draws and encodes, and of the encoder's version."""
    digest = hashlib.sha256(av.__version__.encode())
    cameras = files("simulators.cameras")
    drawing = sorted((part for part in (cameras / "drawing").iterdir() if part.name.endswith(".py")), key=_name)
    for code in (*drawing, cameras / "encoder.py", cameras / "frame.py", files("sensors") / "stamp.py"):
        digest.update(code.read_bytes())
    return digest.hexdigest()


def _name(part: Traversable) -> str:
    return part.name
