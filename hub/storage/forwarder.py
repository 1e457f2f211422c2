"""Walks the readings store into InfluxDB: at least once, which for points of the same series and time is once.

The cursor moves only after the server has confirmed, or after a line that it refuses for good is in the dead-letter
file with the reason. InfluxDB away for a day costs nothing but that day's place on the disk, which is there anyway.
What a technician puts back in line from the dead letters goes first.
"""

import random
import threading
from collections.abc import Sequence

import structlog

from hub.health import Health
from hub.storage.dead_letters import DeadLetters, Refused, Tally
from hub.storage.delivery import Delivery, Writer
from hub.storage.influx_answers import BusyError
from hub.storage.outbox import CURSOR, Outbox
from hub.storage.read_back import ReadBack
from sensors.backoff import Backoff
from sensors.clock import Clock
from sensors.errors import ShekaraError

__all__ = ["CURSOR", "Forwarder"]
PART = "influx"
LETTERS_PART = "influx dead letters"
GROWING_S = 900.0
"""How long it is said that lines are being refused, after the last one."""
_IDLE_S = 0.5
_TEND_S = 1.0
_log = structlog.get_logger("hub.influx")


class Forwarder:
    """One thread between `start` and `stop`; `run_once` works and fails, the thread retries for ever."""

    def __init__(
        self,
        outbox: Outbox,
        writer: Writer,
        letters: DeadLetters,
        read_back: ReadBack,
        health: Health,
        clock: Clock,
        batch_lines: int,
        chance: random.Random | None = None,
    ) -> None:
        self._outbox = outbox
        self._letters = letters
        self._read_back = read_back
        self._health = health
        self._clock = clock
        self._backoff = Backoff(clock, chance or random.SystemRandom())
        self._stopping = threading.Event()
        self._delivery = Delivery(writer, clock, batch_lines, self._stopping)
        self._tend_at_s = 0.0
        self._grew_at_s: float | None = None
        self._thread = threading.Thread(target=self.run, name="influx-forwarder", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to forward."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """End after the request at hand; False when that took longer. What was not confirmed is sent again."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        return not self._thread.is_alive()

    def run(self) -> None:
        """Forward until stopped, through every trouble of the server and the disk."""
        try:
            self._run()
        finally:
            if not self._stopping.is_set():
                self._health.report(
                    PART, "the forwarder has died, see the log; readings wait until the hub is restarted"
                )

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                moved = self.run_once()
            except ShekaraError as error:
                least_s = error.retry_after_s if isinstance(error, BusyError) else 0.0
                if self._health.report(PART, error.text):
                    _log.warning("forwarding waits", problem=error.text)
                self._stopping.wait(max(least_s, self._backoff.failed()))
            else:
                self._backoff.succeeded()
                if self._health.clear(PART):
                    _log.info("forwarding goes on")
                if not moved:
                    self._stopping.wait(_IDLE_S)

    def run_once(self) -> int:
        """Forward one batch; how many lines are done with, 0 when there are none.

        Raises:
            BusyError: the server takes nothing now; the cursor has not moved.
            UnavailableError, ConfigError: the local disk fails; the cursor has not moved.
        """
        forwarding = self._health.forwarding
        cursor = self._outbox.cursor
        forwarding.pending = max(0, self._outbox.last_id - cursor)
        replayed = self._tend()
        lines, last_id = self._outbox.lines_after(cursor, self._delivery.batch_lines)
        if not lines:
            return replayed
        refused = self._deliver(lines)
        self._outbox.confirm(last_id)
        forwarding.written_total += len(lines) - len(refused)
        forwarding.pending = max(0, self._outbox.last_id - last_id)
        if not refused and self._read_back.wants_more:
            self._read_back.offer(self._outbox.readings_between(cursor, last_id, len(lines)))
        return len(lines) + replayed

    def _tend(self) -> int:
        """Once a second: look for a sample of what was confirmed, count the dead letters, send those in line."""
        now_s = self._clock.monotonic_s()
        if now_s < self._tend_at_s:
            return 0
        self._read_back.look()
        try:
            tally = self._letters.tally()
        except ShekaraError as error:
            # Nothing needs that file until a line is refused.
            self._grew_at_s = now_s
            self._health.report(LETTERS_PART, error.text)
            self._tend_at_s = now_s + _TEND_S
            return 0
        self._health.forwarding.dead_letters = tally.kept
        self._say_growth(now_s, tally)
        if not tally.queued:
            self._tend_at_s = now_s + _TEND_S
            return 0
        queued = self._letters.letters(limit=self._delivery.batch_lines, queued=True)
        refused = {each.line for each in self._deliver([letter.line for letter in queued])}
        confirmed = [letter.id for letter in queued if letter.line not in refused]
        self._letters.drop(confirmed)
        self._health.forwarding.written_total += len(confirmed)
        _log.info("dead letters replayed", taken=len(confirmed), refused=len(refused))
        return len(queued)

    def _deliver(self, lines: Sequence[str]) -> Sequence[Refused]:
        """Write them; what is refused for good is with the dead letters when this returns, and is returned."""
        refused = self._delivery.deliver(lines)
        if refused:
            self._letters.add(refused)
            self._grew_at_s = self._clock.monotonic_s()
            self._tend_at_s = 0.0  # the count has changed
            _log.warning("lines refused for good", lines=len(refused), reason=refused[0].reason)
        return refused

    def _say_growth(self, now_s: float, tally: Tally) -> None:
        if self._grew_at_s is None:
            return
        if tally.kept and now_s - self._grew_at_s < GROWING_S:
            lost = f", {tally.given_way_total} older ones had to give way" if tally.given_way_total else ""
            self._health.report(
                LETTERS_PART,
                f"InfluxDB refuses readings: {tally.kept} dead letters{lost}. See shekara dead-letters list",
            )
        else:
            self._grew_at_s = None
            self._health.clear(LETTERS_PART)
