"""One connection to the broker, from beginning to end. Each try makes a new one, so that nothing is carried over.

Messages are acknowledged by hand, in the order of their arrival, after they are durable. Quality of service 2 is
never asked for: its first answer would leave before that.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from hub.ingest.packets import Packets
from hub.ingest.wire import Deliver, Wire, WiredClient
from hub.inputs import Received
from sensors.clock import Clock
from sensors.dialects.dialect import Filter, Send
from sensors.errors import UnavailableError
from sensors.rtsp.authentication import Credentials
from sensors.topics import EVERYTHING

SESSION_EXPIRY_S = 7 * 86_400
RECEIVE_MAXIMUM = 1_000
MAX_PACKET_BYTES = 32 * 1024 * 1024
"""An MQTT 5 broker does not send the hub a packet beyond this; one below it that is too large is shown as rejected."""
_CONNECT_TIMEOUT_S = 5.0
_LOOP_S = 1.0
_BEHIND_LOOP_S = 0.01
_FLUSH_LOOPS = 50
_TOPICS_IN_A_PACKET = 200
SHARED = "$share/"
_log = structlog.get_logger("hub.ingest")


def _no_will(_: datetime) -> None:
    """For a hub that leaves without a word."""


class Address(NamedTuple):
    """Where the broker is and as whom the hub comes."""

    host: str
    port: int
    client_id: str
    keepalive_s: int
    credentials: Credentials | None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Terms(NamedTuple):
    """What the hub asks of the broker on a connection, and what the broker is to say when it breaks.

    A session that does not persist ends with its connection: for dialects whose standard asks for that.
    """

    filters: Sequence[Filter] = (Filter(EVERYTHING),)
    persistent: bool = True
    will: Callable[[datetime], Send | None] = _no_will


class VersionRefused(UnavailableError):  # noqa: N818 - a leaf of the tree, told apart by who catches it
    """The broker does not speak this version of MQTT, or hung up on hearing it."""


class Connection:
    """One connection. `run` belongs to the ingest thread, `acknowledge` and `publish` to any."""

    def __init__(
        self,
        address: Address,
        version: int,
        epoch: int,
        clock: Clock,
        deliver: Deliver,
        announce: Callable[["Connection", bool], None],
        terms: Terms,
    ) -> None:
        self._address = address
        self._version = version
        self._epoch = epoch
        self._clock = clock
        self._deliver = deliver
        self._announce = announce
        self._terms = terms
        self._first_subscription = 0
        self.opened_at = clock.now()
        self._refusal: UnavailableError | None = None
        self._subscribed = False
        self._over = False
        self._looked_s = clock.monotonic_s()
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._client = self._make_client()

    @property
    def standing(self) -> bool:
        """Whether the broker has taken the hub's subscription, and has not gone since."""
        return self._subscribed and not self._over

    def run(self, stopping: threading.Event) -> None:
        """Connect, subscribe and take in until told to stop.

        Raises:
            VersionRefused: try the other version.
            UnavailableError: the broker is not there, refuses, or is gone.
        """
        try:
            self._connect()
            began_s = self._clock.monotonic_s()
            while not stopping.is_set():
                self._looked_s = self._clock.monotonic_s()
                result = self._client.loop(_LOOP_S if self._flush() else _BEHIND_LOOP_S)
                if self._refusal is not None:
                    raise self._refusal
                if result != mqtt.MQTT_ERR_SUCCESS:
                    raise self._ended()
                if not self._subscribed and self._clock.monotonic_s() - began_s > _CONNECT_TIMEOUT_S:
                    raise self._ended()
            self._leave()
        finally:
            with self._lock:
                self._over = True
            self._hang_up()

    def acknowledge(self, messages: Sequence[Received]) -> int:
        """Acknowledge, in this order, those that came by this connection, if it is not over; how many those were.

        A broker that kept the session delivers at once, before it has answered the subscription.
        """
        packet_ids = [each.packet_id for each in messages if each.epoch == self._epoch and each.qos]
        with self._lock:
            if self._over or self._wire is None or not packet_ids:
                return 0
            try:
                self._wire.acknowledge(packet_ids)
            except OSError:
                return 0
        return len(packet_ids)

    def publish(self, topic: str, payload: bytes, qos: int, *, retained: bool) -> bool:
        """Queue a message for the broker; False when the connection does not stand."""
        with self._lock:
            if not self.standing:
                return False
            return self._client.publish(topic, payload, qos, retain=retained).rc == mqtt.MQTT_ERR_SUCCESS

    def listen(self, topics: Sequence[str]) -> None:
        """Subscribe to more topics, if the connection stands."""
        with self._lock:
            if self.standing:
                for begin in range(0, len(topics), _TOPICS_IN_A_PACKET):
                    self._client.subscribe(self._asked([Filter(each) for each in topics[begin:][:_TOPICS_IN_A_PACKET]]))

    def unlisten(self, topics: Sequence[str]) -> None:
        """Subscribe no more, if the connection stands."""
        with self._lock:
            if self.standing:
                for begin in range(0, len(topics), _TOPICS_IN_A_PACKET):
                    self._client.unsubscribe(list(topics[begin:][:_TOPICS_IN_A_PACKET]))

    def idle_s(self) -> float:
        """How long ago the thread last looked at this connection."""
        return self._clock.monotonic_s() - self._looked_s

    def cut(self) -> None:
        """Break the connection, so that its thread begins a new one."""
        if self._wire is not None:
            with contextlib.suppress(OSError):
                self._wire.shut()

    def _make_client(self) -> mqtt.Client:
        client = WiredClient(
            self._put_on_wire,
            CallbackAPIVersion.VERSION2,
            client_id=self._address.client_id,
            clean_session=None if self._version == mqtt.MQTTv5 else not self._terms.persistent,
            protocol=MQTTProtocolVersion(self._version),
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        if self._address.credentials is not None:
            client.username_pw_set(self._address.credentials.user, self._address.credentials.password)
        if (will := self._terms.will(self.opened_at)) is not None:
            client.will_set(will.topic, will.payload, will.qos, will.retained)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        # With this set, what another thread publishes is only queued, and the ingest thread alone sends it.
        client.on_socket_register_write = _leave_writing_to_the_loop
        return client

    def _put_on_wire(self, connection: socket.socket) -> Wire:
        packets = Packets(self._epoch, is_v5=self._version == mqtt.MQTTv5)
        self._wire = Wire(connection, packets, self._clock, self._deliver)
        return self._wire

    def _flush(self) -> bool:
        """Send what the broker did not take yet; False when it still does not."""
        try:
            return self._wire is None or self._wire.flush()
        except OSError:
            return True

    def _connect(self) -> None:
        try:
            if self._version == mqtt.MQTTv5:
                properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it bare
                properties.SessionExpiryInterval = SESSION_EXPIRY_S if self._terms.persistent else 0
                properties.ReceiveMaximum = RECEIVE_MAXIMUM
                properties.MaximumPacketSize = MAX_PACKET_BYTES
                self._client.connect(
                    self._address.host,
                    self._address.port,
                    self._address.keepalive_s,
                    clean_start=not self._terms.persistent,
                    properties=properties,
                )
            else:
                self._client.connect(self._address.host, self._address.port, self._address.keepalive_s)
        except OSError as error:
            raise UnavailableError(
                f"cannot be reached: {error.strerror or error}",
                subject=f"broker {self._address}",
                mend="Check [broker] url and that the broker runs",
            ) from error

    def _ended(self) -> UnavailableError:
        if self._version == mqtt.MQTTv5 and not self._subscribed:
            return VersionRefused("hung up on MQTT 5", subject=f"broker {self._address}")
        return UnavailableError("the connection has ended", subject=f"broker {self._address}")

    def _leave(self) -> None:
        """Let out what is queued, then say goodbye."""
        for _ in range(_FLUSH_LOOPS):
            sent = self._flush() and not self._client.want_write()
            if sent or self._client.loop(_BEHIND_LOOP_S) != mqtt.MQTT_ERR_SUCCESS:
                break
        self._client.disconnect()
        self._client.loop(0.05)

    def _hang_up(self) -> None:
        connection = self._client.socket()
        if connection is not None:
            connection.close()
        if self._subscribed:
            self._announce(self, False)

    def _on_connect(
        self, client: mqtt.Client, _: object, __: mqtt.ConnectFlags, reason: ReasonCode, ___: Properties | None
    ) -> None:
        if reason.is_failure:
            self._refusal = _refusal(reason, self._address)
            return
        _, number = client.subscribe(self._asked(self._terms.filters))
        self._first_subscription = number or 0

    def _asked(self, filters: Sequence[Filter]) -> list[tuple[str, SubscribeOptions]] | list[tuple[str, int]]:
        """As paho wants it: in version 5, what the hub itself publishes is not sent back to it."""
        if self._version == mqtt.MQTTv5:
            # A shared subscription with "no local" is a protocol error.
            return [(topic, SubscribeOptions(qos, noLocal=not topic.startswith(SHARED))) for topic, qos in filters]
        return [(topic, qos) for topic, qos in filters]

    def _on_subscribe(
        self, _: mqtt.Client, __: object, number: int, reasons: list[ReasonCode], ___: Properties | None
    ) -> None:
        refused = sum(reason.is_failure for reason in reasons)
        if number != self._first_subscription:
            if refused:
                _log.warning("the broker refuses topics that a dialect wants", topics=refused)
            return
        if refused:
            topics = " ".join(filter_.topic for filter_ in self._terms.filters)
            self._refusal = UnavailableError(
                f"may not subscribe to {topics}",
                subject=f"broker {self._address}",
                mend="Allow the hub's user to read it in the broker's access list",
            )
            return
        self._subscribed = True
        self._announce(self, True)


def _leave_writing_to_the_loop(_: mqtt.Client, __: object, ___: object) -> None:
    """Do nothing: see `Connection._make_client`."""


def _refusal(reason: ReasonCode, address: Address) -> UnavailableError:
    if reason.getName() == "Unsupported protocol version":
        return VersionRefused("does not speak this version of MQTT", subject=f"broker {address}")
    return UnavailableError(
        f"refuses the hub: {reason.getName()}",
        subject=f"broker {address}",
        mend="Check [mqtt] user and password in the secrets file" if "uthori" in reason.getName() else "",
    )
