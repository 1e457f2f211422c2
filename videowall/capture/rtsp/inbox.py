"""What a camera sends inside its connection, taken apart where it lies: packets are copied by nobody."""

from collections.abc import Callable
from typing import Final

from sensors.rtsp.messages import Interleaved, Parser, Request, Response

PacketHandler = Callable[[int, bytes | memoryview], None]
"""Called with the channel (TCP), or 0 for RTP and 1 for RTCP (UDP), and the packet, which may be gone afterwards."""
ROOM_BYTES: Final = 98_304
"""Above the largest packet, with its head, so that there is always room to receive the rest of one."""
READ_BYTES: Final = 16_384
"""What is received at once; in between, the work that it was is looked at, and of so little it is never much."""
_DOLLAR: Final = 0x24
_HEAD_BYTES: Final = 4


class Inbox:
    """Memory to receive into, and what is done with what has come. Messages are few; most is packets."""

    def __init__(self, on_packet: PacketHandler) -> None:
        self._on_packet = on_packet
        self._parser = Parser()
        self._buffer = bytearray(ROOM_BYTES)
        self._view = memoryview(self._buffer)
        self._kept = 0
        """Bytes at the beginning that belong to a packet whose rest has not come."""

    def room(self) -> memoryview:
        """Where the next bytes go: `READ_BYTES` of room."""
        return self._view[self._kept : self._kept + READ_BYTES]

    def take(self, size: int, on_message: Callable[[Request | Response], None]) -> None:
        """So many bytes lie in the room now.

        `on_message` is not kept: an inbox that knew its owner would outlive it until the garbage collector comes.

        Raises:
            WireError: they are not RTSP; the connection cannot go on.
            LimitError: a message is over its bound.
        """
        buffer, end, start = self._buffer, self._kept + size, 0
        self._kept = 0
        if self._parser.is_empty:
            while end - start >= _HEAD_BYTES and buffer[start] == _DOLLAR:
                first = start + _HEAD_BYTES
                last = first + (buffer[start + 2] << 8 | buffer[start + 3])
                if last > end:
                    break
                self._on_packet(buffer[start + 1], self._view[first:last])
                start = last
            if start == end:
                return
            if buffer[start] == _DOLLAR:
                self._kept = end - start
                self._view[: self._kept] = self._view[start:end]
                return
        for message in self._parser.feed(self._view[start:end]):
            if isinstance(message, Interleaved):
                self._on_packet(message.channel, message.payload)
            else:
                on_message(message)
