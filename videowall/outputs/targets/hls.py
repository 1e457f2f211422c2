"""A folder for any web server: transport stream segments and a playlist (RFC 8216), the newest few kept."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from videowall.encoding.broadcast import CLOCK_RATE_HZ, EncodedFrame, ParameterSets
from videowall.outputs.targets.disk import Disk
from videowall.outputs.targets.transport_stream import TransportStream

PLAYLIST: Final = "wall.m3u8"
_SEGMENT: Final = "wall-{:d}.ts"
_OURS: Final = re.compile(r"wall-[0-9]+\.ts|\.wall-[0-9]+\.ts\.part|wall\.m3u8")
"""Every name that we give, in full: a recording may be kept in the same folder, as `wall-20260131T235959.000Z.ts`."""
_SPARE: Final = 2
"""Segments that have left the list are kept a little longer, for players that have just read it."""
_MAX_SEGMENT_BYTES: Final = 64_000_000


class _Segment(Struct, frozen=True):
    number: int
    duration_s: float
    begun_unix_s: float


class HlsFolder:
    """Cuts at key frames. The playlist and each segment appear whole, by renaming.

    Numbers begin with the unix time, so that players see them grow over restarts. Segments of earlier runs are removed.
    """

    def __init__(self, folder: Path, segment_s: float, kept: int, disk: Disk) -> None:
        self._folder = folder
        self._segment_90k = round(segment_s * CLOCK_RATE_HZ)
        self._kept = kept
        self._disk = disk
        self._stream = TransportStream()
        self._pieces: list[bytes] = []
        self._bytes = 0
        self._first: EncodedFrame | None = None
        self._number = 0
        self._segments: list[_Segment] = []

    async def open(self) -> None:
        """Make the folder and clear it of what we left there."""
        await self._disk.run(self._clear)

    async def begin(self, sets: ParameterSets, first: EncodedFrame) -> None:
        """Number the segments."""
        del sets
        self._number = int(first.encoded_at)

    async def send(self, frame: EncodedFrame) -> int:
        """Keep one frame; a key frame may complete the segment before it."""
        first = self._first
        if first is None:
            first = self._first = frame
        elapsed_90k = frame.pts_90k - first.pts_90k
        if frame.key and elapsed_90k and (elapsed_90k >= self._segment_90k or self._bytes > _MAX_SEGMENT_BYTES):
            await self._finish(first, elapsed_90k / CLOCK_RATE_HZ)
            self._first = frame
        data = self._stream.mux(frame)
        self._pieces.append(data)
        self._bytes += len(data)
        return len(data)

    async def close(self) -> None:
        """What is not a whole segment is forgotten."""
        self._pieces.clear()

    async def _finish(self, first: EncodedFrame, duration_s: float) -> None:
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._bytes = 0
        self._segments.append(_Segment(self._number, duration_s, first.encoded_at))
        self._number += 1
        gone = self._segments[: -self._kept - _SPARE]
        self._segments = self._segments[-self._kept - _SPARE :]
        await self._disk.run(self._write, self._segments[-1], data, self._playlist(), gone)

    def _playlist(self) -> str:
        listed = self._segments[-self._kept :]
        longest_s = max(segment.duration_s for segment in listed)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            f"#EXT-X-TARGETDURATION:{int(longest_s + 0.999)}",
            f"#EXT-X-MEDIA-SEQUENCE:{listed[0].number}",
        ]
        for segment in listed:
            begun = datetime.fromtimestamp(segment.begun_unix_s, UTC).isoformat(timespec="milliseconds")
            lines += [
                f"#EXT-X-PROGRAM-DATE-TIME:{begun}",
                f"#EXTINF:{segment.duration_s:.3f},",
                _SEGMENT.format(segment.number),
            ]
        return "\n".join(lines) + "\n"

    def _write(self, newest: _Segment, data: bytes, playlist: str, gone: list[_Segment]) -> None:
        self._replace(_SEGMENT.format(newest.number), data)
        self._replace(PLAYLIST, playlist.encode())
        for segment in gone:
            (self._folder / _SEGMENT.format(segment.number)).unlink(missing_ok=True)

    def _replace(self, name: str, data: bytes) -> None:
        draft = self._folder / f".{name}.part"
        draft.write_bytes(data)
        draft.replace(self._folder / name)

    def _clear(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.iterdir():
            if _OURS.fullmatch(left.name):
                left.unlink(missing_ok=True)
