"""The wall published to servers that nobody here wrote: GStreamer's RTSP server, FFmpeg listening for RTSP and RTMP."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.errors import LimitError, WireError
from sensors.rtsp.authentication import Credentials
from tests.support.brokers import free_port
from tests.support.media_probe import probe, video
from tests.support.moving_picture import MovingWall
from tests.support.publishing import holds, listening, publishing, said, sent
from tests.support.waiting import eventually_async
from videowall.outputs.targets import output
from videowall.outputs.targets.output import OutputState
from videowall.outputs.targets.rtmp.amf import Amf, decode, encode, encode_array
from videowall.outputs.targets.rtmp.chunks import ChunkReader, Message, encode_message

pytestmark = pytest.mark.alone

RECORDER = Path(__file__).parents[1] / "peers" / "gstreamer_recorder.py"


@pytest.fixture
def wall() -> Iterator[MovingWall]:
    wall = MovingWall(key_every=25)
    with wall.running():
        yield wall


@contextmanager
def recorder(file: Path, *account: str) -> Iterator[int]:
    """GStreamer's server; its port."""
    command = ["/usr/bin/python3", str(RECORDER), str(file), *account]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.wait(60)
        server.stdout.close()


@pytest.mark.parametrize("account", [(), ("wall", "s3cret, really")], ids=["open", "digest"])
async def test_gstreamers_server_records_what_is_published(
    wall: MovingWall, tmp_path: Path, account: tuple[str, ...]
) -> None:
    file = tmp_path / "wall.ts"
    with recorder(file, *account) as port:
        secrets = {f"127.0.0.1:{port}": Credentials(*account)} if account else {}
        async with publishing(wall, f"rtsp://127.0.0.1:{port}/wall", secrets) as outputs:
            await sent(outputs, 60)
            await eventually_async(holds(file, 40_000))
            assert (outputs.reports[0].state, outputs.reports[0].problem) == (OutputState.SENDING, "")
    found = video(probe(file))
    assert (found["codec_name"], found["width"], found["height"]) == ("h264", 640, 360)
    assert int(found["nb_read_frames"]) >= 20


async def test_a_wrong_password_is_said_and_offered_once(
    wall: MovingWall, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "OPEN_WITHIN_S", 60.0)  # an answer that this machine keeps waiting is one
    with recorder(tmp_path / "wall.ts", "wall", "right") as port:
        secrets = {"127.0.0.1": Credentials("wall", "hunter2")}
        async with publishing(wall, f"rtsp://127.0.0.1:{port}/wall", secrets) as outputs:
            await eventually_async(lambda: outputs.reports[0].state is OutputState.WAITING)
            report = outputs.reports[0]
            assert "ANNOUNCE was answered with 401" in report.problem
            assert report.failures_total == 1
            assert wall.broadcast.viewers == 0
    assert "hunter2" not in capsys.readouterr().out + repr(report)


@pytest.mark.slow
async def test_ffmpeg_takes_rtsp(wall: MovingWall, tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "wall.ts"
    url = f"rtsp://127.0.0.1:{port}/wall"
    with listening(url, file, "-rtsp_flags", "listen"):
        async with publishing(wall, url) as outputs:
            await sent(outputs, 60)
            await eventually_async(holds(file, 40_000))
    assert int(video(probe(file))["nb_read_frames"]) >= 20


@pytest.mark.slow
async def test_ffmpeg_takes_rtmp_and_is_found_again_after_it_was_away(
    wall: MovingWall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "_MOST_WAIT_S", 2.0)
    port, first, second = free_port(), tmp_path / "first.ts", tmp_path / "second.ts"
    url = f"rtmp://127.0.0.1:{port}/live/key-of-the-stream"
    async with publishing(wall, url) as outputs:
        with listening(url, first, "-listen", "1"):
            await sent(outputs, 60)
            await eventually_async(holds(first, 40_000))
        await said(outputs)
        before = outputs.reports[0].frames_total
        with listening(url, second, "-listen", "1"):
            await sent(outputs, before + 60)
            await eventually_async(holds(second, 40_000))
        assert "key-of-the-stream" not in repr(outputs.reports)
    for file in (first, second):
        found = video(probe(file))
        assert (found["codec_name"], found["width"]) == ("h264", 640)
        assert int(found["nb_read_frames"]) >= 20


async def test_who_does_not_speak_the_protocol_is_left(wall: MovingWall) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9\r\n" * 2000)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for scheme, name in (("rtsp", "RTSP"), ("rtmp", "RTMP")):
        async with publishing(wall, f"{scheme}://127.0.0.1:{port}/a/b") as outputs:
            await said(outputs)
            assert outputs.reports[0].problem == f"the receiver does not speak {name}"
    server.close()


async def test_who_accepts_and_says_nothing_or_reads_nothing_holds_up_nobody(
    wall: MovingWall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videowall.outputs.targets.output.OPEN_WITHIN_S", 0.3)

    async def be_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0)
        silent.append(writer)

    silent: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(be_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with publishing(wall, f"rtmp://127.0.0.1:{port}/a/b") as outputs:
        with wall.broadcast.subscribe() as viewer:
            await asyncio.wait_for(anext(viewer), 60)
            await said(outputs)
            await asyncio.wait_for(anext(viewer), 60)
        assert "does not answer" in outputs.reports[0].problem
    for writer in silent:
        writer.close()
    server.close()


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=5))
def test_values_of_commands_come_back_as_they_were(values: list[Amf]) -> None:
    assert decode(encode(*values)) == values
    assert decode(encode_array({"a": 1.0})) == [{"a": 1.0}]


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    for read in (decode, lambda raw: list(ChunkReader().feed(raw))):
        try:
            read(data)
        except (WireError, LimitError):
            continue


@given(
    st.lists(
        st.builds(
            Message,
            st.sampled_from([8, 9, 18, 20]),
            st.integers(0, 5),
            st.integers(0, 2**32 - 1),
            st.binary(max_size=400),
        ),
        max_size=6,
    ),
    st.integers(1, 64),
)
def test_messages_come_back_from_their_chunks_however_they_are_cut(messages: list[Message], cut: int) -> None:
    data = b"".join(encode_message(message, 3 + number % 5, 128) for number, message in enumerate(messages))
    reader = ChunkReader()
    found = [message for start in range(0, len(data), cut) for message in reader.feed(data[start : start + cut])]
    assert found == messages
