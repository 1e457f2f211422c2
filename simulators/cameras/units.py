"""The units (NAL units) inside RTP payloads of H.264 (RFC 6184) and H.265 (RFC 7798)."""

from collections.abc import Iterator
from typing import NamedTuple

from simulators.cameras.vocabulary import Codec

RTP_HEAD = 12


class _Grammar(NamedTuple):
    """Where a unit's type is, which type is an aggregate, and which are parameter sets, in the order of decoding."""

    shift: int
    mask: int
    head_bytes: int
    aggregate: int
    parameter_sets: tuple[int, ...]

    def kind(self, unit: bytes) -> int:
        return unit[0] >> self.shift & self.mask


_GRAMMARS = {
    Codec.H264: _Grammar(0, 0x1F, 1, 24, (7, 8)),
    Codec.H265: _Grammar(1, 0x3F, 2, 48, (32, 33, 34)),
}


def parameter_sets(packets: tuple[bytes, ...], codec: Codec) -> tuple[bytes, ...]:
    """The first parameter set of each kind in a frame's packets, in the order of decoding."""
    grammar = _GRAMMARS[codec]
    found: dict[int, bytes] = {}
    for packet in packets:
        for unit in _units(packet[RTP_HEAD:], grammar):
            found.setdefault(grammar.kind(unit), unit)
    return tuple(found[kind] for kind in grammar.parameter_sets if kind in found)


def without_parameter_sets(packets: tuple[bytes, ...], codec: Codec) -> tuple[bytes, ...]:
    """A frame's packets with no parameter set left in them; one that held nothing else is gone."""
    grammar = _GRAMMARS[codec]
    kept: list[bytes] = []
    for packet in packets:
        payload = packet[RTP_HEAD:]
        units = [unit for unit in _units(payload, grammar) if grammar.kind(unit) not in grammar.parameter_sets]
        if grammar.kind(payload) == grammar.aggregate:
            body = b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)
            payload = payload[: grammar.head_bytes] + body
        if units:
            kept.append(packet[:RTP_HEAD] + payload)
    return tuple(kept)


def _units(payload: bytes, grammar: _Grammar) -> Iterator[bytes]:
    """Whole units, or the one piece of a unit that the payload is."""
    if grammar.kind(payload) != grammar.aggregate:
        yield payload
        return
    start = grammar.head_bytes
    while start + 2 < len(payload):
        end = start + 2 + int.from_bytes(payload[start : start + 2], "big")
        yield payload[start + 2 : end]
        start = end
