"""The hub's side of a spool: its messages, in order, into the inbox; done with once they are stored."""

import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from hub.decisions.state import Outgoing, Wish
from hub.health import Health
from hub.ingest.spool import Spool, StatusFile, spool_file
from hub.inputs import Inbox, Received
from sensors.backoff import Backoff
from sensors.clock import Clock
from sensors.errors import UnavailableError

_AT_ONCE = 1_000
_IDLE_S = 0.01
_STATUS_INTERVAL_S = 1.0
_LONGEST_RETRY_S = 5.0
_log = structlog.get_logger("hub.ingest")


class SpoolIntake:
    """One way in among those of `hub.ingest.door.FrontDoor`; nothing goes out by it."""

    def __init__(
        self, data_dir: Path, partition: int, inbox: Inbox, health: Health, clock: Clock, epochs: Iterator[int]
    ) -> None:
        self._path = spool_file(data_dir, partition)
        self._status = StatusFile(data_dir, partition)
        self._part = f"ingest {partition}"
        self._inbox = inbox
        self._health = health
        self._clock = clock
        self._epochs = epochs
        self._epoch = 0
        self._backoff = Backoff(clock, random.Random(), _LONGEST_RETRY_S)  # noqa: S311 - spreads load
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._marks: Spool | None = None
        self._status_due_s = 0.0

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin, or begin again after the thread has died."""
        self._thread = threading.Thread(target=self._run, name=self._part, daemon=True)
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """End; False when that took longer."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(within_s)
        if self._marks is not None:
            self._marks.close()
        return not self.alive

    def acknowledge(self, messages: Sequence[Received]) -> int:
        """Be done with those that came by this spool, which are stored; how many those were. For the pipeline alone."""
        own = [message.packet_id for message in messages if message.epoch == self._epoch]
        if not own:
            return 0
        try:
            if self._marks is None:
                self._marks = Spool(self._path, reader=True)
            self._marks.mark_done(own[-1])
        except UnavailableError as error:
            # They are stored: that they are, is said with the next batch, or they come again and are stored once.
            _log.warning("a spool cannot be marked", problem=error.text)
        return len(own)

    def publish(self, outgoing: Outgoing) -> None:
        """Nothing goes out by a spool."""

    def listen(self, wishes: Sequence[Wish]) -> None:
        """Nobody subscribes by a spool."""

    def shake_if_stuck(self) -> None:
        """A spool is a file: there is no connection to break."""

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._run_once()
            except UnavailableError as error:
                if self._health.report(self._part, error.text):
                    _log.error("a spool cannot be read", problem=error.text)
                self._stopping.wait(self._backoff.failed())

    def _run_once(self) -> None:
        """Hand over what the spool has, and what comes, until stopped.

        Raises:
            UnavailableError: it cannot be read.
        """
        spool = Spool(self._path, reader=True)
        self._epoch = next(self._epochs)
        try:
            last_id = spool.done()
            while not self._stopping.is_set():
                rows = spool.read_after(last_id, _AT_ONCE)
                self._backoff.succeeded()
                self._tell_status()
                if not rows:
                    self._stopping.wait(_IDLE_S)
                    continue
                now_s = self._clock.monotonic_s()
                self._inbox.put_all([row.received(now_s, self._epoch) for row in rows])
                last_id = rows[-1].id
        finally:
            spool.close()

    def _tell_status(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s < self._status_due_s:
            return
        self._status_due_s = now_s + _STATUS_INTERVAL_S
        if problem := self._status.read():
            self._health.report(self._part, f"{self._part}: {problem}")
        else:
            self._health.clear(self._part)
