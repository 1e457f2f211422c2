"""Files of the wall, each of bounded length, together of bounded size: the oldest go first."""

from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import IO, Final

from videowall.encoding.broadcast import CLOCK_RATE_HZ, EncodedFrame, ParameterSets
from videowall.outputs.packaging import Packager
from videowall.outputs.targets.disk import Disk
from videowall.outputs.targets.transport_stream import TransportStream

_TRANSPORT_STREAM: Final = ".ts"


class _Mp4:
    """Fragments: a file that was never finished plays up to its last frame."""

    def __init__(self) -> None:
        self._packager = Packager()
        self._before: EncodedFrame | None = None

    def mux(self, frame: EncodedFrame) -> bytes:
        package = self._packager.package(frame, self._before)
        head = package.opening.init if self._before is None and package.opening is not None else b""
        self._before = frame
        return head + package.fragment


class Recording:
    """`/folder/name.mp4` (or `.ts`) becomes `/folder/name-20260131T235959.000Z.mp4`, a new one every `piece_s`.

    Only files of that pattern are counted and removed.
    """

    def __init__(self, path: Path, piece_s: float, max_bytes: int, disk: Disk) -> None:
        self._path = path
        self._piece_90k = round(piece_s * CLOCK_RATE_HZ)
        self._max_bytes = max_bytes
        self._disk = disk
        self._file: IO[bytes] | None = None
        self._muxer: _Mp4 | TransportStream = _Mp4()
        self._first: EncodedFrame | None = None
        self._written_bytes = 0

    async def open(self) -> None:
        """Make the folder."""
        await self._disk.run(self._path.parent.mkdir, parents=True, exist_ok=True)

    async def begin(self, sets: ParameterSets, first: EncodedFrame) -> None:
        """Each file says by itself what it holds."""

    async def send(self, frame: EncodedFrame) -> int:
        """Write one frame; a key frame may begin the next file."""
        first = self._first
        full = first is not None and frame.pts_90k - first.pts_90k >= self._piece_90k
        # One file never takes more than half of the room, so that there is always one before it.
        large = self._written_bytes > self._max_bytes // 2
        if first is None or (frame.key and (full or large)):
            self._first = frame
            self._muxer = TransportStream() if self._path.suffix == _TRANSPORT_STREAM else _Mp4()
            await self._disk.run(self._start, frame)
        data = self._muxer.mux(frame)
        await self._disk.run(self._write, data)
        return len(data)

    async def close(self) -> None:
        """Close the file."""
        await self._disk.run(self._close)

    def _start(self, first: EncodedFrame) -> None:
        self._close()
        begun = datetime.fromtimestamp(first.encoded_at, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
        self._make_room()
        self._file = self._path.with_name(f"{self._path.stem}-{begun}Z{self._path.suffix}").open("wb")
        self._written_bytes = 0

    def _make_room(self) -> None:
        pattern = f"{escape(self._path.stem)}-????????T??????.???Z{escape(self._path.suffix)}"
        files = sorted(self._path.parent.glob(pattern))
        sizes = [file.stat().st_size for file in files]
        total = sum(sizes)
        for file, size in zip(files, sizes, strict=True):
            if total <= self._max_bytes // 2:
                break
            file.unlink(missing_ok=True)
            total -= size

    def _write(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
            self._file.flush()
            self._written_bytes += len(data)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
