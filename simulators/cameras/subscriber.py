"""One viewer of a stream, over its RTSP connection or over UDP; frames that it does not take in time are dropped."""

import asyncio
import contextlib
import socket
from abc import ABC, abstractmethod
from collections.abc import Sequence

from sensors.rtsp.messages import INTERLEAVED_HEAD, encode_interleaved
from simulators.cameras.frame import cut
from simulators.cameras.spout import Spout
from simulators.cameras.way import Way

MOST_ON_THE_WAY = 4_096
"""Datagrams of one viewer; more are lost."""


class Outgoing:
    """The packets of one frame as they leave now, inside connections and as datagrams.

    `wire` and `starts` are as a `Frame` has them.
    """

    def __init__(
        self, wire: bytearray, starts: tuple[int, ...], *, key: bool, datagrams: Sequence[bytes] | None = None
    ) -> None:
        self.wire = wire
        self.starts = starts
        self.key = key
        self._datagrams = datagrams

    def inside(self, channel: int) -> bytearray:
        """What goes into a connection on one of its channels."""
        if channel == 0:
            return self.wire
        wire = bytearray(self.wire)
        for start in self.starts:
            wire[start - INTERLEAVED_HEAD + 1] = channel
        return wire

    @property
    def datagrams(self) -> Sequence[bytes]:
        """Each packet by itself, in the order in which they leave."""
        if self._datagrams is None:
            self._datagrams = cut(self.wire, self.starts)
        return self._datagrams


class Subscriber(ABC):
    """Takes frames; after a dropped one it waits for a key frame, since what lies between cannot be decoded."""

    def __init__(self) -> None:
        self._waits_for_key = True
        self.frames_total = 0
        self.dropped_total = 0

    def send(self, frame: Outgoing) -> bool:
        """Whether the frame went to the network."""
        if self._waits_for_key and not frame.key:
            return False
        self._waits_for_key = not self._write(frame)
        if self._waits_for_key:
            self.dropped_total += 1
            return False
        self.frames_total += 1
        return True

    def break_off(self) -> None:
        """The next frame does not follow the last one: begin again at a key frame."""
        self._waits_for_key = True

    @abstractmethod
    def report(self, packet: bytes) -> None:
        """Send one RTCP packet."""

    @abstractmethod
    def _write(self, frame: Outgoing) -> bool:
        """Hand one frame's packets to the network; false when so much is waiting that more would only be late."""


class InterleavedSubscriber(Subscriber):
    """A viewer inside its RTSP connection; `channel` is RTP, the next one RTCP."""

    def __init__(self, spout: Spout, channel: int, pending_limit_bytes: int) -> None:
        super().__init__()
        self._spout = spout
        self._channel = channel
        self._pending_limit_bytes = pending_limit_bytes

    def report(self, packet: bytes) -> None:
        """Send one RTCP packet."""
        if not self._is_full():
            self._spout.write(encode_interleaved(self._channel + 1, packet))

    def _is_full(self) -> bool:
        return self._spout.is_closing or self._spout.pending_bytes > self._pending_limit_bytes

    def _write(self, frame: Outgoing) -> bool:
        if self._is_full():
            return False
        self._spout.write(frame.inside(self._channel))
        return True


class DatagramSubscriber(Subscriber):
    """A viewer that is sent datagrams from the server's own pair of sockets, which do not block.

    Where there is a `way` to it they come when that lets them through.
    """

    def __init__(
        self, media: socket.socket, control: socket.socket, host: str, ports: tuple[int, int], way: Way | None = None
    ) -> None:
        super().__init__()
        self._media, self._control = media, control
        self._media_address, self._control_address = (host, ports[0]), (host, ports[1])
        self._way = way
        self._on_the_way = 0

    def report(self, packet: bytes) -> None:
        """Send one RTCP packet, or lose it, as datagrams may be."""
        with contextlib.suppress(OSError):
            self._send(self._control, packet, self._control_address)

    def _write(self, frame: Outgoing) -> bool:
        try:
            for packet in frame.datagrams:
                self._send(self._media, packet, self._media_address)
        except OSError:
            return False
        return True

    def _send(self, line: socket.socket, packet: bytes, address: tuple[str, int]) -> None:
        if self._way is None:
            line.sendto(packet, address)
        elif (due_s := self._way.datagram_due_s(len(packet))) is not None and self._on_the_way < MOST_ON_THE_WAY:
            loop = asyncio.get_running_loop()
            if due_s <= loop.time() and not self._on_the_way:
                line.sendto(packet, address)
            else:
                self._on_the_way += 1
                loop.call_at(due_s, self._arrive, line, packet, address)

    def _arrive(self, line: socket.socket, packet: bytes, address: tuple[str, int]) -> None:
        """What is on its way when the link fails is lost."""
        self._on_the_way -= 1
        if self._way is not None and self._way.is_open:
            with contextlib.suppress(OSError):
                line.sendto(packet, address)
