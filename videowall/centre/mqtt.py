"""The wall's connection to the broker: its birth and will, its plan, its readings. In paho's own thread, for ever."""

import threading
from collections.abc import Callable, Mapping

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sensors.clock import Clock
from sensors.dialects.native import encode_birth, encode_state
from sensors.model import Birth, DeviceKey
from sensors.rtsp.authentication import Credentials
from sensors.topics import Leaf, topic

_MAX_QUEUED = 512
_RECONNECT_LEAST_S = 0.25
_RECONNECT_MOST_S = 10
_FAREWELL_S = 5.0
_log = structlog.get_logger()


class BrokerLink:
    """One MQTT 3.1.1 client. `receivers` are called in its thread, each with the payloads of the wall's topic."""

    def __init__(
        self,
        key: DeviceKey,
        address: tuple[str, int],
        keepalive_s: int,
        credentials: Credentials | None,
        clock: Clock,
        receivers: Mapping[Leaf, Callable[[bytes], None]],
    ) -> None:
        self.unsent_total = 0
        self._key = key
        self._address = address
        self._keepalive_s = keepalive_s
        self._clock = clock
        self._receivers = {topic(key, leaf): receive for leaf, receive in receivers.items()}
        self._birth: Birth | None = None
        self._lock = threading.Lock()
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"{key.site}-{key.device}", clean_session=True)
        if credentials is not None:
            client.username_pw_set(credentials.user, credentials.password)
        client.max_queued_messages_set(_MAX_QUEUED)
        client.reconnect_delay_set(_RECONNECT_LEAST_S, _RECONNECT_MOST_S)  # type: ignore[arg-type]  # fractions work
        client.will_set(topic(key, Leaf.STATE), encode_state(online=False, since=clock.now()), qos=1, retain=True)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        self._client = client

    @property
    def is_connected(self) -> bool:
        """Whether the broker answers now."""
        return self._client.is_connected()

    def start(self) -> None:
        """Connect, and keep connecting, in a thread of its own."""
        self._client.connect_async(*self._address, keepalive=self._keepalive_s)
        self._client.loop_start()

    def stop(self) -> None:
        """Say that the wall is gone, and disconnect."""
        if self.is_connected:
            self._state(online=False)
        self._client.disconnect()
        self._client.loop_stop()

    def announce(self, birth: Birth) -> None:
        """Publish who the wall is, now and after every reconnection."""
        with self._lock:
            if birth == self._birth:
                return
            self._birth = birth
        if self.is_connected:
            self._client.publish(topic(self._key, Leaf.BIRTH), encode_birth(birth), qos=1, retain=True)

    def publish_data(self, key: DeviceKey, payload: bytes) -> None:
        """Publish a sample of the wall or of a camera; counted and dropped while there is no broker."""
        self._publish(topic(key, Leaf.DATA), payload)

    def publish_event(self, payload: bytes) -> None:
        """Say that something happened, in the same way."""
        self._publish(topic(self._key, Leaf.EVENT), payload)

    def acknowledge(self, payload: bytes) -> None:
        """Answer a command, in the same way."""
        self._publish(topic(self._key, Leaf.ACK), payload)

    def _publish(self, name: str, payload: bytes) -> None:
        if not self.is_connected:
            self.unsent_total += 1
            return
        sent = self._client.publish(name, payload, qos=1)
        if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.unsent_total += 1

    def _connected(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del userdata, flags, properties
        if reason.is_failure:
            _log.warning("broker refuses the wall", wall=self._key.device, reason=str(reason))
            return
        client.subscribe([(name, 1) for name in self._receivers])
        with self._lock:
            birth = self._birth
        if birth is not None:
            client.publish(topic(self._key, Leaf.BIRTH), encode_birth(birth), qos=1, retain=True)
        self._state(online=True)

    def _disconnected(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del client, userdata, flags, properties
        if reason.is_failure:
            _log.warning("broker is gone", wall=self._key.device, reason=str(reason))

    def _received(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        del client, userdata
        receive = self._receivers.get(message.topic)
        is_old_command = message.retain and message.topic == topic(self._key, Leaf.COMMAND)
        if receive is not None and not is_old_command:
            receive(bytes(message.payload))

    def _state(self, *, online: bool) -> None:
        payload = encode_state(online=online, since=self._clock.now())
        sent = self._client.publish(topic(self._key, Leaf.STATE), payload, qos=1, retain=True)
        if not online:
            sent.wait_for_publish(_FAREWELL_S)
