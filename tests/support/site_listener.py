"""Somebody who hears all that a site says over a real broker."""

import threading
from datetime import UTC, datetime

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from sensors.dialects.native import decode
from sensors.model import BirthSeen, Message, Reading, ReadingsSeen, StateSeen
from sensors.receipts import encode_receipt, merge


class SiteListener:
    """Hears everything of one site, decoded, and gives receipts as the centre does."""

    def __init__(self, port: int, site: str) -> None:
        self.heard: list[Message] = []
        self.silent = False
        self._prefix = f"shekara/v1/{site}/"
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"listener-{id(self)}")
        self._client.on_connect = lambda client, *_: client.subscribe(f"shekara/v1/{site}/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(60)

    def _take(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        del client, data
        seen = decode(message.topic, bytes(message.payload), retained=message.retain, received_at=datetime.now(UTC))
        if seen is not None:
            self.heard.append(seen)
        if isinstance(seen, ReadingsSeen) and not self.silent:
            stored = merge({reading.sequence for reading in seen.readings})
            self.say(f"{self._prefix}gateway/stored", encode_receipt({seen.key.device: stored}, {}))

    def say(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload, qos=1)

    def readings(self) -> list[Reading]:
        return [reading for one in self.heard if isinstance(one, ReadingsSeen) for reading in one.readings]

    def states(self) -> list[bool]:
        return [one.online for one in self.heard if isinstance(one, StateSeen) and one.key.device == "gateway"]

    def births(self) -> set[str]:
        return {str(one.key) for one in self.heard if isinstance(one, BirthSeen)}

    def retained_births(self) -> set[str]:
        return {str(one.key) for one in self.heard if isinstance(one, BirthSeen) and one.retained}

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
