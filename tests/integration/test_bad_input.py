"""What people and equipment get wrong: each is told what and how to mend it, and nothing else stops."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub.protocol import Approval, WallRequest
from sensors.catalog import PictureState
from sensors.dialects.native import encode_birth, encode_state
from sensors.model import Birth, DeviceId, DeviceKey, Names, SiteId, Stream, StreamRole
from sensors.secrets import parse_secrets
from sensors.topics import Leaf, topic
from simulators.demo.installation import free_port
from tests.support.system import System
from tests.support.waiting import eventually_async

pytestmark = [pytest.mark.alone, pytest.mark.asyncio(loop_scope="module")]

NOWHERE = DeviceKey(SiteId("nowhere"), DeviceId("cam-1"))


def _run(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub.command", *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def _publish(system: System, *messages: tuple[str, bytes, bool]) -> None:
    """Publish as a device of the installation would, each message on a connection of its own."""
    folder = system.stage.installation.folder
    credentials = parse_secrets((folder / "secrets.toml").read_bytes(), {}, "secrets.toml").mqtt
    assert credentials is not None

    def send(name: str, payload: bytes, retain: bool) -> None:  # noqa: FBT001 - one line of a table
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(credentials.user, credentials.password)
        client.connect("127.0.0.1", system.stage.installation.broker_port)
        client.loop_start()
        client.publish(name, payload, qos=1, retain=retain).wait_for_publish(60)
        client.disconnect()
        client.loop_stop()

    for message in messages:
        await asyncio.to_thread(send, *message)


async def test_malformed_json_a_lying_birth_and_a_huge_payload_are_rejected_and_shown(system: System) -> None:
    key = DeviceKey(SiteId("nowhere"), DeviceId("liar"))
    lying = json.dumps({"kind": 7, "names": {"en": "x"}}).encode()
    await _publish(
        system,
        (topic(key, Leaf.DATA), b"{not json", False),
        (topic(key, Leaf.BIRTH), lying, False),
        (topic(key, Leaf.DATA), b"x" * 10_000_000, False),
    )

    reasons: dict[str, str] = {}

    async def told() -> bool:
        for view in await system.client.rejected():
            if view.topic.startswith("shekara/v1/nowhere/liar/"):
                reasons[f"{view.topic.rsplit('/')[-1]} {view.payload_bytes}"] = view.reason
        return len(reasons) >= 2

    for _ in range(600):
        if await told():
            break
        await asyncio.sleep(0.1)
    assert any("malformed" in reason or "invalid" in reason.lower() for reason in reasons.values()), reasons
    assert any("kind" in reason for reason in reasons.values()), reasons
    assert system.stage.processes["hub"].restarts_total == 0
    await system.settle()


async def test_a_camera_that_leads_nowhere_is_called_refused_and_harms_no_other(system: System) -> None:
    birth = Birth(
        kind="camera",
        names=Names(en="Nowhere", ru="Никуда", kk="Ешқайда"),
        streams=(Stream(StreamRole.SUB, f"rtsp://127.0.0.1:{free_port()}/nowhere", "h264", 640, 360, 25.0),),
        exercise=True,
    )
    try:
        await _publish(
            system,
            (topic(NOWHERE, Leaf.BIRTH), encode_birth(birth), True),
            (topic(NOWHERE, Leaf.STATE), encode_state(online=True, since=datetime.now(UTC)), True),
        )
        await eventually_async(lambda: NOWHERE in system.watch.devices, what="the camera in the registry")
        await system.client.change_wall("main", WallRequest(layout="4x4"))
        await eventually_async(lambda: system.state_of(NOWHERE) == PictureState.REFUSED, what="the tile saying refused")
        # While it stays refused: whoever is late for a moment, as on a busy machine, is not harmed; who stays so is.
        unharmed = set[DeviceKey]()

        def harms_no_other() -> bool:
            unharmed.update(key for key in system.camera_keys() if system.state_of(key) == PictureState.LIVE)
            return system.state_of(NOWHERE) == PictureState.REFUSED and unharmed >= set(system.camera_keys())

        await eventually_async(harms_no_other, what="all others being live beside it")
    finally:
        await system.client.refuse(NOWHERE)
        await system.client.change_wall("main", WallRequest(layout="1+12"))
    await eventually_async(
        lambda: system.watch.devices[NOWHERE].approval is Approval.REFUSED, what="the camera being refused"
    )
    await eventually_async(lambda: len(system.witness.tiles) == 12, what="the wall without it")


async def test_a_port_in_use_is_named_with_its_mend(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = (
            f'[hub]\nport = {port}\nmdns = false\ndata_dir = "{tmp_path / "data"}"\n[broker]\nport = {free_port()}\n'
        )
        (tmp_path / "shekara.toml").write_text(settings)
        done = await asyncio.to_thread(_run, "hub", cwd=tmp_path)
    assert done.returncode == 7
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\xff\xfe", "shekara.toml"),
        (b"[hub\n", "shekara.toml"),
        (b"[hubb]\n", "hubb"),
        (b"[hub]\nprot = 1\n", "prot"),
        (b"[hub]\nport = 'many'\n", "port"),
    ],
)
async def test_an_unreadable_configuration_is_named_with_its_mend(tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / "shekara.toml").write_bytes(text)
    done = await asyncio.to_thread(_run, "hub", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


async def test_a_missing_configuration_is_named_with_its_mend(tmp_path: Path) -> None:
    done = await asyncio.to_thread(_run, "--config", "nowhere.toml", "wall", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr
