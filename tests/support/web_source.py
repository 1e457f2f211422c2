"""A small web server for pictures: files of a folder, and endless multipart JPEG."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import cv2

from sensors.rtsp.authentication import Credentials
from tests.support.coded_film import HEIGHT, draw


class WebSource:
    """GET /name gives a file, GET /motion an endless film, GET /hang nothing at all, GET /stall stops soon."""

    def __init__(self, folder: Path, credentials: Credentials | None = None) -> None:
        self.port = 0
        self.paths: list[str] = []
        self._folder = folder
        pair = f"{credentials.user}:{credentials.password}" if credentials else ""
        self._proof = f"Basic {base64.b64encode(pair.encode()).decode()}" if credentials else ""

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ")[1].decode().lstrip("/")
                self.paths.append(path)
                if self._proof and self._proof not in head.decode():
                    challenge = b'WWW-Authenticate: Basic realm="r"\r\nContent-Length: 0\r\nConnection: close\r\n'
                    writer.write(b"HTTP/1.1 401 Unauthorized\r\n" + challenge + b"\r\n")
                    break
                if path in {"motion", "stall"}:
                    await self._film(writer, 25 if path == "stall" else 100_000)
                if path in {"hang", "stall"}:
                    await reader.read()
                file = self._folder / path
                body = file.read_bytes() if file.is_file() else b""
                status = b"200 OK" if body else b"404 Not Found"
                writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _film(self, writer: asyncio.StreamWriter, count: int) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n")
        for index in range(count):
            done, jpeg = cv2.imencode(".jpg", draw(index % 4000)[:HEIGHT])
            assert done
            head = b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            writer.write(head + jpeg.tobytes() + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def web_source(source: WebSource) -> AsyncIterator[WebSource]:
    """Listening for the length of the block."""
    listener = await asyncio.start_server(source.serve, "127.0.0.1", 0)
    source.port = int(listener.sockets[0].getsockname()[1])
    try:
        yield source
    finally:
        listener.close()
