"""The wall's client, judged by RTSP servers that nobody here wrote: GStreamer's, VLC's and aio-rtsp-toolkit's."""

from collections.abc import Iterator
from itertools import dropwhile, pairwise
from pathlib import Path

import numpy as np
import pytest

from sensors.catalog import PictureState
from sensors.rtsp.authentication import Credentials
from sensors.stamp import read
from tests.support.coded_film import CAMERA
from tests.support.foreign_servers import GStreamerServer, gstreamer, toolkit, vlc, write_film
from tests.support.opened_stream import Opened, running
from tests.support.waiting import eventually_async
from videowall.capture.rtsp.conversation import Transport
from videowall.decoding.decoder import Decoder
from videowall.picture import Planes

pytestmark = [pytest.mark.alone, pytest.mark.slow]
KNOWN = Credentials("viewer", "not a secret: tests")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that this machine keeps waiting for seconds is no silent one."""
    monkeypatch.setattr("videowall.capture.rtsp.player.NO_PACKETS_S", 20.0)


@pytest.fixture(scope="module")
def server() -> Iterator[GStreamerServer]:
    with gstreamer() as running_server:
        yield running_server


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    folder.chmod(0o755)
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o011)
    write_film(folder / "h264.mp4", "libx264")
    write_film(folder / "h265.mp4", "libx265")
    return folder


def decoded(client: Opened) -> list[Planes]:
    """The pictures from the first key frame on; none may fail to decode."""
    decoder = Decoder(client.codecs[-1])
    units = dropwhile(lambda unit: not unit.key, client.units)
    pictures = [planes for unit in units if (planes := decoder.decode(unit)) is not None]
    assert decoder.errors_total == 0
    return pictures


def frames(pictures: list[Planes]) -> list[int]:
    """Their numbers, from the stamps in them."""
    found = []
    for planes in pictures:
        height, width = planes.y.shape

        def luma_at(x: float, y: float, luma: np.ndarray = planes.y, size: tuple[int, int] = (height, width)) -> float:
            return float(luma[int(y * size[0]), int(x * size[1])])

        stamp = read(luma_at)
        assert stamp is not None
        assert stamp.camera == CAMERA
        found.append(stamp.frame)
    return found


async def watched(url: str, transport: Transport, credentials: Credentials | None = None, units: int = 40) -> Opened:
    client = Opened(url, credentials, transport)
    async with running(client.stream):
        await eventually_async(lambda: len(client.units) >= units, within_s=30, what=f"pictures of {url}")
    return client


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
@pytest.mark.parametrize("path", ["h264", "h264-aggregated", "h265"])
async def test_gstreamers_server_is_watched_and_keeps_no_session(
    server: GStreamerServer, path: str, transport: Transport
) -> None:
    client = await watched(server.url(path), transport)
    assert client.codecs == ["hevc" if path == "h265" else "h264"]
    assert client.units[0].key
    assert client.stream.lost_total == 0
    pictures = decoded(client)
    assert len(pictures) >= 39
    assert all((before.y != after.y).any() for before, after in pairwise(pictures))
    await eventually_async(lambda: server.sessions == 0, what="the session taken down")


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
@pytest.mark.parametrize("method", ["basic", "digest"])
async def test_gstreamers_server_lets_in_who_knows_the_password(method: str, transport: Transport) -> None:
    with gstreamer(method) as guarded:
        client = await watched(guarded.url("h264"), transport, KNOWN, units=5)
        assert client.stream.sessions_total == 1
        for credentials in (None, Credentials("viewer", "wrong")):
            stranger = Opened(guarded.url("h264"), credentials, transport)
            assert (await stranger.fails()).state is PictureState.BAD_CREDENTIALS


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
async def test_a_server_that_is_killed_and_begun_again_is_watched_again(transport: Transport) -> None:
    with gstreamer() as mortal:
        client = Opened(mortal.url("h264"), transport=transport)
        async with running(client.stream):
            await eventually_async(lambda: len(client.units) >= 10, within_s=30)
            mortal.stop()
            await eventually_async(lambda: client.stream.failure is not None)
            before = len(client.units)
            mortal.start()
            await eventually_async(lambda: len(client.units) >= before + 20, within_s=30)
            assert client.stream.failure is None
            assert client.units[before].key
            assert client.units[before].gap
        assert client.stream.sessions_total == 2
        await eventually_async(lambda: mortal.sessions == 0)


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
async def test_vlcs_server_is_watched_and_watched_again(films: Path, transport: Transport) -> None:
    with vlc(films / "h264.mp4") as url:
        for _ in range(2):
            client = await watched(url, transport)
            seen = frames(decoded(client))
            assert all(after - before in {1, -249} for before, after in pairwise(seen))


@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_the_toolkits_server_is_watched(films: Path, codec: str) -> None:
    with toolkit(films) as address:
        client = await watched(f"{address}/{codec}.mp4", Transport.TCP)
        seen = frames(decoded(client))
        assert seen == list(range(seen[0], seen[0] + len(seen)))
        again = await watched(f"{address}/{codec}.mp4", Transport.UDP, units=10)
        assert again.stream.sessions_total == 1
