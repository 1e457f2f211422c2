"""Numbers and times beyond all bounds: the API says which, and goes on; nothing of them reaches the pipeline."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from hub.api.period import EARLIEST, LATEST
from hub.protocol import Problem
from sensors.access import Role
from sensors.dialects import native
from sensors.model import Rejected
from tests.hub.quiet_center import FENCE_BIRTH, START
from tests.hub.standing_hub import FENCE, PASSWORD, StandingHub, standing_hub

BEYOND = ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1899-12-31T23:59:59Z", "9999-12-31T23:59:59.9-12:00")
ENDLESS = b"1" + b"0" * 400
READINGS = "history/kordai/fence-1/tension"
STEPS = "devices/kordai/fence-1/history/tension"


@pytest_asyncio.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may do everything."""
    async with standing_hub(tmp_path) as hub, httpx.AsyncClient(base_url=f"{hub.url}/api/v1/", timeout=60) as http:
        body = {"name": Role.ADMINISTRATOR.value, "password": PASSWORD}
        http.headers["Authorization"] = f"Bearer {(await http.post('session', json=body)).json()['token']}"
        await measured(hub)
        yield http


async def measured(hub: StandingHub) -> None:
    """A value is there to be found."""
    hub.measure(FENCE, tension=1.0)
    await hub.facade.devices()


def said(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, msgspec.json.decode(reply.content, type=Problem).detail


@pytest.mark.parametrize("path", [READINGS, STEPS, "export.csv"])
@pytest.mark.parametrize("name", ["since", "until"])
async def test_a_time_that_nothing_was_measured_at_is_named(http: httpx.AsyncClient, path: str, name: str) -> None:
    for time in BEYOND:
        assert said(await http.get(path, params={name: time})) == (400, f"{name}: is not within 1900 to 2200"), time


@pytest.mark.parametrize("step", ["0", "1", "60", "31622400"])
async def test_the_longest_time_that_can_be_asked_about_is_answered(http: httpx.AsyncClient, step: str) -> None:
    for since, until in ((EARLIEST, LATEST), (EARLIEST, EARLIEST), (LATEST, LATEST), (LATEST, EARLIEST)):
        asked = {"since": since.isoformat(), "until": until.isoformat()}
        assert (await http.get(READINGS, params=asked)).status_code == 200
        assert (await http.get(STEPS, params={**asked, "step": step})).status_code == 200
    assert (await http.get(READINGS, params={"until": EARLIEST.isoformat()})).json()["points"] == []


@pytest.mark.parametrize(
    ("path", "name"), [("log", "before"), ("log", "limit"), ("rejected", "limit"), (READINGS, "limit"), (STEPS, "step")]
)
async def test_a_number_beyond_64_bits_is_named(http: httpx.AsyncClient, path: str, name: str) -> None:
    for number in (10**23, 2**63, -(10**23), -1):
        status, detail = said(await http.get(path, params={name: str(number)}))
        assert (status, f"$.{name}" in detail) == (400, True), detail
    assert (await http.get("log", params={"before": str(2**63 - 1)})).status_code == 200


@pytest.mark.parametrize("path", ["devices/kordai/fence-1/commands", "training/kordai/fence-1/orders"])
async def test_an_argument_that_is_larger_than_any_float_is_refused(http: httpx.AsyncClient, path: str) -> None:
    reply = await http.post(path, content=b'{"name":"write","arguments":{"level":%s}}' % ENDLESS)
    status, detail = said(reply)
    assert (status, "$.arguments" in detail) == (400, True), detail


def test_a_limit_that_is_larger_than_any_float_is_no_birth() -> None:
    """As a limit of an approved device it would end the pipeline at the next value."""
    birth = native.encode_birth(FENCE_BIRTH).replace(b'"bound":40.0', b'"bound":' + ENDLESS)
    heard = native.decode("shekara/v1/kordai/fence-1/birth", birth, retained=True, received_at=START)
    assert isinstance(heard, Rejected)
    assert "bound" in heard.reason
