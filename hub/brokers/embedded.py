"""The embedded broker: MQTT 3.1.1, for installations that name no broker of their own. Its memory is its only store.

amqtt does the protocol; the listener here bounds connections, packets and the time to sign in, which amqtt does not.
"""

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, ItemsView, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from amqtt.adapters import StreamWriterAdapter
from amqtt.broker import Broker, BrokerContext
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

from hub.brokers.listener import check_access, listen
from sensors.broker_settings import BrokerSettings
from sensors.rtsp.authentication import Credentials

MAX_CONNECTIONS = 256
MAX_PACKET_BYTES = 16 * 1024 * 1024
SIGN_IN_WITHIN_S = 5.0
HUB_FIRST_WITHIN_S = 4.0
"""How long others wait for the hub to subscribe. What is published before that would be confirmed and reach nobody."""
_STOP_WITHIN_S = 2.0
_LISTENER = "default"


class Gatekeeper(BaseAuthPlugin):  # type: ignore[misc]  # amqtt shows no types
    """Lets in whoever knows the one user and password; anybody, when none is set."""

    @dataclass
    class Config:
        """What amqtt fills in."""

        user: str = ""
        password: str = ""
        hub: str = ""
        """Client id of the hub; empty when there is none to wait for."""

        def __repr__(self) -> str:
            return "Config(…)"

    def __init__(self, context: BrokerContext) -> None:
        super().__init__(context)
        self._hub_subscribed = asyncio.Event()
        self._open_at_s = asyncio.get_running_loop().time() + HUB_FIRST_WITHIN_S

    async def on_broker_client_subscribed(self, *, client_id: str, topic: str, qos: int) -> None:
        """Told by amqtt; the hub's own subscription opens the door for everybody."""
        del topic, qos
        if client_id == self.config.hub:
            self._hub_subscribed.set()

    async def authenticate(self, *, session: Session) -> bool:
        """Whether this session may begin. The hub goes first, so that nothing is published past it."""
        if not self._knows(session):
            return False
        patience_s = self._open_at_s - asyncio.get_running_loop().time()
        if self.config.hub and session.client_id != self.config.hub and patience_s > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hub_subscribed.wait(), patience_s)
        return True

    def _knows(self, session: Session) -> bool:
        """Compared in constant time."""
        if not self.config.user:
            return True
        user = hmac.compare_digest((session.username or "").encode(), self.config.user.encode())
        password = hmac.compare_digest((session.password or "").encode(), self.config.password.encode())
        return user and password


async def serve(
    settings: BrokerSettings, credentials: Credentials | None, stopping: asyncio.Event, hub: str = ""
) -> None:
    """Serve until told to stop; clients other than `hub` are let in once that has subscribed, or has had its time.

    Raises:
        ConfigError: see `check_access`.
        UnavailableError: see `listen`.
    """
    check_access(settings, credentials)
    listener = listen(settings)
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    async with _brokering(credentials, hub) as broker:
        door = _Door(broker)
        server = await asyncio.start_server(door.enter, sock=listener)
        async with server:
            await stopping.wait()


@asynccontextmanager
async def _brokering(credentials: Credentials | None, hub: str) -> AsyncIterator[Broker]:
    known = {"hub": hub}
    if credentials:
        known |= {"user": credentials.user, "password": credentials.password}
    gatekeeper = f"{Gatekeeper.__module__}.{Gatekeeper.__qualname__}"
    broker = _Broker({"listeners": {_LISTENER: {"type": "external"}}, "plugins": {gatekeeper: known}})
    await broker.start()
    try:
        yield broker
    finally:
        try:
            await asyncio.wait_for(broker.shutdown(), _STOP_WITHIN_S)
        except TimeoutError:
            logging.getLogger(__name__).warning("the broker did not close every connection in time")


class Subscriptions(dict[str, list[tuple[Session, int]]]):
    """By filter who holds it. Gone through as it was when that began: amqtt waits for clients on the way."""

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(super().__iter__()))

    def items(self) -> ItemsView[str, list[tuple[Session, int]]]:  # type: ignore[override]  # no view
        """Those of the moment."""
        return dict(super().items()).items()


class _Broker(Broker):  # type: ignore[misc]  # amqtt shows no types
    """amqtt's own sends a client that connects what is retained for anybody, before it has subscribed to anything.

    When somebody else's subscription came or went meanwhile, it dropped the new client, without its will.
    """

    def __init__(self, config: dict[str, object]) -> None:
        super().__init__(config)
        self._subscriptions = Subscriptions()

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        holders = self._subscriptions.get(subscription[0], ())
        if any(holder.client_id == session.client_id for holder, _ in holders):
            await super()._publish_retained_messages_for_subscription(subscription, session)


class _Door:
    """Takes in connections, up to a bound."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._inside = 0

    async def enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end."""
        if self._inside >= MAX_CONNECTIONS:
            writer.close()
            return
        self._inside += 1
        bounded = _BoundedReader(reader)
        try:
            await self._broker.external_connected(bounded, _AnsweringWriter(writer, bounded), _LISTENER)
        except ConnectionError:
            pass
        finally:
            self._inside -= 1
            writer.close()


class _BoundedReader:
    """Ends a connection that sends a packet too large, or does not sign in. Shaped as amqtt's reader adapters are."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._sign_in_by_s = asyncio.get_running_loop().time() + SIGN_IN_WITHIN_S
        self.answered = False

    async def read(self, n: int) -> bytes:
        """The next `n` bytes.

        Raises:
            ConnectionResetError: there are too many of them, or the sign-in did not come whole in time.
        """
        if n > MAX_PACKET_BYTES:
            message = "packet too large"
            raise ConnectionResetError(message)
        if self.answered:
            return await self._reader.readexactly(n)
        try:
            async with asyncio.timeout_at(self._sign_in_by_s):
                return await self._reader.readexactly(n)
        except TimeoutError as error:
            message = "no sign-in"
            raise ConnectionResetError(message) from error

    def feed_eof(self) -> None:
        """The other side has ended."""
        self._reader.feed_eof()


class _AnsweringWriter(StreamWriterAdapter):  # type: ignore[misc]  # amqtt shows no types
    """Tells the reader when a sign-in was answered, which is the first thing that is ever written."""

    def __init__(self, writer: asyncio.StreamWriter, reader: _BoundedReader) -> None:
        super().__init__(writer)
        self._bounded = reader

    def write(self, data: bytes) -> None:
        """Send."""
        self._bounded.answered = True
        super().write(data)
