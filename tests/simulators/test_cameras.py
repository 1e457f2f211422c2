"""The RTSP server, judged by FFmpeg, and by bytes on a socket where FFmpeg is too polite."""

import asyncio
import itertools
import socket
import struct
import time
from pathlib import Path

import av
import pytest

from sensors.clock import SystemClock
from sensors.errors import UnavailableError
from sensors.model import StreamRole
from sensors.rtsp.authentication import Challenge, Credentials, authorization, parse_challenge
from sensors.rtsp.messages import Interleaved, Request, Response, encode_request
from sensors.rtsp.rtp import parse_rtp
from simulators.cameras.departures import Departure, DepartureWriter, read_departures
from simulators.cameras.drawing.film import LOOP_FRAMES
from simulators.cameras.server import CameraServer
from simulators.cameras.vocabulary import Fault
from simulators.cameras.workshop import Workshop
from tests.support.camera_stand import BASIC, DIGEST, OPEN, PASSWORD, SHA, Stand
from tests.support.rtsp_clients import Client, opened, stamps, stamps_until
from tests.support.waiting import eventually

pytestmark = pytest.mark.alone

_NUMBERS = {OPEN: 11, DIGEST: 12, BASIC: 13, SHA: 14}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("role", [StreamRole.SUB, StreamRole.MAIN])
def test_ffmpeg_plays_every_stream_and_its_stamps_advance(stand: Stand, role: StreamRole, transport: str) -> None:
    with opened(stand.url(OPEN, role), transport) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        found = stamps(container, 30)
    numbers = [stamp.frame for stamp in found if stamp is not None]
    assert len(numbers) == 30
    assert {stamp.camera for stamp in found if stamp is not None} == {_NUMBERS[OPEN]}
    steps = [(after - before) % LOOP_FRAMES for before, after in itertools.pairwise(numbers)]
    assert sum(step == 1 for step in steps) >= 28


@pytest.mark.parametrize("camera", [DIGEST, BASIC])
def test_the_right_password_opens_and_a_wrong_one_does_not(stand: Stand, camera: str) -> None:
    with opened(stand.url(camera, credentials=PASSWORD)) as container:
        assert None not in stamps(container, 3)
    for credentials in (None, Credentials("viewer", "wrong"), Credentials("root", "wrong")):
        with pytest.raises(av.error.HTTPUnauthorizedError), opened(stand.url(camera, credentials=credentials)):
            pass


def test_sha_256_digest_is_asked_for_and_accepted(stand: Stand) -> None:
    with Client(stand, SHA) as client:
        refused = client.ask("DESCRIBE")
        challenge = parse_challenge(refused.headers["www-authenticate"])
        assert refused.status == 401
        assert challenge is not None
        assert challenge.algorithm == "SHA-256"
        answers = {
            password: authorization(challenge, Credentials("viewer", password), "DESCRIBE", client.url, 1, "abc")
            for password in (PASSWORD.password, "wrong")
        }
        assert client.ask("DESCRIBE", Authorization=answers["wrong"]).status == 401
        assert client.ask("DESCRIBE", Authorization=answers[PASSWORD.password]).status == 200


def test_an_answer_to_another_connections_challenge_is_worth_nothing(stand: Stand) -> None:
    with Client(stand, DIGEST) as one, Client(stand, DIGEST) as other:
        challenge = parse_challenge(one.ask("DESCRIBE").headers["www-authenticate"])
        assert isinstance(challenge, Challenge)
        answer = authorization(challenge, PASSWORD, "DESCRIBE", one.url)
        assert other.ask("DESCRIBE", Authorization=answer).status == 401


@pytest.mark.parametrize("path", ["kordai/cam-99/sub", "kordai/cam-1/tiny", "", "../../etc/passwd", "kordai/cam-1"])
def test_a_stream_that_does_not_exist_is_not_found(stand: Stand, path: str) -> None:
    with Client(stand) as client:
        assert client.ask("DESCRIBE", f"rtsp://127.0.0.1/{path}").status == 404


def test_the_whole_conversation_by_hand(stand: Stand) -> None:
    with Client(stand) as client:
        assert "GET_PARAMETER" in client.ask("OPTIONS", "*").headers["public"]
        described = client.ask("DESCRIBE", Accept="application/sdp")
        assert described.headers["content-base"] == f"{client.url}/"
        assert b"a=rtpmap:96 H264/90000" in described.body
        assert b"sprop-parameter-sets=" in described.body
        assert client.ask("PLAY", Session="1").status == 454
        assert client.ask("SETUP", Transport="RTP/AVP;multicast;port=5000-5001").status == 461
        session = client.play()
        assert client.ask("SETUP", Transport="RTP/AVP/TCP;unicast;interleaved=2-3").status == 459
        assert client.ask("GET_PARAMETER", Session=session).status == 200
        assert client.ask("PAUSE", Session=session).status == 501
        assert client.ask("TEARDOWN", Session="other").status == 454
        assert client.ask("TEARDOWN", Session=session).status == 200
        assert client.ask("PLAY", Session=session).status == 454


@pytest.mark.usefixtures("never_late")
def test_packets_are_in_order_and_reports_tell_the_time(stand: Stand) -> None:
    with Client(stand, OPEN) as client:
        client.play()
        sequences: list[int] = []
        timestamps: list[int] = []
        reported: tuple[int, int] | None = None
        while len(set(timestamps)) < 30 or reported is None:
            message = client.next()
            assert isinstance(message, Interleaved)
            if message.channel == 1:
                assert message.payload[1] == 200
                seconds, _, rtp_timestamp = struct.unpack_from(">III", message.payload, 8)
                reported = seconds - 2_208_988_800, rtp_timestamp
                continue
            packet = parse_rtp(message.payload)
            assert packet is not None
            sequences.append(packet.sequence)
            timestamps.append(packet.timestamp)
        assert abs(reported[0] - time.time()) < 30
        assert abs(reported[1] - timestamps[0]) < 10 * 90_000
    assert {(after - before) & 0xFFFF for before, after in itertools.pairwise(sequences)} == {1}
    assert {after - before for before, after in itertools.pairwise(timestamps)} == {0, 3600}


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"DESCRIBE\r\n\r\n",
        b"DESCRIBE rtsp://x/ RTSP/1.0\r\nno colon here\r\n\r\n",
        b"DESCRIBE rtsp://x/ RTSP/1.0\r\n\r\n",
        b"DESCRIBE rtsp://x/ RTSP/1.0\r\nCSeq: one\r\n\r\n",
        b"DESCRIBE rtsp://[x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        b"DESCRIBE rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n",
        b"A" * 20_000,
        b"\xff\xfe\xfd DESCRIBE \r\n\r\n",
    ],
)
def test_garbage_ends_its_own_connection_and_no_other(stand: Stand, garbage: bytes) -> None:
    with Client(stand) as healthy, Client(stand) as bad:
        healthy.play()
        bad.socket.sendall(garbage)
        answer = bad.next()
        assert isinstance(answer, Response)
        assert answer.status == 400
        assert bad.ends()
        assert isinstance(healthy.next(), Interleaved)


def test_a_client_that_reads_nothing_is_sent_no_more_than_a_bound_and_hurts_nobody(stand: Stand) -> None:
    with Client(stand, OPEN, StreamRole.MAIN) as deaf, Client(stand, OPEN, StreamRole.MAIN) as healthy:
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.play()
        healthy.play()
        subscribers = next(
            stream.broadcast.tracks[0].subscribers
            for name, stream in stand.server._streams.items()
            if name == f"kordai/{OPEN}/main"
        )

        def somebody_was_spared() -> bool:
            for _ in range(20):
                healthy.next()
            return any(subscriber.dropped_total for subscriber in tuple(subscribers))

        eventually(somebody_was_spared, within_s=60, what="frames dropped for the deaf client")
        assert min(subscriber.dropped_total for subscriber in subscribers) == 0


def test_a_killed_camera_drops_everybody_and_comes_back(stand: Stand) -> None:
    with Client(stand) as watching:
        watching.play()
        stand.set_fault(OPEN, Fault.KILLED)
        assert watching.ends()
    with Client(stand) as late:
        late.socket.sendall(encode_request(Request("DESCRIBE", late.url, {"CSeq": "1"})))
        assert late.ends()
    with opened(stand.url(DIGEST, credentials=PASSWORD)) as other:
        assert None not in stamps(other, 2)
    stand.set_fault(OPEN, Fault.NONE)
    with opened(stand.url(OPEN)) as back:
        assert None not in stamps(back, 2)


def test_a_frozen_camera_keeps_sending_the_same_picture(stand: Stand) -> None:
    with opened(stand.url(OPEN)) as container:
        before = stamps(container, 5)
        stand.set_fault(OPEN, Fault.FROZEN)
        frozen = stamps_until(container, different=1)
        assert None not in before
        assert len(set(frozen)) == 1
        assert None not in frozen
        stand.set_fault(OPEN, Fault.NONE)
        assert len(set(stamps_until(container, different=10))) == 10


def test_a_stalled_camera_keeps_the_connection_and_sends_nothing(stand: Stand) -> None:
    with Client(stand, OPEN) as client:
        session = client.play()
        assert isinstance(client.next(), Interleaved)
        stand.set_fault(OPEN, Fault.STALLED)
        client.ask("GET_PARAMETER", Session=session)
        client.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.next()
        client.socket.settimeout(15)
        assert client.ask("GET_PARAMETER", Session=session).status == 200
        stand.set_fault(OPEN, Fault.NONE)
        assert isinstance(client.next(), Interleaved)


def test_a_locked_camera_takes_no_password_and_a_gone_one_is_not_found(stand: Stand) -> None:
    stand.set_fault(DIGEST, Fault.LOCKED)
    with pytest.raises(av.error.HTTPUnauthorizedError), opened(stand.url(DIGEST, credentials=PASSWORD)):
        pass
    stand.set_fault(DIGEST, Fault.GONE)
    with pytest.raises(av.error.HTTPNotFoundError), opened(stand.url(DIGEST, credentials=PASSWORD)):
        pass
    stand.set_fault(DIGEST, Fault.NONE)
    with opened(stand.url(DIGEST, credentials=PASSWORD)) as container:
        assert None not in stamps(container, 2)


def test_the_departure_log_says_which_frame_left_when(stand: Stand) -> None:
    began = time.time()
    known = len(stand.departures)
    with opened(stand.url(BASIC, credentials=PASSWORD)) as container:
        shown = [stamp.frame for stamp in stamps(container, 10) if stamp is not None]
    departures = [left for left in stand.departures[known:] if left.camera == _NUMBERS[BASIC]]
    assert set(shown) <= {left.frame for left in departures}
    assert all(left.role is StreamRole.SUB and began <= left.unix_s <= time.time() for left in departures)


def test_departures_are_read_back_as_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("departures") / "log"
    written = [Departure(number, number * 3, StreamRole.MAIN, 1e9 + number) for number in range(5)]
    writer = DepartureWriter.open(path)
    for departure in written:
        writer.record(departure)
    assert list(read_departures(path)) == written
    writer.close()
    with path.open("ab") as file:
        file.write(b"\x01\x02\x03")
    assert list(read_departures(path, 2)) == written[2:]


async def test_an_address_that_is_none_of_this_machine_is_refused_and_nothing_stays_open(tmp_path: Path) -> None:
    async with Workshop(tmp_path) as workshop:
        server = CameraServer("127.0.0.1", 0, (), workshop, SystemClock(), more_hosts=("127.0.0.2", "192.0.2.9"))
        with pytest.raises(UnavailableError, match=r"RTSP 192\.0\.2\.9"):
            await server.start()
        for host in "127.0.0.1", "127.0.0.2":
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(host, server.port)
