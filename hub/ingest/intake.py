"""The way in from the broker: keeps one connection standing, on a thread of its own, and knows which one it is.

`run` retries and stops, one connection's own `run` works and fails. A full inbox makes the thread wait, TCP makes
the broker wait, and nothing is dropped.
"""

import random
import threading
from collections.abc import Iterator, Sequence
from itertools import count

import structlog
from paho.mqtt.client import MQTTv5, MQTTv311

from hub.decisions.dialects import MAIN
from hub.decisions.state import Outgoing, Wish
from hub.health import Health
from hub.ingest.connection import Address, Connection, Terms, VersionRefused
from hub.inputs import Connected, Disconnected, Inbox, Moment, Received
from sensors.backoff import Backoff
from sensors.clock import Clock
from sensors.errors import UnavailableError

ANY_VERSION = (MQTTv5, MQTTv311)
EMBEDDED_VERSION = (MQTTv311,)
LONGEST_PAUSE_S = 15.0
NEARBY_PAUSE_S = 0.5
"""Longest pause between tries when the broker is this machine's own."""
_log = structlog.get_logger("hub.ingest")


class Intake:
    """The hub's MQTT client. `versions` are tried in turn until one is spoken, with full-jitter pauses between."""

    def __init__(
        self,
        address: Address,
        inbox: Inbox,
        health: Health,
        clock: Clock,
        *,
        name: str = MAIN,
        terms: Terms | None = None,
        epochs: Iterator[int] | None = None,
        versions: Sequence[int] = ANY_VERSION,
        longest_pause_s: float = LONGEST_PAUSE_S,
        chance: random.Random | None = None,
    ) -> None:
        self._address = address
        self._inbox = inbox
        self._health = health
        self._clock = clock
        self._versions = tuple(versions)
        self._backoff = Backoff(clock, chance or random.Random(), longest_pause_s)  # noqa: S311 - spreads load
        self._stopping = threading.Event()
        self._connection: Connection | None = None
        self._name = name
        self._part = f"broker {name}".strip()
        self._terms = terms or Terms()
        self._epochs = epochs or count(1)
        self._wanted: dict[str, None] = {}
        self._wanted_lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin, or begin again after the thread has died."""
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """Let the last acknowledgements out, say goodbye, end; False when that took longer."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(within_s)
        return not self.alive

    def acknowledge(self, messages: Sequence[Received]) -> int:
        """Acknowledge in this order those whose connection still stands; how many those were."""
        connection = self._connection
        return connection.acknowledge(messages) if connection is not None else 0

    def publish(self, outgoing: Outgoing) -> None:
        """Send, if connected; what was not sent and is retained is sent anew when the broker is back."""
        connection = self._connection
        if connection is not None:
            connection.publish(outgoing.topic, outgoing.payload, outgoing.qos, retained=outgoing.retained)

    def listen(self, wishes: Sequence[Wish]) -> None:
        """Subscribe to what is wanted, now and on each connection to come, and no more to what is not."""
        with self._wanted_lock:
            for wish in wishes:
                if wish.wanted:
                    self._wanted[wish.topic] = None
                else:
                    self._wanted.pop(wish.topic, None)
        connection = self._connection
        if connection is not None:
            connection.listen([wish.topic for wish in wishes if wish.wanted])
            connection.unlisten([wish.topic for wish in wishes if not wish.wanted and wish.topic])

    def shake_if_stuck(self) -> None:
        """Break a connection whose thread has not looked at it for two keep-alives, unless the inbox holds it up."""
        connection = self._connection
        if connection is not None and not self._inbox.full and connection.idle_s() > 2 * self._address.keepalive_s:
            _log.error("the broker's connection is stuck and is begun again")
            connection.cut()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._run_once()
            except VersionRefused as error:
                _log.info("trying the other version of MQTT", problem=error.text)
                self._versions = (*self._versions[1:], self._versions[0])
            except UnavailableError as error:
                if not self._stopping.is_set() and self._health.report(self._part, error.text):
                    _log.warning("broker", problem=error.text)
            self._stopping.wait(self._backoff.failed())

    def _run_once(self) -> None:
        connection = Connection(
            self._address,
            self._versions[0],
            next(self._epochs),
            self._clock,
            self._inbox.put_all,
            self._announce,
            self._terms,
        )
        self._connection = connection
        try:
            connection.run(self._stopping)
        finally:
            self._connection = None

    def _announce(self, connection: Connection, connected: bool) -> None:  # noqa: FBT001 - a callback
        now = Moment(self._clock.now(), self._clock.monotonic_s())
        if self._name == MAIN:
            self._health.broker_connected = connected
        if connected:
            self._backoff.succeeded()
            self._health.clear(self._part)
            _log.info("broker connected", broker=str(self._address), mqtt=5 if self._versions[0] == MQTTv5 else 3)
            with self._wanted_lock:
                wanted = tuple(self._wanted)
            connection.listen(wanted)
        self._inbox.put(
            Connected(now, connection.opened_at, self._name) if connected else Disconnected(now, self._name)
        )
