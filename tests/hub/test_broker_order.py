"""The embedded broker lets the hub in first: what is published past it would be confirmed and reach nobody."""

import asyncio

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from hub.brokers.embedded import serve
from sensors.broker_settings import BrokerSettings
from tests.support.brokers import free_port
from tests.support.waiting import eventually_async


async def test_an_eager_device_waits_until_the_hub_has_subscribed() -> None:
    port, stopping, order = free_port(), asyncio.Event(), list[str]()
    broker = asyncio.create_task(serve(BrokerSettings(port=port), None, stopping, "the-hub"))
    eager = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="eager")
    hub = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="the-hub")
    eager.on_connect = lambda *_: order.append("eager")

    def subscribe(*_: object) -> None:
        hub.subscribe("#", qos=1)

    hub.on_connect = subscribe
    hub.on_subscribe = lambda *_: order.append("hub")
    try:
        for client in (eager, hub):
            client.connect_async("127.0.0.1", port)
            client.loop_start()
            await eventually_async(client.socket, what="a connection to the broker")
        await eventually_async(lambda: len(order) == 2, what="both being in")
        assert order == ["hub", "eager"]
    finally:
        for client in (eager, hub):
            client.disconnect()
            client.loop_stop()
        stopping.set()
        await broker
