"""Asks a camera to describe a stream (RTSP OPTIONS and DESCRIBE): is it there, do the credentials fit, what is in it.

No session is set up and no picture moves. One connection, bounded in time and in bytes, closed at the end.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from hub.protocol import StreamCheck, StreamState
from sensors.clock import Clock
from sensors.errors import LimitError, WireError
from sensors.rtsp.authentication import Credentials, authorization, parse_challenge
from sensors.rtsp.messages import Parser, Request, Response, encode_request

WITHIN_S = 8.0
PORT = 554
_READ_BYTES = 8_192
_MAX_READ_BYTES = 131_072
_CLOSE_WITHIN_S = 1.0
_LARGEST = 16_384
_CODECS = re.compile(r"^a=rtpmap:\d+ ([A-Za-z0-9-]{1,20})/90000", re.MULTILINE)
_SIZES = re.compile(r"^a=(?:framesize:\d+ |x-dimensions: ?|framesize:)(\d{1,5})[-,x ]+(\d{1,5})", re.MULTILINE)


async def describe(url: str, credentials: Credentials | None, clock: Clock, *, plain: bool = False) -> StreamCheck:
    """What came of asking. `plain`: whether the password may go out readable, as Basic authentication has it.

    Never raises for what the camera does.
    """
    try:
        async with asyncio.timeout(WITHIN_S):
            state, body = await _ask(url, credentials, plain=plain)
    except (TimeoutError, OSError):
        state, body = StreamState.NO_ANSWER, ""
    except (WireError, LimitError, ValueError):
        state, body = StreamState.NOT_UNDERSTOOD, ""
    codec, (width, height) = _picture_of(body)
    return StreamCheck(url, state, clock.now(), codec, width, height)


async def _ask(url: str, credentials: Credentials | None, *, plain: bool) -> tuple[StreamState, str]:
    parts = urlsplit(url)
    if parts.scheme != "rtsp" or not parts.hostname:
        return StreamState.NOT_UNDERSTOOD, ""
    async with _connected(parts.hostname, parts.port or PORT) as dialogue:
        if (await dialogue.ask("OPTIONS", url)).status >= 500:
            return StreamState.NOT_UNDERSTOOD, ""
        response = await dialogue.ask("DESCRIBE", url, Accept="application/sdp")
        if response.status == 401:
            challenge = parse_challenge(response.headers.get("www-authenticate", ""))
            if credentials is None or challenge is None or (challenge.scheme == "basic" and not plain):
                return StreamState.WANTS_CREDENTIALS, ""
            proof = authorization(challenge, credentials, "DESCRIBE", url, client_nonce=secrets.token_hex(8))
            response = await dialogue.ask("DESCRIBE", url, Accept="application/sdp", Authorization=proof)
    return _state_of(response.status), response.body.decode("utf-8", "replace")


def _state_of(status: int) -> StreamState:
    match status:
        case 200:
            return StreamState.OK
        case 401 | 403:
            return StreamState.WRONG_CREDENTIALS
        case 404 | 454:
            return StreamState.NOT_FOUND
    return StreamState.NOT_UNDERSTOOD


class _Dialogue:
    """Requests and responses, one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._parser = Parser()
        self._sequence = 0
        self._read_bytes = 0

    async def ask(self, method: str, url: str, **headers: str) -> Response:
        """The response to one request.

        Raises:
            OSError: the connection has ended.
            WireError: what comes is not RTSP.
            LimitError: it is more than any answer can be.
        """
        self._sequence += 1
        request = Request(method, url, {"CSeq": str(self._sequence), "User-Agent": "shekara", **headers})
        self._writer.write(encode_request(request))
        await self._writer.drain()
        while True:
            data = await self._reader.read(_READ_BYTES)
            if not data:
                text = "closed"
                raise ConnectionResetError(text)
            self._read_bytes += len(data)
            if self._read_bytes > _MAX_READ_BYTES:
                raise LimitError("says too much", subject="RTSP")
            for message in self._parser.feed(data):
                if isinstance(message, Response) and message.headers.get("cseq") == str(self._sequence):
                    return message


@asynccontextmanager
async def _connected(host: str, port: int) -> AsyncIterator[_Dialogue]:
    reader, writer = await asyncio.open_connection(host, port, limit=_READ_BYTES)
    try:
        yield _Dialogue(reader, writer)
    finally:
        writer.close()
        try:
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                await writer.wait_closed()
        except (OSError, TimeoutError):
            writer.transport.abort()


def _picture_of(description: str) -> tuple[str, tuple[int, int]]:
    """Codec and size of the picture in a session description; what it does not say is empty and 0."""
    picture = description.partition("m=video")[2].partition("\nm=")[0].replace("\r", "")
    codec = _CODECS.search(picture)
    size = _SIZES.search(picture)
    width, height = (min(int(number), _LARGEST) for number in size.groups()) if size else (0, 0)
    return (codec[1] if codec else ""), (width, height)
