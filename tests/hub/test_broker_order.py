"""The embedded broker lets the hub in first: what is published past it would be confirmed and reach nobody."""

import asyncio

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub.brokers.embedded import serve
from sensors.broker_settings import BrokerSettings
from tests.support.brokers import free_port
from tests.support.waiting import eventually_async


async def test_what_an_eager_device_says_as_soon_as_it_is_let_in_reaches_the_hub_that_came_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hub.brokers.embedded.HUB_FIRST_WITHIN_S", 600.0)  # however slowly this machine lets them in
    port, stopping, heard = free_port(), asyncio.Event(), list[bytes]()
    broker = asyncio.create_task(serve(BrokerSettings(port=port), None, stopping, "the-hub"))
    eager = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="eager")
    hub = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="the-hub")

    def speak(*_: object) -> None:
        eager.publish("shekara/v1/kordai/fence-1/data", b"first", qos=1)

    def subscribe(*_: object) -> None:
        hub.subscribe("#", qos=1)

    eager.on_connect = speak
    hub.on_connect = subscribe
    hub.on_message = lambda _, __, message: heard.append(bytes(message.payload))
    try:
        for client in (eager, hub):
            client.connect_async("127.0.0.1", port)
            client.loop_start()
            await eventually_async(client.socket, what="a connection to the broker")
        await eventually_async(lambda: heard == [b"first"], what="the device's first word at the hub")
    finally:
        for client in (eager, hub):
            client.disconnect()
            client.loop_stop()
        stopping.set()
        await broker
