"""The few packets of MQTT 3.1.1 that a crowd needs, as bytes: with paho, a load would cost what paho costs."""

from typing import NamedTuple

from sensors.rtsp.authentication import Credentials

HANG_UP = b"\xe0\x00"
ALIVE = b"\xc0\x00"
MAX_ID = 65_535
_CONNECT, _CONNACK, _PUBACK = 0x10, 0x20, 0x40
_PUBLISH = (b"\x32", b"\x33")
"""Quality of service 1, and the same retained."""
_LENGTHS_KNOWN = 2_048


class Will(NamedTuple):
    """What the broker says, retained, when a connection is gone without a word."""

    topic: bytes
    payload: bytes


class Heard(NamedTuple):
    """What a stretch of the broker's bytes says. `refusal` is the code of a CONNACK that is none (0: let in)."""

    acknowledged: int
    refusal: int | None


def connect(client: str, keepalive_s: int, will: Will | None, credentials: Credentials | None) -> bytes:
    """The first packet of a connection, of a clean session."""
    flags, fields = 0x02, [_field(client.encode())]
    if will is not None:
        flags |= 0x2C
        fields += [_field(will.topic), _field(will.payload)]
    if credentials is not None:
        flags |= 0xC0
        fields += [_field(credentials.user.encode()), _field(credentials.password.encode())]
    body = b"\x00\x04MQTT\x04" + bytes((flags,)) + keepalive_s.to_bytes(2, "big") + b"".join(fields)
    return bytes((_CONNECT,)) + _length(len(body)) + body


class Named(NamedTuple):
    """A topic as packets carry it."""

    field: bytes
    around: int
    """Bytes of a packet that are neither its first, nor its length, nor its payload."""


def named(topic: str) -> Named:
    """A topic, made ready once for all that is said on it."""
    field = _field(topic.encode())
    return Named(field, len(field) + 2)


def publish(topic: Named, number: int, payload: bytes, *, retained: bool = False) -> tuple[bytes, ...]:
    """The parts of a message of quality of service 1; `number` is from 1 to `MAX_ID`."""
    length = topic.around + len(payload)
    said = _LENGTHS[length] if length < _LENGTHS_KNOWN else _length(length)
    return _PUBLISH[retained], said, topic.field, number.to_bytes(2, "big"), payload


class Ear:
    """Reads what a broker says to one who only speaks."""

    def __init__(self) -> None:
        self._rest = b""

    def hear(self, data: bytes) -> Heard:
        """Count acknowledgements, and take the answer to a connection. A packet may come in pieces.

        Raises:
            ValueError: this is no MQTT, or nothing that a broker says to one who only speaks.
        """
        data = self._rest + data
        at, acknowledged, refusal = 0, 0, None
        while at + 2 <= len(data) and at + 2 + data[at + 1] <= len(data):
            if data[at + 1] > 2:
                message = f"a packet of type {data[at] >> 4} with {data[at + 1]} bytes"
                raise ValueError(message)
            if data[at] == _PUBACK:
                acknowledged += 1
            elif data[at] == _CONNACK:
                refusal = data[at + 3]
            at += 2 + data[at + 1]
        self._rest = data[at:]
        return Heard(acknowledged, refusal)


def _field(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def _length(length: int) -> bytes:
    out = bytearray()
    while length > 127:
        out.append(length & 127 | 128)
        length >>= 7
    out.append(length)
    return bytes(out)


_LENGTHS = tuple(map(_length, range(_LENGTHS_KNOWN)))
