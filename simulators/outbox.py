"""Samples on their way to the broker: those in flight until acknowledged, and those kept through an outage."""

from collections import deque
from typing import NamedTuple

from sensors.dialects.native import MAX_SAMPLES, Sample
from sensors.model import DeviceId

_BATCH = min(200, MAX_SAMPLES)


class Parcel(NamedTuple):
    """Samples of one device, as one message carries them, oldest first."""

    device: DeviceId
    samples: tuple[Sample, ...]
    historical: bool

    @property
    def readings(self) -> int:
        """How many values they hold."""
        return sum(value is not None for sample in self.samples for value in sample.values.values())


class Outbox:
    """At most `capacity` samples are kept; the oldest is dropped for a new one, and counted."""

    def __init__(self, capacity: int = 20_000) -> None:
        self._kept: deque[tuple[DeviceId, Sample]] = deque()
        self._capacity = capacity
        self._in_flight: dict[int, Parcel] = {}
        self.dropped_total = 0
        self.acknowledged_total = 0

    def __len__(self) -> int:
        """Samples that no broker has confirmed."""
        return len(self._kept) + sum(len(parcel.samples) for parcel in self._in_flight.values())

    @property
    def in_flight(self) -> int:
        """Messages that wait for their acknowledgement."""
        return len(self._in_flight)

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

    def sent(self, message_id: int, parcel: Parcel) -> None:
        """A parcel was handed to the connection under this message id."""
        self._in_flight[message_id] = parcel

    def acknowledged(self, message_id: int) -> None:
        """The broker has a message; ids that are not parcels are ignored."""
        parcel = self._in_flight.pop(message_id, None)
        if parcel is not None:
            self.acknowledged_total += parcel.readings

    def connection_lost(self) -> None:
        """What was in flight is kept again, before what came later."""
        back = [(parcel.device, sample) for parcel in self._in_flight.values() for sample in parcel.samples]
        self._in_flight.clear()
        self._kept.extendleft(reversed(back))
        while len(self._kept) > self._capacity:
            self._kept.popleft()
            self.dropped_total += 1
