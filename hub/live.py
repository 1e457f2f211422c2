"""The live feed: what the pipeline decided, to every watcher, without one slow watcher holding up another.

The pipeline thread alone publishes and attaches, so the snapshot it takes when it attaches a subscription and the
changes that follow have neither gap nor overlap. Metric values and the hub's counters are merged, newest wins: a
metric that was quiet is shown with the next message, one that changes faster than it is shown waits its turn. All
else is kept in order, and a watcher that cannot keep up is cut off and counted, never silently thinned.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress

from hub.protocol import LiveMessage, MetricsChanged, MetricView, StatusChanged
from sensors.model import DeviceKey

MAX_WAITING = 2_000
"""Messages, merged ones aside, that wait for one watcher before it is cut off."""
METRIC_INTERVAL_S = 0.25
"""Least time between two values of one metric to one watcher."""
LEAST_INTERVAL_S = 0.01
"""Least time between two `MetricsChanged` to one watcher, when there are few watchers."""
MAX_METRICS_CHANGED_PER_S = 400
"""To all watchers together: each one more makes the interval of all longer."""

_Key = tuple[DeviceKey, str]


class Subscription(AsyncIterator[LiveMessage]):
    """One watcher's messages; iterate on the loop it was made for. The end comes with `close`, or when `overrun`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._waiting: deque[LiveMessage] = deque()
        self._fresh: dict[_Key, MetricView] = {}
        self._shown: dict[_Key, MetricView | None] = {}
        """Metrics shown within the interval, each with the value that came since."""
        self._turns: deque[tuple[float, tuple[_Key, ...]]] = deque()
        """When which of them may be shown again."""
        self._status: StatusChanged | None = None
        self._ended = False
        self._signalled = False
        self._wake = asyncio.Event()
        self._due_s = 0.0
        self._awake_by_itself = False
        self.interval_s = LEAST_INTERVAL_S
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
                self._merge(message.metrics)
                if self._awake_by_itself:
                    return
            elif isinstance(message, StatusChanged):
                self._status = message
            elif len(self._waiting) >= MAX_WAITING:
                self.overrun = True
                self._end()
            else:
                self._waiting.append(message)
            self._signal()

    def close(self) -> None:
        """End the iteration, from any thread; what still waits is dropped."""
        with self._lock:
            self._end()
            self._signal()

    async def __anext__(self) -> LiveMessage:
        while True:
            with self._lock:
                self._awake_by_itself = False
                message, pause_s = self._next()
                self._signalled = False
                self._wake.clear()
            if message is not None:
                return message
            if self._ended:
                raise StopAsyncIteration
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()

    def _next(self) -> tuple[LiveMessage | None, float | None]:
        if self._waiting:
            return self._waiting.popleft(), None
        if self._status is not None:
            message, self._status = self._status, None
            return message, None
        now_s = self._loop.time()
        self._give_turns(now_s)
        if not self._fresh:
            return None, self._turns[0][0] - now_s if self._turns else None
        if now_s < self._due_s:
            self._awake_by_itself = True
            return None, self._due_s - now_s
        changed, self._fresh = self._fresh, {}
        self._shown.update(dict.fromkeys(changed))
        self._turns.append((now_s + METRIC_INTERVAL_S, tuple(changed)))
        self._due_s = now_s + self.interval_s
        return MetricsChanged(tuple(changed.values())), None

    def _merge(self, views: tuple[MetricView, ...]) -> None:
        for view in views:
            key = (view.key, view.metric)
            (self._shown if key in self._shown else self._fresh)[key] = view

    def _give_turns(self, now_s: float) -> None:
        while self._turns and self._turns[0][0] <= now_s:
            for key in self._turns.popleft()[1]:
                if (view := self._shown.pop(key)) is not None:
                    self._fresh[key] = view

    def _end(self) -> None:
        self._ended = True
        for kept in (self._waiting, self._fresh, self._shown, self._turns):
            kept.clear()

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
        self._share()

    def publish(self, message: LiveMessage) -> None:
        """Hand a message to every watcher; those that ended are let go, those cut off are counted."""
        for subscription in self._subscriptions:
            subscription.put(message)
        if any(subscription.ended for subscription in self._subscriptions):
            self.dropped_total += sum(subscription.overrun for subscription in self._subscriptions)
            self._subscriptions = tuple(each for each in self._subscriptions if not each.ended)
            self._share()

    def close(self) -> None:
        """End every watcher."""
        for subscription in self._subscriptions:
            subscription.close()

    def _share(self) -> None:
        for subscription in self._subscriptions:
            subscription.interval_s = max(LEAST_INTERVAL_S, len(self._subscriptions) / MAX_METRICS_CHANGED_PER_S)
