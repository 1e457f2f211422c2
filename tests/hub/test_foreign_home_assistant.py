"""A publisher nobody here wrote, a real broker, and a whole hub as its users run it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from ha_mqtt_discoverable import DeviceInfo, Settings
from ha_mqtt_discoverable.sensors import (
    BinarySensor,
    BinarySensorInfo,
    Camera,
    CameraInfo,
    Number,
    NumberInfo,
    Sensor,
    SensorInfo,
    Switch,
    SwitchInfo,
)
from paho.mqtt.enums import CallbackAPIVersion

from hub.client import HubClient
from hub.people.accounts import Accounts
from hub.protocol import DevicesChanged, DeviceView, Liveness, Logged, MetricsChanged, Snapshot
from sensors.access import Role
from sensors.clock import SystemClock
from sensors.errors import WireError
from sensors.model import DeviceKey, Metric, MetricType, Value
from tests.support.brokers import free_port
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually, eventually_async

PASSWORD = "quiet-border-night"
DEVICE = DeviceInfo(name="Gate portal", identifiers="portal-0451", manufacturer="Maker", model="M1", sw_version="2.1")


@contextmanager
def running_hub(directory: Path, broker_port: int) -> Iterator[str]:
    """The address of a hub that approves all it finds, and has an administrator."""
    port = free_port()
    log = directory / f"hub-{port}.log"
    Accounts(directory / "data", SystemClock()).set("admin", Role.ADMINISTRATOR, PASSWORD)
    (directory / "shekara.toml").write_text(
        f"""
        [hub]
        port = {port}
        mdns = false
        approve_all = true
        [broker]
        url = "mqtt://127.0.0.1:{broker_port}"
        [home_assistant]
        prefixes = "homeassistant=kordai"
        announce = true
        """
    )
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.command", "hub"], cwd=directory, env=os.environ, stdout=out, stderr=out
        )
        try:
            eventually(lambda: "broker connected" in log.read_text(), within_s=40, what="the hub's connection")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            assert process.wait(60) == 0


class Watch:
    """The live feed as it stands."""

    def __init__(self) -> None:
        self.devices: dict[DeviceKey, DeviceView] = {}
        self.values: dict[str, Value] = {}
        self.log: list[str] = []

    async def run(self, client: HubClient) -> None:
        async for message in client.live():
            if isinstance(message, Snapshot | DevicesChanged):
                self.devices |= {device.key: device for device in message.devices}
            if isinstance(message, Snapshot | MetricsChanged):
                self.values |= {metric.metric: metric.value for metric in message.metrics}
            if isinstance(message, Logged):
                self.log.append(message.entry.kind)

    @property
    def portal(self) -> DeviceView | None:
        return next((device for device in self.devices.values() if device.names.en == DEVICE.name), None)

    @property
    def metrics(self) -> dict[str, Metric]:
        return {metric.name: metric for metric in self.portal.metrics} if self.portal else {}


@asynccontextmanager
async def watched(url: str) -> AsyncIterator[tuple[HubClient, Watch]]:
    async with HubClient(url) as client:
        await client.sign_in("admin", PASSWORD)
        watch = Watch()
        task = asyncio.create_task(watch.run(client), name="watch")
        try:
            yield client, watch
        finally:
            task.cancel()
            await asyncio.wait({task})


@contextmanager
def publisher(port: int) -> Iterator[Settings.MQTT]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        eventually(client.is_connected, what="the publisher's connection")
        yield Settings.MQTT(client=client)
    finally:
        client.disconnect()
        client.loop_stop()


def ignore(*_: Any) -> None:
    """A callback that is not waited for."""


@pytest.mark.slow
async def test_equipment_of_another_makers_library_is_found_measured_commanded_and_withdrawn(tmp_path: Path) -> None:
    heard: list[bytes] = []
    with running_mosquitto(tmp_path) as port, publisher(port) as terms:
        temperature = Sensor(
            Settings(
                mqtt=terms,
                entity=SensorInfo(
                    name="Temperature",
                    unique_id="portal-0451_temperature",
                    device=DEVICE,
                    device_class="temperature",
                    unit_of_measurement="°F",
                    expire_after=600,
                ),
            )
        )
        counter = Sensor(
            Settings(
                mqtt=terms,
                entity=SensorInfo(
                    name="Vehicles",
                    unique_id="portal-0451_vehicles",
                    device=DEVICE,
                    state_class="total_increasing",
                    unit_of_measurement="vehicles",
                ),
            )
        )
        door = BinarySensor(
            Settings(
                mqtt=terms,
                entity=BinarySensorInfo(name="Door", unique_id="portal-0451_door", device=DEVICE, device_class="door"),
                manual_availability=True,
            )
        )
        lamp = Switch(
            Settings(mqtt=terms, entity=SwitchInfo(name="Lamp", unique_id="portal-0451_lamp", device=DEVICE)),
            lambda _client, _data, message: heard.append(bytes(message.payload)),
        )
        speed = Number(
            Settings(
                mqtt=terms,
                entity=NumberInfo(name="Speed", unique_id="portal-0451_speed", device=DEVICE, min=0, max=30, step=5),
            ),
            lambda _client, _data, message: heard.append(bytes(message.payload)),
        )
        camera = Camera(
            Settings(
                mqtt=terms, entity=CameraInfo(name="Eye", unique_id="portal-0451_eye", device=DEVICE, topic="eye/frame")
            ),
            ignore,
        )
        parts = (temperature, counter, door, lamp, speed, camera)
        with running_hub(tmp_path, port) as url:
            async with watched(url) as (hub, watch):
                for part in parts:
                    part.write_config()  # type: ignore[no-untyped-call]  # the library leaves it bare
                wanted = {"temperature", "vehicles", "door", "lamp", "speed", "not-read"}
                await eventually_async(lambda: watch.metrics.keys() == wanted, what="the whole device")
                device = watch.portal
                assert device is not None
                assert (device.maker, device.model, device.firmware, device.key.site) == (
                    "Maker",
                    "M1",
                    "2.1",
                    "kordai",
                )
                assert watch.metrics["temperature"].unit == "[degF]"
                assert watch.metrics["vehicles"].type is MetricType.COUNTER
                assert device.provenance == ("home-assistant",)
                await eventually_async(lambda: watch.values.get("not-read") == "camera Eye")
                numbers = count(1)

                def measured() -> bool:
                    # Said again and again: what is said before the hub has subscribed is said to nobody.
                    number = next(numbers)
                    temperature.set_state(68 + number)
                    counter.set_state(number)
                    (door.on if number % 2 else door.off)()
                    door.set_availability(True)
                    return watch.values.keys() >= {"temperature", "vehicles", "door"}

                await eventually_async(measured, what="the values")
                await eventually_async(lambda: is_now(watch, Liveness.ONLINE), what="being online")
                assert isinstance(watch.values["door"], bool)

                await hub.send_command(device.key, "set", {"lamp": True})
                await hub.send_command(device.key, "set", {"speed": 15})
                await eventually_async(lambda: heard == [b"ON", b"15"], what="the commands")
                with pytest.raises(WireError, match="steps of 5"):
                    await hub.send_command(device.key, "set", {"speed": 16})
                with pytest.raises(WireError, match="lamp takes true or false"):
                    await hub.send_command(device.key, "set", {"lamp": "explode"})
                assert heard == [b"ON", b"15"]

                door.set_availability(False)
                await eventually_async(lambda: is_now(watch, Liveness.OFFLINE), what="being offline")
                for part in parts:
                    part.delete()
                await eventually_async(lambda: "device-withdrawn" in watch.log, what="the withdrawal in the log")


@pytest.mark.slow
async def test_what_was_said_while_the_hub_was_away_is_stored_although_it_comes_before_its_config(
    tmp_path: Path,
) -> None:
    config = {
        "dev": {"ids": "portal-0451", "name": DEVICE.name},
        "uniq_id": "dose",
        "unit_of_meas": "µSv/h",
        "stat_t": "portal/dose",
    }
    with running_mosquitto(tmp_path) as port, publisher(port) as terms:
        client = terms.client
        assert client is not None
        client.publish("homeassistant/sensor/dose/config", json.dumps(config), qos=1, retain=True)
        with running_hub(tmp_path, port) as url:
            async with watched(url) as (_, watch):
                await eventually_async(lambda: watch.metrics.keys() == {"dose"}, what="the device")

                def measured() -> bool:
                    client.publish("portal/dose", "0.1", qos=1)
                    return watch.values.get("dose") == 0.1

                await eventually_async(measured, what="the subscription")
        for number in range(1, 51):
            client.publish("portal/dose", str(number), qos=1).wait_for_publish(60)
        with running_hub(tmp_path, port) as url:
            async with watched(url) as (hub, watch):
                await eventually_async(lambda: watch.values.get("dose") == 50, within_s=30, what="the last value")
                assert watch.portal is not None
                history = await hub.history(watch.portal.key, "dose")
    assert [point.value for point in history.points if point.value != 0.1] == list(range(1, 51))


def is_now(watch: Watch, liveness: Liveness) -> bool:
    return watch.portal is not None and watch.portal.liveness is liveness
