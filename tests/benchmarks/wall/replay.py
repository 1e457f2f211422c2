"""`python -m tests.benchmarks.wall.replay`: cameras for next to no CPU, as a process of its own that is never counted.

RTSP over TCP, rtsp://127.0.0.1:PORT/<camera>, numbered from 0; any number of connections to each. A film is cut into
packets once; on replay only sequence number, timestamp and source change. Frames leave on time by the system's
monotonic clock, cameras at different phases of the frame and of the group of pictures. Commands come on standard
input, a line each: `<camera> none|killed|refused|stalled|frozen|corrupt|bursty`; an empty line ends it. Then the
departures of all frames are in the file that `--departures` names: camera, frame of the film, time, `DEPARTURE` each.
"""

import argparse
import asyncio
import base64
import contextlib
import random
import struct
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sensors.rtsp.messages import Parser, Request, Response, encode_response
from tests.benchmarks.wall.clips import DEPARTURE, FPS, FRAMES, GOP, SCENES, SIZES, Reel, Size, load

_CLOCK_HZ = 90_000
_GOLDEN = 0.6180339887
_MOST_UNSENT_BYTES = 4_000_000
_BURST_S = 1.0
_HEAD = struct.Struct(">HII")
_PREFIX = struct.Struct(">cBH")


class _Frame:
    """One frame as it lies in a connection, and where its packets begin."""

    def __init__(self, packets: tuple[bytes, ...]) -> None:
        self.data = bytearray()
        self.starts: list[int] = []
        for packet in packets:
            self.data += _PREFIX.pack(b"$", 0, len(packet))
            self.starts.append(len(self.data))
            self.data += packet


class Camera:
    """One camera of one size."""

    def __init__(self, number: int, size: Size, reel: Reel, departures: bytearray) -> None:
        self.viewers: dict[asyncio.Transport, bool] = {}
        """Each with whether it waits for a key frame."""
        self.fault = "none"
        self._number = number
        self._frames = [_Frame(packets) for packets in reel.frames]
        self._departures = departures
        self._sequence = number * 997 & 0xFFFF
        self._ticks = number * 90_001
        self._ssrc = 0x5EC0_0000 | number
        self._index = int(number * _GOLDEN * FRAMES) % FRAMES
        self._returns = False
        self._burst: list[tuple[bytes, int, float]] = []
        self._chance = random.Random(number)  # noqa: S311 - which packets break, not a secret
        sets = ",".join(base64.b64encode(unit).decode() for unit in reel.sets)
        self.sdp = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
            f"a=fmtp:96 packetization-mode=1;profile-level-id={reel.sets[0][1:4].hex()};sprop-parameter-sets={sets}\r\n"
            f"a=framerate:{FPS}\r\na=x-dimensions:{size.width},{size.height}\r\na=control:trackID=0\r\n"
        ).encode()

    def set_fault(self, fault: str) -> None:
        """From now on it has this fault, or none."""
        if fault in {"killed", "refused"}:
            for transport in self.viewers:
                transport.abort()
            self.viewers.clear()
        if fault == "none":
            self._begin_anew()
        self._returns = fault == "none"
        self.fault = fault
        for transport in self.viewers:
            self.viewers[transport] = True

    def join(self, transport: asyncio.Transport) -> None:
        """Send to one more. Once it has been in trouble, a camera begins with a key frame, as most do."""
        if self._returns:
            self._begin_anew()
        self.viewers[transport] = True

    def _begin_anew(self) -> None:
        """Go on with a key frame, as most cameras do, and with what was not to be seen a moment ago, as all do."""
        self._index = (self._index - self._index % GOP + GOP) % FRAMES

    def play(self) -> None:
        """Send the next frame."""
        index = self._index
        if self.fault == "frozen":
            index -= index % GOP  # the same picture, encoded anew each time
        self._index = (index + 1) % FRAMES if self.fault != "frozen" else index
        self._ticks = self._ticks + _CLOCK_HZ // FPS & 0xFFFF_FFFF
        if not self.viewers or self.fault in {"stalled", "killed", "refused"}:
            return
        frame = self._frames[index]
        data, sequence = frame.data, self._sequence
        for start in frame.starts:
            _HEAD.pack_into(data, start + 2, sequence, self._ticks, self._ssrc)
            sequence = sequence + 1 & 0xFFFF
        self._sequence = sequence
        out = bytes(data) if self.fault != "corrupt" else self._broken(data, frame.starts)
        now_s = time.monotonic()
        if self.fault == "bursty":
            self._burst.append((out, index, now_s))
            if len(self._burst) < _BURST_S * FPS:
                return
        else:
            self._burst.append((out, index, now_s))
        for late, number, at_s in self._burst:
            self._send(late, number, at_s)
        self._burst.clear()

    def _send(self, data: bytes, index: int, at_s: float) -> None:
        is_key = index % GOP == 0
        for transport, waits in list(self.viewers.items()):
            if transport.is_closing():
                del self.viewers[transport]
            elif (waits and not is_key) or transport.get_write_buffer_size() > _MOST_UNSENT_BYTES:
                self.viewers[transport] = True
            else:
                self.viewers[transport] = False
                transport.write(data)
        self._departures += DEPARTURE.pack(self._number, index, at_s)

    def _broken(self, data: bytearray, starts: list[int]) -> bytes:
        broken = bytearray(data)
        for start in starts:
            if self._chance.random() < 0.02:
                place = start + 14 + self._chance.randrange(40)
                if place < len(broken):
                    broken[place] ^= 0xFF
        return bytes(broken)


class _Connection(asyncio.Protocol):
    """Just enough RTSP."""

    def __init__(self, find: Callable[[str], Camera | None]) -> None:
        self._find = find
        self._parser = Parser()
        self._camera: Camera | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for message in self._parser.feed(data):
            if isinstance(message, Request):
                self._answer(message)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._camera is not None and self._transport is not None:
            self._camera.viewers.pop(self._transport, None)

    def _answer(self, request: Request) -> None:
        assert self._transport is not None
        headers = {"CSeq": request.headers.get("cseq", "0"), "Session": "12345678;timeout=60"}
        camera = self._find(request.url)
        if camera is None or camera.fault == "killed":
            self._transport.abort()
            return
        body, status = b"", 200
        if camera.fault == "refused":
            status = 503
        elif request.method == "OPTIONS":
            headers["Public"] = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
        elif request.method == "DESCRIBE":
            headers |= {"Content-Type": "application/sdp", "Content-Base": request.url.rstrip("/") + "/"}
            body = camera.sdp
        elif request.method == "SETUP":
            if "TCP" not in request.headers.get("transport", ""):
                status = 461
            else:
                headers["Transport"] = "RTP/AVP/TCP;unicast;interleaved=0-1"
        self._transport.write(encode_response(Response(status, "OK" if status == 200 else "no", headers, body)))
        if request.method == "PLAY" and status == 200:
            self._camera = camera
            camera.join(self._transport)
        elif request.method == "TEARDOWN" and self._camera is not None:
            self._camera.viewers.pop(self._transport, None)


async def _serve(given: argparse.Namespace, departures: bytearray) -> None:
    size = SIZES[given.size]
    films = [load(scene, size) for scene in range(min(SCENES, given.cameras))]
    cameras = [Camera(number, size, films[number % SCENES], departures) for number in range(given.cameras)]

    def find(url: str) -> Camera | None:
        with contextlib.suppress(ValueError, IndexError):
            return cameras[int(url.split("/")[3])]
        return None

    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(_Connection, find), "127.0.0.1", given.port, backlog=256)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), _obey, cameras, ended)
    playing = [asyncio.create_task(_play(camera, number * _GOLDEN % 1 / FPS)) for number, camera in enumerate(cameras)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await ended.wait()
    for task in playing:
        task.cancel()
    server.close()


async def _play(camera: Camera, phase_s: float) -> None:
    number = int(time.monotonic() * FPS) + 1
    while True:
        await asyncio.sleep(max(0.0, number / FPS + phase_s - time.monotonic()))
        camera.play()
        number += 1


def _obey(cameras: list[Camera], ended: asyncio.Event) -> None:
    number, _, fault = sys.stdin.readline().strip().partition(" ")
    if fault:
        cameras[int(number)].set_fault(fault)
    else:
        ended.set()


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--size", choices=sorted(SIZES), required=True)
    parser.add_argument("--cameras", type=int, required=True)
    parser.add_argument("--departures", type=Path, required=True)
    given = parser.parse_args()
    departures = bytearray()
    asyncio.run(_serve(given, departures))
    given.departures.write_bytes(departures)


if __name__ == "__main__":
    main()
