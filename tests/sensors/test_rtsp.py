import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import LimitError, WireError
from sensors.rtsp import messages
from sensors.rtsp.authentication import (
    _MAX_CHALLENGES,
    _PARAMETER,
    Challenge,
    Credentials,
    authorization,
    challenge_header,
    is_authorized,
    parse_challenge,
)
from sensors.rtsp.messages import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    MAX_LINE_ENDS,
    Interleaved,
    Parser,
    Request,
    Response,
    encode_interleaved,
    encode_request,
    encode_response,
)
from sensors.rtsp.rtp import parse_rtp, rewrite

WORDS = st.from_regex(r"[A-Za-z0-9/:._-]{1,20}", fullmatch=True)
HEADERS = st.dictionaries(st.from_regex(r"[a-z]{1,10}", fullmatch=True).filter(lambda n: n != "content"), WORDS)
BODIES = st.binary(max_size=50)
MESSAGES = st.one_of(
    st.builds(Request, WORDS.filter(lambda word: not word.startswith("RTSP/")), WORDS, HEADERS, BODIES),
    st.builds(Response, st.integers(100, 999), WORDS, HEADERS, BODIES),
    st.builds(Interleaved, st.integers(0, 255), BODIES),
)


def encoded(message: Request | Response | Interleaved) -> bytes:
    match message:
        case Request():
            return encode_request(message)
        case Response():
            return encode_response(message)
        case Interleaved():
            return encode_interleaved(message.channel, message.payload)


def bare(message: Request | Response | Interleaved) -> Request | Response | Interleaved:
    """The message without the Content-Length that encoding adds."""
    if isinstance(message, Interleaved):
        return message
    headers = {name: value for name, value in message.headers.items() if name != "content-length"}
    if isinstance(message, Request):
        return Request(message.method, message.url, headers, message.body)
    return Response(message.status, message.reason, headers, message.body)


@given(st.lists(MESSAGES, max_size=5), st.lists(st.integers(0, 600), max_size=8))
def test_messages_come_back_however_the_stream_is_cut(
    messages: list[Request | Response | Interleaved], cuts: list[int]
) -> None:
    stream = b"".join(encoded(message) for message in messages)
    parser = Parser()
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert [bare(found) for piece in pieces for found in parser.feed(piece)] == messages


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_no_bytes_make_the_parser_raise_anything_but_its_own_errors(pieces: list[bytes]) -> None:
    parser = Parser()
    with contextlib.suppress(WireError, LimitError):
        for piece in pieces:
            list(parser.feed(piece))


@given(st.binary(max_size=40))
def test_no_head_makes_the_parser_raise_anything_but_its_own_errors(noise: bytes) -> None:
    for head in (b"RTSP/1.0 200 OK\r\n", b"OPTIONS * RTSP/1.0\r\n", b"RTSP/", b"$"):
        with contextlib.suppress(WireError, LimitError):
            list(Parser().feed(head + noise + b"\r\n\r\n"))


@pytest.mark.parametrize(
    "stream",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"RTSP/1.0 20x OK\r\n\r\n",
        b"RTSP/1.0 2000 OK\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nno colon\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        "RTSP/1.0 200 OK\r\nContent-Length: ²\r\n\r\n".encode(),
    ],
)
def test_what_is_not_rtsp_ends_the_connection(stream: bytes) -> None:
    with pytest.raises(WireError):
        list(Parser().feed(stream))


def test_memory_is_bounded() -> None:
    with pytest.raises(LimitError, match="head"):
        list(Parser().feed(b"X" * (MAX_HEAD_BYTES + 1)))
    with pytest.raises(LimitError, match="head"):
        list(Parser().feed(b"RTSP/1.0 200 " + b"X" * MAX_HEAD_BYTES + b"\r\n\r\n"))
    for length in (MAX_BODY_BYTES + 1, 10**40):
        with pytest.raises(LimitError, match="body"):
            list(Parser().feed(f"RTSP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n".encode()))


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\r", b"\n"])
def test_a_few_bare_line_ends_are_passed_over_and_many_end_the_connection(step: int, line_end: bytes) -> None:
    def feed(stream: bytes) -> list[Request | Response | Interleaved]:
        parser = Parser()
        return [found for start in range(0, len(stream), step) for found in parser.feed(stream[start : start + step])]

    packet, few = encode_interleaved(0, b"x"), line_end * (MAX_LINE_ENDS // len(line_end))
    assert feed((packet + few) * 5) == [Interleaved(0, b"x")] * 5
    with pytest.raises(LimitError, match="line ends"):
        feed(packet + few + line_end)


def test_a_head_is_not_read_again_for_each_piece_of_its_body(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    head_of = messages._head

    def count(raw: bytes) -> tuple[str, dict[str, str]]:
        read.append(raw)
        return head_of(raw)

    monkeypatch.setattr(messages, "_head", count)
    parser, body = Parser(), b"v=0 " * 500
    stream = encode_response(Response(200, "OK", {}, body)) + encode_interleaved(0, b"next")
    found = [message for place in range(len(stream)) for message in parser.feed(stream[place : place + 1])]
    assert [bare(message) for message in found] == [Response(200, "OK", {}, body), Interleaved(0, b"next")]
    assert len(read) == 2


def test_headers_of_one_name_are_joined_by_newlines() -> None:
    (found,) = Parser().feed(b"RTSP/1.0 401 x\r\nWWW-Authenticate: a\r\nCSeq: 1\r\nwww-authenticate: b\r\n\r\n")
    assert isinstance(found, Response)
    assert found.headers == {"www-authenticate": "a\nb", "cseq": "1"}


@pytest.mark.parametrize("poison", ["a\r\nX-Other: 1", "a\nb", "a\rb", "a\0b"])
def test_nothing_breaks_out_of_its_line(poison: str) -> None:
    for message in (Request("DESCRIBE", poison), Request("DESCRIBE", "rtsp://a", {"cseq": poison})):
        with pytest.raises(WireError, match="line break"):
            encode_request(message)
    with pytest.raises(WireError, match="line break"):
        encode_response(Response(200, poison))


MUFASA = Credentials("Mufasa", "Circle of Life")
RFC_7616_NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
RFC_7616_CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_answers_as_in_rfc_7616_section_3_9_1(algorithm: str, response: str) -> None:
    challenge = Challenge("digest", "http-auth@example.org", RFC_7616_NONCE, algorithm, "auth,auth-int", "FQhe/qaU9")
    header = authorization(challenge, MUFASA, "GET", "/dir/index.html", 1, RFC_7616_CNONCE)
    assert f'response="{response}"' in header
    assert 'opaque="FQhe/qaU9"' in header
    assert "nc=00000001" in header
    assert is_authorized(header, challenge, MUFASA, "GET")
    assert not is_authorized(header, challenge, MUFASA, "PUT")
    assert not is_authorized(header, challenge, Credentials("Mufasa", "other"), "GET")


def test_digest_answers_as_in_rfc_2617_section_3_5() -> None:
    challenge = Challenge("digest", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "MD5", "auth,auth-int")
    header = authorization(challenge, Credentials("Mufasa", "Circle Of Life"), "GET", "/dir/index.html", 1, "0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in header


@pytest.mark.parametrize(
    ("user", "password", "encoded_pair"),
    [("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), ("test", "123£", "dGVzdDoxMjPCow==")],
)
def test_basic_answers_as_in_rfc_7617(user: str, password: str, encoded_pair: str) -> None:
    challenge = Challenge("basic", "foo")
    credentials = Credentials(user, password)
    assert authorization(challenge, credentials, "DESCRIBE", "") == f"Basic {encoded_pair}"
    for scheme in ("Basic", "basic", "BASIC"):
        assert is_authorized(f"{scheme} {encoded_pair}", challenge, credentials, "DESCRIBE")
    assert not is_authorized(f"Basic {encoded_pair[:-4]}", challenge, credentials, "DESCRIBE")


def test_the_strongest_challenge_that_can_be_answered_is_chosen() -> None:
    basic, md5 = 'Basic realm="r"', 'Digest realm="r", nonce="n", algorithm=MD5'
    sha, unknown = 'Digest realm="r", nonce="n", algorithm=SHA-256', 'Digest realm="r", nonce="n", algorithm=SHA-512'
    assert parse_challenge(f"{basic}\n{md5}\n{sha}\n{unknown}") == Challenge("digest", "r", "n", "SHA-256")
    assert parse_challenge(f"{basic}\n{md5}") == Challenge("digest", "r", "n")
    assert parse_challenge(f"{unknown}\n{basic}") == Challenge("basic", "r")
    assert parse_challenge(unknown) is None
    assert parse_challenge('Digest realm="r"') is None
    assert parse_challenge("") is None


def test_two_challenges_on_one_line_are_not_mixed() -> None:
    assert parse_challenge('Digest realm="cameras", nonce="n", Basic realm="other"') == Challenge(
        "digest", "cameras", "n"
    )


@pytest.mark.parametrize("noise", ["a", "é", 'a="', "a=", "=a", '"', "a b", 'a="b c'])
def test_work_on_a_challenge_grows_no_faster_than_its_length(noise: str) -> None:
    # A million letters: whoever looks at each as often as there are letters is not done within the test's time.
    flood = noise * (1_000_000 // len(noise))
    assert parse_challenge(f'Digest realm="r", nonce="n", {flood}') == Challenge("digest", "r", "n")
    assert not is_authorized(f"Digest {flood}", Challenge("digest", "r", "n"), MUFASA, "PLAY")
    assert {name for name, _, _ in _PARAMETER.findall(flood)} <= {"a", "ca"}


def test_a_few_challenges_are_looked_at_and_no_more() -> None:
    challenges = "Basic\n" * _MAX_CHALLENGES + 'Digest realm="r", nonce="n"'
    assert parse_challenge(challenges) == Challenge("basic", "")
    assert parse_challenge(challenges.removeprefix("Basic\n")) == Challenge("digest", "r", "n")


@pytest.mark.parametrize("scheme", ["basic", "digest"])
@pytest.mark.parametrize("qop", ["", "auth"])
def test_client_and_server_understand_each_other(scheme: str, qop: str) -> None:
    offered = Challenge(scheme, "cameras", "n1", qop=qop) if scheme == "digest" else Challenge(scheme, "cameras")
    seen = parse_challenge(challenge_header(offered))
    assert seen == offered
    header = authorization(offered, MUFASA, "SETUP", "rtsp://a/b", 7, "c1")
    assert is_authorized(header, offered, MUFASA, "SETUP")


@given(st.text(max_size=80))
def test_no_header_makes_authentication_raise(header: str) -> None:
    parse_challenge(header)
    parse_challenge(f"Digest {header}")
    for challenge in (Challenge("basic", "r"), Challenge("digest", "r", "n")):
        for prefix in ("", "Basic ", "Digest ", 'Digest nonce="n", username="Mufasa", '):
            assert not is_authorized(prefix + header, challenge, MUFASA, "PLAY")


def test_no_repr_shows_credentials() -> None:
    assert repr(MUFASA) == "Credentials(…)"


PACKET = bytes.fromhex("80e0123400000001deadbeef") + b"payload"


def test_an_rtp_packet_is_read_by_its_header() -> None:
    packet = parse_rtp(PACKET)
    assert packet is not None
    assert packet[:5] == (True, 96, 0x1234, 1, 0xDEADBEEF)
    assert bytes(packet.payload) == b"payload"


def test_contributors_extension_and_padding_are_left_out() -> None:
    head = bytes.fromhex("b1601234000000010000000a")
    csrc, extension = b"\0\0\0\1", bytes.fromhex("bede0001") + b"extd"
    packet = parse_rtp(head + csrc + extension + b"payload" + b"\0\0\3")
    assert packet is not None
    assert bytes(packet.payload) == b"payload"


@given(st.binary(max_size=40))
def test_no_bytes_make_rtp_raise(data: bytes) -> None:
    for each in (data, b"\x80" + data, b"\xbf" + data):
        packet = parse_rtp(each)
        assert packet is None or len(packet.payload) <= len(each) - 12


@given(st.integers(0, 2**20), st.integers(0, 2**34), st.integers(0, 2**32 - 1))
def test_a_rewritten_packet_differs_only_in_its_place_in_time(sequence: int, timestamp: int, ssrc: int) -> None:
    packet = parse_rtp(rewrite(PACKET, sequence, timestamp, ssrc))
    assert packet is not None
    assert packet[:5] == (True, 96, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    assert bytes(packet.payload) == b"payload"
