"""SRT packets as bytes (draft-sharabayko-srt-01, section 3). Pure."""

import struct
from enum import IntEnum
from typing import Final

from msgspec import Struct

SEQUENCES: Final = 2**31
PAYLOAD_BYTES: Final = 1316
FLOW_PACKETS: Final = 8192
VERSION: Final = 0x0001_0500
_HEAD: Final = struct.Struct(">IIII")
_HANDSHAKE: Final = struct.Struct(">IHHIIIiII16s")
_BLOCK: Final = struct.Struct(">HH")
_CONTROL: Final = 0x8000_0000
_SOLO: Final = 0xC000_0000
"""The payload is a whole message by itself."""
_RESENT: Final = 0x0400_0000
_EVEN_KEY: Final = 0x0800_0000
_MESSAGES: Final = 2**26
_MTU: Final = 1500
_MAX_LOST_BYTES: Final = 8 * 400


class Kind(IntEnum):
    """Control packets."""

    HANDSHAKE = 0
    KEEP_ALIVE = 1
    ACKNOWLEDGE = 2
    LOST = 3
    SHUTDOWN = 5
    ACKNOWLEDGED = 6
    DROPPED = 7


class Block(IntEnum):
    """Extensions of a handshake."""

    REQUEST = 1
    ANSWER = 2
    KEY_REQUEST = 3
    KEY_ANSWER = 4
    STREAM = 5


class Control(Struct, frozen=True):
    """A control packet; `info` is what its kind makes of it."""

    kind: int
    info: int
    destination: int
    body: bytes


class Handshake(Struct, frozen=True):
    """What both sides tell each other first. `stage`: 1 asks for a cookie, -1 concludes, 1000 and more refuses."""

    version: int
    encryption: int
    extension: int
    sequence: int
    stage: int
    socket: int
    cookie: int
    blocks: dict[int, bytes] = {}


def encode_control(kind: Kind, info: int, at_us: int, destination: int, body: bytes = b"\0\0\0\0") -> bytes:
    """A control packet; those without a body carry four bytes nevertheless."""
    return _HEAD.pack(_CONTROL | kind << 16, info, at_us & 0xFFFF_FFFF, destination) + body


def encode_data(
    sequence: int, message: int, at_us: int, destination: int, payload: bytes, *, encrypted: bool, resent: bool = False
) -> bytes:
    """A data packet with a whole message."""
    flags = _SOLO | (_EVEN_KEY if encrypted else 0) | (_RESENT if resent else 0) | message % _MESSAGES
    return _HEAD.pack(sequence % SEQUENCES, flags, at_us & 0xFFFF_FFFF, destination) + payload


def decode_control(data: bytes) -> Control | None:
    """The control packet in a datagram; None when it is none."""
    if len(data) < _HEAD.size:
        return None
    first, info, _, destination = _HEAD.unpack_from(data)
    if not first & _CONTROL:
        return None
    return Control(first >> 16 & 0x7FFF, info, destination, data[_HEAD.size :])


def encode_handshake(handshake: Handshake) -> bytes:
    """The body of a handshake."""
    body = _HANDSHAKE.pack(
        handshake.version,
        handshake.encryption,
        handshake.extension,
        handshake.sequence,
        _MTU,
        FLOW_PACKETS,
        handshake.stage,
        handshake.socket,
        handshake.cookie,
        bytes((1, 0, 0, 127)) + bytes(12),
    )
    return body + b"".join(_BLOCK.pack(kind, len(data) // 4) + data for kind, data in handshake.blocks.items())


def decode_handshake(body: bytes) -> Handshake | None:
    """The handshake in a body; None when it is cut off."""
    if len(body) < _HANDSHAKE.size:
        return None
    version, encryption, extension, sequence, _, _, stage, socket, cookie, _ = _HANDSHAKE.unpack_from(body)
    blocks: dict[int, bytes] = {}
    at = _HANDSHAKE.size
    while len(body) >= at + _BLOCK.size:
        kind, words = _BLOCK.unpack_from(body, at)
        at += _BLOCK.size
        if len(body) < at + 4 * words:
            return None
        blocks[kind] = body[at : at + 4 * words]
        at += 4 * words
    return Handshake(version, encryption, extension, sequence, stage, socket, cookie, blocks)


def encode_text(text: str) -> bytes:
    """A stream id: padded, the bytes of each word turned round."""
    raw = text.encode()
    raw += bytes(-len(raw) % 4)
    return b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))


def decode_lost(body: bytes) -> list[tuple[int, int]]:
    """The first and last sequence numbers of each gap that a receiver names, as far as one datagram holds them."""
    whole = body[: min(len(body) // 4 * 4, _MAX_LOST_BYTES)]
    numbers = [number for (number,) in struct.iter_unpack(">I", whole)]
    ranges: list[tuple[int, int]] = []
    rest = iter(numbers)
    for number in rest:
        first = number % SEQUENCES
        last = next(rest, first) % SEQUENCES if number & _CONTROL else first
        ranges.append((first, last))
    return ranges


def distance(earlier: int, later: int) -> int:
    """How many packets after another one is; negative when before, as numbers go round."""
    return (later - earlier + SEQUENCES // 2) % SEQUENCES - SEQUENCES // 2
