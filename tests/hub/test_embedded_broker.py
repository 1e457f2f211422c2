"""The embedded broker: who comes to it hears what was asked for, however others come and go meanwhile."""

from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from hub.brokers.embedded import Subscriptions
from tests.support.brokers import running_broker
from tests.support.waiting import eventually


class Guest:
    """A client, and what it was sent."""

    def __init__(self, port: int, name: str) -> None:
        self.heard: list[str] = []
        self.subscribed = 0
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self.client.on_message = lambda _, __, message: self.heard.append(message.topic)
        self.client.on_subscribe = lambda *_: setattr(self, "subscribed", self.subscribed + 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        eventually(self.client.is_connected)

    def subscribe(self, name: str) -> None:
        before = self.subscribed
        self.client.subscribe(name, qos=1)
        eventually(lambda: self.subscribed > before)

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_a_newcomer_is_sent_nothing_that_is_retained_for_others(tmp_path: Path) -> None:
    with running_broker(tmp_path) as port:
        wide = Guest(port, "wide")
        wide.subscribe("shekara/#")
        for number in range(5):
            wide.client.publish(f"shekara/{number}", b"kept", qos=1, retain=True)
        eventually(lambda: len(wide.heard) == 5)
        newcomer = Guest(port, "newcomer")
        newcomer.subscribe("shekara/3")
        eventually(lambda: newcomer.heard)
        newcomer.client.publish("shekara/3", b"again", qos=1)
        eventually(lambda: len(newcomer.heard) >= 2)
        assert newcomer.heard == ["shekara/3"] * 2
        for guest in (newcomer, wide):
            guest.leave()


def test_subscriptions_that_come_and_go_while_they_are_gone_through_disturb_nobody() -> None:
    held = Subscriptions({"one": [], "two": []})
    for name in held:
        held[f"{name} more"] = []
        del held[name]
    assert list(held) == ["one more", "two more"]
    for name, holders in held.items():
        assert not holders
        del held[name]
    assert not held
