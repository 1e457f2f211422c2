"""What a wall and its decoding children say to each other, over a socket of their own; pictures go through memory."""

import mmap
import socket
from typing import Annotated, TypeVar

import msgspec
import numpy as np
from msgspec import Meta, Struct

from videowall.decoding.thrift import Thrift
from videowall.picture import MOST_PIXELS, MOST_SIDE, Plane, Planes

MEMORY_BYTES = MOST_PIXELS * 3 // 2
"""The one picture that lies between the two; only what is written of it takes room."""
_MAX_MESSAGE_BYTES = 8_000_000
_LENGTH_BYTES = 4
T = TypeVar("T", bound=Struct)
_Size = Annotated[int, Meta(ge=0, le=MOST_SIDE)]


class Request(Struct, frozen=True, array_like=True):
    """Decode a unit with the decoder of this number, opened now where it is new; forget those of other numbers."""

    decoder: int
    codec: str
    extradata: bytes
    data: bytes
    gap: bool
    key: bool
    forget: tuple[int, ...] = ()
    thrift: Thrift = Thrift.NONE


class Answer(Struct, frozen=True, array_like=True):
    """What came of it: a picture of this size in the memory, or none of width 0; what it took; how the child does."""

    width: _Size = 0
    height: _Size = 0
    errors_total: int = 0
    errors_in_row: int = 0
    memory_bytes: int = 0
    cpu_s: float = 0.0
    took_s: float = 0.0


_encode = msgspec.msgpack.Encoder().encode


class Line:
    """One end of the socket. The other end is a process of ours, which may die within a message."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def send(self, message: Struct, timeout_s: float | None = None) -> None:
        """Send a message whole.

        Raises:
            OSError: the other end is gone, or does not read in time.
        """
        data = _encode(message)
        self._socket.settimeout(timeout_s)
        self._socket.sendall(len(data).to_bytes(_LENGTH_BYTES, "big"))
        self._socket.sendall(data)

    def receive(self, type_: type[T], timeout_s: float | None = None) -> T:
        """The next message.

        Raises:
            OSError: the other end is gone, is silent for too long, or does not speak as it should.
        """
        self._socket.settimeout(timeout_s)
        length = int.from_bytes(self._read(_LENGTH_BYTES), "big")
        if length > _MAX_MESSAGE_BYTES:
            raise OSError(f"a message of {length} bytes")
        try:
            return msgspec.msgpack.decode(self._read(length), type=type_)
        except msgspec.DecodeError as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Say nothing more."""
        self._socket.close()

    def _read(self, count: int) -> bytes:
        data = bytearray(count)
        view, got = memoryview(data), 0
        while got < count:
            received = self._socket.recv_into(view[got:])
            if not received:
                raise ConnectionResetError("the other end is gone")
            got += received
        return bytes(data)


def lay_out(memory: mmap.mmap, width: int, height: int) -> Planes:
    """Views of a picture of this size at the beginning of the memory.

    Raises:
        ValueError: there is no picture of that size in so little memory.
    """
    half = ((height + 1) // 2, (width + 1) // 2)
    views: list[Plane] = []
    offset = 0
    for rows, columns in ((height, width), half, half):
        plane = np.frombuffer(memory, np.uint8, rows * columns, offset)
        views.append(plane.reshape(rows, columns))
        offset += rows * columns
    return Planes(*views)
