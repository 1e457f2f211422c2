"""Receiving a wall as a viewer would: every coded picture with the moment at which it was whole."""

import asyncio
import socket
import threading
import time
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from websockets.asyncio.client import connect

from sensors.rtsp.rtp import parse_rtp
from videowall.capture.rtsp.assembly import Assembler
from videowall.capture.rtsp.packing import PACKINGS
from videowall.capture.rtsp.sequencing import Sequencer
from videowall.fmp4.fragment import CLOCK_BYTES

_BUFFER_BYTES = 32_000_000


class Delivered(NamedTuple):
    """One coded picture of the wall, Annex B, and when it had arrived (monotonic)."""

    data: bytes
    at_s: float
    key: bool


class Receiver(Protocol):
    """Where a wall is delivered to."""

    frames: list[Delivered]

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class RtpReceiver:
    """A wall as RTP over UDP, the marker of a picture's last packet being the moment. The socket listens at once."""

    def __init__(self) -> None:
        self.frames: list[Delivered] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="rtp-receiver")
        self.port = int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        sequencer, assembler = Sequencer(0.0), Assembler(PACKINGS["H264"])
        while not self._ending:
            try:
                data = self._socket.recv(65_536)
            except TimeoutError:
                continue
            packet = parse_rtp(data)
            if packet is None or 192 <= data[1] <= 223:
                continue
            for sequenced in sequencer.feed(packet, time.monotonic()):
                for unit in assembler.feed(sequenced):
                    self.frames.append(Delivered(unit.data, time.monotonic(), unit.key))


class PageReceiver:
    """A wall of ours as its page gets it: fragmented MP4 over a WebSocket."""

    def __init__(self, url: str, token: str, viewers: int = 1) -> None:
        self.frames: list[Delivered] = []
        self._url = url.replace("http://", "ws://").rstrip("/")
        self._token = token
        self._viewers = viewers
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="page-receiver")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join()
        self._loop.close()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        self._task = self._loop.create_task(self._watch())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            return

    async def _watch(self) -> None:
        async with asyncio.TaskGroup() as group:
            for viewer in range(self._viewers):
                group.create_task(self._receive(self.frames if viewer == 0 else None))

    async def _receive(self, frames: list[Delivered] | None) -> None:
        async with connect(
            f"{self._url}/wall/bench/stream",
            additional_headers={"Authorization": f"Bearer {self._token}"},
            max_size=None,
            compression=None,
        ) as viewer:
            sets = b""
            async for message in viewer:
                if frames is None or isinstance(message, str):
                    continue
                at_s = time.monotonic()
                if message[4:8] == b"ftyp":
                    sets = _parameter_sets(message)
                else:
                    frames.append(_delivered(message, sets, at_s))


def _delivered(fragment: bytes, sets: bytes, at_s: float) -> Delivered:
    """A fragment's sample with start codes instead of lengths."""
    place = fragment.index(b"mdat", CLOCK_BYTES) + 4
    units: list[bytes] = []
    key = False
    while place + 4 <= len(fragment):
        size = int.from_bytes(fragment[place : place + 4], "big")
        unit = fragment[place + 4 : place + 4 + size]
        key |= unit[0] & 0x1F == 5
        units.append(b"\0\0\0\1" + unit)
        place += 4 + size
    return Delivered((sets if key else b"") + b"".join(units), at_s, key)


def _parameter_sets(init: bytes) -> bytes:
    """Those in the avcC box (ISO/IEC 14496-15)."""
    place = init.index(b"avcC") + 4 + 5
    found = b""
    for _ in range(2):
        count = init[place] & 0x1F
        place += 1
        for _ in range(count):
            size = int.from_bytes(init[place : place + 2], "big")
            found += b"\0\0\0\1" + init[place + 2 : place + 2 + size]
            place += 2 + size
    return found
