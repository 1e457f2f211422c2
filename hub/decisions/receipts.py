"""What gateways that asked for it are told: which of their samples are on the disk, once that is so.

Gathered while a batch is decided, let out with its other effects, and so never before its commit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hub.decisions.registry import Device, Registry
from hub.inputs import Moment, Received
from sensors.catalog import CAMERA
from sensors.model import DeviceId, DeviceKey, Reading
from sensors.receipts import MAX_RANGES, Range, encode_receipt, merge, sequences_of
from sensors.topics import Leaf, Topic, parse_topic

INTERVAL_S = 0.25
"""A gateway hears no more often than this."""
MAX_GATHERED = 50_000
"""Samples of one gateway between two receipts. Those beyond are not told: they come again, and are told then."""
_DATA = f"/{Leaf.DATA}"


@dataclass(slots=True)
class _Gathered:
    due_s: float = 0.0
    count: int = 0
    stored: dict[DeviceId, set[int]] = field(default_factory=dict)
    refused: dict[DeviceId, set[int]] = field(default_factory=dict)


class Receipts:
    """Gathers by gateway. Costs nothing while no birth asks for receipts."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._gathered: dict[DeviceKey, _Gathered] = {}
        self._asking = {device.key for device in registry.devices.values() if device.birth.receipts}
        self.passed_over_total = 0

    def meet(self, device: Device) -> None:
        """A birth has said, or has not, that this device wants them."""
        if device.birth.receipts:
            self._asking.add(device.key)
        else:
            self._asking.discard(device.key)
            self._gathered.pop(device.key, None)

    def wants(self, message: Received) -> bool:
        """Whether anybody may want to be told of this message."""
        return bool(self._asking) and message.topic.endswith(_DATA)

    def gather(self, message: Received, readings: Sequence[Reading]) -> None:
        """These readings of the message are being stored; of the rest, nothing ever will be."""
        parsed = parse_topic(message.topic)
        carrier = self._carrier(parsed.key) if isinstance(parsed, Topic) else None
        if carrier is None or isinstance(parsed, str):
            return
        gathered = self._gathered.setdefault(carrier, _Gathered())
        kept = {reading.sequence for reading in readings}
        for sequence in sequences_of(message.payload):
            if gathered.count >= MAX_GATHERED:
                self.passed_over_total += 1
                continue
            gathered.count += 1
            of = gathered.stored if sequence in kept else gathered.refused
            of.setdefault(parsed.key.device, set()).add(sequence)

    def due(self, now: Moment) -> Iterator[tuple[DeviceKey, bytes]]:
        """Gateway and payload of every receipt that may leave with this batch."""
        for key, gathered in self._gathered.items():
            if gathered.count and now.monotonic_s >= gathered.due_s:
                yield key, self._encode(gathered)
                self._gathered[key] = _Gathered(due_s=now.monotonic_s + INTERVAL_S)

    def _carrier(self, key: DeviceKey) -> DeviceKey | None:
        """Whom to tell: whose connection the device speaks through, if that asks. What a camera says, a wall says.

        Nobody, of what does not belong to this hub: it is another hub's to store, and its gateway is to keep it.
        """
        device = self._registry.find(key)
        if device is None or device.birth.kind == CAMERA:
            return None
        through = self._registry.through(device) or device
        return through.key if through.key in self._asking and not (device.barred or through.barred) else None

    def _encode(self, gathered: _Gathered) -> bytes:
        left = MAX_RANGES
        told: tuple[dict[DeviceId, list[Range]], ...] = ({}, {})
        for kind, by_device in zip(told, (gathered.stored, gathered.refused), strict=True):
            for device, numbers in by_device.items():
                ranges = merge(numbers)
                if left:
                    kind[device] = ranges[:left]
                self.passed_over_total += sum(end - begin + 1 for begin, end in ranges[left:])
                left = max(0, left - len(ranges))
        return encode_receipt(*told)
