"""Samples on their way to the centre: those in flight until it has stored them, and those kept for later.

That a broker has a message says nothing here: what a broker holds in memory dies with it.
"""

from collections import deque
from typing import NamedTuple

from sensors.dialects.native import MAX_SAMPLES, Sample
from sensors.model import DeviceId
from sensors.receipts import Receipt, holds

MAX_IN_FLIGHT = 400
PATIENCE_S = 5.0
"""How long a receipt may take before its samples are sent again; twice as long after each time in vain."""
LONGEST_PATIENCE_S = 60.0
_BATCH = min(200, MAX_SAMPLES)


class Parcel(NamedTuple):
    """Samples of one device, as one message carries them, oldest first."""

    device: DeviceId
    samples: tuple[Sample, ...]
    historical: bool


class _Flight(NamedTuple):
    sample: Sample
    due_s: float


class Outbox:
    """At most `capacity` samples are kept; the oldest is dropped for a new one, and counted.

    Totals count readings, but `dropped_total` and `resent_total` count samples.
    """

    def __init__(self, capacity: int = 20_000) -> None:
        self._kept: deque[tuple[DeviceId, Sample]] = deque()
        self._capacity = capacity
        self._in_flight: dict[tuple[DeviceId, int], _Flight] = {}
        self._window = MAX_IN_FLIGHT
        self._patience_s = PATIENCE_S
        self.dropped_total = 0
        self.acknowledged_total = 0
        self.refused_total = 0
        self.resent_total = 0

    def __len__(self) -> int:
        """Samples of which the centre has said nothing."""
        return len(self._kept) + len(self._in_flight)

    @property
    def in_flight(self) -> int:
        """Samples that wait for their receipt."""
        return len(self._in_flight)

    @property
    def open(self) -> bool:
        """Whether more may be sent now; while the centre is silent, only one message after another, to try."""
        return len(self._in_flight) < self._window

    @property
    def has_backlog(self) -> bool:
        """Whether samples wait to be sent as historical."""
        return bool(self._kept)

    def keep(self, device: DeviceId, sample: Sample) -> None:
        """Hold a sample until there is a connection."""
        if len(self._kept) >= self._capacity:
            self._kept.popleft()
            self.dropped_total += 1
        self._kept.append((device, sample))

    def next_parcel(self) -> Parcel | None:
        """The oldest kept samples of the device whose turn it is; they leave the kept ones."""
        if not self._kept:
            return None
        device = self._kept[0][0]
        taken: list[Sample] = []
        rest: deque[tuple[DeviceId, Sample]] = deque()
        while self._kept:
            owner, sample = self._kept.popleft()
            if owner == device and len(taken) < _BATCH:
                taken.append(sample)
            else:
                rest.append((owner, sample))
        self._kept = rest
        return Parcel(device, tuple(taken), historical=True)

    def sent(self, parcel: Parcel, now_s: float) -> None:
        """A parcel was handed to the connection at this monotonic time."""
        for sample in parcel.samples:
            self._in_flight[parcel.device, sample.seq] = _Flight(sample, now_s + self._patience_s)

    def receipted(self, receipt: Receipt) -> None:
        """The centre has spoken: these are on its disk, or never will be."""
        for device, sequence in [*self._in_flight]:
            if holds(receipt.stored.get(device, ()), sequence):
                self.acknowledged_total += _readings(self._in_flight.pop((device, sequence)).sample)
            elif holds(receipt.refused.get(device, ()), sequence):
                self.refused_total += _readings(self._in_flight.pop((device, sequence)).sample)
        self._window, self._patience_s = MAX_IN_FLIGHT, PATIENCE_S

    def time_out(self, now_s: float) -> None:
        """Keep again what has waited too long for its receipt, so that it is sent again."""
        overdue = [key for key, flight in self._in_flight.items() if flight.due_s <= now_s]
        if overdue:
            self._take_back(overdue)
            self._window, self._patience_s = 1, min(LONGEST_PATIENCE_S, self._patience_s * 2)

    def connection_lost(self) -> None:
        """What was in flight is kept again, before what came later."""
        self._take_back([*self._in_flight])

    def _take_back(self, keys: list[tuple[DeviceId, int]]) -> None:
        self.resent_total += len(keys)
        self._kept.extendleft((key[0], self._in_flight.pop(key).sample) for key in reversed(keys))
        while len(self._kept) > self._capacity:
            self._kept.popleft()
            self.dropped_total += 1


def _readings(sample: Sample) -> int:
    return sum(value is not None for value in sample.values.values())
