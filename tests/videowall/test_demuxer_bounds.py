"""What FFmpeg hands over is bounded, and what ends the reading thread ends the stream."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.logging
import cv2
import pytest

from sensors.catalog import PictureState
from tests.support.coded_film import FPS, HEIGHT, WIDTH, draw
from tests.support.opened_stream import Opened, running
from tests.support.vast_picture import vast_unit
from tests.support.waiting import eventually_async
from videowall.capture import demuxer
from videowall.capture.rtsp.assembly import MAX_UNIT_BYTES

LARGE = 3
COUNT = 8
VAST = 12_800


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = av.logging.get_level()
    av.logging.set_level(av.logging.FATAL)
    yield
    av.logging.set_level(before)


def film_of(path: Path, padding: dict[int, int], extradata: bytes = b"") -> Path:
    """A film of JPEG pictures, some with so many bytes behind them that show nothing."""
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("mjpeg", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        if extradata:
            stream.codec_context.extradata = extradata
        for index in range(COUNT):
            done, jpeg = cv2.imencode(".jpg", draw(index)[:HEIGHT])
            assert done
            packet = av.Packet(jpeg.tobytes() + bytes(padding.get(index, 0)))
            packet.stream, packet.time_base = stream, Fraction(1, FPS)
            packet.pts = packet.dts = index
            packet.is_keyframe = True
            container.mux(packet)
    return path


async def test_a_picture_over_the_bound_is_left_out_and_counted(tmp_path: Path) -> None:
    film_of(tmp_path / "a.mkv", {LARGE: MAX_UNIT_BYTES})
    client = Opened("film:a.mkv", films=tmp_path)
    async with running(client.stream):
        await eventually_async(lambda: len(client.units) >= 2 * COUNT)
    first = client.units[: COUNT - 1]
    assert max(len(unit.data) for unit in client.units) <= MAX_UNIT_BYTES
    assert [unit.gap for unit in first] == [place in {0, LARGE} for place in range(COUNT - 1)]
    assert client.stream.lost_total >= 2
    assert client.stream.sessions_total == 1


async def test_a_film_of_nothing_but_pictures_over_the_bound_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demuxer, "MAX_UNIT_BYTES", 100)
    film_of(tmp_path / "a.mkv", {})
    client = Opened("film:a.mkv", films=tmp_path)
    assert (await client.fails()).state is PictureState.NO_PACKETS
    assert client.units == []
    assert client.stream.lost_total == COUNT


async def test_a_description_over_the_bound_is_not_taken(tmp_path: Path) -> None:
    film_of(tmp_path / "a.mkv", {}, bytes(demuxer._MAX_EXTRADATA_BYTES + 1))
    client = Opened("film:a.mkv", films=tmp_path)
    assert (await client.fails()).state is PictureState.CANNOT_DECODE
    assert client.codecs == []


async def test_video_that_nobody_can_decode_is_named_at_once(tmp_path: Path) -> None:
    path = film_of(tmp_path / "a.mkv", {})
    coded = path.read_bytes()
    assert coded.count(b"V_MJPEG") == 1
    path.write_bytes(coded.replace(b"V_MJPEG", b"V_XJPEG"))
    error = await Opened("film:a.mkv", films=tmp_path).fails()
    assert error.state is PictureState.CANNOT_DECODE
    assert "kind" in error.text


async def test_a_thread_that_ends_as_nobody_expected_says_so_and_ends_the_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[type[BaseException]] = []

    def read(_: demuxer.Demuxer) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(threading, "excepthook", lambda told: said.append(told.exc_type))
    monkeypatch.setattr(demuxer.Demuxer, "_read", read)
    film_of(tmp_path / "a.mkv", {})
    error = await Opened("film:a.mkv", films=tmp_path).fails()
    assert error.state is PictureState.CANNOT_DECODE
    assert "read" in error.text
    assert said == [ZeroDivisionError]


_READER = """
import asyncio, resource, sys
from pathlib import Path
import av.logging
from tests.support.opened_stream import Opened, running
from tests.support.waiting import eventually_async
from videowall.decoding.decoder import Decoder

async def read():
    av.logging.set_level(av.logging.FATAL)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    client = Opened("film:a.mkv", films=Path(sys.argv[1]))
    async with running(client.stream):
        await eventually_async(lambda: client.units)
    decoder = Decoder(client.codecs[0], client.extradata[0])
    shown = decoder.decode(client.units[0])
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(client.codecs[0], shown, decoder.errors_total, (after - before) // 1024)

asyncio.run(read())
"""


def test_a_film_that_claims_a_vast_picture_takes_no_memory_for_it_and_is_an_error_of_its_decoder(
    tmp_path: Path,
) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w", format="matroska") as container:
        stream = container.add_mux_stream("h264", time_base=Fraction(1, FPS), width=VAST, height=VAST)
        for index in range(COUNT):
            packet = av.Packet(vast_unit(VAST))
            packet.stream, packet.time_base = stream, Fraction(1, FPS)
            packet.pts = packet.dts = index
            packet.is_keyframe = True
            container.mux_one(packet)
    command = (sys.executable, "-c", _READER, str(tmp_path))
    said = (
        subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()[-1].split()
    )
    assert said[:3] == ["h264", "None", "1"]
    assert int(said[3]) < VAST * VAST * 3 // 2 // 1_000_000
