"""The single writer: every message, order and tick of the hub passes here, one batch after another.

A batch is decided in memory, made durable, and only then let out: acknowledgements to the broker, answers to people,
plans to walls, changes to watchers. So what anyone has been told survives a power cut; and what is lost in one was
not acknowledged, and comes again. While the disk does not take it, a batch is kept, nothing is let out, and the
broker is not acknowledged: it waits, and loses nothing.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol, TypeVar

import structlog

from hub.config import StorageSettings
from hub.decisions.center import Center
from hub.decisions.records import Changes
from hub.decisions.state import Answer, Cue, Effects, Outgoing, Wish
from hub.health import Health
from hub.inputs import Asked, Inbox, Input, Moment, Received, Tick
from hub.live import LiveFeed
from hub.protocol import StatusChanged
from hub.requests import ReadAlarms, ReadDevices, ReadStand, ReadWalls, Request
from hub.storage.readings import WriteOutcome
from sensors.backoff import Backoff
from sensors.clock import Clock
from sensors.errors import ShekaraError, UnavailableError
from sensors.model import EventSeen, Reading

R = TypeVar("R")
TICK_S = 0.25
STATUS_INTERVAL_S = 2.0
_LONGEST_RETRY_S = 5.0
_log = structlog.get_logger("hub.pipeline")


class Broker(Protocol):
    """The pipeline's side of the MQTT client."""

    def acknowledge(self, messages: Sequence[Received]) -> int:
        """Acknowledge in this order those whose connection still stands; how many those were."""

    def publish(self, outgoing: Outgoing) -> None:
        """Send, if connected."""

    def listen(self, wishes: Sequence[Wish]) -> None:
        """Subscribe to what is wanted, from now on and on each connection to come, and no more to what is not."""


class Readings(Protocol):
    """Where readings are kept."""

    def write(self, batch: Sequence[Reading]) -> WriteOutcome:
        """Store each once, durably."""


class Operations(Protocol):
    """Where decisions are kept."""

    def commit(self, changes: Changes) -> None:
        """Store all or none, durably."""


class Pipeline:
    """The loop, on a thread of its own between `start` and `stop`."""

    def __init__(
        self,
        center: Center,
        readings: Readings,
        operations: Operations,
        feed: LiveFeed,
        health: Health,
        clock: Clock,
        settings: StorageSettings,
    ) -> None:
        self._center = center
        self._readings = readings
        self._operations = operations
        self._feed = feed
        self._health = health
        self._clock = clock
        self._settings = settings
        self._backoff = Backoff(clock, random.Random(), _LONGEST_RETRY_S)  # noqa: S311 - spreads load
        self._broker: Broker | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pipeline", daemon=True)
        self._tick_due_s = clock.monotonic_s()
        self._status_due_s = clock.monotonic_s()
        self.take_order: Callable[[EventSeen], None] = _forget
        self.take_cue: Callable[[Cue], None] = _forget
        """Who proves and carries out what walls' pages ask; set before the start."""
        self.inbox = Inbox(settings.inbox_messages, clock)

    def start(self, broker: Broker) -> None:
        """Begin to take in."""
        self._broker = broker
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """Take in nothing more, finish the batch at hand, and end; False when it did not end in time."""
        self._stopping.set()
        self.inbox.close()
        self._thread.join(within_s)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    async def ask(self, request: Request[R]) -> R:
        """Put a request among the inputs, and wait for its answer.

        Raises:
            UnavailableError: the hub is stopping, or too many requests wait already.
        """
        reply: Future[R] = Future()
        if not self.inbox.offer(Asked(self._now(), request, reply)):
            raise UnavailableError("is stopping or overloaded", subject="the hub", mend="Try again later")
        return await asyncio.wrap_future(reply)

    def process(self, batch: list[Input]) -> None:
        """One batch, from what came in to what goes out."""
        effects = self._center.take(batch)
        self._keep(effects)
        self._acknowledge(batch)
        self._let_out(effects)

    def _run(self) -> None:
        try:
            self._run_until_stopped()
        except UnavailableError as error:
            _log.error("stopped with a batch that was not kept; nothing of it was acknowledged", problem=error.text)

    def _run_until_stopped(self) -> None:
        self._finish(self._center.begin(self._now()))
        while not self._stopping.is_set():
            wait_s = max(0.0, self._tick_due_s - self._clock.monotonic_s())
            limit, linger_s = self._settings.batch_messages, self._settings.batch_linger_ms / 1000
            batch = [*self.inbox.take(limit, wait_s, linger_s), *self._ticks()]
            if batch:
                self.process(batch)
            self._tell_status()
        self._finish(self._center.end(self._now()))

    def _finish(self, effects: Effects) -> None:
        self._keep(effects)
        self._let_out(effects)

    def _keep(self, effects: Effects) -> None:
        outcome = self._until_kept(lambda: self._readings.write(effects.readings))
        self._until_kept(lambda: self._operations.commit(effects.changes))
        counters = self._health.counters
        counters.readings_stored_total += outcome.stored
        counters.readings_duplicate_total += outcome.duplicates
        self._center.count_repeated(outcome.repeated)
        counters.rejected_total = self._center.state.rejections.total

    def _until_kept(self, write: Callable[[], R]) -> R:
        """Write, again and again while the disk refuses; the hub stops without it only when it is told to stop."""
        while True:
            try:
                result = write()
            except UnavailableError as error:
                self._health.storage_writable = False
                if self._health.report("storage", error.text):
                    _log.error("storage refuses", problem=error.text)
                self._tell_status()
                if self._stopping.wait(self._backoff.failed()):
                    raise
            else:
                self._backoff.succeeded()
                if self._health.clear("storage"):
                    self._health.storage_writable = True
                    _log.info("storage takes data again")
                return result

    def _acknowledge(self, batch: list[Input]) -> None:
        messages = [item for item in batch if isinstance(item, Received)]
        if messages and self._broker is not None:
            self._health.counters.messages_received_total += len(messages)
            self._health.counters.messages_acknowledged_total += self._broker.acknowledge(messages)

    def _let_out(self, effects: Effects) -> None:
        if self._broker is not None:
            self._broker.listen(effects.wishes)
            for outgoing in effects.outgoing:
                self._broker.publish(outgoing)
        for message in effects.live:
            self._feed.publish(message)
        for answer in effects.answers:
            self._answer(answer)
        for order in effects.orders:
            self.take_order(order)
        for cue in effects.cues:
            self.take_cue(cue)

    def _answer(self, answer: Answer) -> None:
        if not answer.reply.set_running_or_notify_cancel():
            return
        match answer.result:
            case ShekaraError() as error:
                answer.reply.set_exception(error)
            case ReadStand(subscription):
                if subscription is not None:
                    self._feed.attach(subscription)
                answer.reply.set_result(self._center.state.stand())
            case ReadDevices():
                answer.reply.set_result(self._center.state.registry.views())
            case ReadAlarms():
                answer.reply.set_result(self._center.state.engine.listed)
            case ReadWalls():
                answer.reply.set_result(self._center.state.walls.views(self._center.state.registry))
            case result:
                answer.reply.set_result(result)

    def _ticks(self) -> list[Input]:
        now = self._now()
        if now.monotonic_s < self._tick_due_s:
            return []
        self._tick_due_s = now.monotonic_s + TICK_S
        return [Tick(now)]

    def _tell_status(self) -> None:
        now = self._now()
        if now.monotonic_s >= self._status_due_s:
            self._status_due_s = now.monotonic_s + STATUS_INTERVAL_S
            self._feed.publish(StatusChanged(self._health.status(now.at)))

    def _now(self) -> Moment:
        return Moment(self._clock.now(), self._clock.monotonic_s())


def _forget(_: object) -> None:
    """Nobody is there to carry it out."""
