"""A post whose equipment speaks in six ways, a real broker, and a whole hub that was told how to hear them."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from hub.client import HubClient
from hub.people.accounts import Accounts
from sensors.access import Role
from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, Stream
from simulators.cameras.vocabulary import Fault
from simulators.foreign.advice import hub_id, hub_settings
from simulators.post import Post
from simulators.publish_connection import Broker
from simulators.scenario.camera_actions import CameraCover
from simulators.scenario.form import CameraEntry
from simulators.scenario.gateway_actions import LinkCut
from simulators.scenario.reading import parse_scenario
from simulators.world.actors import Actor, ActorKind, Cargo
from simulators.world.ground import Spot
from tests.hub.standing_hub import CHEAP, PASSWORD
from tests.support.mosquitto import running_mosquitto
from tests.support.running_hub import running_hub

_SCENARIO = parse_scenario(
    b"""
title = { en = "A post of many makers" }
seed = 5
[[sites]]
id = "kordai"
names = { en = "Kordai" }
position = { latitude_deg = 43.039, longitude_deg = 74.713 }
[[sites.cameras]]
id = "cam-1"
view = "perimeter"
dialect = "onvif-events"
names = { en = "By ONVIF" }
at = [0, 0]
bearing_deg = 0
[[sites.cameras]]
id = "cam-2"
view = "perimeter"
dialect = "frigate"
names = { en = "By Frigate" }
at = [0, 0]
bearing_deg = 0
[[sites.devices]]
id = "ground-1"
kind = "ground-sensor"
dialect = "home-assistant"
period_s = 1
names = { en = "ground-1" }
at = [6, 25]
[[sites.devices]]
id = "ground-2"
kind = "ground-sensor"
dialect = "sparkplug"
period_s = 1
names = { en = "ground-2" }
at = [4, 25]
[[sites.devices]]
id = "fence-1"
kind = "fence"
dialect = "native"
period_s = 1
names = { en = "fence-1" }
at = [-2, 20]
to = [-2, 30]
[[sites.devices]]
id = "portal-1"
kind = "radiation-portal"
dialect = "n42"
period_s = 1
names = { en = "portal-1" }
at = [90, 90]
""",
    "test",
)
_SITE = _SCENARIO.sites[0]
_WITHIN_S = 40.0
_STEP_S = 0.1


def _no_streams(camera: CameraEntry) -> tuple[Stream, ...]:
    del camera
    return ()


async def _set_no_fault(key: DeviceKey, fault: Fault, amount: float) -> None:
    del key, fault, amount


def _let_them_come(post: Post) -> None:
    """Somebody over the fence before both cameras, and a source into the portal."""
    world, starts = post.premises.world, SystemClock().now() + timedelta(seconds=0.5)
    over = Spot(9.0, 25.0), Spot(-12.0, 25.0)
    world.enter(Actor("crosser", ActorKind.PERSON, over, starts, speed_mps=2.0, climbs=True))
    into = Spot(90.0, 74.0), Spot(90.0, 90.0)
    world.enter(Actor("lorry", ActorKind.VEHICLE, into, starts, 8.0, lingers_s=3.0, cargo=Cargo.SOURCE))


async def _wait_for_devices(client: HubClient, ids: set[DeviceId]) -> None:
    deadline_s = asyncio.get_running_loop().time() + _WITHIN_S
    while not ids <= {view.key.device for view in await client.devices()}:
        assert asyncio.get_running_loop().time() < deadline_s, ids
        await asyncio.sleep(_STEP_S)


async def _wait_for_alarms(client: HubClient, *wanted: tuple[str, str]) -> None:
    expected = {(hub_id(_SITE, device), limit) for device, limit in wanted}
    raised: set[tuple[str, str]] = set()
    deadline_s = asyncio.get_running_loop().time() + _WITHIN_S
    while not expected <= raised:
        assert asyncio.get_running_loop().time() < deadline_s, expected - raised
        raised |= {(view.key.device, view.limit) for view in await client.alarms()}
        await asyncio.sleep(_STEP_S)


@pytest.mark.slow  # a broker, a hub, and seven devices that are found, heard, cut off and heard again
async def test_equipment_of_every_dialect_raises_its_alarms_and_is_missed_when_the_line_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulators.post._GRACE_S", 60.0)  # who comes first is not this machine's to choose
    with running_mosquitto(tmp_path) as port:
        told = hub_settings(_SCENARIO).replace("[hub]", "[hub]\napprove_all = true")
        (tmp_path / "shekara.toml").write_text(f'[broker]\nurl = "mqtt://127.0.0.1:{port}"\n\n{told}', "utf-8")
        (tmp_path / "data").mkdir()
        Accounts(tmp_path / "data", SystemClock(), CHEAP).set("tester", Role.ADMINISTRATOR, PASSWORD)
        post = Post(_SITE, _SCENARIO, SystemClock(), Broker("127.0.0.1", port, 20), _no_streams, _set_no_fault)
        with running_hub(tmp_path) as hub:
            async with HubClient(f"http://127.0.0.1:{hub.port}") as client, asyncio.TaskGroup() as group:
                await client.sign_in("tester", PASSWORD)
                running = group.create_task(post.run())
                keys = {hub_id(_SITE, each) for each in ("ground-1", "ground-2", "fence-1", "cam-1", "cam-2")}
                await _wait_for_devices(client, keys)
                _let_them_come(post)
                await _wait_for_alarms(
                    client,
                    ("cam-1", "intrusion"),
                    ("ground-1", "person-near"),
                    ("ground-2", "person-near"),
                    ("fence-1", "climbing"),
                    ("portal-1", "gamma"),
                    ("cam-2", "frigate-alert"),
                )
                await post.perform(CameraCover(site="kordai", camera="cam-1"))
                await _wait_for_alarms(client, ("cam-1", "tamper"))
                await post.perform(LinkCut(site="kordai", duration_s=60.0))
                await _wait_for_alarms(client, ("gateway", "offline"), ("ground-1", "offline"))
                assert not await client.rejected()
                running.cancel()
