"""Access units of H.264 and H.265 in byte stream form (Annex B of both), taken apart into NAL units."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from sensors.errors import LimitError, WireError

MAX_ACCESS_UNIT_BYTES: Final = 16_000_000
MAX_NAL_UNITS: Final = 1_024
_START_CODE: Final = b"\x00\x00\x01"


class NalType(IntEnum):
    """The NAL unit types of H.264 that matter here (Table 7-1)."""

    SPS = 7
    PPS = 8
    DELIMITER = 9


_BESIDE_THE_PICTURE: Final = frozenset({NalType.SPS, NalType.PPS, NalType.DELIMITER})


def nal_type(unit: bytes) -> int:
    """The type in a NAL unit's first byte."""
    return unit[0] & 0x1F


def split_units(access_unit: bytes) -> list[bytes]:
    """The NAL units of one access unit, without start codes and padding.

    Raises:
        WireError: it does not begin with a start code, or holds no NAL unit.
        LimitError: it is over `MAX_ACCESS_UNIT_BYTES` or has over `MAX_NAL_UNITS`.
    """
    if len(access_unit) > MAX_ACCESS_UNIT_BYTES:
        raise LimitError(f"over {MAX_ACCESS_UNIT_BYTES} bytes", subject="access unit")
    head, *parts = access_unit.split(_START_CODE, MAX_NAL_UNITS + 1)
    if len(parts) > MAX_NAL_UNITS:
        raise LimitError(f"over {MAX_NAL_UNITS} NAL units", subject="access unit")
    if head.strip(b"\x00"):
        raise WireError("does not begin with a start code", subject="access unit")
    units = [unit for part in parts if (unit := part.rstrip(b"\x00"))]
    if not units:
        raise WireError("holds no NAL unit", subject="access unit")
    return units


def join_sample(units: Iterable[bytes]) -> bytes:
    """The units of H.264 as one MP4 sample, parameter sets and delimiters left out.

    Raises:
        WireError: no picture is left.
    """
    return join_units(unit for unit in units if nal_type(unit) not in _BESIDE_THE_PICTURE)


def join_units(units: Iterable[bytes]) -> bytes:
    """The units, each behind its length in 4 bytes.

    Raises:
        WireError: there is none.
    """
    pieces: list[bytes] = []
    for unit in units:
        pieces += (len(unit).to_bytes(4, "big"), unit)
    if not pieces:
        raise WireError("holds no picture", subject="access unit")
    return b"".join(pieces)
