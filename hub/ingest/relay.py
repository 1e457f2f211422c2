"""An ingest process: takes messages from the broker, puts them on the disk, and only then acknowledges them."""

import random
import threading

import structlog

from hub.config import StorageSettings
from hub.health import Health
from hub.ingest.door import FrontDoor
from hub.ingest.spool import Spool, StatusFile
from hub.inputs import Inbox, Received
from sensors.backoff import Backoff
from sensors.clock import Clock
from sensors.errors import UnavailableError

_WAIT_S = 0.25
_WATCH_S = 1.0
_LONGEST_RETRY_S = 5.0
_FULL = "the spool is full: the hub does not take its messages"
_log = structlog.get_logger("hub.ingest")


class Relay:
    """The loop between the broker and a spool. `capacity` bounds the spool: a full one lets the broker wait."""

    def __init__(
        self,
        door: FrontDoor,
        inbox: Inbox,
        spool: Spool,
        status: StatusFile,
        health: Health,
        clock: Clock,
        settings: StorageSettings,
        capacity: int,
    ) -> None:
        self._door = door
        self._inbox = inbox
        self._spool = spool
        self._status = status
        self._health = health
        self._clock = clock
        self._settings = settings
        self._capacity = capacity
        self._backoff = Backoff(clock, random.Random(), _LONGEST_RETRY_S)  # noqa: S311 - spreads load
        self._room = 0
        self._said = ""
        self._watch_due_s = clock.monotonic_s() + _WATCH_S

    def run(self, stopping: threading.Event) -> None:
        """Relay until told to stop; through every trouble of the disk, nothing unkept is acknowledged."""
        while not stopping.is_set():
            try:
                self._tell(self.run_once(stopping))
            except UnavailableError as error:
                _log.error("a spool refuses", problem=error.text)
                self._tell(error.text)
                stopping.wait(self._backoff.failed())

    def run_once(self, stopping: threading.Event) -> str:
        """Take, keep and acknowledge one batch; what troubles it, or an empty text.

        Raises:
            UnavailableError: told to stop while the disk refused; nothing of the batch was acknowledged.
        """
        if self._clock.monotonic_s() >= self._watch_due_s:
            self._watch_due_s = self._clock.monotonic_s() + _WATCH_S
            self._door.watch()
        if self._room <= 0 and self._find_room() <= 0:
            stopping.wait(_WAIT_S)
            return _FULL
        linger_s = self._settings.batch_linger_ms / 1000
        items = self._inbox.take(self._settings.batch_messages, _WAIT_S, linger_s)
        messages = [item for item in items if isinstance(item, Received)]
        if messages:
            self._keep(messages, stopping)
            self._room -= len(messages)
            self._door.acknowledge(messages)
        else:
            self._spool.tidy_up()
        return "; ".join(self._health.status(self._clock.now()).problems)

    def _find_room(self) -> int:
        while self._spool.tidy_up():
            pass
        self._room = min(self._capacity - self._spool.waiting(), self._capacity // 10)
        return self._room

    def _keep(self, messages: list[Received], stopping: threading.Event) -> None:
        while True:
            try:
                self._spool.append(messages)
            except UnavailableError as error:
                self._tell(error.text)
                if stopping.wait(self._backoff.failed()):
                    raise
            else:
                self._backoff.succeeded()
                return

    def _tell(self, problem: str) -> None:
        if problem != self._said:
            self._said = problem
            self._status.write(problem)
