"""The order of one edge node's messages: numbers 0 to 255 over all of them, and 0 again.

A message that comes early waits for those before it: brokers promise no order between topics.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sensors.dialects.sparkplug.payload import unpack
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.topics import Address

NUMBERS = 256
MAX_WAITING = 64
MAX_WAITING_BYTES = 524_288
_RECENT = 32


@dataclass(slots=True)
class Arrival:
    """A message of an edge node. While it waits, only its bytes are kept: unpacked, it may be much larger."""

    address: Address
    topic: str
    raw: bytes
    received_at: datetime
    unpacked: Payload | None

    @property
    def payload(self) -> Payload:
        """What it says."""
        if self.unpacked is None:
            payload = unpack(self.raw)
            self.unpacked = payload if isinstance(payload, Payload) else Payload()
        return self.unpacked


class _Waiting(NamedTuple):
    arrival: Arrival
    sent_ms: int


class Order:
    """Lets messages through in order. Whoever holds it looks after `since` and `full`, and then gives up the gap.

    An encoder may leave out a number that is 0.
    """

    def __init__(self) -> None:
        self._expected: int | None = None
        self._waiting: dict[int, _Waiting] = {}
        self._recent: OrderedDict[int, int] = OrderedDict()
        self.waiting_bytes = 0
        self.since: datetime | None = None
        """Since when messages wait for one that is missing."""

    @property
    def full(self) -> bool:
        """Whether no more may wait."""
        return len(self._waiting) >= MAX_WAITING or self.waiting_bytes >= MAX_WAITING_BYTES

    def expects(self, arrival: Arrival) -> bool:
        """Whether it is the very next."""
        return arrival.payload.seq == self._expected

    def has_heard(self, arrival: Arrival) -> bool:
        """Whether it is, byte for byte, one of the last messages."""
        return self._recent.get(arrival.payload.seq) == hash(arrival.raw)

    def begin(self, birth: Arrival) -> list[Arrival]:
        """An edge node's birth: whatever its number, counting starts there. What had overtaken it comes after it."""
        born_ms = birth.payload.timestamp
        kept = {number: each for number, each in self._waiting.items() if each.sent_ms >= born_ms > 0}
        self.reset()
        self._pass(birth.payload.seq, birth)
        self._waiting = kept
        return self._following()

    def offer(self, arrival: Arrival) -> list[Arrival] | None:
        """What may be heard now, this message first; nothing when it has to wait; None when it was heard before."""
        number = arrival.payload.seq
        if number == self._expected:
            self._pass(number, arrival)
            return [arrival, *self._following()]
        held = self._waiting.get(number)
        if self.has_heard(arrival) or (held is not None and held.arrival.raw == arrival.raw):
            return None
        if held is None:
            self._waiting[number] = _Waiting(arrival, arrival.payload.timestamp)
            arrival.unpacked = None
            self._count()
        return []

    def give_up(self) -> list[Arrival]:
        """The missing will not come: what waits, in its order."""
        start = self._expected or 0
        numbers = sorted(self._waiting, key=lambda number: (number - start) % NUMBERS)
        ready = [self._waiting[number].arrival for number in numbers]
        for number, arrival in zip(numbers, ready, strict=True):
            self._pass(number, arrival)
        self._waiting = {}
        self._count()
        return ready

    def reset(self) -> None:
        """Forget everything: nothing is in order until the next birth."""
        self._expected = None
        self._waiting = {}
        self._recent.clear()
        self._count()

    def _pass(self, number: int, arrival: Arrival) -> None:
        self._expected = (number + 1) % NUMBERS
        self._recent[number] = hash(arrival.raw)
        self._recent.move_to_end(number)
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)

    def _following(self) -> list[Arrival]:
        ready: list[Arrival] = []
        while self._expected is not None and (waiting := self._waiting.pop(self._expected, None)) is not None:
            self._pass(self._expected, waiting.arrival)
            ready.append(waiting.arrival)
        self._count()
        return ready

    def _count(self) -> None:
        held = [waiting.arrival for waiting in self._waiting.values()]
        self.waiting_bytes = sum(len(arrival.raw) for arrival in held)
        self.since = min((arrival.received_at for arrival in held), default=None)
