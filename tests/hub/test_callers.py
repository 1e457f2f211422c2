"""Who opens connections to the hub's API and does not ask: bounded, counted, and soon hung up on."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest_asyncio

from hub.decisions.dialects import Dialects
from sensors.access import Role
from sensors.clock import ManualClock
from sensors.dialects.n42 import N42
from sensors.reception import MOST_EACH, REQUEST_WITHIN_S
from tests.hub.standing_hub import PASSWORD, StandingHub, standing_hub
from tests.support.callers import an_answer, callers, is_closed, speak
from tests.support.n42_documents import occupancy
from tests.support.waiting import eventually_async

SIGNING_IN = b"POST /api/v1/session HTTP/1.1\r\nHost: hub\r\nContent-Length: 9999\r\n\r\n{"


@pytest_asyncio.fixture
async def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


@pytest_asyncio.fixture
async def hub(tmp_path: Path, clock: ManualClock) -> AsyncIterator[StandingHub]:
    async with standing_hub(tmp_path, clock, dialects=Dialects((N42(),))) as hub:
        yield hub


async def sign_in(hub: StandingHub, host: str = "127.0.0.1") -> str:
    """A token for somebody at another address of this machine."""
    way = httpx.AsyncHTTPTransport(local_address=host)
    async with httpx.AsyncClient(transport=way, base_url=hub.url, timeout=60) as http:
        answer = await http.post("/api/v1/session", json={"name": Role.TECHNICIAN.value, "password": PASSWORD})
    return str(answer.json()["token"])


def port_of(hub: StandingHub) -> int:
    return int(hub.url.rpartition(":")[2])


async def test_a_stranger_keeps_nobody_out_of_the_hub_and_the_hub_says_so(hub: StandingHub, clock: ManualClock) -> None:
    async with callers(port_of(hub), MOST_EACH + 20) as silent:
        await eventually_async(lambda: hub.reception.refused_total == 20, what="the refusal of those too many")
        assert await sign_in(hub, "127.0.0.2")
        clock.advance(REQUEST_WITHIN_S)
        await eventually_async(lambda: all(map(is_closed, silent)), what="the end of who asks nothing")
    status = hub.health.status(clock.now())
    assert (status.connections_refused_total, status.connections_unheard_total) == (20, MOST_EACH)


async def test_a_sign_in_that_never_ends_is_ended(hub: StandingHub, clock: ManualClock) -> None:
    async with callers(port_of(hub), 1, SIGNING_IN) as trickling:
        await eventually_async(lambda: hub.reception._asking)
        clock.advance(REQUEST_WITHIN_S - 1)
        speak(trickling, b" ")
        clock.advance(1)
        await eventually_async(lambda: is_closed(trickling[0]), what="the end of a sign-in without end")
    assert hub.reception.unheard_total == 1


async def test_a_large_file_of_somebody_signed_in_may_take_its_time_over_a_thin_link(
    hub: StandingHub, clock: ManualClock
) -> None:
    file, token = occupancy(alarm="", started_at=clock.now(), slices=7), await sign_in(hub)
    head = (
        f"POST /api/v1/devices/kordai/portal-1/n42 HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/xml\r\nContent-Length: {len(file)}\r\n\r\n"
    )
    async with callers(port_of(hub), 1, head.encode()) as portal:
        for piece in (file[:100], file[100:200]):
            await eventually_async(lambda: hub.reception._asking)
            clock.advance(REQUEST_WITHIN_S)
            await eventually_async(lambda: not hub.reception._asking)
            speak(portal, piece)
        speak(portal, file[200:])
        answer = await an_answer(portal[0])
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert hub.reception.unheard_total == 0
