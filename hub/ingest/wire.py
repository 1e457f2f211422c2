"""The socket between paho and the broker, past which messages go straight to the hub and never through paho.

paho keeps what it is good at: the handshake, subscriptions, keep-alive, what the hub publishes. One message costs it
four system calls, each a hand-over of Python's lock, and a dozen objects: more than the whole rest of its way to the
disk. Here many messages share one read and many acknowledgements one write. The order of packets is kept: paho is
given its next packet only when the messages before it are delivered.
"""

import socket
import struct
import threading
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt

from hub.ingest.packets import Packets
from hub.inputs import Moment, Received
from sensors.clock import Clock
from sensors.errors import WireError

_READ_BYTES = 65_536
_PUBACK = 0x4002_0000

Deliver = Callable[[Sequence[Received]], bool]


class Wire:
    """A connected socket as paho uses one. `acknowledge`, `flush` and `shut` belong to any thread."""

    def __init__(self, connection: socket.socket, packets: Packets, clock: Clock, deliver: Deliver) -> None:
        self._socket = connection
        self._packets = packets
        self._clock = clock
        self._deliver = deliver
        self._other = b""
        self._ended = False
        self._unsent = b""
        self._writing = threading.Lock()

    def recv(self, buffer_size: int) -> bytes:
        """Bytes of the next packet that is not a message. Those before it are delivered, which may wait for room.

        Raises:
            BlockingIOError: there is none now.
            OSError: the connection is lost, or what came is not MQTT.
        """
        if not self._other:
            if not self._packets.waiting:
                self._read()
            self._sort()
        if not self._other and not self._ended:
            raise BlockingIOError
        given, self._other = self._other[:buffer_size], self._other[buffer_size:]
        return given

    def pending(self) -> int:
        """Above 0 when `recv` need not wait for the socket."""
        return len(self._other) or self._packets.waiting

    def send(self, buffer: bytes | bytearray) -> int:
        """Take over a whole packet of paho's, so that nothing comes into the middle of it.

        Raises:
            BlockingIOError: the broker does not read.
            OSError: the connection is lost.
        """
        with self._writing:
            self._write()
            if self._unsent:
                raise BlockingIOError
            self._unsent = bytes(buffer)
            self._write()
        return len(buffer)

    def acknowledge(self, packet_ids: Sequence[int]) -> None:
        """Send one acknowledgement for each, in this order.

        Raises:
            OSError: the connection is lost.
        """
        with self._writing:
            self._unsent += struct.pack(f"!{len(packet_ids)}I", *[_PUBACK | number for number in packet_ids])
            self._write()

    def flush(self) -> bool:
        """Send what the broker did not take so far; False when some is left.

        Raises:
            OSError: the connection is lost.
        """
        with self._writing:
            self._write()
            return not self._unsent

    def shut(self) -> None:
        """Break the connection, so that whoever reads it notices.

        Raises:
            OSError: it is broken already.
        """
        self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let the socket go."""
        self._socket.close()

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - as a socket has it
        """See `socket.socket.setblocking`."""
        self._socket.setblocking(flag)

    def _read(self) -> None:
        data = self._socket.recv(_READ_BYTES)
        self._ended = not data
        self._packets.feed(data)

    def _sort(self) -> None:
        try:
            messages, self._other = self._packets.take(Moment(self._clock.now(), self._clock.monotonic_s()))
        except WireError as error:
            raise ConnectionError(error.text) from error
        if messages:
            self._deliver(messages)

    def _write(self) -> None:
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except BlockingIOError:
                return
            self._unsent = self._unsent[sent:]


class WiredClient(mqtt.Client):
    """paho's client, on a wire instead of a bare socket."""

    def __init__(self, put_on_wire: Callable[[socket.socket], Wire], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._put_on_wire = put_on_wire

    def _create_socket(self) -> Wire:
        return self._put_on_wire(self._create_socket_connection())
