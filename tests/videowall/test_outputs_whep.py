"""The wall over WebRTC: judged by aiortc as a client and by Chromium; never encoded again, for those who may watch."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Self

import httpx
import numpy as np
import pytest
from aiortc import AudioStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from av import VideoFrame
from av.frame import Frame

from sensors.clock import Clock, ManualClock, SystemClock
from sensors.errors import ConfigError, LimitError, WireError
from tests.support.browser import open_browser
from tests.support.moving_picture import MovingWall
from tests.support.waiting import eventually_async
from tests.support.wall_server import Keys
from videowall.config import WallSettings
from videowall.outputs.access import COOKIE
from videowall.outputs.listener import bind, serve
from videowall.outputs.server import build_app
from videowall.outputs.webrtc.addresses import own_addresses
from videowall.outputs.webrtc.offer import MAX_OFFER_BYTES, read_offer
from videowall.outputs.webrtc.peers import CONNECT_WITHIN_S, Peers

pytestmark = pytest.mark.alone

VIDEO = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\n"


@pytest.fixture
def wall() -> Iterator[MovingWall]:
    wall = MovingWall(key_every=1000)
    with wall.running():
        yield wall


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@asynccontextmanager
async def serving_peers(
    wall: MovingWall, keys: Keys, most: int = 2, clock: Clock | None = None
) -> AsyncIterator[tuple[str, Peers]]:
    clock = clock or SystemClock()
    peers = Peers(most, ("127.0.0.1",), clock)
    app = build_app(wall, WallSettings(public_key_file=str(keys.public_file)), clock, peers)
    listener = bind("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(serve(app, listener)), group.create_task(peers.run())]
        yield address, peers
        for task in tasks:
            task.cancel()


class Viewer:
    """An aiortc client that offers to receive and decodes what comes."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.addTransceiver("video", direction="recvonly")
        self.location = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.close()

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def join(self, address: str, headers: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient(base_url=address, headers=headers) as http:
            answer = await http.post(
                "/wall/main/whep", content=await self.offer(), headers={"Content-Type": "application/sdp"}
            )
        if answer.status_code == 201:
            self.location = answer.headers["location"]
            await self.connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer

    async def picture(self) -> int:
        """The number in the next picture (modulo 64)."""
        frame = await asyncio.wait_for(self.connection.getReceivers()[0].track.recv(), 60)
        assert isinstance(frame, VideoFrame)
        luma = frame.to_ndarray(format="gray")
        top = luma[: luma.shape[0] // 8]
        width = luma.shape[1] // 6
        return sum(int(np.mean(top[:, bit * width + 8 : (bit + 1) * width - 8]) > 128) << bit for bit in range(6))


def _follow_each_other(numbers: list[int]) -> bool:
    return len(numbers) == 13 and all(1 <= (after - before) % 64 <= 8 for before, after in pairwise(numbers))


async def test_a_viewer_decodes_the_walls_own_pictures_one_after_another_and_leaves(
    wall: MovingWall, keys: Keys
) -> None:
    async with Viewer() as viewer, serving_peers(wall, keys) as (address, peers):
        answer = await viewer.join(address, keys.bearer())
        assert (answer.status_code, answer.headers["content-type"]) == (201, "application/sdp")
        assert [line.split()[4] for line in answer.text.split("\n") if line.startswith("a=candidate")] == ["127.0.0.1"]
        assert "VP8" not in answer.text
        numbers, behind = [await viewer.picture()], 64
        # A viewer that this machine kept waiting is a group of pictures further on, and then one after another again.
        async with asyncio.timeout(60):
            while behind >= 32 or not _follow_each_other(numbers[-13:]):
                numbers.append(await viewer.picture())
                behind = (wall.index - numbers[-1]) % 64
        async with httpx.AsyncClient(base_url=address, headers=keys.bearer(), timeout=60) as http:
            assert (await http.delete(viewer.location)).status_code == 200
            assert (await http.delete(viewer.location)).status_code == 404
        await eventually_async(lambda: wall.broadcast.viewers == 0)
        assert len(peers) == 0


class Talk(AudioStreamTrack):
    """Silence, for as long as somebody takes it, and how much of it was taken."""

    said = 0

    async def recv(self) -> Frame:
        frame = await super().recv()
        self.said += 1
        return frame


def _directions(answer: str) -> list[str]:
    """Of each medium in an answer."""
    kinds = ("a=inactive", "a=recvonly", "a=sendonly", "a=sendrecv")
    return [line.removeprefix("a=") for line in answer.splitlines() if line in kinds]


async def test_nothing_is_taken_in_from_a_viewer(wall: MovingWall, keys: Keys) -> None:
    async with Viewer() as viewer, serving_peers(wall, keys) as (address, peers):
        talk = Talk()
        viewer.connection.addTransceiver(talk, direction="sendrecv")
        answer = await viewer.join(address, keys.bearer())
        assert (answer.status_code, _directions(answer.text)) == (201, ["sendonly", "inactive"])
        await viewer.picture()
        (seat,) = peers._seats.values()
        wanted = [(each.kind, each.currentDirection) for each in seat.peer._connection.getTransceivers()]
        assert wanted == [("video", "sendonly"), ("audio", "inactive")]
        assert talk.said == 0


async def test_sound_beside_the_connection_is_offered_no_other_address(wall: MovingWall, keys: Keys) -> None:
    async with Viewer() as viewer, serving_peers(wall, keys) as (address, _):
        viewer.connection.addTransceiver("audio", direction="recvonly")
        offer = "".join(line for line in (await viewer.offer()).splitlines(keepends=True) if "a=group:" not in line)
        async with httpx.AsyncClient(base_url=address, headers=keys.bearer(), timeout=60) as http:
            sdp = {"Content-Type": "application/sdp"}
            answer = await http.post("/wall/main/whep", content=offer, headers=sdp)
        assert _directions(answer.text) == ["sendonly", "inactive"]
        told = {line.split()[4] for line in answer.text.splitlines() if line.startswith("a=candidate")}
        assert told == {"127.0.0.1"}


async def test_a_viewer_gets_no_data_channel(wall: MovingWall, keys: Keys) -> None:
    async with Viewer() as viewer, serving_peers(wall, keys) as (address, peers):
        viewer.connection.createDataChannel("chat")
        answer = await viewer.join(address, keys.bearer())
        assert (answer.status_code, len(peers)) == (400, 0)
        assert "data channel" in answer.text


async def test_a_viewer_that_has_hung_up_may_still_take_its_leave_once(wall: MovingWall, keys: Keys) -> None:
    async with Viewer() as viewer, serving_peers(wall, keys) as (address, peers):
        await viewer.join(address, keys.bearer())
        await viewer.picture()
        await viewer.connection.close()
        await eventually_async(lambda: len(peers) == 0, what="the end of a connection that was hung up")
        async with httpx.AsyncClient(base_url=address, headers=keys.bearer(), timeout=60) as http:
            assert (await http.delete(viewer.location)).status_code == 200
            assert (await http.delete(viewer.location)).status_code == 404


async def _complain(receiver: RTCRtpReceiver, source: int) -> None:
    """Again and again, as browsers do: one that comes right after another is not heard."""
    while True:
        await receiver._send_rtcp_pli(source)
        await asyncio.sleep(0.6)


async def test_a_viewer_that_has_lost_a_picture_is_given_a_key_frame(wall: MovingWall, keys: Keys) -> None:
    async with Viewer() as viewer, serving_peers(wall, keys) as (address, _):
        await viewer.join(address, keys.bearer())
        await viewer.picture()
        with wall.broadcast.subscribe() as other:
            assert (await asyncio.wait_for(anext(other), 60)).key
            receiver = viewer.connection.getReceivers()[0]
            await eventually_async(lambda: receiver._RTCRtpReceiver__remote_streams)  # type: ignore[attr-defined]
            # The media comes first; a retransmission would have a source of its own.
            source = next(iter(receiver._RTCRtpReceiver__remote_streams))  # type: ignore[attr-defined]
            complaining = asyncio.create_task(_complain(receiver, source))
            async with asyncio.timeout(60):
                async for frame in other:
                    if frame.key:
                        break
            complaining.cancel()


async def test_places_are_few_and_only_for_those_who_may_watch(wall: MovingWall, keys: Keys) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with (
        Viewer() as first,
        Viewer() as second,
        Viewer() as third,
        serving_peers(wall, keys, most=1, clock=clock) as (address, peers),
    ):
        refused = await third.join(address, {})
        assert refused.status_code == 401
        short = {"Authorization": f"Bearer {keys.token(lifetime_s=60, clock=clock)}"}
        assert (await first.join(address, short)).status_code == 201
        await first.picture()
        assert (await second.join(address, keys.bearer())).status_code == 503
        clock.advance(61)
        await eventually_async(lambda: len(peers) == 0, what="the end of a viewer whose sign-in is over")
        assert (await third.join(address, keys.bearer())).status_code == 201


async def test_who_posts_an_offer_and_never_comes_is_let_go(wall: MovingWall, keys: Keys) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with Viewer() as viewer, serving_peers(wall, keys, clock=clock) as (address, peers):
        async with httpx.AsyncClient(base_url=address, headers=keys.bearer(), timeout=60) as http:
            sdp = {"Content-Type": "application/sdp"}
            assert (await http.post("/wall/main/whep", content=await viewer.offer(), headers=sdp)).status_code == 201
            assert (await http.post("/wall/main/whep", content="v=0", headers=sdp)).status_code == 400
            assert (await http.post("/wall/main/whep", content=VIDEO, headers=sdp)).status_code == 400
            assert (await http.post("/wall/other/whep", content=VIDEO, headers=sdp)).status_code == 404
            assert (await http.post("/wall/main/whep", content=VIDEO)).status_code == 400
        assert len(peers) == 1
        clock.advance(CONNECT_WITHIN_S + 1)
        await eventually_async(
            lambda: len(peers) == 0 and wall.broadcast.viewers == 0, what="the end of who never came"
        )


PLAY = """async () => {
  const pc = new RTCPeerConnection();
  const video = document.createElement('video');
  video.muted = true; video.autoplay = true; video.id = 'whep';
  document.body.append(video);
  pc.ontrack = (event) => { video.srcObject = new MediaStream([event.track]); };
  pc.addTransceiver('video', {direction: 'recvonly'});
  await pc.setLocalDescription(await pc.createOffer());
  const answer = await fetch('/wall/main/whep', {
    method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: pc.localDescription.sdp});
  if (answer.status !== 201) return answer.status;
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  window.pc = pc;
  return 201;
}"""
READ = """() => {
  const video = document.getElementById('whep');
  if (!video || !video.videoWidth) return null;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  let number = 0;
  for (let bit = 0; bit < 6; bit++) {
    const x = Math.floor((bit + 0.5) * canvas.width / 6);
    if (context.getImageData(x, canvas.height / 16, 1, 1).data[0] > 128) number += 1 << bit;
  }
  return number;
}"""


def _keep_up(behind: list[int]) -> bool:
    """Whether half of the last twenty looks found the newest half second; a player that is late by itself never has."""
    return len(behind) >= 20 and sorted(behind[-20:])[10] <= 12


@pytest.mark.slow
async def test_chromium_plays_the_wall_with_little_delay(wall: MovingWall, keys: Keys) -> None:
    def watch(address: str) -> list[int]:
        """By how many pictures each look at the page was behind the wall."""
        behind: list[int] = []
        with open_browser() as browser:
            context = browser.new_context()
            context.add_cookies([{"name": COOKIE, "value": keys.token(), "url": address}])
            page = context.new_page()
            page.goto(f"{address}/health")
            assert page.evaluate(PLAY) == 201
            deadline = time.monotonic() + 30
            while not _keep_up(behind) and time.monotonic() < deadline:
                number = page.evaluate(READ)
                if number is not None:
                    behind.append((wall.index - number) % 64)
                page.wait_for_timeout(40)
        return behind

    async with serving_peers(wall, keys) as (address, _):
        behind = await asyncio.to_thread(watch, address)
    assert _keep_up(behind), behind


def test_an_offer_loses_its_candidates_so_that_nobody_chooses_where_packets_go() -> None:
    told = VIDEO + "a=candidate:1 1 udp 1 203.0.113.9 9 typ host\r\na=end-of-candidates\r\n"
    assert read_offer(told.encode()) == VIDEO


@pytest.mark.parametrize("end", ["\r", "\v", "\f", "\x1c", "\x1d", "\x1e"])
def test_no_line_of_an_offer_hides_behind_an_end_that_only_the_library_knows(end: str) -> None:
    assert read_offer(f"{VIDEO}a=x{end}a=candidate:1 1 udp 1 203.0.113.9 9 typ host\r\n".encode()) == f"{VIDEO}a=x\r\n"
    with pytest.raises(WireError, match="data channel"):
        read_offer(f"{VIDEO}a=x{end}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n".encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"hello",
        b"v=0\r\n",
        VIDEO.replace("H264", "VP8").encode(),
        VIDEO.encode() + b"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
        VIDEO.encode() + b"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
    ],
)
def test_what_is_no_offer_for_the_wall_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        read_offer(body)


def test_an_endless_offer_is_refused() -> None:
    with pytest.raises(LimitError):
        read_offer(b"v=0\r\n" * MAX_OFFER_BYTES)


def test_webrtc_is_sent_from_the_pages_address_unless_said_otherwise() -> None:
    assert own_addresses("", "192.0.2.7") == ("192.0.2.7",)
    assert own_addresses("192.0.2.8, ::1", "192.0.2.7") == ("192.0.2.8", "::1")
    assert own_addresses("", "localhost") == ("127.0.0.1",)
    assert own_addresses("", "0.0.0.0") == own_addresses("", "wall.example")
    with pytest.raises(ConfigError):
        own_addresses("wall.example", "127.0.0.1")
