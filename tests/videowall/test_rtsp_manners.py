"""How the client behaves towards cameras: where they send it, what they ask, what stays behind, how it signs in."""

import asyncio
from collections.abc import Callable

import pytest

from sensors.catalog import PictureState
from sensors.rtsp.authentication import Challenge, Credentials, challenge_header, is_authorized
from sensors.rtsp.messages import Request, Response, encode_request, encode_response
from tests.support.camera_stand import PASSWORD
from tests.support.coded_film import Coding, film
from tests.support.film_server import FilmServer, serving
from tests.support.opened_stream import Opened, running
from tests.support.scripted_rtsp import ScriptedServer, scripted, willing
from tests.support.waiting import eventually_async
from videowall.capture.rtsp import player
from videowall.capture.rtsp.address import Redirects, follow, parse_address
from videowall.capture.rtsp.conversation import Conversation, Transport
from videowall.capture.rtsp.failure import StreamError

HOST = "rtsp://127.0.0.1"


def answered(request: Request, status: int, **headers: str) -> Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, "x", {"CSeq": request.headers["cseq"], **given})


@pytest.mark.parametrize("status", [301, 302, 303, 305, 307])
async def test_a_redirect_is_followed_to_the_same_host(status: int) -> None:
    async with serving(FilmServer(film(Coding.H264))) as target:

        def sends_on(request: Request) -> Response:
            return answered(request, status, Location=target.url) if request.method == "DESCRIBE" else willing(request)

        async with scripted(sends_on) as gate:
            client = Opened(gate.url)
            async with running(client.stream):
                await eventually_async(lambda: client.units)
            assert gate.connections_total == 1


@pytest.mark.parametrize("location", ["rtsp://192.0.2.1/film", "rtsp://other:1/x", "http://127.0.0.1/", "", "rtsp://["])
async def test_a_redirect_elsewhere_is_refused(location: str) -> None:
    async with scripted(lambda request: answered(request, 302, Location=location)) as gate:
        error = await Opened(gate.url, redirects=Redirects.NEVER if not location else Redirects.SAME_HOST).fails()
    assert error.state is PictureState.REFUSED
    assert "redirect" in error.text


async def test_a_camera_that_redirects_for_ever_is_left() -> None:
    async with scripted(lambda request: answered(request, 302, Location="/film")) as gate:
        assert (await Opened(gate.url).fails()).state is PictureState.REFUSED
        assert gate.connections_total == 5


async def test_the_password_stays_with_its_host() -> None:
    origin = parse_address(f"{HOST}/a")
    assert follow(origin, "rtsp://localhost/b", Redirects.ANYWHERE).host == "localhost"
    with pytest.raises(StreamError):
        follow(origin, "rtsp://localhost/b", Redirects.SAME_HOST)
    with pytest.raises(StreamError):
        follow(origin, "/b", Redirects.NEVER)

    def wants_basic(request: Request) -> Response:
        return answered(request, 401, WWW_Authenticate='Basic realm="r"')

    async with scripted(wants_basic) as target:
        location = target.url.replace("127.0.0.1", "localhost")
        async with scripted(lambda request: answered(request, 302, Location=location)) as gate:
            client = Opened(gate.url, PASSWORD, redirects=Redirects.ANYWHERE)
            assert (await client.fails()).state is PictureState.BAD_CREDENTIALS
        assert target.requests
        assert not any("authorization" in request.headers for request in target.requests)


async def test_what_the_camera_asks_is_answered() -> None:
    asked = b"".join(
        encode_request(Request(method, "*", {"CSeq": str(number)}))
        for number, method in enumerate(["OPTIONS", "GET_PARAMETER", "RECORD"], 900)
    )
    replies: list[bytes] = []

    async def camera(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(asked + encode_response(Response(404, "x", {"CSeq": "1"})))
        replies.extend([await reader.readuntil(b"\r\n\r\n") for _ in range(3)])
        writer.close()

    listener = await asyncio.start_server(camera, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        async with running(Opened(f"{HOST}:{port}/a").stream):
            await eventually_async(lambda: len(replies) >= 3)
    assert [reply.split(b" ")[1] for reply in replies[:3]] == [b"200", b"200", b"501"]
    assert [b"CSeq: %d" % number in reply for number, reply in enumerate(replies[:3], 900)] == [True] * 3


async def test_a_redirect_while_playing_is_followed() -> None:
    async with serving(FilmServer(film(Coding.H264))) as target:

        def says_go(request: Request) -> Response | bytes:
            if request.method != "PLAY":
                return willing(request)
            order = Request("REDIRECT", request.url, {"CSeq": "5", "Location": target.url})
            return encode_response(willing(request)) + encode_request(order)

        async with scripted(says_go) as gate:
            client = Opened(gate.url)
            async with running(client.stream):
                await eventually_async(lambda: client.units)


async def test_the_session_is_kept_alive_as_the_camera_knows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kept_alive: set[str] = set()
    monkeypatch.setattr(player, "NO_PACKETS_S", 60.0)

    async def asked(public: str) -> list[Request]:
        def speaks(request: Request) -> Response:
            if "PLAY" in server.methods[:-1]:
                kept_alive.add(public)
            if len(kept_alive) == len(knows):
                monkeypatch.setattr(player, "NO_PACKETS_S", 0.0)
            answer = willing(request)
            return Response(200, "OK", {**answer.headers, "Public": public} if public else answer.headers, answer.body)

        async with scripted(speaks) as server:
            await Opened(server.url).fails()
            return server.requests[server.methods.index("PLAY") + 1 :]

    knows = {
        "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN": "OPTIONS",
        "OPTIONS, DESCRIBE, GET_PARAMETER": "GET_PARAMETER",
        "": "GET_PARAMETER",
    }
    for method, after_play in zip(knows.values(), await asyncio.gather(*map(asked, knows)), strict=True):
        assert {request.method for request in after_play} == {method, "TEARDOWN"}
        assert all(request.headers["session"] == "12345678" for request in after_play)


async def test_a_session_that_has_timed_out_at_the_camera_is_left_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "NO_PACKETS_S", 60.0)

    def forgets(request: Request) -> Response:
        if request.method != "GET_PARAMETER":
            return willing(request)
        # From now on the camera counts as silent too: what it says counts more.
        monkeypatch.setattr(player, "NO_PACKETS_S", 0.0)
        return answered(request, 454)

    async with scripted(forgets) as server:
        error = await Opened(server.url).fails()
    assert (error.state, "454" in error.text) == (PictureState.NO_PACKETS, True)
    assert server.methods[-2:] == ["GET_PARAMETER", "TEARDOWN"]


async def test_a_session_that_could_not_be_ended_is_ended_before_the_next_begins() -> None:
    plays = 0

    def breaks_off(request: Request) -> Response | bytes:
        nonlocal plays
        if request.method == "PLAY":
            plays += 1
            return b"$" if plays == 1 else encode_response(willing(request))
        return willing(request)

    async with scripted(breaks_off) as server:
        client = Opened(server.url)
        await client.fails()
        assert "TEARDOWN" not in server.methods
        await client.fails()
        second = server.methods[server.methods.index("PLAY") + 1 :]
        assert second[:4] == ["OPTIONS", "DESCRIBE", "TEARDOWN", "SETUP"]
        ended = server.requests[len(server.requests) - len(second) + 2]
        assert ended.headers["session"] == "12345678"


@pytest.mark.parametrize("status", [453, 503])
async def test_a_camera_without_a_free_session_is_told_from_one_that_knows_us_not(status: int) -> None:
    def full(request: Request) -> Response:
        return answered(request, status) if request.method == "SETUP" else willing(request)

    async with scripted(full) as server:
        error = await Opened(server.url).fails()
        assert error.state is PictureState.NO_FREE_SESSION
        assert "secrets" not in error.text
    async with scripted(lambda request: answered(request, 403)) as server:
        assert (await Opened(server.url).fails()).state is PictureState.BAD_CREDENTIALS


class Guard:
    """A camera that wants a digest, with a new nonce whenever `renew` says so."""

    def __init__(self, algorithm: str, renew: Callable[[Request], bool], *, says_stale: bool) -> None:
        self.refusals = 0
        self._algorithm = algorithm
        self._renew = renew
        self._says_stale = says_stale
        self._nonce = 0

    def __call__(self, request: Request) -> Response:
        given = request.headers.get("authorization", "")
        right = is_authorized(given, self._challenge(), PASSWORD, request.method)
        renews = right and self._renew(request)
        if right and not renews:
            return willing(request)
        self.refusals += 1
        self._nonce += 1
        stale = renews and self._says_stale
        return answered(request, 401, WWW_Authenticate=challenge_header(self._challenge(stale=stale)))

    def _challenge(self, *, stale: bool = False) -> Challenge:
        return Challenge("digest", "camera", f"nonce{self._nonce}", self._algorithm, "auth", stale=stale)


async def test_a_nonce_that_has_gone_stale_is_replaced_without_a_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "NO_PACKETS_S", 6.0)
    monkeypatch.setattr(player, "_FAREWELL_S", 60.0)

    async def play(algorithm: str, *, says_stale: bool) -> None:
        renewed: set[str] = set()

        def once_each(request: Request) -> bool:
            is_new = request.method not in renewed and request.method in {"SETUP", "GET_PARAMETER", "TEARDOWN"}
            renewed.add(request.method)
            return is_new

        guard = Guard(algorithm, once_each, says_stale=says_stale)
        async with scripted(guard) as server:
            assert (await Opened(server.url, PASSWORD).fails()).state is PictureState.NO_PACKETS
            assert server.connections_total == 1
            assert server.methods.count("SETUP") == 2
            assert server.methods.count("TEARDOWN") == 2
        assert guard.refusals == 4

    async with asyncio.TaskGroup() as group:
        for algorithm in ("MD5", "SHA-256"):
            for says_stale in (True, False):
                group.create_task(play(algorithm, says_stale=says_stale))


async def test_a_wrong_password_is_offered_once_even_when_every_refusal_brings_a_new_nonce() -> None:
    async with scripted(Guard("MD5", lambda _: False, says_stale=False)) as server:
        error = await Opened(server.url, Credentials("viewer", "guess")).fails()
        assert error.state is PictureState.BAD_CREDENTIALS
        assert "secrets file" in error.text
        assert "guess" not in error.text
        assert offered(server) == 1
    async with scripted(lambda request: answered(request, 401, WWW_Authenticate='Basic realm="r"')) as server:
        assert (await Opened(server.url, PASSWORD).fails()).state is PictureState.BAD_CREDENTIALS
        assert offered(server) == 1


def offered(server: ScriptedServer) -> int:
    return sum("authorization" in request.headers for request in server.requests)


async def test_neither_a_full_nor_a_locked_camera_is_hammered() -> None:
    for status, least_s in ((453, 1), (401, 30)):
        async with scripted(lambda request, status=status: answered(request, status)) as server:  # type: ignore[misc]  # the default binds the loop's variable
            client = Opened(server.url, PASSWORD)
            async with running(client.stream):
                await eventually_async(lambda seen=client: seen.stream.failure is not None)  # type: ignore[misc]  # same
                waits = client.stream._patience
                assert waits.failures == 1
                assert client.stream.failure is not None
                assert waits.wait_s(client.stream.failure) >= least_s


async def test_datagrams_that_never_come_make_the_client_ask_for_tcp() -> None:
    async with serving(FilmServer(film(Coding.H264), lambda _, packets: packets[:0])) as server:
        client = Opened(server.url, transport=Transport.UDP)
        async with running(client.stream):
            await eventually_async(lambda: len(setups(server)) >= 2)
        assert "client_port" in setups(server)[0]
        assert "interleaved" in setups(server)[1]


def setups(server: FilmServer) -> list[str]:
    return [request.headers["transport"] for request in server.requests if request.method == "SETUP"]


@pytest.mark.parametrize(
    ("transport", "channels"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=4-5", (4, 5)),
        ("RTP/AVP/TCP;unicast;interleaved=2", (2, 3)),
        ("RTP/AVP/TCP;unicast", (0, 1)),
        ("RTP/AVP/TCP;unicast;interleaved=x-9", (0, 1)),
    ],
)
def test_packets_are_taken_from_the_channels_that_the_camera_chose(transport: str, channels: tuple[int, int]) -> None:
    conversation = Conversation("rtsp://camera/a", None, Transport.TCP)
    step: Request | None = conversation.begin()
    while step is not None and step.method != "PLAY":
        answer = willing(Request(step.method, step.url, {"cseq": "1"}))
        lower = {name.lower(): value for name, value in answer.headers.items()}
        if step.method == "SETUP":
            lower["transport"] = transport
        step = conversation.answer(Response(200, "OK", lower, answer.body))
    assert conversation.expected is not None
    assert (conversation.expected.channel, conversation.expected.control_channel) == channels


async def test_a_camera_that_sends_by_multicast_alone_is_asked_for_that() -> None:
    def by_multicast(request: Request) -> Response:
        return answered(request, 461) if request.method == "SETUP" else willing(request)

    async with scripted(by_multicast) as server:
        client = Opened(server.url)
        async with running(client.stream):

            def asked() -> list[str]:
                wishes = [request.headers["transport"] for request in server.requests if request.method == "SETUP"]
                return [wish.partition("=")[0] for wish in wishes]

            await eventually_async(lambda: any("multicast" in wish for wish in asked()))
        assert asked()[:2] == ["RTP/AVP/TCP;unicast;interleaved", "RTP/AVP;unicast;client_port"]
