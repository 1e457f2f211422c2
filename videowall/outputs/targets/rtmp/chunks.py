"""RTMP messages in chunks, both ways (specification 1.0, section 5). Pure; memory is bounded."""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from msgspec import Struct

from sensors.errors import LimitError, WireError

CHUNK_BYTES: Final = 65_536
MAX_MESSAGE_BYTES: Final = 262_144
MAX_STREAMS: Final = 16
_EXTENDED: Final = 0xFF_FFFF
_EXTENDED_MARK: Final = b"\xff\xff\xff"
_WHOLE_HEAD: Final = 11


class Kind(IntEnum):
    """The message types that matter to a publisher."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW = 5
    VIDEO = 9
    DATA = 18
    COMMAND = 20


class Message(Struct, frozen=True):
    """One whole message; `timestamp_ms` counts modulo 2**32."""

    kind: int
    stream: int
    timestamp_ms: int
    payload: bytes


def encode_message(message: Message, channel: int, chunk_bytes: int = CHUNK_BYTES) -> bytes:
    """A message in chunks of which the first has a full head; `channel` is the chunk stream, 2 to 63."""
    timestamp = message.timestamp_ms & 0xFFFF_FFFF
    extended = timestamp.to_bytes(4, "big") if timestamp >= _EXTENDED else b""
    head = (
        bytes((channel,))
        + min(timestamp, _EXTENDED).to_bytes(3, "big")
        + len(message.payload).to_bytes(3, "big")
        + bytes((message.kind,))
        + message.stream.to_bytes(4, "little")
        + extended
    )
    pieces = [head, message.payload[:chunk_bytes]]
    for start in range(chunk_bytes, len(message.payload), chunk_bytes):
        pieces += (bytes((0xC0 | channel,)) + extended, message.payload[start : start + chunk_bytes])
    return b"".join(pieces)


class _Channel(Struct):
    kind: int = 0
    stream: int = 0
    timestamp_ms: int = 0
    length: int = 0
    is_extended: bool = False
    data: bytearray = bytearray()

    def learn(self, head: bytes, stamp: int, *, is_extended: bool) -> None:
        """Take over what a message head says; what it leaves out stays."""
        if head:
            self.is_extended = is_extended
            self.timestamp_ms = stamp if len(head) == _WHOLE_HEAD else (self.timestamp_ms + stamp) & 0xFFFF_FFFF
        if len(head) > 3:
            self.length, self.kind = int.from_bytes(head[3:6], "big"), head[6]
        if len(head) == _WHOLE_HEAD:
            self.stream = int.from_bytes(head[7:], "little")


class ChunkReader:
    """What the other side sends, as whole messages."""

    def __init__(self) -> None:
        self.received_total = 0
        self._buffer = bytearray()
        self._chunk_bytes = 128
        self._channels: dict[int, _Channel] = {}

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes.

        Raises:
            WireError, LimitError: it is not RTMP, or more than a publisher is ever told.
        """
        self.received_total += len(data)
        self._buffer += data
        while (taken := self._chunk()) is not None:
            channel, size = taken
            del self._buffer[:size]
            if len(channel.data) < channel.length:
                continue
            message = Message(channel.kind, channel.stream, channel.timestamp_ms, bytes(channel.data))
            channel.data.clear()
            if message.kind == Kind.SET_CHUNK_SIZE and len(message.payload) >= 4:
                self._chunk_bytes = max(1, min(int.from_bytes(message.payload[:4], "big"), MAX_MESSAGE_BYTES))
            else:
                yield message

    def _chunk(self) -> tuple[_Channel, int] | None:
        """The channel that the next chunk belongs to, with the chunk's data added, and the chunk's size."""
        start = _read_start(self._buffer)
        if start is None:
            return None
        number, head, at = start
        channel = self._channels.get(number)
        if channel is None:
            if len(head) < _WHOLE_HEAD or len(self._channels) >= MAX_STREAMS:
                raise WireError("a chunk stream begins in the middle", subject="RTMP")
            channel = _Channel(data=bytearray())
        is_extended = head[:3] == _EXTENDED_MARK if head else channel.is_extended
        stamp = int.from_bytes(head[:3], "big")
        if is_extended:
            stamp = int.from_bytes(self._buffer[at : at + 4], "big")
            at += 4
        length = int.from_bytes(head[3:6], "big") if len(head) > 3 else channel.length
        size = min(self._chunk_bytes, length - len(channel.data))
        if length > MAX_MESSAGE_BYTES or size < 0:
            raise LimitError(f"a message is over {MAX_MESSAGE_BYTES} bytes, or cut short", subject="RTMP")
        if len(self._buffer) < at + size:
            return None
        channel.learn(head, stamp, is_extended=is_extended)
        channel.data += self._buffer[at : at + size]
        self._channels[number] = channel
        return channel, at + size


def _read_start(buffer: bytearray) -> tuple[int, bytes, int] | None:
    """A chunk's stream number and message head, and where its data or extended time stamp begins."""
    if not buffer:
        return None
    head_bytes, number, at = (_WHOLE_HEAD, 7, 3, 0)[buffer[0] >> 6], buffer[0] & 0x3F, 1
    if number < 2:
        at += 1 + number
        number = 64 + int.from_bytes(buffer[1:at], "little")
    end = at + head_bytes
    return (number, bytes(buffer[at:end]), end) if len(buffer) >= end else None
