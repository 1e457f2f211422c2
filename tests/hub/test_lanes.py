"""What hangs on another server holds up who asks for it, and nobody else."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from hub.config import InfluxSettings
from hub.core import READ_AT_ONCE, READ_WAITING
from hub.lanes import Lane
from hub.storage.influx_reader import InfluxReader
from sensors.access import Role
from sensors.errors import UnavailableError
from sensors.secrets import InfluxSecrets
from tests.hub.faulty_influx import Faulty, serving
from tests.hub.standing_hub import FENCE, PASSWORD, StandingHub, standing_hub
from tests.support.waiting import eventually_async

HISTORY = "/api/v1/history/kordai/fence-1/tension"


@pytest.fixture
def hanging() -> Iterator[Faulty]:
    """An InfluxDB that takes questions, and answers them once `stalled` is set."""
    with serving() as server:
        server.stalled = threading.Event()
        yield server
        server.stalled.set()


@asynccontextmanager
async def hub_beside(folder: Path, influx: Faulty) -> AsyncIterator[tuple[StandingHub, httpx.AsyncClient]]:
    reader = InfluxReader(InfluxSettings(url=influx.url, timeout_s=300), InfluxSecrets(token="secret-token"))
    limits = httpx.Limits(max_connections=60)
    async with standing_hub(folder, distant=reader) as hub:
        hub.measure(FENCE, tension=1.0)
        async with httpx.AsyncClient(base_url=hub.url, timeout=60, limits=limits) as http:
            http.headers["Authorization"] = f"Bearer {await sign_in(http)}"
            yield hub, http
    reader.close()


async def sign_in(http: httpx.AsyncClient) -> str:
    body = {"name": Role.ADMINISTRATOR.value, "password": PASSWORD}
    return str((await http.post("/api/v1/session", json=body)).json()["token"])


async def test_an_influxdb_that_hangs_keeps_nobody_from_signing_in_and_from_reading_what_is_here(
    tmp_path: Path, hanging: Faulty
) -> None:
    async with hub_beside(tmp_path, hanging) as (hub, http):
        long_ago = {"since": (hub.clock.now() - timedelta(days=90)).isoformat()}
        asking = [asyncio.create_task(http.get(HISTORY, params=long_ago)) for _ in range(40)]
        await eventually_async(lambda: len(hanging.questions) >= READ_AT_ONCE, what="the questions")
        assert await sign_in(http)
        assert (await http.get("/api/v1/log")).status_code == 200
        assert (await http.get(HISTORY)).json()["source"] == "local"
        assert (await http.get("/api/v1/devices/kordai/fence-1/history/tension")).status_code == 200
        assert not any(task.done() for task in asking)
        assert hanging.stalled is not None
        hanging.stalled.set()
        answers = [await task for task in asking]
    assert {answer.status_code for answer in answers} == {200}


async def test_who_asks_when_too_many_are_asking_is_told_so_at_once() -> None:
    lane, done = Lane("old records", READ_AT_ONCE, READ_WAITING), threading.Event()
    asking = [asyncio.create_task(lane.run(done.wait)) for _ in range(READ_AT_ONCE + READ_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError, match="old records: too many are asking"):
        await lane.run(done.is_set)
    done.set()
    assert all(await asyncio.gather(*asking))
    assert await lane.run(done.is_set)
