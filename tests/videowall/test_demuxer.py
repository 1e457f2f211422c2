"""What FFmpeg reads in our stead: other codecs, HTTP, HLS and films, and what it may not open."""

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.logging
import pytest
from av.video.stream import VideoStream

from sensors.catalog import PictureState
from sensors.rtsp.authentication import Credentials
from sensors.stamp import Stamp, read
from tests.support.camera_stand import PASSWORD
from tests.support.coded_film import CAMERA, FPS, HEIGHT, WIDTH, Coding, draw, film
from tests.support.film_server import FilmServer, serving
from tests.support.opened_stream import Opened, running
from tests.support.waiting import eventually_async
from tests.support.web_source import WebSource, web_source
from videowall.capture.demuxer import find_place
from videowall.capture.rtsp.failure import StreamError
from videowall.decoding.decoder import Decoder
from videowall.picture import Planes

pytestmark = pytest.mark.alone


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = av.logging.get_level()
    av.logging.set_level(av.logging.FATAL)
    yield
    av.logging.set_level(before)


def record(path: Path, encoder: str, options: dict[str, str], form: str | None = None, count: int = 50) -> Path:
    """A file of `count` frames with their numbers in their stamps."""
    with av.open(str(path), "w", format=form, options=options) as container:
        stream = cast("VideoStream", container.add_stream(encoder, rate=FPS))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.gop_size, stream.bit_rate = 10, 800_000
        for index in range(count):
            frame = av.VideoFrame.from_numpy_buffer(draw(index), format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def stamps(client: Opened) -> list[Stamp | None]:
    decoder = Decoder(client.codecs[-1], client.extradata[-1])
    pictures = [planes for unit in client.units if (planes := decoder.decode(unit)) is not None]
    return [_stamp(planes) for planes in pictures]


def _stamp(planes: Planes) -> Stamp | None:
    return read(lambda x, y: float(planes.y[int(y * planes.height), int(x * planes.width)]))


@pytest.mark.parametrize(("coding", "codec"), [(Coding.MPEG4, "mpeg4"), (Coding.MJPEG, "mjpeg")])
async def test_a_camera_whose_codec_is_not_ours_is_read_by_ffmpeg_without_being_told_so(
    coding: Coding, codec: str
) -> None:
    async with serving(FilmServer(film(coding))) as server:
        client = Opened(server.url)
        async with running(client.stream):
            await eventually_async(lambda: len(client.units) >= 30)
        assert client.codecs == [codec]
        assert client.stream.failure is None
    seen = [stamp.frame for stamp in stamps(client) if stamp is not None]
    assert len(seen) >= 25
    assert seen == [(seen[0] + step) % 50 for step in range(len(seen))]


async def test_motion_jpeg_over_http_plays_with_a_password() -> None:
    async with web_source(WebSource(Path("/nonexistent"), PASSWORD)) as source:
        client = Opened(source.url("motion"), PASSWORD)
        async with running(client.stream):
            await eventually_async(lambda: len(client.units) >= 10)
        assert client.codecs == ["mjpeg"]
        assert {stamp.camera for stamp in stamps(client) if stamp is not None} == {CAMERA}
        wrong = await Opened(source.url("motion"), Credentials("viewer", "guess-1")).fails()
    assert wrong.state is PictureState.BAD_CREDENTIALS
    assert "guess-1" not in wrong.text


async def test_hls_plays_at_its_own_pace(tmp_path: Path) -> None:
    record(tmp_path / "live.m3u8", "libx264", {"hls_time": "1", "hls_list_size": "0"}, "hls", count=100)
    async with web_source(WebSource(tmp_path)) as source:
        client = Opened(source.url("live.m3u8"))
        async with running(client.stream):
            await eventually_async(lambda: len(client.units) >= 30)
    assert client.codecs == ["h264"]
    spread_s = client.units[29].arrival_s - client.units[0].arrival_s
    assert spread_s > 0.9 * 29 / FPS
    found = [stamp for stamp in stamps(client) if stamp is not None]
    assert [stamp.frame for stamp in found[:20]] == list(range(20))


@pytest.mark.parametrize(("name", "encoder"), [("a.mp4", "libx264"), ("b.mp4", "mpeg4"), ("c.mkv", "libx264")])
async def test_a_film_plays_over_and_over(tmp_path: Path, name: str, encoder: str) -> None:
    record(tmp_path / name, encoder, {}, count=15)
    client = Opened(f"film:{name}", films=tmp_path)
    async with running(client.stream):
        await eventually_async(lambda: len(client.units) >= 35)
    assert client.stream.sessions_total == 1
    again = [unit for unit in client.units[1:] if unit.gap]
    assert again
    assert all(unit.key for unit in again)
    if encoder == "libx264":
        assert all(unit.data.startswith((b"\0\0\0\1", b"\0\0\1")) for unit in client.units)
    frames = [stamp.frame for stamp in stamps(client) if stamp is not None]
    assert frames[:10] == list(range(10))


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg looks at the clock before it looks at the socket: a machine that stood still is no silent source."""
    monkeypatch.setattr("videowall.capture.demuxer.OPEN_TIMEOUT_S", 60.0)
    monkeypatch.setattr("videowall.capture.demuxer.READ_TIMEOUT_S", 60.0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, patience: None) -> None:
    del patience
    monkeypatch.setattr("videowall.capture.demuxer.OPEN_TIMEOUT_S", 2.0)
    monkeypatch.setattr("videowall.capture.demuxer.READ_TIMEOUT_S", 1.0)


def reading() -> int:
    """How many threads read through FFmpeg now."""
    return sum(thread.name.startswith("demux") for thread in threading.enumerate())


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", ["hang", "stall"])
async def test_a_source_that_hangs_ends_in_time(path: str) -> None:
    async with web_source(WebSource(Path("/nonexistent"))) as source:
        assert (await Opened(source.url(path)).fails()).state is PictureState.NO_PACKETS


@pytest.mark.usefixtures("impatient")
async def test_a_thread_that_hangs_holds_nobody_and_gets_no_second_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("videowall.capture.demuxer.OPEN_TIMEOUT_S", 6.0)
    async with web_source(WebSource(Path("/nonexistent"))) as source:
        client = Opened(source.url("hang"))
        async with running(client.stream):
            await eventually_async(lambda: reading() == 1 and source.paths)
        # The stream has ended, its thread has not.
        assert reading() == 1
        assert "hangs" in (await client.fails()).text
        assert reading() == 1
    await eventually_async(lambda: not reading(), within_s=30)


async def test_what_is_not_there_or_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no video at all " * 1000)
    async with web_source(WebSource(tmp_path)) as source:
        assert (await Opened(source.url("missing")).fails()).state is PictureState.NOT_FOUND
        assert (await Opened(source.url("text")).fails()).state is PictureState.CANNOT_DECODE


async def test_a_playlist_of_a_camera_opens_no_file_of_ours(tmp_path: Path) -> None:
    secret = record(tmp_path / "secret.ts", "libx264", {}, "mpegts", count=25)
    body = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    (tmp_path / "live.m3u8").write_text(body)
    async with web_source(WebSource(tmp_path)) as source:
        client = Opened(source.url("live.m3u8"))
        await client.fails()
    assert client.units == []


@pytest.mark.parametrize(
    "url",
    [
        "film:../secret.mp4",
        "film:/etc/passwd",
        "film:missing.mp4",
        "file:///etc/passwd",
        "concat:a|b",
        "http:///x",
        "http://user:pass@camera/",
        "http://camera:99999/",
        "ftp://camera/x",
        "subfile,,start,0,end,9,,:/etc/passwd",
        "",
    ],
)
def test_nothing_else_can_be_opened(tmp_path: Path, url: str) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (tmp_path / "secret.mp4").write_bytes(b"x")
    for films in (folder, None):
        with pytest.raises(StreamError) as caught:
            find_place(url, PASSWORD, films)
        assert caught.value.state is PictureState.NOT_FOUND


def test_a_password_is_quoted_and_never_shown() -> None:
    place = find_place("https://camera:8443/a?b=c", Credentials("a:b", "p@ss/word"), None)
    assert place.target == "https://a%3Ab:p%40ss%2Fword@camera:8443/a?b=c"
    assert "word" not in repr(place)
    assert find_place("rtsp://[::1]:554/a", None, None).target == "rtsp://[::1]:554/a"
