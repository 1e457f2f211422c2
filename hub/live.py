"""The live feed: what the pipeline decided, to every watcher, without one slow watcher holding up another.

The pipeline thread alone publishes and attaches, so the snapshot it takes when it attaches a subscription and the
changes that follow have neither gap nor overlap. Metric values and the hub's counters are merged, newest wins; all
else is kept in order, and a watcher that cannot keep up is cut off and counted, never silently thinned.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator

from hub.protocol import LiveMessage, MetricsChanged, MetricView, StatusChanged
from sensors.model import DeviceKey

MAX_WAITING = 2_000
"""Messages, merged ones aside, that wait for one watcher before it is cut off."""
METRICS_INTERVAL_S = 0.25
"""Least time between two `MetricsChanged` to one watcher."""


class Subscription(AsyncIterator[LiveMessage]):
    """One watcher's messages; iterate on the loop it was made for. The end comes with `close`, or when `overrun`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._waiting: deque[LiveMessage] = deque()
        self._metrics: dict[tuple[DeviceKey, str], MetricView] = {}
        self._status: StatusChanged | None = None
        self._ended = False
        self._signalled = False
        self._wake = asyncio.Event()
        self._metrics_due_s = 0.0
        self.overrun = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will be put in."""
        return self._ended

    def put(self, message: LiveMessage) -> None:
        """Hand over one message, from any thread, without waiting."""
        with self._lock:
            if self._ended:
                return
            if isinstance(message, MetricsChanged):
                self._metrics.update(((view.key, view.metric), view) for view in message.metrics)
            elif isinstance(message, StatusChanged):
                self._status = message
            elif len(self._waiting) >= MAX_WAITING:
                self._ended = self.overrun = True
                self._waiting.clear()
                self._metrics.clear()
            else:
                self._waiting.append(message)
            self._signal()

    def close(self) -> None:
        """End the iteration, from any thread; what still waits is dropped."""
        with self._lock:
            self._ended = True
            self._waiting.clear()
            self._metrics.clear()
            self._signal()

    async def __anext__(self) -> LiveMessage:
        while True:
            with self._lock:
                message, pause_s = self._next()
                self._signalled = False
                self._wake.clear()
            if message is not None:
                return message
            if self._ended:
                raise StopAsyncIteration
            try:
                await asyncio.wait_for(self._wake.wait(), pause_s)
            except TimeoutError:
                continue

    def _next(self) -> tuple[LiveMessage | None, float | None]:
        if self._waiting:
            return self._waiting.popleft(), None
        if self._status is not None:
            message, self._status = self._status, None
            return message, None
        if not self._metrics:
            return None, None
        now_s = self._loop.time()
        if now_s < self._metrics_due_s:
            return None, self._metrics_due_s - now_s
        self._metrics_due_s = now_s + METRICS_INTERVAL_S
        changed = MetricsChanged(tuple(self._metrics.values()))
        self._metrics.clear()
        return changed, None

    def _signal(self) -> None:
        if self._signalled or self._loop.is_closed():
            return
        self._signalled = True
        self._loop.call_soon_threadsafe(self._wake.set)


class LiveFeed:
    """All watchers. `publish` and `attach` belong to the pipeline thread, the rest to anyone."""

    def __init__(self) -> None:
        self._subscriptions: tuple[Subscription, ...] = ()
        self.dropped_total = 0

    def attach(self, subscription: Subscription) -> None:
        """From now on `subscription` receives every message."""
        self._subscriptions = (*self._subscriptions, subscription)

    def publish(self, message: LiveMessage) -> None:
        """Hand a message to every watcher; those that ended are let go, those cut off are counted."""
        for subscription in self._subscriptions:
            subscription.put(message)
        if any(subscription.ended for subscription in self._subscriptions):
            self.dropped_total += sum(subscription.overrun for subscription in self._subscriptions)
            self._subscriptions = tuple(each for each in self._subscriptions if not each.ended)

    def close(self) -> None:
        """End every watcher."""
        for subscription in self._subscriptions:
            subscription.close()
