"""Every fault of a camera as its viewers meet it: FFmpeg where it can tell, the wire itself where it cannot."""

import collections
import itertools
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from sensors.rtsp.messages import Interleaved, Request, Response, encode_request
from sensors.rtsp.rtp import RtpPacket, parse_rtp
from simulators.cameras.vocabulary import Fault
from simulators.scenario import camera_actions
from simulators.scenario.actions import action_of
from simulators.scenario.camera_actions import CameraAction
from tests.support.camera_stand import OPEN, Stand
from tests.support.rtsp_clients import Client, opened, stamps_until

pytestmark = pytest.mark.alone

_DOC = Path(__file__).parents[2] / "docs" / "scenarios.md"
_ACTIONS = {kind.__struct_config__.tag: kind for kind in CameraAction.__args__}
_A_QUARTER = 0.25


def test_every_fault_has_an_action_a_default_and_a_line_in_the_page() -> None:
    faults = {action_of(str(tag), "kordai", {"camera": "cam-1"}).fault for tag in _ACTIONS}  # type: ignore[union-attr]  # all are of cameras
    assert faults == set(Fault)
    for tag, kind in _ACTIONS.items():
        (line,) = re.findall(rf"^\| `{tag}` \|.*$", _DOC.read_text("utf-8"), re.MULTILINE)
        own = set(kind.__struct_fields__) - {"site", "at_s", "id", "camera"}
        assert set(re.findall(r"`(\w+)` \(", line)) == own, line
    assert len(_ACTIONS) == sum(name.startswith("Camera") for name in vars(camera_actions)) - 1


def _luma(url: str, after_frames: int = 1) -> npt.NDArray[np.uint8]:
    """A frame below its stamp."""
    with opened(url) as container:
        for number, frame in enumerate(container.decode(video=0), 1):
            if number >= after_frames:
                return np.asarray(frame.to_ndarray(format="gray")[120:], np.uint8)
    raise AssertionError


def _edges(luma: npt.NDArray[np.uint8]) -> float:
    small = cv2.resize(luma, (320, 120), interpolation=cv2.INTER_AREA)
    return float(np.quantile(np.abs(cv2.Laplacian(small, cv2.CV_32F)), 0.95))


@pytest.mark.slow
def test_faulty_pictures_look_faulty_and_their_stamps_go_on(stand: Stand) -> None:
    url = stand.url(OPEN)
    seen = {Fault.NONE: _luma(url)}
    for fault in (Fault.BLACK, Fault.WHITE, Fault.BLURRED, Fault.COVERED, Fault.TURNED, Fault.NOISY):
        with opened(url) as watching:
            stand.set_fault(OPEN, fault)
            assert None not in stamps_until(watching, different=10)
        seen[fault] = _luma(url)
    well = seen[Fault.NONE]
    assert seen[Fault.BLACK].max() < 40
    assert seen[Fault.WHITE].min() > 190
    assert _edges(seen[Fault.BLURRED]) < 0.5 * _edges(well)
    assert seen[Fault.COVERED].std() < 12 < well.std()
    assert np.abs(seen[Fault.TURNED].astype(float) - well).mean() > 10
    assert _edges(seen[Fault.NOISY]) > 1.5 * _edges(well)


def test_a_camera_without_a_free_session_says_453_and_those_who_watch_go_on(stand: Stand) -> None:
    with Client(stand) as watching, Client(stand) as late:
        watching.play()
        stand.set_fault(OPEN, Fault.FULL)
        answer = late.ask("SETUP", f"{late.url}/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        assert answer.status == 453
        assert isinstance(watching.next(), Interleaved)
        with pytest.raises(av.error.FFmpegError), opened(late.url):
            pass
        stand.set_fault(OPEN, Fault.NONE)
        late.play()


def test_a_camera_that_leaks_sessions_has_none_left_in_the_end(stand: Stand) -> None:
    stand.set_fault(OPEN, Fault.LEAKING, 3)
    for _ in range(3):
        with Client(stand) as client:
            assert client.ask("TEARDOWN", Session=client.play()).status == 200
    with Client(stand) as late:
        transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        assert late.ask("SETUP", f"{late.url}/trackID=0", Transport=transport).status == 453
        stand.set_fault(OPEN, Fault.NONE)
        late.play()


def _is_silent(client: Client) -> bool:
    """Nothing comes for a while, once what was on its way has come."""
    client.socket.settimeout(_A_QUARTER)
    try:
        for _ in range(2_000):
            client.next()
    except TimeoutError:
        return True
    finally:
        client.socket.settimeout(15)
    return False


def test_a_half_open_camera_neither_answers_nor_sends_nor_closes(stand: Stand) -> None:
    with Client(stand) as watching, Client(stand) as late:
        watching.play()
        stand.set_fault(OPEN, Fault.HALF_OPEN)
        for client in (watching, late):
            client.socket.sendall(encode_request(Request("OPTIONS", client.url, {"CSeq": "9"})))
            assert _is_silent(client)
        with pytest.raises(av.error.FFmpegError), av.open(late.url, timeout=1):
            pass
        stand.set_fault(OPEN, Fault.NONE)
        assert isinstance(watching.next(), Interleaved)
        late.play()


def test_a_resetting_camera_ends_connections_with_a_reset(stand: Stand) -> None:
    with Client(stand) as watching, Client(stand) as late:
        watching.play()
        stand.set_fault(OPEN, Fault.RESET)
        with pytest.raises(ConnectionResetError):
            collections.deque(_packets(watching), maxlen=0)
        with pytest.raises(ConnectionResetError):
            late.ask("DESCRIBE")


def test_a_trickling_camera_answers_a_few_bytes_at_a_time(stand: Stand) -> None:
    stand.set_fault(OPEN, Fault.TRICKLING, 50)
    with Client(stand) as client:
        began_s = time.monotonic()
        client.socket.sendall(encode_request(Request("DESCRIBE", client.url, {"CSeq": "1"})))
        pieces = [client.socket.recv(65_536) for _ in range(8)]
        assert all(pieces)
        # What came while this thread was kept waiting lies in one piece.
        assert sum(map(len, pieces)) <= 50 * (time.monotonic() - began_s) + 5
        stand.set_fault(OPEN, Fault.NONE)
        rest = b"".join(pieces)
        while b"trackID=0\r\n" not in rest:
            rest += client.socket.recv(65_536)
        assert rest.startswith(b"RTSP/1.0 200 OK")


def test_a_restarting_camera_drops_everybody_again_and_again(stand: Stand) -> None:
    stand.set_fault(OPEN, Fault.RESTARTING, 2)
    for _ in range(2):
        while True:
            with Client(stand) as client:
                try:
                    client.play()
                    client.next()
                except (ConnectionError, EOFError):
                    continue
                assert client.ends()
                break


def _packets(client: Client) -> Iterator[RtpPacket]:
    while True:
        message = client.next()
        if isinstance(message, Interleaved) and message.channel == 0:
            packet = parse_rtp(message.payload)
            assert packet is not None
            yield packet


def test_cut_units_are_what_a_strict_decoder_refuses(stand: Stand) -> None:
    stand.set_fault(OPEN, Fault.TRUNCATED, 1)
    refused = 0
    with opened(stand.url(OPEN)) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        for packet in itertools.islice(container.demux(video=0), 60):
            try:
                packet.decode()
            except av.error.InvalidDataError:
                refused += 1
    assert refused > 20


def test_lost_packets_leave_gaps(stand: Stand) -> None:
    stand.set_fault(OPEN, Fault.LOSSY, 0.3)
    with Client(stand) as client:
        client.play()
        numbers = [packet.sequence for packet in itertools.islice(_packets(client), 100)]
    steps = [(after - before) & 0xFFFF for before, after in itertools.pairwise(numbers)]
    assert 10 < sum(step - 1 for step in steps) < 90
    assert min(steps) == 1


def test_datagrams_come_out_of_order_and_interleaved_packets_do_not(stand: Stand) -> None:
    stand.set_fault(OPEN, Fault.REORDERED, 0.3)
    with (
        Client(stand) as by_tcp,
        Client(stand) as by_udp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media,
    ):
        by_tcp.play()
        media.bind(("127.0.0.1", 0))
        media.settimeout(15)
        port = media.getsockname()[1]
        answer = by_udp.ask(
            "SETUP", f"{by_udp.url}/trackID=0", Transport=f"RTP/AVP;unicast;client_port={port}-{port + 1}"
        )
        by_udp.ask("PLAY", Session=answer.headers["session"].partition(";")[0])
        datagrams = [int.from_bytes(media.recv(2048)[2:4], "big") for _ in range(100)]
        ordered = [packet.sequence for packet in itertools.islice(_packets(by_tcp), 50)]
    steps = [(after - before + 0x8000 & 0xFFFF) - 0x8000 for before, after in itertools.pairwise(datagrams)]
    assert sum(step < 0 for step in steps) > 5
    assert len(set(datagrams)) == 100
    assert {(after - before) & 0xFFFF for before, after in itertools.pairwise(ordered)} == {1}


def test_without_parameter_sets_nobody_can_decode(stand: Stand) -> None:
    stand.set_fault(OPEN, Fault.BARE)
    with Client(stand) as client:
        assert b"sprop" not in client.ask("DESCRIBE").body
        client.play()
        ends = 0
        for packet in _packets(client):
            assert packet.payload[0] & 0x1F not in {7, 8}
            assert packet.payload[0] & 0x1F != 24 or packet.payload[3] & 0x1F not in {7, 8}
            ends += packet.marker
            if ends == 30:
                break
    stand.set_fault(OPEN, Fault.NONE)
    with Client(stand) as client:
        client.play()
        first = next(_packets(client))
        assert first.payload[0] & 0x1F == 24
        assert first.payload[3] & 0x1F == 7


def test_a_camera_changes_its_size_within_a_session(stand: Stand) -> None:
    sizes: list[tuple[int, int]] = []
    with opened(stand.url(OPEN)) as container:
        for frame in container.decode(video=0):
            if not sizes:
                stand.set_fault(OPEN, Fault.RESIZED)
            if (frame.width, frame.height) not in sizes:
                sizes.append((frame.width, frame.height))
            if len(sizes) == 2:
                break
    assert sizes == [(640, 360), (320, 180)]


def test_a_camera_changes_its_codec_within_a_session(stand: Stand) -> None:
    with Client(stand) as watching:
        watching.play()
        stand.set_fault(OPEN, Fault.RECODED)
        while next(_packets(watching)).payload[0] >> 1 & 0x3F != 48:
            pass
        assert b"H265/90000" in watching.ask("DESCRIBE").body
    with opened(stand.url(OPEN)) as container:
        assert container.streams.video[0].codec_context.name == "hevc"
        assert None not in stamps_until(container, different=10)


def _steps(timestamps: list[int]) -> list[int]:
    return [(after - before + 2**31) % 2**32 - 2**31 for before, after in itertools.pairwise(timestamps)]


@pytest.mark.parametrize("jump_s", [3600, -60])
@pytest.mark.usefixtures("never_late")
def test_timestamps_jump_once(stand: Stand, jump_s: int) -> None:
    with Client(stand) as client:
        client.play()
        packets = _packets(client)
        timestamps = [next(packets).timestamp]
        stand.set_fault(OPEN, Fault.JUMPED, jump_s)
        for packet in itertools.islice(packets, 1_000):
            timestamps.append(packet.timestamp)
            if len(timestamps) > 30 and len(set(_steps(timestamps[:-30]))) == 3:
                break
    steps = _steps(timestamps)
    assert set(steps) == {0, 3600, 3600 + jump_s * 90_000}
    assert steps.count(3600 + jump_s * 90_000) == 1


@pytest.mark.usefixtures("never_late")
def test_timestamps_and_numbers_roll_over_and_ffmpeg_plays_on(stand: Stand) -> None:
    with Client(stand) as watching:
        watching.play()
        stand.set_fault(OPEN, Fault.ROLLING, 1)
        assert watching.ends()
    with Client(stand) as client:
        client.play()
        packets = list(itertools.islice(_packets(client), 100))
    for values in ([packet.timestamp for packet in packets], [packet.sequence for packet in packets]):
        assert sum(after < before for before, after in itertools.pairwise(values)) == 1
    with opened(stand.url(OPEN)) as container:
        times = [frame.pts for frame in itertools.islice(container.decode(video=0), 50)]
    assert all(after - before == 3600 for before, after in itertools.pairwise(times) if before and after)


def test_a_fault_takes_the_place_of_the_one_before(stand: Stand) -> None:
    stand.set_fault(OPEN, Fault.RESTARTING, 2)
    stand.set_fault(OPEN, Fault.GONE)
    with Client(stand) as client:
        answer = client.ask("DESCRIBE")
        assert isinstance(answer, Response)
        assert answer.status == 404
