"""An H.264 key picture whose parameter set claims any size, in some hundred bytes."""

import numpy as np

from tests.support.single_picture import frame_of, unit_of
from videowall.fmp4.annexb import split_units
from videowall.fmp4.bits import Bits

_SPS = 7
_BASELINE = 66
_HIGHEST_LEVEL = 62
_MACROBLOCK = 16


class _Writer:
    """Bits of a parameter set."""

    def __init__(self) -> None:
        self._bits = ""

    def put(self, count: int, value: int) -> None:
        self._bits += f"{value:0{count}b}"

    def put_unsigned(self, value: int) -> None:
        code = f"{value + 1:b}"
        self._bits += "0" * (len(code) - 1) + code

    def finish(self) -> bytes:
        """With the stop bit, and emulation prevention."""
        bits = self._bits + "1"
        bits += "0" * (-len(bits) % 8)
        payload = bytearray()
        for byte in int(bits, 2).to_bytes(len(bits) // 8, "big"):
            if payload[-2:] == b"\0\0" and byte <= 3:
                payload.append(3)
            payload.append(byte)
        return bytes(payload)


def vast_unit(side: int) -> bytes:
    """The picture, as a file of its own that says it is `side` pixels wide and high, a multiple of 16."""
    small = unit_of("libx264", frame_of(np.full((64, 64), 90, np.uint8)))
    units = (_enlarged(unit, side) if unit[0] & 0x1F == _SPS else unit for unit in split_units(small.data))
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def _enlarged(sps: bytes, side: int) -> bytes:
    """ITU-T H.264, 7.3.2.1.1."""
    read, write = Bits(bytes(sps[1:]), "sps"), _Writer()
    write.put(16, read.take(16))
    read.skip(8)
    write.put(8, _HIGHEST_LEVEL)
    if sps[1] != _BASELINE:
        raise ValueError(f"profile {sps[1]}")
    for _ in range(2):
        write.put_unsigned(read.unsigned())
    order = read.unsigned()
    write.put_unsigned(order)
    if order == 0:
        write.put_unsigned(read.unsigned())
    write.put_unsigned(read.unsigned())
    write.put(1, read.take(1))
    for _ in range(2):
        write.put_unsigned(side // _MACROBLOCK - 1)
    # Frames alone, direct inference, neither cut nor described further.
    write.put(4, 0b1100)
    return bytes(sps[:1]) + write.finish()
