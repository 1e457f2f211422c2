"""Whose samples are refused unread: of whom too much was read in vain, for reading is most of what they cost."""

from hub.decisions.registry import Device, Registry
from hub.inputs import Received
from sensors.model import DeviceKey
from sensors.topics import PREFIX, Leaf, parse_topic

NATIVE_TOPICS = f"{PREFIX}/"


class Unread:
    """Told of each message that was read in vain; asked before each that is not read yet."""

    def __init__(self, registry: Registry, limit_per_s: float) -> None:
        self._registry = registry
        self._limit_per_s = limit_per_s
        self._owing: set[DeviceKey] = set()
        """Of whom so much was refused just now that their samples are not read unless there is room for all of them."""

    def refused_of(self, message: Received) -> DeviceKey | None:
        """Whose samples these are, if they are to be refused: not those that are surely not too much."""
        if not self._owing:
            return None
        parsed = parse_topic(message.topic)
        if isinstance(parsed, str) or parsed.leaf is not Leaf.DATA or parsed.key not in self._owing:
            return None
        device, now = self._registry.find(parsed.key), message.moment
        if device is None or not device.conduct.owes(now):
            self._owing.discard(parsed.key)
            return None
        return None if device.conduct.is_allowed(message.payload_bytes, self._limit_per_s, now) else parsed.key

    def note_vain(self, device: Device, message: Received, *, spent: bool) -> None:
        """A message was read in vain; `spent`: for what it says itself, not for what others before it have said."""
        if not message.topic.startswith(NATIVE_TOPICS):
            return
        if spent:
            device.conduct.spend(message.payload_bytes, self._limit_per_s, message.moment)
        device.conduct.owe(message.payload_bytes, message.moment)
        if device.conduct.owes(message.moment):
            self._owing.add(device.key)
