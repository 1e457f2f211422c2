"""The whole hub and an edge node that nobody here wrote: it keeps what it measures until the hub says it is there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.client import MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from hub.client import HubClient
from hub.decisions.dialects import Dialects
from hub.decisions.state import Wish
from hub.people.accounts import Accounts
from hub.protocol import DeviceView, HistoryPoint, Liveness
from sensors.access import Role
from sensors.clock import SystemClock
from sensors.dialects.dialect import Listen
from sensors.dialects.sparkplug.host import SparkplugHost
from sensors.dialects.sparkplug.topics import CERTIFICATES
from sensors.errors import NotFoundError
from sensors.model import DeviceKey
from tests.hub.doorstep import doorstep
from tests.hub.standing_hub import CHEAP, PASSWORD
from tests.sensors.sparkplug_edge import START, Edge
from tests.support.mosquitto import running_mosquitto
from tests.support.running_hub import RunningHub, running_hub
from tests.support.sparkplug_peer import sparkplug_peer
from tests.support.waiting import eventually

HOST = "situation-centre"
_STEP_S = 0.05
T = TypeVar("T")


async def until(ask: Callable[[], Awaitable[T | None]], what: str) -> T:
    """The first answer that is one."""
    try:
        async with asyncio.timeout(20):
            while (found := await ask()) is None:  # noqa: ASYNC110 - a server is asked, which tells nobody
                await asyncio.sleep(_STEP_S)
            return found
    except TimeoutError as error:
        raise AssertionError(f"{what} did not come true") from error


class Seen:
    """What a client of the hub sees of the node and its pump."""

    def __init__(self, client: HubClient, hub: RunningHub) -> None:
        self._client = client
        self.hub = hub

    async def device(self, words: str) -> DeviceView | None:
        found = await self._client.devices()
        return next((view for view in found if view.key.device.startswith(words)), None)

    async def wait_for(self, words: str, liveness: Liveness) -> DeviceView:
        async def stands() -> DeviceView | None:
            view = await self.device(words)
            return view if view is not None and view.liveness is liveness else None

        return await until(stands, f"{words} being {liveness}")

    async def points(self, key: DeviceKey, metric: str) -> list[HistoryPoint]:
        try:
            return list((await self._client.history(key, metric, since=START)).points)
        except NotFoundError:
            return []

    async def wait_for_value(self, key: DeviceKey, metric: str, value: float) -> HistoryPoint:
        async def stored() -> HistoryPoint | None:
            return next((point for point in await self.points(key, metric) if point.value == value), None)

        return await until(stored, f"{metric} of {value}")

    async def write(self, key: DeviceKey, **values: float) -> None:
        await self._client.send_command(key, "write", {**values})


@asynccontextmanager
async def seen_hub(folder: Path) -> AsyncIterator[Seen]:
    with running_hub(folder) as hub:
        async with HubClient(f"http://127.0.0.1:{hub.port}") as client:
            await client.sign_in("tester", PASSWORD)
            yield Seen(client, hub)


@pytest.mark.parametrize(("version", "letter"), [(MQTTv5, "p5"), (MQTTv311, "p2")])
def test_a_dialect_with_a_will_has_a_clean_session(tmp_path: Path, version: int, letter: str) -> None:
    host = SparkplugHost(HOST, {})
    with running_mosquitto(tmp_path) as port, doorstep(port, Dialects([host]), (version,)):
        log = (tmp_path / f"mosquitto-{port}.log").read_text()
        assert f"as hub-sparkplug ({letter}, c1, " in log
        assert f"as hub- ({letter}, c0, " in log


def test_births_that_a_broker_keeps_are_heard_from_a_real_one(tmp_path: Path) -> None:
    host = SparkplugHost(HOST, {})
    kept = f"{CERTIFICATES}spBv1.0/Kordai/NBIRTH/Edge-1"
    with running_mosquitto(tmp_path) as port, doorstep(port, Dialects([host])) as step:
        keeper = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="keeper")
        keeper.connect("127.0.0.1", port)
        keeper.loop_start()
        keeper.publish(kept, Edge().connect().payload, qos=1, retain=True).wait_for_publish(60)
        asked = [each for each in host.connected(START, START).actions if isinstance(each, Listen)]
        step.door.listen([Wish(each.topic, wanted=True, connection=host.name) for each in asked])
        eventually(lambda: kept in step.listen(), what="what the broker keeps")
        keeper.disconnect()
        keeper.loop_stop()


@pytest.mark.slow
async def test_a_foreign_edge_keeps_its_data_until_the_hub_is_there_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_mosquitto(tmp_path) as broker:
        monkeypatch.setenv("SHEKARA_BROKER_URL", f"mqtt://127.0.0.1:{broker}")
        monkeypatch.setenv("SHEKARA_HUB_APPROVE_ALL", "true")
        monkeypatch.setenv("SHEKARA_SPARKPLUG_ENABLED", "true")
        monkeypatch.setenv("SHEKARA_SPARKPLUG_HOST_ID", HOST)
        monkeypatch.setenv("SHEKARA_SPARKPLUG_GROUPS", "Kordai=kordai")
        (tmp_path / "data").mkdir()
        Accounts(tmp_path / "data", SystemClock(), CHEAP).set("tester", Role.ADMINISTRATOR, PASSWORD)
        with sparkplug_peer(broker, HOST, tmp_path / "peer.log") as peer:
            peer.order("measure", 1.5)
            peer.wait_for("kept")

            async with seen_hub(tmp_path) as seen:
                pump = await seen.wait_for("pump-7", Liveness.ONLINE)
                node = await seen.wait_for("post-1", Liveness.ONLINE)
                assert (node.kind, node.provenance, pump.via) == ("gateway", ("sparkplug",), node.key.device)
                assert pump.key.site == "kordai"
                assert (await seen.wait_for_value(pump.key, "flow", 1.5)).historical
                await seen.write(pump.key, speed_setpoint=450)
                assert (await asyncio.to_thread(peer.wait_for, "written"))["value"] == 450
                await seen.wait_for_value(pump.key, "speed_setpoint", 450)
                assert await asyncio.to_thread(seen.hub.end) == 0
                await asyncio.to_thread(peer.wait_for, "waits")
            peer.order("measure", 2.5)
            peer.wait_for("kept", 2)

            async with seen_hub(tmp_path) as seen:
                assert (await seen.wait_for_value(pump.key, "flow", 2.5)).historical
                seen.hub.process.kill()
                await asyncio.to_thread(peer.wait_for, "waits", 2)
            peer.order("measure", 3.5)
            peer.wait_for("kept", 3)

            async with seen_hub(tmp_path) as seen:
                assert (await seen.wait_for_value(pump.key, "flow", 3.5)).historical
                await seen.wait_for("pump-7", Liveness.ONLINE)
                peer.kill()
                await seen.wait_for("post-1", Liveness.OFFLINE)
                await seen.wait_for("pump-7", Liveness.OFFLINE)
                found = [point.value for point in await seen.points(pump.key, "flow") if point.historical]
                assert found == [1.5, 2.5, 3.5]
