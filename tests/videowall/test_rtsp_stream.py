"""The RTSP client against real servers: the simulated cameras, and a scripted one for bad manners."""

import asyncio
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensors.catalog import PictureState
from sensors.rtsp.authentication import Credentials
from sensors.rtsp.messages import Request, Response
from simulators.cameras.vocabulary import Fault
from tests.support.brokers import free_port
from tests.support.camera_stand import BASIC, DIGEST, OPEN, PASSWORD, SHA, Stand
from tests.support.opened_stream import Opened, running
from tests.support.scripted_rtsp import SDP, scripted, willing
from tests.support.waiting import eventually_async
from videowall.capture.rtsp.address import parse_address
from videowall.capture.rtsp.conversation import Conversation, Transport
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.patience import Patience
from videowall.decoding.decoder import Decoder

pytestmark = pytest.mark.alone


@pytest.fixture
def stand(guarded_stand: Stand) -> Iterator[Stand]:
    yield guarded_stand
    guarded_stand.mend()


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
@pytest.mark.parametrize("camera", [OPEN, DIGEST, BASIC, SHA])
async def test_every_picture_comes_over_each_transport_and_authentication(
    stand: Stand, camera: str, transport: Transport
) -> None:
    client = Opened(stand.url(camera), PASSWORD, transport)
    async with running(client.stream):
        await eventually_async(lambda: len(client.units) >= 30)
    assert client.units[0].key
    assert client.stream.lost_total == 0
    decoder = Decoder("h264")
    assert sum(decoder.decode(unit) is not None for unit in client.units) == len(client.units)


async def test_each_failure_has_its_own_name(stand: Stand) -> None:
    assert (await Opened(stand.url(DIGEST)).fails()).state is PictureState.BAD_CREDENTIALS
    wrong = Opened(stand.url(DIGEST), Credentials("viewer", "wrong"))
    assert (await wrong.fails()).state is PictureState.BAD_CREDENTIALS
    missing = stand.url(OPEN).replace("/sub", "/other")
    assert (await Opened(missing).fails()).state is PictureState.NOT_FOUND
    nobody = f"rtsp://127.0.0.1:{free_port()}/kordai/cam-1/sub"
    assert (await Opened(nobody).fails()).state is PictureState.REFUSED
    for url in ("ftp://camera/", "rtsp://", "rtsp://user:pass@camera/", "rtsp://camera:99999/", "rtsp://a b/"):
        assert (await Opened(url).fails()).state is PictureState.NOT_FOUND


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
async def test_a_camera_that_changes_its_codec_in_a_session_is_asked_what_it_sends(
    stand: Stand, transport: Transport
) -> None:
    client = Opened(stand.url(OPEN), transport=transport)
    async with running(client.stream):
        await eventually_async(lambda: len(client.units) >= 5)
        stand.set_fault(OPEN, Fault.RECODED)
        await eventually_async(lambda: client.stream.failure is PictureState.CANNOT_DECODE)
        await eventually_async(
            lambda: client.stream.failure is None and [*dict.fromkeys(client.codecs)] == ["h264", "hevc"]
        )


async def test_silence_after_play_is_no_packets_and_the_session_is_taken_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("videowall.capture.rtsp.player.NO_PACKETS_S", 6.0)
    async with scripted(willing) as server:
        client = Opened(server.url)
        assert (await client.fails()).state is PictureState.NO_PACKETS
        assert server.methods[:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]
        assert "GET_PARAMETER" in server.methods
        assert server.methods[-1] == "TEARDOWN"
        assert server.requests[-1].headers["session"] == "12345678"


async def test_a_killed_camera_comes_back_by_itself(stand: Stand) -> None:
    client = Opened(stand.url(OPEN))
    async with running(client.stream):
        await eventually_async(lambda: client.units)
        stand.set_fault(OPEN, Fault.KILLED)
        await eventually_async(lambda: client.stream.failure is not None)
        stand.set_fault(OPEN, Fault.NONE)
        before = client.stream.sessions_total
        await eventually_async(lambda: client.stream.failure is None)
        assert client.stream.sessions_total > before
        assert client.units[-1].rtp_timestamp


async def test_a_server_that_refuses_tcp_is_asked_for_udp() -> None:
    def picky(request: Request) -> Response:
        if request.method == "SETUP" and "TCP" in request.headers["transport"]:
            return Response(461, "Unsupported Transport", {"CSeq": request.headers["cseq"]})
        return willing(request)

    async with scripted(picky) as server:
        async with running(Opened(server.url).stream):
            await eventually_async(lambda: "PLAY" in server.methods)
        assert "client_port=" in server.requests[server.methods.index("PLAY") - 1].headers["transport"]


async def test_bytes_that_are_not_rtsp_end_the_attempt() -> None:
    for garbage in (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 40_000, b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n"):
        async with scripted(lambda _, data=garbage: data) as server:  # type: ignore[misc]  # the default binds the loop's variable
            assert (await Opened(server.url).fails()).state is PictureState.REFUSED


async def test_video_that_cannot_be_decoded_is_named() -> None:
    def odd(request: Request) -> Response:
        answer = willing(request)
        return Response(200, "OK", answer.headers, answer.body.replace(b"H264", b"MJPG"))

    async with scripted(odd) as server:
        assert (await Opened(server.url).fails()).state is PictureState.CANNOT_DECODE


_ANSWERS = st.one_of(
    st.binary(max_size=60),
    st.builds(
        Response,
        st.sampled_from([200, 301, 401, 454, 461, 500]),
        st.just("x"),
        st.dictionaries(
            st.sampled_from(["Session", "Transport", "WWW-Authenticate", "Content-Base"]),
            st.sampled_from(
                [
                    "",
                    ";",
                    "12;timeout=x",
                    "RTP/AVP/TCP;interleaved=999-1;server_port=x",
                    'Digest nonce="a"',
                    "Basic",
                    "rtsp://[",
                    "=,=",
                ]
            ),
        ),
        st.one_of(st.binary(max_size=30), st.just(SDP)),
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(_ANSWERS, min_size=1, max_size=6))
def test_no_answer_makes_anything_but_a_stream_error_escape(answers: list[Response | bytes]) -> None:
    async def attempt() -> None:
        left = iter(answers)
        async with scripted(lambda _: next(left, b"not RTSP at all\r\n\r\n")) as server:
            await Opened(server.url, PASSWORD).fails()

    asyncio.run(attempt())


@given(statuses=st.lists(st.sampled_from([200, 401, 404, 500]), max_size=12))
def test_the_conversation_always_ends(statuses: list[int]) -> None:
    conversation = Conversation("rtsp://camera/live", PASSWORD, Transport.TCP)
    conversation.begin()
    headers = {"www-authenticate": 'Digest realm="r", nonce="n"', "session": "1"}
    for status in statuses:
        try:
            if conversation.answer(Response(status, "x", headers, SDP)) is None:
                return
        except StreamError:
            return


def test_waits_grow_to_a_bound_and_are_jittered() -> None:
    patience = Patience(random.Random(7))  # noqa: S311 - jitter
    waits = [patience.wait_s(PictureState.NO_PACKETS) for _ in range(200)]
    assert all(0.3 <= wait <= 10 for wait in waits)
    assert max(waits[:2]) <= 1.2
    assert len({round(wait, 3) for wait in waits[10:]}) > 150
    patience.reset()
    assert patience.wait_s(PictureState.NO_PACKETS) <= 0.6


def test_cameras_that_are_full_or_know_us_not_are_asked_rarely() -> None:
    patience = Patience(random.Random(7))  # noqa: S311 - jitter
    at_first = [patience.wait_s(PictureState.NO_FREE_SESSION) for _ in range(6)]
    assert 1 <= min(at_first) <= max(at_first) < 2
    full = [patience.wait_s(PictureState.NO_FREE_SESSION) for _ in range(50)]
    assert full[0] <= 10
    locked = [patience.wait_s(PictureState.BAD_CREDENTIALS) for _ in range(50)]
    assert min(full) >= 5
    assert 30 < max(full) <= 60
    assert min(locked) >= 30
    assert 150 < max(locked) <= 300
    assert patience.wait_s(PictureState.REFUSED) <= 0.6


def test_an_address_keeps_its_port_and_path() -> None:
    address = parse_address("rtsp://10.0.0.7/live?channel=1")
    assert (address.host, address.port, address.url) == ("10.0.0.7", 554, "rtsp://10.0.0.7/live?channel=1")
