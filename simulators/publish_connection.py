"""One MQTT 3.1.1 connection on the event loop: paho-mqtt without a thread, so that one thread touches all state."""

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from sensors.errors import AccessError, UnavailableError
from sensors.rtsp.authentication import Credentials

_CONNECT_S = 5.0
_REFUSALS = frozenset({"Bad user name or password", "Not authorized"})


class Broker(Struct, frozen=True):
    """Where the broker is, and who we are to it."""

    host: str
    port: int
    keepalive_s: int
    credentials: Credentials | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port

    def __str__(self) -> str:
        return f"MQTT {self.host}:{self.port}"


class Will(Struct, frozen=True):
    """What the broker publishes when we are gone without a word."""

    topic: str
    payload: bytes
    qos: int = 1
    retained: bool = True


class Connection:
    """Opened once, used until `ended`."""

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        will: Will | None,
    ) -> None:
        self._broker = broker
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self.ended = asyncio.Event()
        self._handed_over: deque[MQTTMessageInfo] = deque()
        self._wanted: dict[str, Callable[[bytes], None]] = {}
        self._client = client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_S
        client.max_inflight_messages_set(0)
        if broker.credentials is not None:
            client.username_pw_set(broker.credentials.user, broker.credentials.password)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=will.qos, retain=will.retained)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        client.on_socket_open = self._socket_open
        client.on_socket_close = self._socket_close
        client.on_socket_register_write = self._want_write
        client.on_socket_unregister_write = self._no_write

    async def open(self) -> None:
        """Connect.

        Raises:
            UnavailableError: the broker does not answer.
            AccessError: it does not let us in.
        """
        broker = self._broker
        try:
            await asyncio.to_thread(self._client.connect, broker.host, broker.port, broker.keepalive_s)
            async with asyncio.timeout(_CONNECT_S):
                await self._opened
        except (OSError, TimeoutError) as error:
            raise UnavailableError("does not answer", subject=str(broker), mend="Is the broker running?") from error

    def subscribe(self, topic: str, take: Callable[[bytes], None]) -> None:
        """Ask for one topic, QoS 1. Nothing else is passed on, whatever a broker sends unasked."""
        self._wanted[topic] = take
        self._client.subscribe(topic, qos=1)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> MQTTMessageInfo:
        """Hand a message over."""
        self._forget_published()
        info = self._client.publish(topic, payload, qos=qos, retain=retain)
        if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._handed_over.append(info)
        return info

    @property
    def waiting(self) -> int:
        """Messages that have not left, or that the broker has not acknowledged."""
        self._forget_published()
        return len(self._handed_over)

    def keep_alive(self) -> None:
        """Time-outs and pings; call about once a second."""
        self._client.loop_misc()

    def tear(self) -> None:
        """Lose the connection as a torn cable does: no farewell, so the will is published."""
        line = self._client.socket()
        if isinstance(line, socket.socket):
            with contextlib.suppress(OSError):  # it may be lost already, and nobody has heard of it yet
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection, with a farewell when there is one."""
        self._client.disconnect()

    def _forget_published(self) -> None:
        while self._handed_over and self._handed_over[0].is_published():
            self._handed_over.popleft()

    def _connected(self, client: Client, data: Any, flags: ConnectFlags, code: ReasonCode, more: Any) -> None:
        del client, data, flags, more
        if self._opened.done():
            return
        if not code.is_failure:
            self._opened.set_result(None)
        elif str(code) in _REFUSALS:
            self._opened.set_exception(
                AccessError(str(code), signed_in=False, subject=str(self._broker), mend="Check [mqtt] in the secrets")
            )
        else:
            self._opened.set_exception(UnavailableError(str(code), subject=str(self._broker)))

    def _disconnected(
        self, client: Client, data: Any, flags: DisconnectFlags, code: ReasonCode, more: Properties | None
    ) -> None:
        del client, data, flags, more
        if not self._opened.done():
            self._opened.set_exception(UnavailableError(f"closed: {code}", subject=str(self._broker)))
        self.ended.set()

    def _received(self, client: Client, data: Any, message: MQTTMessage) -> None:
        del client, data
        if (take := self._wanted.get(message.topic)) is not None:
            take(bytes(message.payload))

    def _socket_open(self, client: Client, data: Any, line: Any) -> None:
        del data
        self._loop.call_soon_threadsafe(self._watch, client, line)

    def _watch(self, client: Client, line: Any) -> None:
        if line.fileno() >= 0:
            self._loop.add_reader(line, client.loop_read)

    def _socket_close(self, client: Client, data: Any, line: Any) -> None:
        del client, data
        self._loop.remove_reader(line)
        self._loop.remove_writer(line)

    def _want_write(self, client: Client, data: Any, line: Any) -> None:
        del data
        self._loop.call_soon_threadsafe(self._watch_write, client, line)

    def _watch_write(self, client: Client, line: Any) -> None:
        if line.fileno() >= 0 and client.want_write():
            self._loop.add_writer(line, client.loop_write)

    def _no_write(self, client: Client, data: Any, line: Any) -> None:
        del client, data
        self._loop.remove_writer(line)
