"""A real mosquitto for tests, and a proxy that keeps a record of acknowledgements."""

import asyncio
import getpass
import os
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

from tests.support.brokers import free_port
from tests.support.waiting import eventually

_INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "mosquitto")
_PUBLISH, _PUBACK = 3, 4


class Mosquitto:
    """One that can be killed and started again, on the same port and with the same memory."""

    def __init__(self, directory: Path, configuration: str, port: int) -> None:
        # Started by root it would become a user who may not write into a folder of the tests.
        self._config = directory / f"mosquitto-{port}.conf"
        self._config.write_text(f"{configuration}\nuser {getpass.getuser()}\n")
        self._log = directory / f"mosquitto-{port}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port

    def start(self) -> None:
        """Begin, and wait until it listens."""
        with self._log.open("ab") as log:
            self._process = process = subprocess.Popen([program(), "-c", self._config], stdout=log, stderr=log)
        eventually(lambda: _listens(self.port) or process.poll() is not None, within_s=60, what="mosquitto's port")
        assert process.poll() is None, self._log.read_text()

    def kill(self) -> None:
        """As a power cut would, but for what the kernel has yet to write."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)

    def stop(self) -> None:
        """As its service manager would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)  # it writes down what it holds, which may be much


@contextmanager
def running_mosquitto(directory: Path, *lines: str) -> Iterator[int]:
    """The port of a mosquitto that lives as long as the block; `lines` are added to its configuration."""
    port = free_port()
    plain = (f"listener {port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0", *lines)
    broker = Mosquitto(directory, "\n".join(plain), port)
    broker.start()
    try:
        yield port
    finally:
        broker.stop()


def program(name: str = "mosquitto") -> str:
    """Where one of its programs is; installed when it is missing and that is allowed."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    found = shutil.which(name, path=path)
    if found is None and os.geteuid() == 0:
        # The packaged service is kept from starting: it would take the usual port.
        no_service = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        subprocess.run(_INSTALL, check=True, env=no_service, stdout=subprocess.DEVNULL)
        found = shutil.which(name, path=path)
    assert found, "mosquitto is missing: run  apt-get install --no-install-recommends mosquitto"
    return found


def _listens(port: int) -> bool:
    wanted = f":{port:04X} "
    return any(wanted in line and " 0A " in line for line in Path("/proc/net/tcp").read_text().splitlines())


class AcknowledgementRecord:
    """A TCP proxy between a client and its broker that knows which PUBLISH each PUBACK of the client answers."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._lock = threading.Lock()
        self._acknowledged: list[bytes] = []
        self.connections_total = 0
        self.order_broken_total = 0

    @property
    def acknowledged(self) -> list[bytes]:
        """Payloads of the messages that were acknowledged, in the order of their acknowledgements."""
        with self._lock:
            return list(self._acknowledged)

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """One connection through the proxy."""
        self.connections_total += 1
        broker, to_broker = await asyncio.open_connection("127.0.0.1", self._broker_port)
        open_messages: dict[int, bytes] = {}
        pumps = (
            asyncio.create_task(_pump(broker, to_client, partial(self._note_delivery, open_messages))),
            asyncio.create_task(_pump(client, to_broker, partial(self._note_answer, open_messages))),
        )
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            to_client.close()
            to_broker.close()

    def _note_delivery(self, open_messages: dict[int, bytes], header: int, body: bytes) -> None:
        if header >> 4 == _PUBLISH and header & 0x06:
            after_topic = 2 + int.from_bytes(body[:2], "big")
            open_messages[int.from_bytes(body[after_topic : after_topic + 2], "big")] = body[after_topic + 2 :]

    def _note_answer(self, open_messages: dict[int, bytes], header: int, body: bytes) -> None:
        number = int.from_bytes(body[:2], "big")
        if header >> 4 == _PUBACK and number in open_messages:
            self.order_broken_total += next(iter(open_messages)) != number
            with self._lock:
                self._acknowledged.append(open_messages.pop(number))


@asynccontextmanager
async def recording_proxy(broker_port: int) -> AsyncIterator[tuple[int, AcknowledgementRecord]]:
    """A proxy's port and its record, as long as the block lives."""
    record = AcknowledgementRecord(broker_port)
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await record.serve(reader, writer)
        finally:
            connections.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], record
    finally:
        server.close()
        for task in tuple(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, note: Callable[[int, bytes], None]) -> None:
    try:
        while True:
            header, body = await _read_packet(source)
            note(header, body)
            sink.write(_with_length(header, body))
            await sink.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        return


async def _read_packet(source: asyncio.StreamReader) -> tuple[int, bytes]:
    header = (await source.readexactly(1))[0]
    length, shift = 0, 0
    while True:
        byte = (await source.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return header, await source.readexactly(length)


def _with_length(header: int, body: bytes) -> bytes:
    out, length = bytearray([header]), len(body)
    while True:
        length, low = divmod(length, 128)
        out.append(low | (0x80 if length else 0))
        if not length:
            return bytes(out) + body
