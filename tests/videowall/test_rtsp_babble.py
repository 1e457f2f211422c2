"""Cameras that say anything at all: only a `StreamError` may come of it, and nothing may grow.

`SHEKARA_FUZZ=50` tries fifty times as many examples.
"""

import asyncio
import base64
import os
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.catalog import PictureState
from sensors.errors import LimitError, WireError
from sensors.rtsp.authentication import Credentials, authorization, parse_challenge
from sensors.rtsp.messages import MAX_BODY_BYTES, MAX_HEAD_BYTES, Parser, Request, encode_request
from sensors.rtsp.rtcp import parse_rtcp
from sensors.rtsp.rtp import parse_rtp
from tests.support.babble import DIALOGUES, MUTATIONS, Mutation, babbling, mangled
from tests.support.coded_film import Coding, film
from tests.support.opened_stream import Opened
from videowall.capture.rtsp.address import Redirects, follow, parse_address
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.packing import PACKINGS
from videowall.decoding.decoder import Decoder

TIMES = int(os.environ.get("SHEKARA_FUZZ", "1"))
SIGN_IN = Credentials("viewer", "not a secret: tests")
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@pytest.mark.parametrize("dialogue", range(len(DIALOGUES)))
@settings(max_examples=60 * TIMES, deadline=None)
@given(mutations=MUTATIONS)
def test_whatever_a_camera_answers_ends_its_own_attempt_alone(dialogue: int, mutations: list[Mutation]) -> None:
    async def attempt() -> None:
        async with babbling(mangled(DIALOGUES[dialogue], mutations)) as url:
            client = Opened(url, SIGN_IN)
            error = await client.fails()
            assert error.text
            assert SIGN_IN.password not in str(error)
            assert all(unit.data for unit in client.units)

    asyncio.run(attempt())


async def test_a_realm_that_breaks_out_of_its_line_is_not_said_back() -> None:
    refused = b'RTSP/1.0 401 x\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="a\rb", nonce="c\0"\r\n\r\n'
    async with babbling((refused, refused)) as url:
        assert (await Opened(url, SIGN_IN).fails()).state is PictureState.REFUSED


@settings(max_examples=200 * TIMES, deadline=None)
@given(mutations=MUTATIONS, seed=st.integers(0, 2**32))
def test_the_parser_holds_no_more_than_a_head_and_a_body(mutations: list[Mutation], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance
    data = b"".join(mangled(DIALOGUES[seed % len(DIALOGUES)], mutations)) * 8
    parser, start = Parser(), 0
    try:
        while start < len(data):
            size = chance.choice((1, 3, 60, 1500, 20_000))
            for message in parser.feed(data[start : start + size]):
                assert len(getattr(message, "payload", b"")) <= 65_535
            start += size
            assert len(parser._buffer) <= MAX_HEAD_BYTES + MAX_BODY_BYTES + size
    except (WireError, LimitError):
        return


@settings(max_examples=300 * TIMES, deadline=None)
@given(data=st.binary(max_size=80), flags=st.integers(0, 255))
def test_any_bytes_are_an_rtp_packet_within_them_or_none(data: bytes, flags: int) -> None:
    for candidate in (data, bytes((0x80 | flags & 0x3F,)) + data):
        packet = parse_rtp(candidate)
        if packet is not None:
            assert len(packet.payload) <= len(candidate) - 12
            assert bytes(packet.payload) in candidate


@settings(max_examples=300 * TIMES, deadline=None)
@given(kind=st.integers(192, 223), words=st.integers(0, 2**16 - 1), data=st.binary(max_size=120))
def test_any_bytes_are_a_few_reports_or_none(kind: int, words: int, data: bytes) -> None:
    for part in parse_rtcp(struct.pack(">BBH", 0x81, kind, words) + data) + parse_rtcp(data):
        assert len(getattr(part, "ssrcs", ())) <= 31


@pytest.mark.parametrize("encoding", sorted(PACKINGS))
@settings(max_examples=300 * TIMES, deadline=None)
@given(head=st.sampled_from((b"\x18", b"\x7c\x85", b"\x7c\x05", b"\x7c\x45", b"\x60\x01", b"\x62\x01\x93", b"")),
       data=st.binary(max_size=200))  # fmt: skip
def test_any_payload_is_pieces_of_itself_or_breaks_the_rules(encoding: str, head: bytes, data: bytes) -> None:
    payload = head + data
    pieces = PACKINGS[encoding].pieces(memoryview(payload))
    if pieces is not None:
        assert sum(len(piece.body) for piece in pieces) <= len(payload)
        assert all(bytes(piece.body) in payload for piece in pieces)


@settings(max_examples=300 * TIMES, deadline=None)
@given(
    parts=st.lists(
        st.one_of(TEXT, st.sampled_from(['realm="', '"', "nonce=", 'nonce="a"', "\r", "\0", "qop=auth", ","]))
    )
)
def test_any_challenge_is_answered_in_one_header_or_not_at_all(parts: list[str]) -> None:
    for scheme in ("Digest ", "Basic ", ""):
        challenge = parse_challenge(scheme + "".join(parts))
        if challenge is None:
            continue
        answer = authorization(challenge, SIGN_IN, "PLAY", "rtsp://camera/", 1, "c0")
        assert SIGN_IN.password not in answer
        if challenge.scheme == "digest":
            assert base64.b64encode(SIGN_IN.password.encode()).decode() not in answer
        try:
            sent = encode_request(Request("PLAY", "rtsp://camera/", {"Authorization": answer}))
        except WireError:
            continue
        assert sent.count(b"\r\n") == 3


@settings(max_examples=300 * TIMES, deadline=None)
@given(location=st.one_of(TEXT, TEXT.map("rtsp://".__add__), TEXT.map("rtsp://camera".__add__)))
def test_no_redirect_leads_to_another_host_unless_that_is_allowed(location: str) -> None:
    origin = parse_address("rtsp://camera:8554/live")
    for policy in Redirects:
        try:
            target = follow(origin, location, policy)
        except StreamError:
            continue
        assert policy is Redirects.ANYWHERE or target.host == origin.host
        assert policy is not Redirects.NEVER
        assert 0 < target.port < 65_536
        encode_request(Request("DESCRIBE", target.url))


@pytest.mark.parametrize("coding", [Coding.H264, Coding.H265])
@settings(max_examples=15 * TIMES, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_decoder_takes_anything_and_counts_it(coding: Coding, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance
    decoder = Decoder("h264" if coding is Coding.H264 else "hevc")
    for frame in film(coding).frames[:8]:
        data = bytearray(b"\0\0\0\1" + b"\0\0\0\1".join(packet[12:] for packet in frame))
        for _ in range(chance.randrange(6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        decoder.decode(AccessUnit(bytes(data), key=False, gap=chance.random() < 0.2, rtp_timestamp=0, arrival_s=0.0))
    assert decoder.errors_total >= decoder.errors_in_row >= 0
