"""RTSP 1.0 messages and interleaved frames on one TCP connection (RFC 2326, sections 4 and 10.12)."""

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from sensors.errors import LimitError, WireError

VERSION = "RTSP/1.0"
MAX_HEAD_BYTES = 16_384
MAX_BODY_BYTES = 65_536
MAX_LINE_ENDS = 16
"""Carriage returns and line feeds in a row between two messages; some cameras send a pair too many."""
_DOLLAR = 0x24
_LINE_ENDS = b"\r\n"
INTERLEAVED_HEAD = 4


class Request(Struct, frozen=True):
    """A request; header names are lower-case."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Response(Struct, frozen=True):
    """A response; header names are lower-case. Several WWW-Authenticate lines are joined by a newline."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Interleaved(Struct, frozen=True):
    """One RTP or RTCP packet carried inside the connection."""

    channel: int
    payload: bytes


def encode_request(request: Request) -> bytes:
    """The bytes of a request, with Content-Length when it has a body.

    Raises:
        WireError: a part of it would break out of its line.
    """
    return _encode(f"{request.method} {request.url} {VERSION}", request.headers, request.body)


def encode_response(response: Response) -> bytes:
    """The bytes of a response, with Content-Length when it has a body.

    Raises:
        WireError: a part of it would break out of its line.
    """
    return _encode(f"{VERSION} {response.status} {response.reason}", response.headers, response.body)


def encode_interleaved(channel: int, payload: bytes) -> bytes:
    """One packet as it travels inside the connection."""
    return b"$" + bytes((channel,)) + len(payload).to_bytes(2, "big") + payload


class Parser:
    """Turns a TCP byte stream into messages. Memory is bounded by the head and body limits."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted_bytes = 0
        """As much as must be there before it is worth a look: a head is not read again for each piece of its body."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits for its rest."""
        return not self._buffer

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Request | Response | Interleaved]:
        """The messages that `data` completes.

        Raises:
            WireError: the stream is not RTSP; the connection cannot go on.
            LimitError: a head or body is over its bound, or over `MAX_LINE_ENDS` line ends come in a row.
        """
        buffer = self._buffer
        buffer += data
        if len(buffer) < self._wanted_bytes:
            return
        start = self._wanted_bytes = 0
        try:
            while start < len(buffer):
                if buffer[start] == _DOLLAR:
                    if len(buffer) - start < INTERLEAVED_HEAD:
                        return
                    end = start + INTERLEAVED_HEAD + (buffer[start + 2] << 8 | buffer[start + 3])
                    if len(buffer) < end:
                        return
                    packet = Interleaved(buffer[start + 1], bytes(buffer[start + INTERLEAVED_HEAD : end]))
                    start = end
                    yield packet
                elif buffer[start] in _LINE_ENDS:
                    end = self._line_ends(start)
                    if end == len(buffer):
                        # They stay, so that it does not matter how the stream was cut.
                        return
                    start = end
                else:
                    message, end = self._message(start)
                    if message is None:
                        return
                    start = end
                    yield message
        finally:
            del buffer[:start]

    def _line_ends(self, start: int) -> int:
        """Where the line ends are over that begin here."""
        buffer, end = self._buffer, start
        while end < len(buffer) and buffer[end] in _LINE_ENDS:
            end += 1
            if end - start > MAX_LINE_ENDS:
                raise LimitError(f"more than {MAX_LINE_ENDS} line ends in a row", subject="RTSP")
        return end

    def _message(self, start: int) -> tuple[Request | Response | None, int]:
        buffer = self._buffer
        head_end = buffer.find(b"\r\n\r\n", start)
        if head_end < 0:
            if len(buffer) - start > MAX_HEAD_BYTES:
                raise LimitError(f"message head is over {MAX_HEAD_BYTES} bytes", subject="RTSP")
            return None, start
        if head_end - start > MAX_HEAD_BYTES:
            raise LimitError(f"message head is over {MAX_HEAD_BYTES} bytes", subject="RTSP")
        first, headers = _head(bytes(buffer[start:head_end]))
        length = _content_length(headers)
        end = head_end + 4 + length
        if len(buffer) < end:
            self._wanted_bytes = end - start
            return None, start
        return _build(first, headers, bytes(buffer[head_end + 4 : end])), end


def _encode(first: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    if any(letter in line for line in lines for letter in "\r\n\0"):
        raise WireError("a line break inside a line", subject="RTSP", mend="Correct the stream's address")
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body


def _head(raw: bytes) -> tuple[str, dict[str, str]]:
    first, *lines = raw.decode("utf-8", "replace").split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise WireError("header line without a colon", subject="RTSP")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return first, {name: "\n".join(values) for name, values in headers.items()}


def _content_length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit()):
        raise WireError("Content-Length is not a number", subject="RTSP")
    if len(text) > len(str(MAX_BODY_BYTES)) or int(text) > MAX_BODY_BYTES:
        raise LimitError(f"message body is over {MAX_BODY_BYTES} bytes", subject="RTSP")
    return int(text)


def _build(first: str, headers: Mapping[str, str], body: bytes) -> Request | Response:
    parts = first.split(" ", 2)
    if len(parts) >= 2 and parts[0].startswith("RTSP/"):
        if not (parts[1].isascii() and parts[1].isdigit() and len(parts[1]) == 3):
            raise WireError("status is not three digits", subject="RTSP")
        return Response(int(parts[1]), parts[2] if len(parts) == 3 else "", headers, body)
    if len(parts) == 3 and parts[2].startswith("RTSP/"):
        return Request(parts[0], parts[1], headers, body)
    raise WireError("neither a request nor a response", subject="RTSP")
