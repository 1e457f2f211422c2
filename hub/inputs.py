"""Everything that can enter the pipeline, stamped with both clocks on entry: a recorded list replays exactly."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct

from hub.requests import Request
from sensors.clock import Clock, SystemClock

MAX_OFFERED = 1_000
"""Requests that may wait beyond a full inbox."""
MAX_BYTES = 64 * 1024 * 1024
"""Of messages that may wait, before what came in one read: as many large ones as small ones would be gigabytes."""
_LULL_S = 0.002
"""When nothing comes for so long, a broker may be waiting for acknowledgements before it sends more."""


class Moment(NamedTuple):
    """When an input was taken in: wall time for records, monotonic seconds for timers."""

    at: datetime
    monotonic_s: float


class Received(Struct, frozen=True, gc=False):
    """A message from the broker. `payload` is only its head when `payload_bytes` is larger.

    `epoch` numbers the connection it came by: a packet id means something on that connection alone.
    """

    moment: Moment
    topic: str
    payload: bytes
    payload_bytes: int
    retained: bool
    qos: int
    packet_id: int
    epoch: int


class Connected(Struct, frozen=True):
    """The broker has accepted the hub on one connection, and may have forgotten what was retained.

    `opened_at` is the time the connection's will speaks of.
    """

    moment: Moment
    opened_at: datetime
    connection: str = ""


class Disconnected(Struct, frozen=True):
    """A connection to the broker is gone."""

    moment: Moment
    connection: str = ""


class Asked(Struct, frozen=True):
    """A request, and where its answer goes."""

    moment: Moment
    request: Request[Any]
    reply: Future[Any]


class Tick(Struct, frozen=True):
    """Time has passed."""

    moment: Moment


Input = Received | Connected | Disconnected | Asked | Tick


class Inbox:
    """The one way into the pipeline, bounded in number and bytes: a full one makes messages wait, and loses nothing."""

    def __init__(self, capacity: int, clock: Clock | None = None) -> None:
        self._capacity = capacity
        self._clock = clock or SystemClock()
        self._taken_s = 0.0
        self._waiting: deque[Input] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._filled = threading.Condition(self._lock)
        self._emptied = threading.Condition(self._lock)
        self._closed = threading.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether messages have to wait."""
        return len(self._waiting) >= self._capacity or self._bytes >= MAX_BYTES

    def put(self, item: Input) -> bool:
        """Put in, waiting while the inbox is full; False when it was closed."""
        return self.put_all((item,))

    def put_all(self, items: Sequence[Input]) -> bool:
        """Put in all of them in order, waiting whenever the inbox is full; False when it was closed."""
        begin = 0
        with self._lock:
            while begin < len(items):
                while self.full and not self._closed.is_set():
                    self._emptied.wait()
                if self._closed.is_set():
                    return False
                room = self._capacity - len(self._waiting)
                let_in = items[begin : begin + room]
                self._waiting.extend(let_in)
                self._bytes += _bytes_of(let_in)
                self._filled.notify()
                begin += room
        return True

    def offer(self, item: Input) -> bool:
        """Put in without waiting, a little beyond what messages may fill; False when even that is full, or closed."""
        with self._lock:
            return len(self._waiting) < self._capacity + MAX_OFFERED and self._append(item)

    def take(self, limit: int, wait_s: float, linger_s: float) -> list[Input]:
        """Up to `limit` inputs, for one commit. Waits at most `wait_s` for the first.

        What comes alone is taken at once. Of what keeps coming as much is taken as comes within `linger_s` of the
        last time.
        """
        with self._lock:
            if not self._waiting and not self._closed.is_set():
                self._filled.wait(wait_s)
        self._gather(limit, linger_s)
        self._taken_s = self._clock.monotonic_s()
        with self._lock:
            if len(self._waiting) <= limit:
                taken = list(self._waiting)
                self._waiting.clear()
                self._bytes = 0
            else:
                taken = [self._waiting.popleft() for _ in range(limit)]
                self._bytes -= _bytes_of(taken)
            if taken:
                self._emptied.notify_all()
            return taken

    def close(self) -> None:
        """Let in nothing more, and wake whoever waits."""
        self._closed.set()
        with self._lock:
            self._filled.notify_all()
            self._emptied.notify_all()

    def _gather(self, limit: int, linger_s: float) -> None:
        due_s = self._taken_s + linger_s
        while 0 < (count := len(self._waiting)) < limit:
            pause_s = min(_LULL_S, due_s - self._clock.monotonic_s())
            if pause_s <= 0 or self._closed.wait(pause_s) or len(self._waiting) == count:
                return

    def _append(self, item: Input) -> bool:
        if self._closed.is_set():
            return False
        self._waiting.append(item)
        if len(self._waiting) == 1:
            self._filled.notify()
        return True


def _bytes_of(items: Sequence[Input]) -> int:
    return sum([len(item.topic) + len(item.payload) for item in items if isinstance(item, Received)])
