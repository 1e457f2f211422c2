"""Values of RTMP's commands (Action Message Format 0): as much as commands and their answers hold. Pure."""

import struct
from collections.abc import Mapping
from typing import Final

from sensors.errors import WireError

Amf = float | bool | str | None | Mapping[str, "Amf"]
MAX_DEPTH: Final = 8
MAX_VALUES: Final = 256
_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED, _ARRAY, _END, _LIST = 0, 1, 2, 3, 5, 6, 8, 9, 10


def encode(*values: Amf) -> bytes:
    """The values one after another."""
    return b"".join(_encode(value) for value in values)


def encode_array(entries: Mapping[str, Amf]) -> bytes:
    """The entries as an associative array."""
    return struct.pack(">BI", _ARRAY, len(entries)) + _entries(entries)


def decode(data: bytes) -> list[Amf]:
    """The values in a command.

    Raises:
        WireError: it is cut off, too deep, too long, or holds what no command does.
    """
    reader = _Reader(data)
    values: list[Amf] = []
    while not reader.is_at_end:
        values.append(reader.value(0))
    return values


def _encode(value: Amf) -> bytes:
    if value is None:
        return bytes((_NULL,))
    if isinstance(value, bool):
        return bytes((_BOOLEAN, value))
    if isinstance(value, str):
        return bytes((_STRING,)) + _text(value)
    if isinstance(value, Mapping):
        return bytes((_OBJECT,)) + _entries(value)
    return struct.pack(">Bd", _NUMBER, value)


def _entries(entries: Mapping[str, Amf]) -> bytes:
    return b"".join(_text(name) + _encode(value) for name, value in entries.items()) + bytes((0, 0, _END))


def _text(text: str) -> bytes:
    data = text.encode()[:0xFFFF]
    return len(data).to_bytes(2, "big") + data


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._values = 0

    @property
    def is_at_end(self) -> bool:
        return self._at >= len(self._data)

    def value(self, depth: int) -> Amf:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise WireError("a command is too large", subject="RTMP")
        kind = self._take(1)[0]
        if kind == _NUMBER:
            number: float = struct.unpack(">d", self._take(8))[0]
            return number
        if kind == _BOOLEAN:
            return self._take(1) != b"\0"
        if kind == _STRING:
            return self._text()
        if kind in {_NULL, _UNDEFINED}:
            return None
        if kind == _ARRAY:
            self._take(4)
        if kind in {_OBJECT, _ARRAY}:
            return self._entries(depth)
        if kind == _LIST:
            count = int.from_bytes(self._take(4), "big")
            return {str(number): self.value(depth + 1) for number in range(min(count, MAX_VALUES))}
        raise WireError(f"a command holds a value of kind {kind}", subject="RTMP")

    def _entries(self, depth: int) -> dict[str, Amf]:
        entries: dict[str, Amf] = {}
        while True:
            name = self._text()
            if not name and self._data[self._at : self._at + 1] == bytes((_END,)):
                self._at += 1
                return entries
            entries[name] = self.value(depth + 1)

    def _text(self) -> str:
        return self._take(int.from_bytes(self._take(2), "big")).decode("utf-8", "replace")

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise WireError("a command is cut off", subject="RTMP")
        self._at += count
        return taken
