"""RTP packets, in order, into access units: one for each picture, given out at its marker.

A picture that lost a part is never given out. After a loss the next whole picture says so in `gap`, because pictures
that refer to lost ones are ghosts until the next key frame.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from videowall.capture.rtsp.packing import Packing, Piece
from videowall.capture.rtsp.sequencing import Sequenced

MAX_UNIT_BYTES = 4_000_000
_START_CODE = b"\0\0\0\1"
_LAST = 0x40
"""The flag of a unit's last part."""


class AccessUnit(Struct, frozen=True, gc=False):
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


def _unknown(rtp_timestamp: int) -> None:
    del rtp_timestamp


class Assembler:
    """State of one session's stream; memory is bounded by `MAX_UNIT_BYTES`.

    `captured` tells from an RTP time stamp when a picture was taken, unix time.
    """

    def __init__(
        self,
        packing: Packing,
        parameter_sets: tuple[bytes, ...] = (),
        captured: Callable[[int], float | None] = _unknown,
    ) -> None:
        self.malformed_total = 0
        self.damaged_total = 0
        self._packing = packing
        self._captured = captured
        self._prefix = b"".join(_START_CODE + unit for unit in parameter_sets)
        self._gap = True
        self._timestamp: int | None = None
        self._began_s = 0.0
        self._data = bytearray()
        self._inside = False
        self._kind = 0
        """Of the unit that began last."""
        self._damaged = False
        self._has_picture = False
        self._key = False
        self._has_sets = False

    def feed(self, sequenced: Sequenced) -> Sequence[AccessUnit]:
        """The access units that this packet completes: none, one, or two when a marker was missing before."""
        packet, gap, arrival_s = sequenced
        if gap:
            self._gap = True
            self._inside = False
            # What is missing may have belonged to the picture before as well as to this one.
            self._damaged = bool(self._data) or self._damaged
        return self.take(packet.payload, packet.timestamp, arrival_s, marker=packet.marker)

    def take(self, payload: memoryview, timestamp: int, arrival_s: float, *, marker: bool) -> Sequence[AccessUnit]:
        """The same of a packet that nothing is missing before."""
        before = None
        if timestamp != self._timestamp:
            before = self._finish(arrival_s) if self._data or self._damaged else None
            self._timestamp, self._began_s = timestamp, arrival_s
        if not self._continues(payload):
            pieces = self._packing.pieces(payload)
            if pieces is None:
                self.malformed_total += 1
                self._damaged = True
            else:
                for piece in pieces:
                    self._add(piece)
        whole = self._finish(arrival_s) if marker else None
        if before is None and whole is None:
            return ()
        return [unit for unit in (before, whole) if unit is not None]

    def _continues(self, payload: memoryview) -> bool:
        """Add the next part of a unit that has begun, as most packets hold one; False for anything else."""
        packing = self._packing
        place = packing.fragment_head
        if not self._inside or self._damaged or len(payload) <= place:
            return False
        flags = payload[place]
        if (
            payload[0] & packing.kind_mask != packing.fragment_kind
            or flags & ~_LAST != self._kind
            or len(self._data) + len(payload) > MAX_UNIT_BYTES
        ):
            return False
        self._data += payload[place + 1 :]
        self._inside = not flags & _LAST
        return True

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
            self._kind = piece.kind
            self._data += _START_CODE + piece.head
        elif not self._inside:
            self._damaged = True
            return
        self._data += piece.body
        self._inside = not piece.ends

    def _finish(self, arrival_s: float) -> AccessUnit | None:
        unit, damaged = None, self._damaged or self._inside
        if damaged:
            self.damaged_total += 1
            self._gap = True
        elif self._has_picture and self._timestamp is not None:
            data = bytes(self._data)
            if self._key and not self._has_sets:
                data = self._prefix + data
            captured_unix_s = self._captured(self._timestamp)
            unit = AccessUnit(data, self._key, self._gap, self._timestamp, arrival_s, captured_unix_s, self._began_s)
            self._gap = False
        if damaged or self._has_picture:
            self._data.clear()
            self._key = self._has_sets = self._has_picture = False
        self._inside = self._damaged = False
        return unit
