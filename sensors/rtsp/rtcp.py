"""RTCP packets (RFC 3550, section 6): what a receiver must understand, and what it says back."""

import struct
from collections.abc import Iterator

from msgspec import Struct

_HEAD = struct.Struct(">BBH")
_SENDER = struct.Struct(">IQI")
_BLOCK = struct.Struct(">IIIIII")
_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _GOODBYE = 200, 201, 202, 203
_CANONICAL_NAME = 1
_MAX_PARTS = 16
_NTP_EPOCH_S = 2_208_988_800
_ERA_S = 2**32
_LOST_MOST = 2**23 - 1


class SenderReport(Struct, frozen=True):
    """Which wall-clock time (64-bit NTP format; 0: the sender has no clock) an RTP timestamp was."""

    ssrc: int
    ntp: int
    rtp_timestamp: int

    @property
    def unix_s(self) -> float | None:
        """The same as Unix time; None without a clock."""
        return unix_of(self.ntp)


class Goodbye(Struct, frozen=True):
    """These sources have ended."""

    ssrcs: tuple[int, ...]


class ReportBlock(Struct, frozen=True):
    """How one source is received. Fields are those of RFC 3550, 6.4.1; delays in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    lost_total: int
    highest_sequence: int
    jitter: int
    last_report: int
    delay_since_report: int


def parse_rtcp(data: bytes) -> tuple[SenderReport | Goodbye, ...]:
    """What a compound packet says that matters here; empty when it is not RTCP. Never raises."""
    return tuple(_parts(data))


def parse_receiver_report(data: bytes) -> tuple[ReportBlock, ...]:
    """The report blocks of a compound packet's first part, when that is a receiver report; else empty."""
    if len(data) < _HEAD.size + 4:
        return ()
    flags, kind, words = _HEAD.unpack_from(data)
    end = min(len(data), _HEAD.size + 4 * words)
    if flags >> 6 != 2 or kind != _RECEIVER_REPORT:
        return ()
    starts = range(_HEAD.size + 4, end - _BLOCK.size + 1, _BLOCK.size)
    return tuple(_block(data, start) for start in list(starts)[: flags & 0x1F])


def encode_receiver_report(ssrc: int, name: str, block: ReportBlock | None) -> bytes:
    """A compound packet: a receiver report of `ssrc` with one block or none, and the canonical name it must carry."""
    body = b"" if block is None else _encode_block(block)
    report = _HEAD.pack(0x80 | (block is not None), _RECEIVER_REPORT, 1 + len(body) // 4)
    text = name.encode()[:255]
    item = bytes((_CANONICAL_NAME, len(text))) + text
    chunk = struct.pack(">I", ssrc) + item + b"\0" * (4 - len(item) % 4)
    return report + struct.pack(">I", ssrc) + body + _HEAD.pack(0x81, _DESCRIPTION, len(chunk) // 4) + chunk


def unix_of(ntp: int) -> float | None:
    """Unix time of a 64-bit NTP time, which began anew in 2036; None for 0, which means that there is no clock."""
    if not ntp:
        return None
    seconds, fraction = ntp >> 32, ntp & 0xFFFF_FFFF
    era_s = 0 if seconds & 0x8000_0000 else _ERA_S
    return seconds + era_s - _NTP_EPOCH_S + fraction / 2**32


def _parts(data: bytes) -> Iterator[SenderReport | Goodbye]:
    start = 0
    for _ in range(_MAX_PARTS):
        if len(data) < start + _HEAD.size:
            return
        flags, kind, words = _HEAD.unpack_from(data, start)
        end = start + _HEAD.size + 4 * words
        if flags >> 6 != 2 or len(data) < end:
            return
        body = data[start + _HEAD.size : end]
        if kind == _SENDER_REPORT and len(body) >= _SENDER.size:
            yield SenderReport(*_SENDER.unpack_from(body))
        elif kind == _GOODBYE:
            count = min(flags & 0x1F, len(body) // 4)
            yield Goodbye(struct.unpack_from(f">{count}I", body))
        start = end


def _block(data: bytes, start: int) -> ReportBlock:
    ssrc, lost, highest, jitter, last, delay = _BLOCK.unpack_from(data, start)
    total = lost & 0xFF_FFFF
    signed = total - 2**24 if total > _LOST_MOST else total
    return ReportBlock(ssrc, lost >> 24, signed, highest, jitter, last, delay)


def _encode_block(block: ReportBlock) -> bytes:
    lost_total = max(-_LOST_MOST - 1, min(_LOST_MOST, block.lost_total)) & 0xFF_FFFF
    return _BLOCK.pack(
        block.ssrc,
        block.fraction_lost << 24 | lost_total,
        block.highest_sequence & 0xFFFF_FFFF,
        min(block.jitter, 0xFFFF_FFFF),
        block.last_report,
        min(block.delay_since_report, 0xFFFF_FFFF),
    )
