"""The hub's own counters and troubles, readable from any thread at any time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from hub.protocol import HubStatus


@dataclass(slots=True)
class Counters:
    """Since the hub started. Each is written by one thread."""

    messages_received_total: int = 0
    readings_stored_total: int = 0
    readings_duplicate_total: int = 0
    messages_acknowledged_total: int = 0
    rejected_total: int = 0
    services_failed_total: int = 0


@dataclass(slots=True)
class Forwarding:
    """What the forwarder says of itself."""

    pending: int = 0
    written_total: int = 0
    dead_letters: int = 0
    read_back_total: int = 0
    missing_total: int = 0


@dataclass(slots=True)
class Downsampling:
    """Readings the tiers have yet to take in, windows put in place, and windows that reached InfluxDB."""

    pending: int = 0
    written_total: int = 0
    forwarded_total: int = 0


@dataclass(slots=True)
class Sweeping:
    """What retention has taken away."""

    readings_total: int = 0
    windows_total: int = 0


@dataclass
class Health:
    """Parts report a trouble by name and take it back by name; the status shows those that stand."""

    started_at: datetime
    broker: str
    storage: str
    counters: Counters = field(default_factory=Counters)
    forwarding: Forwarding = field(default_factory=Forwarding)
    rollups: Downsampling = field(default_factory=Downsampling)
    retention: Sweeping = field(default_factory=Sweeping)
    broker_connected: bool = False
    storage_writable: bool = True
    live_dropped: Callable[[], int] = lambda: 0
    turned_away: Callable[[], tuple[int, int]] = lambda: (0, 0)
    exercise: bool = False
    _problems: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def report(self, part: str, problem: str) -> bool:
        """`part` has this trouble now; True when that is news."""
        with self._lock:
            news = self._problems.get(part) != problem
            self._problems[part] = problem
            return news

    def clear(self, part: str) -> bool:
        """`part` has no trouble any more; True when it had one."""
        with self._lock:
            return self._problems.pop(part, None) is not None

    def status(self, at: datetime) -> HubStatus:
        """All of it, at one moment."""
        with self._lock:
            problems = tuple(text for _, text in sorted(self._problems.items()))
        counters, (refused, unheard) = self.counters, self.turned_away()
        return HubStatus(
            at=at,
            started_at=self.started_at,
            broker=self.broker,
            broker_connected=self.broker_connected,
            storage=self.storage,
            storage_writable=self.storage_writable,
            messages_received_total=counters.messages_received_total,
            readings_stored_total=counters.readings_stored_total,
            readings_duplicate_total=counters.readings_duplicate_total,
            messages_acknowledged_total=counters.messages_acknowledged_total,
            rejected_total=counters.rejected_total,
            live_dropped_total=self.live_dropped(),
            services_failed_total=counters.services_failed_total,
            connections_refused_total=refused,
            connections_unheard_total=unheard,
            influx_pending=self.forwarding.pending,
            influx_written_total=self.forwarding.written_total,
            influx_read_back_total=self.forwarding.read_back_total,
            influx_missing_total=self.forwarding.missing_total,
            dead_letters=self.forwarding.dead_letters,
            rollups_pending=self.rollups.pending,
            rollups_written_total=self.rollups.written_total,
            rollups_forwarded_total=self.rollups.forwarded_total,
            readings_deleted_total=self.retention.readings_total,
            rollups_deleted_total=self.retention.windows_total,
            problems=problems,
            exercise=self.exercise,
        )
