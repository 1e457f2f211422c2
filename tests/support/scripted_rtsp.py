"""A tiny RTSP server that says exactly what a test wants, for what well-behaved servers never do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sensors.rtsp.messages import Parser, Request, Response, encode_response

SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n"
Script = Callable[[Request], Response | bytes | None]
"""What to answer. Bare bytes are sent as they are, and the connection is closed behind them."""


class ScriptedServer:
    """What was asked, in order, and over how many connections."""

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self.connections_total = 0
        self.port = 0
        self._script = script

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/kordai/cam-1/sub"

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_total += 1
        parser = Parser()
        try:
            while data := await reader.read(65_536):
                for message in parser.feed(data):
                    if not isinstance(message, Request):
                        continue
                    self.requests.append(message)
                    answer = self._script(message)
                    if answer is None:
                        continue
                    if isinstance(answer, bytes):
                        writer.write(answer)
                        return
                    writer.write(encode_response(answer))
        finally:
            writer.close()


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[ScriptedServer]:
    """A listening server for the length of the block."""
    server = ScriptedServer(script)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = int(listener.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listener.close()


def willing(request: Request) -> Response:
    """What a server answers that lets everybody in and then sends nothing; sessions last four seconds."""
    headers = {"CSeq": request.headers.get("cseq", "0")}
    if request.method == "SETUP":
        headers |= {"Session": "12345678;timeout=4", "Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
    body = SDP if request.method == "DESCRIBE" else b""
    return Response(200, "OK", headers, body)
