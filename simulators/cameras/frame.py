"""One coded picture, cut into RTP packets that lie behind one another as they go out inside a connection."""

from collections.abc import Iterable
from typing import NamedTuple

from sensors.rtsp.messages import INTERLEAVED_HEAD, encode_interleaved
from simulators.cameras.encoder import Packets


class Frame(NamedTuple):
    """`wire` holds the packets, each behind its interleaved head on channel 0; `starts` is where they begin in it.

    `key`: decoding can begin here. `stamp` is the number that is drawn into the picture.
    """

    wire: bytes
    starts: tuple[int, ...]
    key: bool
    stamp: int

    @classmethod
    def of(cls, packets: Iterable[bytes], *, key: bool, stamp: int = 0) -> "Frame":
        """A frame of packets."""
        wire, starts = bytearray(), []
        for packet in packets:
            starts.append(len(wire) + INTERLEAVED_HEAD)
            wire += encode_interleaved(0, packet)
        return cls(bytes(wire), tuple(starts), key, stamp)

    @property
    def packets(self) -> Packets:
        """Each packet by itself."""
        return cut(self.wire, self.starts)


def cut(wire: bytes | bytearray, starts: tuple[int, ...]) -> Packets:
    """The packets that lie behind one another."""
    ends = (*(start - INTERLEAVED_HEAD for start in starts[1:]), len(wire))
    return tuple(bytes(wire[start:end]) for start, end in zip(starts, ends, strict=True))
