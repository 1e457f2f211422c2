"""A client that tries things out at a broker: one thread, bounded waits, no reconnecting. For the doctor."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from sensors.errors import UnavailableError
from sensors.rtsp.authentication import Credentials

CONNECT_WITHIN_S = 10.0
QUIET_S = 3.0
"""What has not come after so long a silence is not coming."""
_SESSION_S = 300
_WINDOW = 1_000
_STEP_S = 0.01


class Place(NamedTuple):
    """The broker, and who we are to it."""

    host: str
    port: int
    credentials: Credentials | None
    version: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5

    @property
    def speaks_5(self) -> bool:
        """Whether version 5 of MQTT is spoken here."""
        return self.version == MQTTProtocolVersion.MQTTv5


class Heard(NamedTuple):
    """A message as it was delivered."""

    topic: str
    payload_bytes: int
    retained: bool
    qos: int
    number: int


class Guest:
    """One connection. `keeping`: its session outlives it by some minutes; nothing is acknowledged but by `accept`."""

    def __init__(self, place: Place, name: str, *, keeping: bool = False, fresh: bool = True) -> None:
        self._place = place
        self._fresh = fresh
        self._keeping = keeping
        self._accepted = 0
        self._subscribed: list[ReasonCode] = []
        self._answer: ReasonCode | None = None
        self._down = False
        self.heard: list[Heard] = []
        self.confirmed_total = 0
        self.refused_total = 0
        self.session_present = False
        clean = None if place.speaks_5 else fresh and not keeping
        self._client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=place.version, manual_ack=True, clean_session=clean
        )
        client.connect_timeout = CONNECT_WITHIN_S
        client.max_inflight_messages_set(_WINDOW)
        if place.credentials is not None:
            client.username_pw_set(place.credentials.user, place.credentials.password)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._take
        client.on_publish = self._published
        client.on_subscribe = self._take_subscription

    def enter(self) -> None:
        """Connect.

        Raises:
            UnavailableError: the broker does not answer, or does not let us in.
        """
        place = self._place
        try:
            if place.speaks_5:
                terms = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho shows no types here
                terms.SessionExpiryInterval = _SESSION_S if self._keeping else 0
                terms.ReceiveMaximum = _WINDOW
                self._client.connect(place.host, place.port, clean_start=self._fresh, properties=terms)
            else:
                self._client.connect(place.host, place.port)
        except (OSError, ValueError) as error:
            raise UnavailableError(str(error), subject=f"{place.host}:{place.port}") from error
        self.pump(lambda: self._answer is not None, CONNECT_WITHIN_S)
        if self._answer is None or self._answer.is_failure:
            reason = "hung up" if self._answer is None else self._answer.getName()
            raise UnavailableError(reason, subject=f"{place.host}:{place.port}")

    def leave(self) -> None:
        """Say goodbye; a session that is kept stays."""
        self._client.disconnect()
        self._client.loop(_STEP_S)

    @property
    def gone(self) -> bool:
        """Whether the broker has hung up."""
        return self._down

    def pump(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Work until the condition holds; False when it did not in time, or the broker hung up."""
        deadline = time.monotonic() + within_s
        while not condition():
            if self._down or time.monotonic() > deadline or self._client.loop(_STEP_S) != mqtt.MQTT_ERR_SUCCESS:
                return condition()
        return True

    def pump_until_quiet(self, within_s: float) -> None:
        """Work until nothing more comes."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            before = len(self.heard)
            if not self.pump(lambda: len(self.heard) > before, QUIET_S):  # noqa: B023 - called at once
                return

    def subscribe(self, topic: str) -> bool:
        """Whether the broker grants a subscription with QoS 1; of what is retained there, nothing is asked for."""
        self._subscribed = []
        if self._place.speaks_5:
            handling = SubscribeOptions.RETAIN_DO_NOT_SEND
            self._client.subscribe(topic, options=SubscribeOptions(1, retainHandling=handling))
        else:
            self._client.subscribe(topic, 1)
        self.pump(lambda: bool(self._subscribed), CONNECT_WITHIN_S)
        return bool(self._subscribed) and not any(reason.is_failure for reason in self._subscribed)

    def ask_for_retained(self, topic: str) -> None:
        """Subscribe in the ordinary way, which brings what is retained."""
        self._client.subscribe(topic, 1)

    def say(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """Publish with QoS 1."""
        self._client.publish(topic, payload, 1, retained)

    def accept(self) -> None:
        """Acknowledge what was heard since the last time, in order."""
        for each in self.heard[self._accepted :]:
            self._client.ack(each.number, each.qos)
        self._accepted = len(self.heard)

    def _connected(
        self, _: mqtt.Client, __: object, flags: mqtt.ConnectFlags, reason: ReasonCode, ___: Properties | None
    ) -> None:
        self._answer = reason
        self.session_present = flags.session_present

    def _disconnected(self, *_: Any) -> None:
        self._down = True

    def _take(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        self.heard.append(Heard(message.topic, len(message.payload), bool(message.retain), message.qos, message.mid))

    def _published(self, _: mqtt.Client, __: object, ___: int, reason: ReasonCode, ____: Properties | None) -> None:
        if reason.is_failure:
            self.refused_total += 1
        else:
            self.confirmed_total += 1

    def _take_subscription(
        self, _: mqtt.Client, __: object, ___: int, reasons: list[ReasonCode], ____: Properties | None
    ) -> None:
        self._subscribed = reasons
