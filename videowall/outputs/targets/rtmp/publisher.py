"""A publisher of one H.264 stream: handshake, connect, createStream, publish, then FLV video messages."""

import os
from collections import deque
from typing import Final
from urllib.parse import quote

from sensors.errors import LimitError, WireError
from videowall.encoding.broadcast import CLOCK_RATE_HZ, EncodedFrame, ParameterSets
from videowall.fmp4.annexb import join_sample, split_units
from videowall.fmp4.header import h264_entry
from videowall.fmp4.sps import parse_sps
from videowall.outputs.targets.receiver import OutputError
from videowall.outputs.targets.rtmp.amf import Amf, decode, encode, encode_array
from videowall.outputs.targets.rtmp.chunks import CHUNK_BYTES, ChunkReader, Kind, Message, encode_message
from videowall.outputs.targets.target import Target
from videowall.outputs.targets.wire import Wire, connect

_VERSION: Final = b"\x03"
_HANDSHAKE_BYTES: Final = 1536
_CONTROL, _COMMANDS, _MEDIA = 2, 3, 6
_MAX_ANSWERS: Final = 32
_DEFAULT_WINDOW: Final = 2_500_000
_KEY_AVC, _INTER_AVC = 0x17, 0x27
_BOX_HEAD_BYTES: Final = 8
_HEADER, _PICTURE = b"\0\0\0\0", b"\1\0\0\0"


class RtmpPublisher:
    """`rtmp://host/app/stream`: the last part of the path is the stream's name, or the secrets file's password."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._app, _, self._name = target.path.strip("/").rpartition("/")
        if target.credentials is not None:
            self._name = _name_with_secret(self._name, target.credentials.user, target.credentials.password)
        self._wire: Wire | None = None
        self._greeting = bytearray()
        self._chunks: ChunkReader | None = None
        self._answers: deque[list[Amf]] = deque(maxlen=_MAX_ANSWERS)
        self._window = _DEFAULT_WINDOW
        self._acknowledged = 0
        self._stream = 0
        self._first_90k = 0

    async def open(self) -> None:
        """Connect, greet, and ask for a stream.

        Raises:
            OutputError: the server does not let us publish.
        """
        wire = self._wire = await connect(self._target.host, self._target.port, self._receive)
        challenge = bytes(8) + os.urandom(_HANDSHAKE_BYTES - 8)
        wire.write(_VERSION + challenge)
        await wire.wait(lambda: len(self._greeting) >= 1 + 2 * _HANDSHAKE_BYTES or self._chunks is not None)
        wire.write(encode_message(Message(Kind.SET_CHUNK_SIZE, 0, 0, CHUNK_BYTES.to_bytes(4, "big")), _CONTROL, 128))
        tc_url = f"rtmp://{self._target.host}:{self._target.port}/{self._app}"
        about: dict[str, Amf] = {"app": self._app, "type": "nonprivate", "flashVer": "FMLE/3.0", "tcUrl": tc_url}
        await self._call("connect", 1, about)
        self._command(0, "releaseStream", 2.0, None, self._name)
        self._command(0, "FCPublish", 3.0, None, self._name)
        answer = await self._call("createStream", 4, None)
        number = answer[3] if len(answer) > 3 else None
        if not isinstance(number, float) or not 0 <= number < 2**31:
            raise OutputError("the receiver gives no stream")
        self._stream = int(number)
        self._answers.clear()
        self._command(self._stream, "publish", 5.0, None, self._name, "live")
        await wire.wait(lambda: any(answer[0] == "onStatus" for answer in self._answers))
        _check_status(next(answer for answer in self._answers if answer[0] == "onStatus"))

    async def begin(self, sets: ParameterSets, first: EncodedFrame) -> None:
        """Say what comes: size and rate, and the decoder's configuration."""
        self._first_90k = first.pts_90k
        shape = parse_sps(sets.sps)
        rate = CLOCK_RATE_HZ / max(1, first.duration_90k)
        about: dict[str, Amf] = {
            "width": float(shape.width),
            "height": float(shape.height),
            "framerate": rate,
            "videocodecid": 7.0,
            "encoder": "shekara",
        }
        await self._media(Kind.DATA, 0, encode("@setDataFrame", "onMetaData") + encode_array(about))
        configuration = h264_entry(sets, shape).configuration[_BOX_HEAD_BYTES:]
        await self._media(Kind.VIDEO, 0, bytes((_KEY_AVC,)) + _HEADER + configuration)

    async def send(self, frame: EncodedFrame) -> int:
        """One frame as a video message."""
        payload = bytes((_KEY_AVC if frame.key else _INTER_AVC,)) + _PICTURE + join_sample(split_units(frame.data))
        await self._media(Kind.VIDEO, (frame.pts_90k - self._first_90k) * 1000 // CLOCK_RATE_HZ, payload)
        return len(payload)

    async def close(self) -> None:
        """End the stream."""
        if self._wire is not None:
            if self._stream:
                self._command(0, "FCUnpublish", 6.0, None, self._name)
                self._command(0, "deleteStream", 7.0, None, float(self._stream))
            self._wire.close()

    def _receive(self, data: bytes) -> None:
        try:
            if self._chunks is None:
                data = self._greet(data)
            if self._chunks is not None:
                for message in self._chunks.feed(data):
                    self._take(message)
                self._acknowledge(self._chunks)
        except (WireError, LimitError) as error:
            raise OutputError("the receiver does not speak RTMP") from error

    def _greet(self, data: bytes) -> bytes:
        """Take in the server's half of the handshake; gives what follows it."""
        self._greeting += data
        if len(self._greeting) < 1 + 2 * _HANDSHAKE_BYTES:
            return b""
        if self._greeting[:1] != _VERSION:
            raise WireError("another version", subject="RTMP")
        if self._wire is not None:
            self._wire.write(bytes(self._greeting[1 : 1 + _HANDSHAKE_BYTES]))
        rest = bytes(self._greeting[1 + 2 * _HANDSHAKE_BYTES :])
        self._greeting.clear()
        self._chunks = ChunkReader()
        return rest

    def _take(self, message: Message) -> None:
        if message.kind == Kind.COMMAND:
            answer = decode(message.payload)
            if answer:
                self._answers.append(answer)
            if answer and answer[0] == "onStatus" and self._stream:
                _check_status(answer)
        elif message.kind == Kind.WINDOW and len(message.payload) >= 4:
            self._window = max(1, int.from_bytes(message.payload[:4], "big"))
        elif message.kind == Kind.USER_CONTROL and message.payload[:2] == b"\0\6" and self._wire is not None:
            pong = b"\0\7" + message.payload[2:6]
            self._wire.write(encode_message(Message(Kind.USER_CONTROL, 0, 0, pong), _CONTROL))

    def _acknowledge(self, chunks: ChunkReader) -> None:
        if chunks.received_total - self._acknowledged >= self._window and self._wire is not None:
            self._acknowledged = chunks.received_total
            total = (self._acknowledged & 0xFFFF_FFFF).to_bytes(4, "big")
            self._wire.write(encode_message(Message(Kind.ACKNOWLEDGEMENT, 0, 0, total), _CONTROL))

    async def _call(self, name: str, number: int, about: Amf) -> list[Amf]:
        """A command that is answered.

        Raises:
            OutputError: with a refusal.
        """
        self._command(0, name, float(number), about)
        if self._wire is None:
            raise OutputError("the connection is closed")

        def found() -> list[Amf] | None:
            return next((a for a in self._answers if len(a) > 1 and a[1] == number and a[0] != name), None)

        await self._wire.wait(lambda: found() is not None)
        answer = found() or []
        if answer[:1] != ["_result"]:
            raise OutputError(f"{name} was refused", refused=True, mend="Look at the receiver's own log for the reason")
        return answer

    def _command(self, stream: int, *values: Amf) -> None:
        if self._wire is not None:
            self._wire.write(encode_message(Message(Kind.COMMAND, stream, 0, encode(*values)), _COMMANDS))

    async def _media(self, kind: Kind, timestamp_ms: int, payload: bytes) -> None:
        if self._wire is None:
            raise OutputError("the connection is closed")
        await self._wire.send(encode_message(Message(kind, self._stream, timestamp_ms, payload), _MEDIA))


def _check_status(answer: list[Amf]) -> None:
    """Only an error counts: servers say all kinds of other things."""
    status = answer[3] if len(answer) > 3 else None
    if isinstance(status, dict) and status.get("level") == "error":
        raise OutputError("publishing was refused", refused=True, mend="Look at the receiver's own log for the reason")


def _name_with_secret(name: str, user: str, password: str) -> str:
    """A stream key alone is the name; with a user they follow it as media servers read them."""
    if not user:
        return password
    return f"{name}?user={quote(user, safe='')}&pass={quote(password, safe='')}"
