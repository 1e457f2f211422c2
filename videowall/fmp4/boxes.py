"""Boxes of the ISO base media file format (ISO/IEC 14496-12) and their fields, as bytes."""

import struct
from typing import Final

IDENTITY_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def box(kind: bytes, *content: bytes) -> bytes:
    """One box: its size, its four-letter kind, its content."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    """A box that says its version and 24 flags first."""
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


def words(*values: int) -> bytes:
    """Fields of 32 bits."""
    return struct.pack(f">{len(values)}I", *values)


def halves(*values: int) -> bytes:
    """Fields of 16 bits."""
    return struct.pack(f">{len(values)}H", *values)
