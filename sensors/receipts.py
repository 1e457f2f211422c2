"""Receipts: the centre tells a gateway which of its samples are on the centre's disk, so that it may forget them.

A broker's acknowledgement promises less: what a broker holds in memory dies with it. Sequence numbers are told in
ranges, both ends included, by device.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from sensors.model import DeviceId

MAX_RANGES = 1_000
"""In one receipt. What is beyond is not told; its samples come again, and are told then."""

Range = tuple[int, int]


class Receipt(Struct, frozen=True, omit_defaults=True):
    """Ranges of sequence numbers by device: `stored` whole; of `refused`, something will never be stored."""

    stored: dict[str, tuple[Range, ...]] = {}
    refused: dict[str, tuple[Range, ...]] = {}


_Sequence = Annotated[int, Meta(ge=0, lt=2**53)]


class _Numbered(Struct, frozen=True):
    seq: _Sequence | None = None


class _Samples(_Numbered, frozen=True):
    samples: tuple[_Numbered, ...] = ()


_receipt = msgspec.json.Decoder(Receipt)
_samples = msgspec.json.Decoder(_Samples)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)


def encode_receipt(stored: Mapping[DeviceId, Iterable[Range]], refused: Mapping[DeviceId, Iterable[Range]]) -> bytes:
    """Payload of what the centre tells a gateway."""
    return msgspec.json.encode(
        Receipt({name: tuple(of) for name, of in stored.items()}, {name: tuple(of) for name, of in refused.items()})
    )


def decode_receipt(payload: bytes) -> Receipt | str:
    """The gateway's side of a receipt, or the reason why it is none. Fields of later versions are passed over."""
    try:
        return _receipt.decode(payload)
    except _UNREADABLE as error:
        return str(error)[:200]


def sequences_of(payload: bytes) -> tuple[int, ...]:
    """The sequence numbers in a data message, as far as they can be read; also of one that is refused otherwise."""
    try:
        data = _samples.decode(payload)
    except _UNREADABLE:
        return ()
    numbered: tuple[_Numbered, ...] = (data, *data.samples)
    return tuple(each.seq for each in numbered if each.seq is not None)


def merge(numbers: Iterable[int]) -> list[Range]:
    """The fewest ranges that hold these numbers and no others, in order."""
    ranges: list[Range] = []
    for number in sorted(numbers):
        if ranges and number <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def holds(ranges: tuple[Range, ...], number: int) -> bool:
    """Whether a number is in one of these ranges, which are in order."""
    place = bisect_right(ranges, (number, float("inf")))
    return place > 0 and number <= ranges[place - 1][1]
