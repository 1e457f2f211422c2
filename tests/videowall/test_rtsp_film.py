"""Real coded films over each transport, whole and mangled: what is decoded is read by the stamps in its frames."""

import random
import time

import numpy as np
import pytest

from sensors.rtsp.rtcp import ReportBlock
from sensors.stamp import Stamp, read
from tests.support.coded_film import CAMERA, CodedFilm, Coding, draw, film
from tests.support.film_server import FilmServer, serving
from tests.support.opened_stream import Opened, running
from tests.support.waiting import eventually_async
from videowall.capture.intake import Intake
from videowall.capture.rtsp import player
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.capture.rtsp.conversation import Transport
from videowall.capture.rtsp.stream import SANE_OFFSET_S
from videowall.decoding.decoder import Decoder
from videowall.picture import Planes

pytestmark = pytest.mark.alone

FRAMES = 60
FAST = 75
"""Frames a second of most films here: three times the usual, so that tests end sooner."""
CODINGS = [Coding.H264, Coding.H264_OUT_OF_BAND, Coding.H265, Coding.H265_OUT_OF_BAND]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The camera is on the client's own loop: when that stands still, nothing has fallen silent."""
    monkeypatch.setattr(player, "NOTHING_WHOLE_S", 60.0)


def decoded(units: list[AccessUnit], codec: str) -> list[Planes]:
    """The pictures that the wall would decode of these units: what its queue lets through, in one decoder."""
    intake, decoder = Intake(), Decoder(codec)
    pictures: list[Planes] = []
    for unit in units:
        intake.put(unit)
        while (taken := intake.take(unit.arrival_s)) is not None:
            if (planes := decoder.decode(taken)) is not None:
                pictures.append(planes)
    assert decoder.errors_total == 0
    return pictures


def stamp_of(planes: Planes) -> Stamp | None:
    height, width = planes.y.shape

    def luma_at(x: float, y: float) -> float:
        row, column = int(y * height), int(x * width)
        return float(planes.y[row - 1 : row + 2, column - 1 : column + 2].mean())

    return read(luma_at)


def numbers(pictures: list[Planes]) -> list[int]:
    """The frame number of each picture; each must be that frame, everywhere: no grey, no ghost of another."""
    found: list[int] = []
    for planes in pictures:
        stamp = stamp_of(planes)
        assert stamp is not None
        assert stamp.camera == CAMERA
        drawn = draw(stamp.frame)[: planes.y.shape[0]].astype(np.int16)
        difference = np.abs(drawn - planes.y.astype(np.int16))
        assert difference.mean() < 12
        found.append(stamp.frame)
    return found


async def watch(server: FilmServer, transport: Transport, *, frames: int = FRAMES) -> Opened:
    client = Opened(server.url, transport=transport)
    async with running(client.stream):
        await eventually_async(
            lambda: len(client.units) > 2 and client.units[-1].rtp_timestamp != 0 and ticks(client) >= frames,
            within_s=30,
        )
    return client


def ticks(client: Opened) -> int:
    """How many frames the newest unit is behind the first frame of the session."""
    return ((client.units[-1].rtp_timestamp - 0xFFFF_0000) & 0xFFFF_FFFF) * FAST // 90_000


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
@pytest.mark.parametrize("coding", CODINGS)
async def test_every_frame_of_each_codec_comes_over_each_transport(coding: Coding, transport: Transport) -> None:
    async with serving(FilmServer(film(coding), fps=FAST)) as server:
        client = await watch(server, transport)
    assert client.codecs == ["hevc" if "265" in coding.name else "h264"]
    assert client.stream.lost_total == 0
    pictures = decoded(client.units, client.codecs[0])
    assert numbers(pictures)[: FRAMES - 1] == [index % 50 for index in range(FRAMES - 1)]


class Lossy:
    """Loses single packets by chance, never of the first frame; knows which frames were hurt."""

    def __init__(self, seed: int, share: float) -> None:
        self.hurt: set[int] = set()
        self.lost = 0
        self._chance = random.Random(seed)  # noqa: S311 - chance
        self._share = share

    def __call__(self, index: int, packets: list[bytes]) -> list[bytes]:
        kept = [packet for packet in packets if index == 0 or self._chance.random() >= self._share]
        if len(kept) < len(packets):
            self.hurt.add(index)
            self.lost += len(packets) - len(kept)
        return kept


def clean(hurt: set[int], count: int, key_every: int) -> list[int]:
    """The frames that refer to nothing that was hurt."""
    return [index for index in range(count) if not hurt & set(range(index // key_every * key_every, index + 1))]


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
@pytest.mark.parametrize("coding", [Coding.H264, Coding.H265, Coding.H265_OUT_OF_BAND])
async def test_after_a_loss_nothing_is_shown_until_the_next_clean_key_frame(
    coding: Coding, transport: Transport
) -> None:
    lossy = Lossy(3, 0.02)
    played: CodedFilm = film(coding)
    async with serving(FilmServer(played, lossy, FAST)) as server:
        client = await watch(server, transport)
    assert len(lossy.hurt) >= 3
    shown = numbers(decoded(client.units, client.codecs[0]))
    expected = clean(lossy.hurt, FRAMES, played.key_every)
    assert shown[: len(expected) - 1] == [index % 50 for index in expected][:-1]
    assert 0 < client.stream.lost_total <= lossy.lost


async def test_datagrams_that_overtake_each_other_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # How long one is waited for is tried with given times elsewhere; here a busy machine must not run out of it.
    monkeypatch.setattr(player, "HOLD_S", 60.0)
    chance = random.Random(5)  # noqa: S311 - chance
    held: list[bytes] = []

    def shuffle(index: int, packets: list[bytes]) -> list[bytes]:
        if index == 0:
            return packets
        # The last packet of a frame comes within the next one, and every packet may change places.
        sent = [*held, *packets[:-1]]
        held[:] = packets[-1:]
        chance.shuffle(sent)
        return sent

    async with serving(FilmServer(film(Coding.H264), shuffle, FAST)) as server:
        client = await watch(server, Transport.UDP)
    assert client.stream.lost_total == 0
    assert numbers(decoded(client.units, "h264"))[: FRAMES - 5] == [index % 50 for index in range(FRAMES - 5)]


def _tells(report: ReportBlock) -> bool:
    return report.lost_total > 0 and report.highest_sequence > 0x10000


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
async def test_the_camera_is_told_how_it_is_received(transport: Transport) -> None:
    lossy = Lossy(3, 0.05)
    async with serving(FilmServer(film(Coding.H264), lossy)) as server:

        def told() -> bool:
            return any(_tells(each) for each in server.reports)

        client = Opened(server.url, transport=transport)
        async with running(client.stream):
            # The first may come when hardly anything was sent yet.
            await eventually_async(told, what="a report of loss after the numbers have begun anew")
    report = next(each for each in server.reports if _tells(each))
    assert report.ssrc == 0xCAFE
    # What is missing now, some of which the stream may still wait for: its own count is of what it gave up.
    assert report.lost_total <= lossy.lost
    assert report.last_report != 0
    assert 0 < report.delay_since_report < 20 * 65_536


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
async def test_a_wall_that_stands_still_for_seconds_does_not_take_its_camera_for_silent(transport: Transport) -> None:
    async with serving(FilmServer(film(Coding.H264))) as server:
        client = Opened(server.url, transport=transport)
        async with running(client.stream):
            await eventually_async(lambda: len(client.units) > 5)
            time.sleep(player.NO_PACKETS_S + 0.5)  # noqa: ASYNC251 - the event loop itself stands still
            seen = len(client.units)
            await eventually_async(lambda: len(client.units) > seen + 5)
    assert client.codecs == ["h264"]


@pytest.mark.parametrize(("ahead_s", "sane"), [(0.0, True), (-3600.0, False), (90.0, False)])
async def test_the_cameras_clock_gives_the_time_of_capture_where_it_can_be_right(ahead_s: float, *, sane: bool) -> None:
    async with serving(FilmServer(film(Coding.H264), fps=FAST, clock_ahead_s=ahead_s)) as server:
        client = await watch(server, Transport.TCP, frames=10)
    offset_s, latency_s = client.stream.clock_offset_s, client.stream.receive_latency_s
    assert offset_s is not None
    least, most = SANE_OFFSET_S
    assert least <= offset_s + ahead_s <= most
    assert (latency_s is not None) == sane
