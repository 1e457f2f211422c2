"""How NAL units travel in RTP payloads: RFC 6184 for H.264, RFC 7798 for H.265.

Pure: a payload goes in, the pieces of NAL units in it come out.
"""

from collections.abc import Callable
from typing import NamedTuple

MAX_UNITS = 128
"""NAL units in one aggregate: a picture's slices and sets are fewer, and each costs work, however short it is."""


class Piece(NamedTuple):
    """A NAL unit or a part of one. `head` is its NAL header when it `starts`, else empty; `body` follows it."""

    kind: int
    head: bytes
    body: memoryview
    starts: bool
    ends: bool


class Packing(NamedTuple):
    """One codec's way. `pieces` gives None for a payload that breaks the rules."""

    codec: str
    pieces: Callable[[memoryview], list[Piece] | None]
    key_kinds: frozenset[int]
    picture_kinds: frozenset[int]
    sequence_set: int
    kind_mask: int
    fragment_kind: int
    """A payload whose first byte under the mask is this holds a part of a unit."""
    fragment_head: int
    """Where such a payload has its flags and the unit's kind; the part itself follows."""


def h264_pieces(payload: memoryview) -> list[Piece] | None:
    """Single NAL units, STAP-A and FU-A; other packetisation types are never offered in mode 0 and 1."""
    if len(payload) < 2:
        return None
    head = payload[0]
    kind = head & 0x1F
    if 1 <= kind <= 23:
        return [Piece(kind, bytes((head,)), payload[1:], starts=True, ends=True)]
    if kind == 24:
        return _aggregated(payload, head_bytes=1, kind_of=_h264_kind)
    if kind != 28:
        return None
    flags = payload[1]
    starts, ends, kind = bool(flags & 0x80), bool(flags & 0x40), flags & 0x1F
    if not 1 <= kind <= 23 or (starts and ends):
        return None
    return [Piece(kind, bytes((head & 0xE0 | kind,)) if starts else b"", payload[2:], starts, ends)]


def h265_pieces(payload: memoryview) -> list[Piece] | None:
    """Single NAL units, aggregation packets and fragmentation units, without decoding order numbers."""
    if len(payload) < 3:
        return None
    kind = payload[0] >> 1 & 0x3F
    if kind < 48:
        return [Piece(kind, bytes(payload[:2]), payload[2:], starts=True, ends=True)]
    if kind == 48:
        return _aggregated(payload, head_bytes=2, kind_of=_h265_kind)
    if kind != 49:
        return None
    flags = payload[2]
    starts, ends, kind = bool(flags & 0x80), bool(flags & 0x40), flags & 0x3F
    if kind >= 48 or (starts and ends):
        return None
    head = bytes((payload[0] & 0x81 | kind << 1, payload[1])) if starts else b""
    return [Piece(kind, head, payload[3:], starts, ends)]


def _aggregated(payload: memoryview, head_bytes: int, kind_of: Callable[[int], int]) -> list[Piece] | None:
    """The units behind a head that is as long as theirs."""
    pieces: list[Piece] = []
    end = head_bytes
    while end < len(payload):
        start = end + 2
        if len(payload) < start or len(pieces) == MAX_UNITS:
            return None
        body = start + head_bytes
        end = start + (payload[start - 2] << 8 | payload[start - 1])
        if not body <= end <= len(payload):
            return None
        head, rest = bytes(payload[start:body]), payload[body:end]
        pieces.append(Piece(kind_of(payload[start]), head, rest, starts=True, ends=True))
    return pieces or None


def _h264_kind(head: int) -> int:
    return head & 0x1F


def _h265_kind(head: int) -> int:
    return head >> 1 & 0x3F


PACKINGS: dict[str, Packing] = {
    "H264": Packing("h264", h264_pieces, frozenset({5}), frozenset(range(1, 6)), 7, 0x1F, 28, 1),
    "H265": Packing("hevc", h265_pieces, frozenset(range(16, 24)), frozenset(range(32)), 33, 0x7E, 49 << 1, 2),
}
"""By the encoding name that an SDP's rtpmap uses; `codec` is the decoder's name."""
