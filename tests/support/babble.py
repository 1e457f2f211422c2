"""A camera that has lost its wits: an RTSP server whose answers were mangled by chance before they were sent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hypothesis import strategies as st

from tests.support.coded_film import Coding, film

_PATIENCE_S = 0.02
_SDP = film(Coding.H264).sdp
_DIGEST = 'WWW-Authenticate: Digest realm="gate", nonce="5ccc069c", algorithm=MD5, qop="auth"\r\n'
_BASIC = 'WWW-Authenticate: Basic realm="gate"\r\n'
_PACKETS = b"".join(
    b"$\x00" + len(packet).to_bytes(2, "big") + packet for frame in film(Coding.H264).frames[:4] for packet in frame
)


def _answer(number: int, status: str = "200 OK", headers: str = "", body: bytes = b"") -> bytes:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n{headers}{length}\r\n".encode() + body


DIALOGUES: tuple[tuple[bytes, ...], ...] = (
    (
        _answer(1, headers="Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n"),
        _answer(2, "401 Unauthorized", _BASIC + _DIGEST),
        _answer(3, headers="Content-Base: rtsp://127.0.0.1/film/\r\nContent-Type: application/sdp\r\n", body=_SDP),
        _answer(4, headers="Session: 77;timeout=30\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"),
        _answer(5, headers="Session: 77\r\nRTP-Info: url=rtsp://127.0.0.1/film;seq=1\r\n") + _PACKETS,
        _PACKETS,
    ),
    (
        _answer(1),
        _answer(2, "302 Found", "Location: rtsp://127.0.0.1:9/film\r\n"),
        _answer(1, "401 Unauthorized", _DIGEST.replace("MD5", "SHA-256")),
    ),
    (
        _answer(1),
        _answer(2, body=_SDP),
        _answer(3, "461 Unsupported Transport"),
        b"OPTIONS rtsp://127.0.0.1/film RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        b"REDIRECT rtsp://127.0.0.1/film RTSP/1.0\r\nCSeq: 2\r\nLocation: rtsp://127.0.0.1:9/\r\n\r\n",
    ),
)
"""What a sane camera answers, one item for each request."""
_TOKENS = (
    *(b"\r", b"\n", b"\0", b"\r\n", b"\r\n\r\n", b"$", b"$\x00\xff\xff", b"\xff", b'"', b":", b";", b",", b"=", b"-"),
    *(b"rtsp://", b"rtsp://[", b"://", b"%", b"*", b" ", b"99999999999999999999", b"-1"),
    *(b"Content-Length: 65536\r\n", b"Content-Length: 9999999\r\n", b"Session: ", b"timeout=0", b"interleaved=255-256"),
    *(b"a=control:", b"a=rtpmap:96 H265/0", b"m=video 0 RTP/AVP 96\r\n", b"stale=true", b"nonce="),
    *(b"RTSP/1.0 200 OK\r\n\r\n", b"RTSP/1.0 401 x\r\n\r\n"),
)
Mutation = tuple[str, int, int, bytes]
MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(("insert", "flip", "cut", "twice", "swap", "drop", "noise")),
        st.integers(0, 2**16),
        st.integers(0, 2**16),
        st.one_of(st.sampled_from(_TOKENS), st.binary(max_size=24)),
    ),
    max_size=12,
)


def mangled(answers: Sequence[bytes], mutations: Sequence[Mutation]) -> list[bytes]:
    """What is sent in the place of sane answers."""
    sent = list(answers)
    for what, place, number, token in mutations:
        at = place % len(sent)
        data = sent[at]
        spot = number % (len(data) + 1)
        match what:
            case "insert":
                sent[at] = data[:spot] + token + data[spot:]
            case "flip" if spot < len(data):
                sent[at] = data[:spot] + bytes((data[spot] ^ (1 + place % 255),)) + data[spot + 1 :]
            case "cut":
                sent[at] = data[:spot]
            case "twice":
                sent.insert(at, data)
            case "swap":
                other = number % len(sent)
                sent[at], sent[other] = sent[other], sent[at]
            case "drop" if len(sent) > 1:
                del sent[at]
            case _:
                sent.insert(at, token)
    return sent


@asynccontextmanager
async def babbling(answers: Sequence[bytes]) -> AsyncIterator[str]:
    """The address of a server that gives each connection these answers, and closes it behind the last."""

    serving: set[asyncio.Task[None]] = set()

    def arrive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(_babble(answers, reader, writer)))

    listener = await asyncio.start_server(arrive, "127.0.0.1", 0)
    try:
        yield f"rtsp://127.0.0.1:{listener.sockets[0].getsockname()[1]}/film"
    finally:
        listener.close()
        await asyncio.gather(*serving)


async def _babble(answers: Sequence[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        for answer in answers:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await reader.read(65_536)
            writer.write(answer)
    writer.close()
