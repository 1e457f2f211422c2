"""A thread that does one piece of work again and again, through every trouble, until it is told to stop."""

import random
import threading
from collections.abc import Callable

import structlog

from hub.health import Health
from hub.storage.influx_answers import BusyError
from sensors.backoff import Backoff
from sensors.clock import Clock
from sensors.errors import ShekaraError

_log = structlog.get_logger("hub.storage")


class Repeating:
    """Runs `work`, which says how many seconds to rest after it. Its trouble is reported under `name`.

    `stopping` is set when it is to end: long work looks at it.
    """

    def __init__(self, name: str, work: Callable[[], float], health: Health, clock: Clock) -> None:
        self._name = name
        self._work = work
        self._health = health
        self._backoff = Backoff(clock, random.Random())  # noqa: S311 - spreads load, keeps no secret
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, within_s: float) -> bool:
        """End after the work at hand; False when that took longer."""
        self.stopping.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.stopping.wait(self._once())
        finally:
            if not self.stopping.is_set():
                self._health.report(self._name, f"the {self._name} has died, see the log; restart the hub")

    def _once(self) -> float:
        try:
            rest_s = self._work()
        except ShekaraError as error:
            if self._health.report(self._name, error.text):
                _log.warning("work waits", part=self._name, problem=error.text)
            least_s = error.retry_after_s if isinstance(error, BusyError) else 0.0
            return max(least_s, self._backoff.failed())
        self._backoff.succeeded()
        if self._health.clear(self._name):
            _log.info("work goes on", part=self._name)
        return rest_s
