"""RTP packets, in order, into access units: one for each picture, given out at its marker.

A picture that lost a part is never given out. After a loss the next whole picture says so in `gap`, because pictures
that refer to lost ones are ghosts until the next key frame.
"""

from collections.abc import Iterator

from msgspec import Struct

from videowall.capture.rtsp.packing import Packing, Piece
from videowall.capture.rtsp.sequencing import Sequenced

MAX_UNIT_BYTES = 4_000_000
_START_CODE = b"\0\0\0\1"


class AccessUnit(Struct, frozen=True):
    """One coded picture; H.264 and H.265 in Annex B form.

    `gap`: something before it was lost, or it begins a session.
    `arrival_s` is when its last packet came, `began_s` its first where that is known, both monotonic;
    `captured_unix_s` is when it was taken by the camera's own clock, where that is known.
    """

    data: bytes
    key: bool
    gap: bool
    rtp_timestamp: int
    arrival_s: float
    captured_unix_s: float | None = None
    began_s: float | None = None


class Assembler:
    """State of one session's stream; memory is bounded by `MAX_UNIT_BYTES`."""

    def __init__(self, packing: Packing, parameter_sets: tuple[bytes, ...] = ()) -> None:
        self.malformed_total = 0
        self.damaged_total = 0
        self._packing = packing
        self._prefix = b"".join(_START_CODE + unit for unit in parameter_sets)
        self._gap = True
        self._timestamp: int | None = None
        self._began_s = 0.0
        self._data = bytearray()
        self._inside = False
        self._damaged = False
        self._has_picture = False
        self._key = False
        self._has_sets = False

    def feed(self, sequenced: Sequenced) -> Iterator[AccessUnit]:
        """The access units that this packet completes: none, one, or two when a marker was missing before."""
        packet, gap, arrival_s = sequenced
        if gap:
            self._gap = True
            self._inside = False
            # What is missing may have belonged to the picture before as well as to this one.
            self._damaged = bool(self._data) or self._damaged
        if packet.timestamp != self._timestamp:
            yield from self._finish(arrival_s)
            self._timestamp, self._began_s = packet.timestamp, arrival_s
        pieces = self._packing.pieces(packet.payload)
        if pieces is None:
            self.malformed_total += 1
            self._damaged = True
        else:
            for piece in pieces:
                self._add(piece)
        if packet.marker:
            yield from self._finish(arrival_s)

    def _add(self, piece: Piece) -> None:
        if len(self._data) + len(piece.body) > MAX_UNIT_BYTES:
            self._damaged = True
        if self._damaged:
            return
        if piece.starts:
            is_picture = piece.kind in self._packing.picture_kinds
            # The first bit of a slice header says whether the slice is the picture's first.
            if is_picture and not self._has_picture and not (piece.body and piece.body[0] & 0x80):
                self._damaged = True
                return
            self._has_picture |= is_picture
            self._key |= piece.kind in self._packing.key_kinds or piece.kind == self._packing.sequence_set
            self._has_sets |= piece.kind == self._packing.sequence_set
            self._data += _START_CODE + piece.head
        elif not self._inside:
            self._damaged = True
            return
        self._data += piece.body
        self._inside = not piece.ends

    def _finish(self, arrival_s: float) -> Iterator[AccessUnit]:
        damaged = self._damaged or self._inside
        if damaged:
            self.damaged_total += 1
            self._gap = True
        elif self._has_picture and self._timestamp is not None:
            prefix = self._prefix if self._key and not self._has_sets else b""
            data = prefix + bytes(self._data)
            yield AccessUnit(data, self._key, self._gap, self._timestamp, arrival_s, began_s=self._began_s)
            self._gap = False
        if damaged or self._has_picture:
            self._data.clear()
            self._key = self._has_sets = self._has_picture = False
        self._inside = self._damaged = False
