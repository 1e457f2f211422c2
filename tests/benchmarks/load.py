"""`python -m tests.benchmarks.load`: a crowd of devices behind one MQTT connection, as a process of its own.

It speaks MQTT 3.1.1 over a plain socket with packets made beforehand, so that it costs the machine next to nothing
and is never what is measured. Every device says who it is first: metrics with a unit, a range and a limit.
"""

import argparse
import socket
import struct
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from sensors.dialects.native import encode_birth
from sensors.model import Birth, Condition, DeviceId, DeviceKey, Limit, Metric, MetricType, Names, Priority, SiteId
from sensors.topics import Leaf, topic

SITES = tuple(SiteId(f"bench-{number}") for number in range(10))
MOST_OPEN = 20_000
"""Messages on their way that the broker has not acknowledged: far fewer than there are packet ids."""
_TICK_S = 0.002
_ACK_BYTES = 4


def key_of(device: int) -> DeviceKey:
    """The place of a device: as many at each site."""
    return DeviceKey(SITES[device % len(SITES)], DeviceId(f"sensor-{device}"))


def metric_name(number: int) -> str:
    """The name of a device's metric."""
    return f"level-{number}"


class Publisher:
    """One connection; `send` as many as may be open, `finish` when all are acknowledged."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        name = b"bench-load"
        self._socket.sendall(
            b"\x10" + bytes([12 + len(name)]) + b"\x00\x04MQTT\x04\x02\x00\x00" + struct.pack("!H", len(name)) + name
        )
        self._sent = 0
        self._acknowledged = 0
        self._moved = threading.Condition()
        self._reader = threading.Thread(target=self._read, name="acknowledgements", daemon=True)
        self._reader.start()

    def send(self, messages: list[tuple[bytes, bytes]], *, retained: bool = False) -> None:
        """Publish (topic, payload) pairs at quality of service 1."""
        with self._moved:
            self._moved.wait_for(lambda: self._sent - self._acknowledged < MOST_OPEN, 60)
        packets = bytearray()
        for name, payload in messages:
            self._sent += 1
            length = 4 + len(name) + len(payload)
            packets.append(0x33 if retained else 0x32)
            while length > 127:
                packets.append(length & 127 | 128)
                length >>= 7
            packets.append(length)
            packets += struct.pack("!H", len(name)) + name + struct.pack("!H", self._sent % 65_535 + 1) + payload
        self._socket.sendall(packets)

    def finish(self) -> None:
        """Wait for the last acknowledgement, and hang up."""
        with self._moved:
            if not self._moved.wait_for(lambda: self._acknowledged >= self._sent, 120):
                message = f"the broker acknowledged {self._acknowledged} of {self._sent}"
                raise TimeoutError(message)
        self._socket.sendall(b"\xe0\x00")
        self._socket.close()

    def _read(self) -> None:
        taken = -_ACK_BYTES
        while data := self._socket.recv(65_536):
            taken += len(data)
            with self._moved:
                self._acknowledged = taken // _ACK_BYTES
                self._moved.notify_all()


def births(devices: int, metrics: int) -> Iterator[tuple[bytes, bytes]]:
    """Every device's birth; its first metric has a limit, as an alarm has one metric and a device many."""
    limit = Limit("too-high", Condition.ABOVE, 1e12, Priority.LOW, Names(en="too high"))
    birth = Birth(
        "sensor",
        Names(en="Bench"),
        metrics=tuple(
            Metric(
                metric_name(number), MetricType.NUMBER, unit="V", minimum=0.0, limits=(limit,) if number == 0 else ()
            )
            for number in range(metrics)
        ),
    )
    payload = encode_birth(birth)
    for device in range(devices):
        yield _topic(device, Leaf.BIRTH), payload


def fill(port: int, messages: int, metrics: int, devices: int) -> None:
    """Publish `messages` samples of `metrics` values as fast as the broker takes them."""
    publisher = Publisher(port)
    publisher.send(list(births(devices, metrics)), retained=True)
    topics = [_topic(device, Leaf.DATA) for device in range(devices)]
    start_s = time.time() - messages / 1000
    for begin in range(0, messages, 500):
        publisher.send(
            [
                (
                    topics[number % devices],
                    _sample(_at(start_s + number / 1000), number // devices, [number * 0.25] * metrics),
                )
                for number in range(begin, min(begin + 500, messages))
            ]
        )
    publisher.finish()


def flow(port: int, rate: int, seconds: float, devices: int) -> None:
    """Publish `rate` samples a second, evenly; the value of each is the monotonic time at which it was sent."""
    publisher = Publisher(port)
    publisher.send(list(births(devices, 1)), retained=True)
    topics = [_topic(device, Leaf.DATA) for device in range(devices)]
    first, sent, began_s = round(time.time()), 0, time.monotonic()
    pause = threading.Event()
    while (gone_s := time.monotonic() - began_s) < seconds:
        due = int(gone_s * rate)
        at, now_s = _at(time.time()), time.monotonic()
        publisher.send(
            [(topics[number % devices], _sample(at, first + number // devices, [now_s])) for number in range(sent, due)]
        )
        sent = due
        pause.wait(_TICK_S)
    publisher.finish()


def _topic(device: int, leaf: Leaf) -> bytes:
    return topic(key_of(device), leaf).encode()


def _sample(at: bytes, sequence: int, values: list[float]) -> bytes:
    written = b",".join(b'"%s":%r' % (metric_name(number).encode(), value) for number, value in enumerate(values))
    return b'{"at":"%s","seq":%d,"values":{%s}}' % (at, sequence, written)


def _at(time_s: float) -> bytes:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="microseconds").encode()


def main() -> None:
    """Fill the broker, or let a stream flow."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("fill", "flow"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--devices", type=int, required=True)
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--metrics", type=int, default=1)
    parser.add_argument("--rate", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0)
    given = parser.parse_args()
    if given.kind == "fill":
        fill(given.port, given.messages, given.metrics, given.devices)
    else:
        flow(given.port, given.rate, given.seconds, given.devices)


if __name__ == "__main__":
    main()
