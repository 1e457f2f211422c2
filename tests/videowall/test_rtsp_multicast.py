"""Streams that a camera sends once for all who listen, on loopback; and the way packets take when it refuses others."""

import socket
from collections.abc import Iterator

import pytest

from sensors.catalog import PictureState
from sensors.rtsp.messages import Request, Response
from tests.support.coded_film import Coding, film
from tests.support.film_server import FilmServer, Multicast, serving
from tests.support.opened_stream import Opened, running
from tests.support.scripted_rtsp import scripted, willing
from tests.support.waiting import eventually_async
from videowall.capture.rtsp.conversation import Transport
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.multicast import group_of

ADDRESS = "239.255.42.42"


@pytest.fixture
def port() -> Iterator[int]:
    """A UDP port of which the next is free too."""
    for _ in range(100):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second,
        ):
            first.bind((ADDRESS, 0))
            found = int(first.getsockname()[1])
            try:
                second.bind((ADDRESS, found + 1))
            except OSError:
                continue
        yield found
        return
    pytest.fail("no two neighbouring ports are free")


def setups(server: FilmServer) -> list[str]:
    return [request.headers["transport"] for request in server.requests if request.method == "SETUP"]


@pytest.mark.parametrize("asked", [Transport.MULTICAST, Transport.UDP])
async def test_a_stream_for_all_plays_whether_it_was_asked_for_or_not(asked: Transport, port: int) -> None:
    async with serving(FilmServer(film(Coding.H264), fps=75, group=Multicast(ADDRESS, port, insists=True))) as server:
        one, other = Opened(server.url, transport=asked), Opened(server.url, transport=asked)
        async with running(one.stream):
            await eventually_async(lambda: len(one.units) >= 20)
            async with running(other.stream):
                # Both hear the same group, and what is sent for either of them.
                await eventually_async(lambda: len(other.units) >= 5)
            assert one.stream.clock_offset_s is not None
        assert (one.stream.carrier, other.stream.carrier) == ("multicast", "multicast")
        assert len(setups(server)) == 2
        assert ("multicast" in setups(server)[0]) == (asked is Transport.MULTICAST)
        await eventually_async(lambda: server.live == 0)


async def test_a_camera_that_refuses_both_other_ways_is_heard_by_multicast(port: int) -> None:
    async with serving(FilmServer(film(Coding.H265), fps=75, group=Multicast(ADDRESS, port))) as server:
        client = Opened(server.url)
        async with running(client.stream):
            await eventually_async(lambda: len(client.units) >= 10)
        assert [wish.split(";")[1].partition("=")[0] for wish in setups(server)] == ["unicast", "unicast", "multicast"]
    assert (client.stream.carrier, client.codecs[-1]) == ("multicast", "hevc")


async def test_a_camera_that_does_not_send_by_multicast_is_asked_for_another_way() -> None:
    async with serving(FilmServer(film(Coding.H264), fps=75)) as server:
        client = Opened(server.url, transport=Transport.MULTICAST)
        async with running(client.stream):
            await eventually_async(lambda: len(client.units) >= 5)
        assert client.stream.carrier == "tcp"
    assert [wish.split(";")[1] for wish in setups(server)] == ["multicast", "unicast"]


async def test_a_camera_that_answers_with_something_else_than_asked_is_left_no_session() -> None:
    async with scripted(willing) as server:
        error = await Opened(server.url, transport=Transport.MULTICAST).fails()
        assert error.other_transport
        await eventually_async(lambda: "TEARDOWN" in server.methods)
        assert "PLAY" not in server.methods


async def test_ffmpeg_reads_what_is_to_be_had_no_way_of_ours_and_the_stream_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("videowall.capture.demuxer.OPEN_TIMEOUT_S", 60.0)
    monkeypatch.setattr("videowall.capture.demuxer.READ_TIMEOUT_S", 60.0)
    async with serving(FilmServer(film(Coding.MPEG4))) as server:
        client = Opened(server.url)
        async with running(client.stream):
            await eventually_async(lambda: client.units)
        assert client.stream.carrier == "ffmpeg"


@pytest.mark.parametrize(
    ("destination", "ports"),
    [("", "5000-5001"), ("nowhere", "5000"), ("127.0.0.1", "5000-5001"), ("ff02::1", "5000"), (ADDRESS, "80-81")],
)
async def test_what_is_no_group_is_not_joined(destination: str, ports: str) -> None:
    def names(request: Request) -> Response:
        answer = willing(request)
        if request.method != "SETUP":
            return answer
        transport = f"RTP/AVP;multicast;destination={destination};port={ports}"
        return Response(200, "OK", {**answer.headers, "Transport": transport}, answer.body)

    async with scripted(names) as server:
        error = await Opened(server.url, transport=Transport.MULTICAST).fails()
        assert error.state is PictureState.REFUSED
        assert "PLAY" not in server.methods
    with pytest.raises(StreamError):
        group_of(destination, (80, 81))
