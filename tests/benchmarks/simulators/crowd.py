"""`python -m tests.benchmarks.simulators.crowd`: viewers of many streams, as a process of its own, that only count.

Each asks for the sub-stream of a camera over RTSP, interleaved in the connection, and counts pictures by their last
packet's marker. It has the camera describe its main stream first, so that this is drawn by then. Says one line of JSON
when all play, and one at the end.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any

_HEAD = 4
_MARKER = 0x80
_STAY_S = 20


class Viewer(asyncio.Protocol):
    """One viewer: the answers to its two requests, then packets."""

    def __init__(self, url: str) -> None:
        self._camera, self._url = url, f"{url}/sub"
        self._buffer = bytearray()
        self.plays: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._session = b""
        self.frames = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._ask(f"DESCRIBE {self._camera}/main RTSP/1.0\r\nCSeq: 0\r\n\r\n")
        offer = "RTP/AVP/TCP;unicast;interleaved=0-1"
        self._ask(f"SETUP {self._url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: {offer}\r\n\r\n")

    def data_received(self, data: bytes) -> None:
        """Count the pictures that end in what has come."""
        buffer = self._buffer
        buffer += data
        start, size = 0, len(buffer)
        while start + _HEAD <= size:
            if buffer[start] != 0x24:
                end = buffer.find(b"\r\n\r\n", start)
                if end < 0:
                    break
                start = self._answered(bytes(buffer[start:end]), end + 4)
                continue
            end = start + _HEAD + (buffer[start + 2] << 8 | buffer[start + 3])
            if end > size:
                break
            self.frames += buffer[start + 1] == 0 and buffer[start + 5] >= _MARKER
            start = end
        del buffer[:start]

    def _answered(self, answer: bytes, end: int) -> int:
        """Take in the head of an answer that ends there; where what follows it begins."""
        assert answer.startswith(b"RTSP/1.0 200"), answer
        if b"Content-Length: " in answer:
            return end + int(answer.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        if not self._session:
            self._session = answer.split(b"Session: ")[1].split(b";")[0]
            self._ask(f"PLAY {self._url} RTSP/1.0\r\nCSeq: 2\r\nSession: {self._session.decode()}\r\n\r\n")
        elif not self.plays.done():
            self.plays.set_result(None)
        return end

    def stay(self) -> None:
        """Say that somebody is still there, once there is a session."""
        if not self.plays.done():
            return
        self._ask(f"GET_PARAMETER {self._url} RTSP/1.0\r\nCSeq: 3\r\nSession: {self._session.decode()}\r\n\r\n")

    def _ask(self, request: str) -> None:
        self._transport.write(request.encode())


async def watch(port: int, paths: list[str], seconds: float) -> None:
    """Watch until standard input says when to count, and then for so long."""
    loop = asyncio.get_running_loop()
    viewers: list[Viewer] = []
    for path in paths:
        url = f"rtsp://127.0.0.1:{port}/{path}"
        _, viewer = await loop.create_connection(lambda url=url: Viewer(url), "127.0.0.1", port)  # type: ignore[misc]
        viewers.append(viewer)
    playing = asyncio.gather(*(viewer.plays for viewer in viewers))
    await _staying(viewers, playing)
    _say(playing=len(viewers))
    await _staying(viewers, loop.run_in_executor(None, sys.stdin.readline))
    before, began_s = [viewer.frames for viewer in viewers], time.monotonic()
    await asyncio.sleep(seconds)
    lasted_s = time.monotonic() - began_s
    rates = [(viewer.frames - start) / lasted_s for viewer, start in zip(viewers, before, strict=True)]
    _say(frames_per_s=sum(rates), slowest=min(rates))


async def _staying(viewers: list[Viewer], until: "asyncio.Future[Any]") -> None:
    while not until.done():
        await asyncio.wait([until], timeout=_STAY_S)
        for viewer in viewers:
            viewer.stay()
    await until


def _say(**figures: float) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Watch the paths that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("paths", nargs="+")
    given = parser.parse_args()
    asyncio.run(watch(given.port, given.paths, given.seconds))


if __name__ == "__main__":
    main()
