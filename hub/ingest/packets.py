"""A broker's stream, cut into packets: messages are read here, every other packet is passed on as it is.

Does no I/O. The forms are those of MQTT 3.1.1 and 5, sections 2.1 to 2.2 and 3.3.
"""

from functools import lru_cache

from hub.inputs import Moment, Received
from sensors.dialects.native import MAX_PAYLOAD_BYTES
from sensors.errors import WireError

HEAD_BYTES = 200
WHOLE_BYTES = 2 * MAX_PAYLOAD_BYTES
"""Of a packet longer than this only the beginning is kept; it is too large for any dialect."""
NOT_UTF8 = "(a topic that is not UTF-8)"
_REMEMBERED_TOPICS = 16_384
_REMEMBERED_BYTES = 512
"""A longer topic is read anew each time: MQTT lets one have 64 KB, and so many of those would be a gigabyte."""
_PUBLISH, _EXACTLY_ONCE = 3, 2
_MORE = 0x80
_LONGEST_LENGTH = 4


class Packets:
    """The packets of one connection, in the order in which they came."""

    def __init__(self, epoch: int, *, is_v5: bool) -> None:
        self._epoch = epoch
        self._is_v5 = is_v5
        self._parts: list[bytes] = []
        self._held = 0
        self._needed = 2
        self._overlong: Received | None = None
        self._to_skip = 0

    @property
    def waiting(self) -> bool:
        """Whether `take` has something to look at."""
        return self._held >= self._needed or (self._overlong is not None and not self._to_skip)

    def feed(self, data: bytes) -> None:
        """What came over the connection next."""
        if self._to_skip:
            skipped = min(self._to_skip, len(data))
            self._to_skip -= skipped
            data = data[skipped:]
        self._parts.append(data)
        self._held += len(data)

    def take(self, moment: Moment) -> tuple[list[Received], bytes]:
        """The complete messages up to the next packet that is none, and that packet; empty when there is none yet.

        Raises:
            WireError: this is not MQTT.
        """
        messages: list[Received] = []
        if self._overlong is not None and not self._to_skip:
            messages.append(self._overlong)
            self._overlong = None
        if self._held < self._needed:
            return messages, b""
        buffer = b"".join(self._parts)
        try:
            other, at = self._cut(buffer, messages, moment)
        except IndexError as error:
            raise WireError("a packet that ends too early", subject="the broker") from error
        rest = buffer[at:]
        self._parts, self._held = [rest], len(rest)
        return messages, other

    def _cut(self, buffer: bytes, messages: list[Received], moment: Moment) -> tuple[bytes, int]:
        at, held = 0, len(buffer)
        self._needed = 2
        while held - at >= self._needed:
            first, length, body = buffer[at], buffer[at + 1], at + 2
            if length & _MORE:
                length, body = _number(buffer, at + 1)
                if not body:
                    self._needed = held - at + 1
                    break
            end = body + length
            if end > held:
                self._needed = end - at
                return b"", self._cut_long(buffer, at, body, end, moment)
            if first >> 4 != _PUBLISH or first >> 1 & 3 == _EXACTLY_ONCE:
                return buffer[at:end], end
            messages.append(self._message(buffer, first, body, end, moment))
            at = end
        return b"", at

    def _cut_long(self, buffer: bytes, at: int, body: int, end: int, moment: Moment) -> int:
        """A packet that is not complete: let it come, or keep its beginning and skip the rest."""
        if self._needed <= WHOLE_BYTES:
            return at
        if buffer[at] >> 4 != _PUBLISH:
            raise WireError(f"a packet of {self._needed} bytes that is no message", subject="the broker")
        if len(buffer) - at < WHOLE_BYTES:
            self._needed = WHOLE_BYTES
            return at
        self._overlong = self._message(buffer, buffer[at], body, end, moment)
        self._to_skip, self._needed = end - len(buffer), 2
        return len(buffer)

    def _message(self, buffer: bytes, first: int, body: int, end: int, moment: Moment) -> Received:
        name = body + 2
        at = name + (buffer[body] << 8 | buffer[body + 1])
        topic = _text(buffer[name:at]) if at - name <= _REMEMBERED_BYTES else _decoded(buffer[name:at])
        qos, packet_id = first >> 1 & 3, 0
        if qos:
            packet_id = buffer[at] << 8 | buffer[at + 1]
            at += 2
        if self._is_v5:
            properties, at = (buffer[at], at + 1) if buffer[at] < _MORE else _number(buffer, at)
            at += properties
        size = end - at
        if size < 0:
            raise IndexError
        payload = buffer[at:end] if size <= MAX_PAYLOAD_BYTES else buffer[at : at + HEAD_BYTES]
        return Received(moment, topic, payload, size, bool(first & 1), qos, packet_id, self._epoch)


def _number(buffer: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends; 0 when it is not all there yet."""
    number = shift = 0
    for place in range(at, min(at + _LONGEST_LENGTH, len(buffer))):
        number |= (buffer[place] & ~_MORE) << shift
        if not buffer[place] & _MORE:
            return number, place + 1
        shift += 7
    if len(buffer) - at >= _LONGEST_LENGTH:
        raise WireError("a length of more than four bytes", subject="the broker")
    return 0, 0


@lru_cache(_REMEMBERED_TOPICS)
def _text(topic: bytes) -> str:
    return _decoded(topic)


def _decoded(topic: bytes) -> str:
    try:
        return topic.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
