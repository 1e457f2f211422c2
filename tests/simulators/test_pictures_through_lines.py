"""Cameras behind their posts' lines as a wall's own client sees them: real streams, over TCP and UDP, two posts."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import pytest

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, SiteId, StreamRole
from simulators.cameras.cache import default_directory
from simulators.cameras.camera import Camera
from simulators.cameras.drawing.film import Shot
from simulators.cameras.server import CameraServer
from simulators.cameras.vocabulary import Authentication, Lighting, Terrain, View
from simulators.cameras.workshop import Workshop
from simulators.faults.line import Line
from simulators.faults.link import Link
from simulators.lines import open_lines
from simulators.scenario.gateway_actions import LinkCut
from simulators.scenario.link_actions import (
    LinkBreak,
    LinkBrownOut,
    LinkFault,
    LinkHalfOpen,
    LinkLatency,
    LinkResume,
)
from simulators.scenario.reading import parse_scenario
from tests.support.opened_stream import Opened, running
from tests.support.waiting import eventually_async
from videowall.capture.rtsp.conversation import Transport

_CLOCK = SystemClock()
_FAULTY, _OTHER = (DeviceKey(SiteId(site), DeviceId("cam-1")) for site in ("kordai", "sypatai"))
_SCENARIO = parse_scenario(
    b"""
    title = { en = "Two posts" }
    rtsp_port = 0
    [[sites]]
    id = "kordai"
    names = { en = "Kordai" }
    position = { latitude_deg = 43.0, longitude_deg = 74.7 }
    line = true
    [[sites]]
    id = "sypatai"
    names = { en = "Sypatai" }
    position = { latitude_deg = 43.0, longitude_deg = 73.0 }
    line = true
    """,
    "two-posts",
)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No session is given up because a busy machine brought nothing for a while."""
    monkeypatch.setattr("videowall.capture.rtsp.player.NO_PACKETS_S", 60.0)


class _Posts(NamedTuple):
    """Two posts with a camera each, of which one's link can be made faulty."""

    cameras: CameraServer
    link: Link
    line: Line

    def url(self, key: DeviceKey) -> str:
        return self.cameras.url(key, StreamRole.SUB, "127.0.0.1")

    def act(self, action: LinkFault | LinkResume) -> None:
        self.link.act(action, _CLOCK.now())


@pytest.fixture
async def posts() -> AsyncIterator[_Posts]:
    cameras = [
        Camera(key, Shot(number, View.YARD, Terrain.PLAIN, 1, Lighting.DAY, 0, 0), Authentication.NONE, None)
        for number, key in enumerate((_FAULTY, _OTHER), 21)
    ]
    async with Workshop(default_directory()) as workshop:
        server = CameraServer("127.0.0.1", 0, cameras, workshop, _CLOCK)
        await server.start()
        lines = await open_lines(_SCENARIO, _CLOCK, ("127.0.0.1", 1), server, 0)
        async with asyncio.TaskGroup() as group:
            parts = [group.create_task(server.run())]
            parts += [group.create_task(line.run()) for both in lines.values() for line in both]
            await asyncio.sleep(0)  # they begin, so that each also closes what it has opened
            yield _Posts(server, lines["kordai"].telemetry.link, lines["kordai"].pictures)
            for part in parts:
                part.cancel()


@asynccontextmanager
async def _watched(posts: _Posts, transport: Transport) -> AsyncIterator[tuple[Opened, Opened]]:
    """The faulty post's camera and the other one's, while their pictures come."""
    async with AsyncExitStack() as stack:
        both = Opened(posts.url(_FAULTY), transport=transport), Opened(posts.url(_OTHER), transport=transport)
        for client in both:
            await stack.enter_async_context(running(client.stream))
        for client in both:
            await _goes_on(client)
            assert client.stream.carrier == transport
        yield both


async def _goes_on(client: Opened, pictures: int = 10) -> None:
    wanted = len(client.units) + pictures
    await eventually_async(lambda: len(client.units) >= wanted, what="the pictures")


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
@pytest.mark.parametrize(
    "fault",
    [LinkBreak(site="kordai", duration_s=600), LinkHalfOpen(site="kordai", duration_s=600)],
    ids=["cut", "half-open"],
)
async def test_no_picture_comes_through_a_dead_line_until_it_is_mended_and_the_other_posts_go_on(
    posts: _Posts, fault: LinkFault, transport: Transport
) -> None:
    async with _watched(posts, transport) as (client, other):
        sessions = other.stream.sessions_total
        posts.act(fault)
        await _goes_on(other, 25)  # what had come out already is taken
        before = len(client.units)
        await _goes_on(other)
        assert len(client.units) == before
        if isinstance(fault, LinkBreak):
            await eventually_async(lambda: client.stream.failure is PictureState.REFUSED)
        posts.act(LinkResume(site="kordai"))
        await _goes_on(client)
        assert (other.stream.sessions_total, other.stream.lost_total) == (sessions, 0)


async def test_a_cut_cable_is_felt_by_pictures_as_by_telemetry(posts: _Posts) -> None:
    async with _watched(posts, Transport.TCP) as (client, other):
        posts.link.cut(LinkCut(site="kordai", duration_s=600), _CLOCK.now())
        await eventually_async(lambda: client.stream.failure is PictureState.REFUSED)
        await _goes_on(other)


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
async def test_a_brown_out_holds_pictures_up(posts: _Posts, transport: Transport) -> None:
    async with _watched(posts, transport) as (client, other):
        posts.act(LinkBrownOut(site="kordai", every_s=600, down_s=300))
        await _goes_on(other, 25)
        before = len(client.units)
        await _goes_on(other)
        assert len(client.units) == before
        posts.act(LinkResume(site="kordai"))
        await _goes_on(client)


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
async def test_pictures_are_as_late_as_their_link_is_long(posts: _Posts, transport: Transport) -> None:
    async with _watched(posts, transport) as (client, other):
        posts.act(LinkLatency(site="kordai", latency_s=1.5, jitter_s=0.0, duration_s=600))

        def later_by_s() -> float:
            late_s, soon_s = (each.stream.clock_offset_s or 0.0 for each in (client, other))
            return late_s - soon_s

        await eventually_async(lambda: later_by_s() > 0.75, what="the delay, which is smoothed")
        await eventually_async(lambda: client.stream.lateness.late_s > 1.2, what="the wall's knowledge of it")


async def test_datagrams_go_to_the_client_at_the_far_end_of_the_line(posts: _Posts) -> None:
    elsewhere, url = "127.0.0.7", posts.url(_FAULTY)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind((elsewhere, 0))
        media.setblocking(False)
        port = media.getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", posts.line.port, local_addr=(elsewhere, 0))
        transport = f"Transport: RTP/AVP;unicast;client_port={port}-{port + 1}"
        writer.write(f"SETUP {url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n{transport}\r\n\r\n".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        session = answer.partition("Session: ")[2].partition(";")[0]
        writer.write(f"PLAY {url} RTSP/1.0\r\nCSeq: 2\r\nSession: {session}\r\n\r\n".encode())
        packet = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(media, 2048), 30)
        assert packet[0] >> 6 == 2  # RTP
        writer.close()


async def test_a_line_leads_to_its_own_post_alone_and_addresses_name_it(posts: _Posts) -> None:
    assert posts.url(_FAULTY) == f"rtsp://127.0.0.1:{posts.line.port}/kordai/cam-1/sub"
    assert posts.url(_OTHER) != posts.url(_FAULTY).replace("kordai", "sypatai")
    astray = Opened(posts.url(_FAULTY).replace("kordai", "sypatai"))
    assert (await astray.fails()).state is PictureState.NOT_FOUND
