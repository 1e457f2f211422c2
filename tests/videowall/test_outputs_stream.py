"""The stream of one viewer over a real WebSocket: what is sent, in which order, and when it ends."""

import io
import json
import socket as sockets
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import av
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.sync.connection import Connection

from sensors.clock import ManualClock
from tests.support.moving_picture import Encoder, MovingWall
from tests.support.waiting import eventually
from tests.support.wall_server import Keys, serving
from videowall.config import WallSettings
from videowall.encoding.broadcast import EncodedFrame
from videowall.fmp4.fragment import CLOCK_BYTES
from videowall.outputs import stream
from videowall.outputs.packaging import Package, Packager
from videowall.outputs.server import build_app

pytestmark = pytest.mark.alone

TICK = 3600
Open = Callable[..., ClientConnection]


@pytest.fixture
def wall() -> MovingWall:
    return MovingWall()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def open_stream(wall: MovingWall, keys: Keys, clock: ManualClock) -> Iterator[Open]:
    opened: list[ClientConnection] = []

    with serving(build_app(wall, WallSettings(public_key_file=str(keys.public_file)), clock)) as address:

        def open_one(*, token: str = "", sock: sockets.socket | None = None) -> ClientConnection:
            before = wall.broadcast.viewers
            headers = {"Authorization": f"Bearer {token or keys.token(clock=clock)}"}
            url = f"ws://{address}/wall/main/stream"
            if sock is not None:
                host, _, port = address.partition(":")
                sock.connect((host, int(port)))
            viewer = connect(
                url, additional_headers=headers, sock=sock, compression="deflate", max_queue=1, close_timeout=1
            )
            opened.append(viewer)
            eventually(lambda: wall.broadcast.viewers == before + 1, what="the viewer's subscription")
            return opened[-1]

        yield open_one
        for socket in opened:
            socket.close()
        eventually(lambda: wall.broadcast.viewers == 0, what="the viewers' leaving")


def _times(piece: bytes) -> tuple[int, int]:
    """A fragment's decode time and duration."""
    time_90k = piece.index(b"tfdt") + 8
    (begin,) = struct.unpack_from(">Q", piece, time_90k)
    (duration,) = struct.unpack_from(">I", piece, piece.index(b"trun") + 16)
    return begin, duration


def _bytes(viewer: ClientConnection) -> bytes:
    message = viewer.recv(timeout=30)
    assert isinstance(message, bytes)
    return message


def _message(viewer: ClientConnection) -> dict[str, object]:
    text = viewer.recv(timeout=30)
    assert isinstance(text, str)
    message: dict[str, object] = json.loads(text)
    return message


def _close_code(viewer: Connection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        deque(iter(partial(viewer.recv, timeout=30), None), maxlen=0)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_what_arrives_is_a_start_then_a_header_then_every_frame(
    wall: MovingWall, open_stream: Open, clock: ManualClock
) -> None:
    viewer = open_stream()
    frames = Encoder(320, 180).encode_many(20)
    for frame in frames:
        wall.broadcast.publish(frame)
    assert _message(viewer) == {
        "kind": "start",
        "wall": "main",
        "codec": "avc1.42C00C",
        "mime": 'video/mp4; codecs="avc1.42C00C"',
        "width": 320,
        "height": 180,
        "fps": 25.0,
        "sent_at": clock.now().timestamp(),
    }
    file = b"".join(_bytes(viewer) for _ in range(21))
    with av.open(io.BytesIO(file), "r") as container:
        assert [frame.pts for frame in container.decode(video=0)] == [frame.pts_90k for frame in frames]


def test_messages_are_not_compressed(open_stream: Open) -> None:
    assert open_stream().protocol.extensions == []


def test_nothing_is_sent_before_the_first_key_frame(wall: MovingWall, open_stream: Open) -> None:
    first, second, third = Encoder(key_every=2).encode_many(3)
    viewer = open_stream()
    wall.broadcast.publish(second)
    wall.broadcast.publish(third)
    del first
    assert _message(viewer)["kind"] == "start"
    _bytes(viewer)
    assert _times(_bytes(viewer)) == (third.pts_90k, TICK)


def test_a_wall_that_changes_its_shape_starts_anew_in_the_same_stream(wall: MovingWall, open_stream: Open) -> None:
    viewer = open_stream()
    wall.broadcast.publish(Encoder(320, 180).encode(0))
    assert _message(viewer)["width"] == 320
    _bytes(viewer)
    _bytes(viewer)
    wall.broadcast.publish(Encoder(640, 360).encode(0, at_index=1))
    assert _message(viewer)["width"] == 640
    assert b"ftyp" in _bytes(viewer)
    assert _times(_bytes(viewer)) == (TICK, TICK)


def test_a_frame_after_skipped_ticks_begins_where_the_one_before_it_ended(wall: MovingWall, open_stream: Open) -> None:
    encoder = Encoder()
    viewer = open_stream()
    for index, at in enumerate((0, 1, 9, 10)):
        wall.broadcast.publish(encoder.encode(index, at_index=at))
    _message(viewer)
    _bytes(viewer)
    times = [_times(_bytes(viewer)) for _ in range(4)]
    assert times == [(0, TICK), (TICK, TICK), (2 * TICK, 8 * TICK), (10 * TICK, TICK)]


def test_a_slow_viewer_goes_on_at_a_key_frame_and_is_told_how_much_is_missing(
    wall: MovingWall, open_stream: Open
) -> None:
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    slow = open_stream(sock=narrow)
    encoder = Encoder(key_every=10)
    first, *rest = (_heavier(encoder.encode(index)) for index in range(101))
    wall.broadcast.publish(first)
    assert _message(slow)["kind"] == "start"
    for frame in rest:
        wall.broadcast.publish(frame)
    assert b"ftyp" in _bytes(slow)
    got: list[int] = []
    missing = 0
    while len(got) + missing < 101:
        message = slow.recv(timeout=30)
        if isinstance(message, str):
            missing += json.loads(message)["skipped"]
            got.append(sum(_times(_bytes(slow))) // TICK - 1)
            assert got[-1] % 10 == 0
        else:
            got.append(sum(_times(message)) // TICK - 1)
    assert missing > 0
    assert got[-1] == 100
    assert got == sorted(got)


def test_a_gap_that_comes_about_while_a_frame_is_packed_is_told_after_that_frame(
    wall: MovingWall, open_stream: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = Encoder(key_every=50).encode_many(102)
    package = Packager.package

    def crowd(packager: Packager, frame: EncodedFrame, before: EncodedFrame | None) -> Package:
        if frame is frames[1]:
            for later in frames[2:]:
                wall.broadcast.publish(later)
        return package(packager, frame, before)

    monkeypatch.setattr(Packager, "package", crowd)
    viewer = open_stream()
    for frame in frames[:2]:
        wall.broadcast.publish(frame)
    assert _message(viewer)["kind"] == "start"
    assert b"ftyp" in _bytes(viewer)
    assert [_times(_bytes(viewer))[0] // TICK for _ in range(2)] == [0, 1]
    assert _message(viewer) == {"kind": "skipped", "skipped": 98}
    assert sum(_times(_bytes(viewer))) // TICK - 1 == 100


def test_a_viewer_that_stops_reading_is_given_up(
    wall: MovingWall, open_stream: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SEND_WITHIN_S", 0.3)
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    open_stream(sock=narrow)
    encoder = Encoder(key_every=1)
    for index in range(25):
        wall.broadcast.publish(_heavier(encoder.encode(index)))
    eventually(lambda: wall.broadcast.viewers == 0)


def _heavier(frame: EncodedFrame) -> EncodedFrame:
    """The same frame with an SEI of 100 kB in front of its picture, so that few fill a socket."""
    padding = b"\x00\x00\x00\x01\x06" + b"\x05" * 100_000
    return EncodedFrame(
        frame.data + padding, frame.key, frame.index, frame.duration_90k, frame.pts_90k, frame.encoded_at
    )


def test_a_stream_ends_when_the_sign_in_does(
    wall: MovingWall, open_stream: Open, keys: Keys, clock: ManualClock
) -> None:
    viewer = open_stream(token=keys.token(lifetime_s=60, clock=clock))
    wall.broadcast.publish(Encoder().encode(0))
    assert _message(viewer)["kind"] == "start"
    clock.advance(61)
    assert _close_code(viewer) == 4401
    eventually(lambda: wall.broadcast.viewers == 0)


def test_a_stream_ends_when_the_key_that_proved_it_is_gone(wall: MovingWall, open_stream: Open, keys: Keys) -> None:
    viewer = open_stream()
    keys.public_file.unlink()
    assert _close_code(viewer) == 1013
    eventually(lambda: wall.broadcast.viewers == 0)


def test_a_viewer_that_leaves_is_forgotten_even_while_nothing_is_sent(wall: MovingWall, open_stream: Open) -> None:
    viewer = open_stream()
    viewer.close()
    eventually(lambda: wall.broadcast.viewers == 0)


def test_a_viewer_that_talks_is_shown_out(open_stream: Open) -> None:
    viewer = open_stream()
    viewer.send("hello")
    assert _close_code(viewer) == 1008


def test_a_wall_that_closes_says_farewell(wall: MovingWall, open_stream: Open) -> None:
    viewer = open_stream()
    wall.broadcast.close()
    assert _close_code(viewer) == 1001


@pytest.mark.parametrize("data", [b"rubbish", b"\x00\x00\x01\x65 without parameter sets", b""])
def test_a_broken_frame_ends_the_stream_and_not_the_server(wall: MovingWall, open_stream: Open, data: bytes) -> None:
    viewer = open_stream()
    wall.broadcast.publish(EncodedFrame(data, True, 0, TICK, 0, time.time()))
    assert _close_code(viewer) == 1011
    open_stream().close()


def test_time_that_goes_back_makes_viewers_begin_anew(wall: MovingWall, open_stream: Open) -> None:
    viewer = open_stream()
    encoder = Encoder(key_every=1)
    wall.broadcast.publish(encoder.encode(0, at_index=100))
    wall.broadcast.publish(encoder.encode(1, at_index=3))
    assert _close_code(viewer) == 1001


def test_one_viewer_too_many_is_asked_to_come_later(
    open_stream: Open, monkeypatch: pytest.MonkeyPatch, wall: MovingWall, keys: Keys, clock: ManualClock
) -> None:
    monkeypatch.setattr(stream, "MAX_VIEWERS", 1)
    open_stream()
    with serving(build_app(wall, WallSettings(public_key_file=str(keys.public_file)), clock)) as address:
        headers = {"Authorization": f"Bearer {keys.token(clock=clock)}"}
        with connect(f"ws://{address}/wall/main/stream", additional_headers=headers) as second:
            assert _close_code(second) == 1013


def test_an_unknown_wall_has_no_stream(wall: MovingWall, keys: Keys, clock: ManualClock) -> None:
    with serving(build_app(wall, WallSettings(public_key_file=str(keys.public_file)), clock)) as address:
        headers = {"Authorization": f"Bearer {keys.token(clock=clock)}"}
        with connect(f"ws://{address}/wall/other/stream", additional_headers=headers) as viewer:
            assert _close_code(viewer) == 4404


def test_fragments_open_with_the_time_of_encoding(wall: MovingWall, open_stream: Open) -> None:
    viewer = open_stream()
    wall.broadcast.publish(Encoder().encode(0))
    _message(viewer)
    _bytes(viewer)
    piece = _bytes(viewer)
    assert piece[4:8] == b"prft"
    assert piece[CLOCK_BYTES + 4 : CLOCK_BYTES + 8] == b"moof"
    assert FRESH_S > time.time() - (struct.unpack_from(">Q", piece, 16)[0] / 2**32 - 2_208_988_800) >= 0


FRESH_S = 60
