"""Who announced what: config topics, the entities and devices they make, and the topics these want to be heard on.

Bounded: devices, entities, topics, entities of a topic, bytes. What is over is refused, and counted by who takes it.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from sensors.dialects.dialect import NOTHING, Action, Heard, Listen, Memo, Unlisten
from sensors.dialects.hass.config import (
    Announced,
    Component,
    DeviceBlock,
    Migrating,
    Place,
    parse_config,
    text_of,
)
from sensors.dialects.hass.devices import MAX_METRICS, MAX_TOKENS, Device, tokens_of
from sensors.dialects.hass.entities import Entity, build_entity
from sensors.dialects.hass.waiting import Word
from sensors.dialects.native import reject
from sensors.identity import device_id
from sensors.model import Birth, DeviceKey, Message, SiteId

MAX_DEVICES = 10_000
MAX_ENTITIES = 20_000
MAX_TOPICS = 20_000
MAX_ENTITIES_OF_TOPIC = 512
MAX_BYTES = 32 * 1024 * 1024
"""Of all configs together: what is kept of one is no larger than it was."""
_UNSUPPORTED = "unsupported template"
_MARK = "config:"

Holder = tuple[DeviceKey, str]
"""An entity in its device."""


class Said(NamedTuple):
    """What comes of one message, as it is gathered."""

    messages: list[Message]
    actions: list[Action]

    def refuse(self, early: Word, reason: str, key: DeviceKey | None = None) -> None:
        """Say why something of a message was not taken."""
        self.messages.append(reject(early.topic, early.payload, reason, early.received_at, key))

    def heard(self) -> Heard:
        """All of it."""
        return Heard(tuple(self.messages), tuple(self.actions)) if self.messages or self.actions else NOTHING


def remembered_topic(name: str) -> str | None:
    """The topic of a config by the name of its memo; None for other memos."""
    return name.removeprefix(_MARK) if name.startswith(_MARK) else None


class Ear:
    """A topic that is listened to: who is measured there, who is witnessed, and what it said last, for latecomers."""

    __slots__ = ("last", "readers", "watchers")

    def __init__(self) -> None:
        self.readers: dict[Holder, None] = {}
        self.watchers: dict[DeviceKey, set[str]] = {}
        self.last: Word | None = None


class _Source:
    """A config topic: what it announces, and whether that may move to another one.

    So it may when it says so, or when it is only remembered from an earlier run: its config may be gone since.
    """

    __slots__ = ("bytes", "digest", "holders", "movable")

    def __init__(self) -> None:
        self.digest = b""
        self.bytes = 0
        self.holders: dict[Holder, None] = {}
        self.movable = False


class Outcome(NamedTuple):
    """What a config changed: devices to be introduced anew or withdrawn, and entities that may have missed a word."""

    devices: tuple[DeviceKey, ...] = ()
    entities: tuple[Holder, ...] = ()


class Announcements:
    """Everything that is announced at the moment. `remembered`: births of an earlier run, whose kinds stand."""

    def __init__(self, remembered: Mapping[DeviceKey, Birth]) -> None:
        self._kinds = {key: birth.kind for key, birth in remembered.items()}
        self.devices: dict[DeviceKey, Device] = {}
        self.ears: dict[str, Ear] = {}
        self._sources: dict[str, _Source] = {}
        self._owners: dict[Holder, str] = {}
        self._known_by: dict[tuple[SiteId, str], DeviceKey] = {}
        self._bytes = 0

    @property
    def entities_total(self) -> int:
        """How many entities there are."""
        return len(self._owners)

    def take(self, place: Place, site: SiteId, message: Word, said: Said) -> Outcome:
        """Take in what a config topic says now. What it announced before, and does not any more, is gone."""
        source = self._sources.get(message.topic)
        digest = blake2b(message.payload, digest_size=16).digest()
        if source is not None and source.digest == digest:
            source.movable = False
            return Outcome()
        components = self._understand(source, place, message, said)
        if components is None:
            return Outcome()
        source = source or _Source()
        before, source.digest, source.movable = source.holders, digest, False
        found = (self._admit(place, component, site, message, said) for component in components)
        source.holders = {holder: None for holder in found if holder is not None}
        self._bytes -= source.bytes
        if source.holders:
            self._sources[message.topic] = source
            source.bytes = len(message.payload)
            self._bytes += source.bytes
            said.actions.append(Memo(f"{_MARK}{message.topic}", message.payload))
        elif self._sources.pop(message.topic, None) is not None:
            said.actions.append(Memo(f"{_MARK}{message.topic}", None))
        for holder in before:
            # What another topic has taken over in the meantime is no longer this one's to withdraw.
            if holder not in source.holders and self._owners.get(holder) == message.topic:
                self._remove(holder, said)
        touched = {key: None for key, _ in (*before, *source.holders) if key in self.devices}
        return Outcome(tuple(touched), tuple(source.holders))

    def remember(self, place: Place, site: SiteId, config: Word, said: Said) -> Outcome:
        """Take in a config that an earlier run heard, until it is said again or another topic says the same."""
        outcome = self.take(place, site, config, said)
        if (source := self._sources.get(config.topic)) is not None:
            source.movable = True
        return outcome

    def _understand(
        self, source: _Source | None, place: Place, message: Word, said: Said
    ) -> tuple[Component, ...] | None:
        """The components a topic announces now; None when what stood before stands."""
        before = 0 if source is None else source.bytes
        if self._bytes - before + len(message.payload) > MAX_BYTES:
            said.refuse(message, f"over {MAX_BYTES} bytes of configs")
            return None
        announced = parse_config(place, message.payload)
        if isinstance(announced, str):
            said.refuse(message, announced)
            return None
        if isinstance(announced, Migrating):
            if source is not None:
                source.movable = True
            return None
        components = announced.components if isinstance(announced, Announced) else ()
        if components and all(isinstance(each.config, str) for each in components):
            for each in components:
                said.refuse(message, f"{each.id}: {each.config}")
            return None
        return components

    def drop(self, key: DeviceKey) -> None:
        """Forget a device of which nothing is left."""
        device = self.devices.pop(key)
        for token in device.tokens:
            self._known_by.pop((key.site, token), None)

    def _admit(self, place: Place, component: Component, site: SiteId, message: Word, said: Said) -> Holder | None:
        config = component.config
        if isinstance(config, str):
            said.refuse(message, f"{component.id}: {config}")
            return None
        unique = text_of(config.unique_id) if config.unique_id else place.text
        # A device goes by what it says of itself; an entity without one is a device of its own.
        tokens = tokens_of(config.device) or (f"entity={component.platform} {unique}",)
        entity = build_entity(component, config, unique)
        block = config.device or DeviceBlock(name=entity.label or unique)
        device = self._device(site, tokens)
        refusal = device if isinstance(device, str) else self._objection(device, entity, tokens, message.topic)
        if isinstance(device, str) or refusal is not None:
            said.refuse(message, f"{component.id}: {refusal}")
            return None
        if entity.unread.startswith(_UNSUPPORTED):
            said.refuse(message, f"{component.id}: {entity.unread}", device.key)
        self._install(device, entity, tokens, message.topic, said)
        device.describe(block)
        return device.key, entity.key

    def _device(self, site: SiteId, tokens: tuple[str, ...]) -> Device | str:
        """The device that goes by these tokens, made when it is new."""
        keys = {self._known_by[site, token] for token in tokens if (site, token) in self._known_by}
        if len(keys) > 1:
            return f"its device claims to be {' and '.join(sorted(str(key) for key in keys))}"
        if keys:
            return self.devices[keys.pop()]
        if len(self.devices) >= MAX_DEVICES:
            return f"over {MAX_DEVICES} devices"
        first = tokens[0]
        key = DeviceKey(site, device_id(first.partition("=")[2], first))
        return Device(key, self._kinds.get(key, ""))

    def _objection(self, device: Device, entity: Entity, tokens: tuple[str, ...], topic: str) -> str | None:
        """Why an entity cannot be taken in; None when it can."""
        owner = self._owners.get((device.key, entity.key))
        taken = owner not in (None, topic) and not self._sources[str(owner)].movable
        crowded = any(self._is_crowded(each, (device.key, entity.key)) for each in entity.topics)
        topics = len(self.ears) + sum(each not in self.ears for each in entity.topics)
        objections = (
            (taken, f"unique_id {entity.unique} is announced by {owner}"),
            (owner is None and len(self._owners) >= MAX_ENTITIES, f"over {MAX_ENTITIES} entities"),
            (not device.has_room_for(entity), f"over {MAX_METRICS} metrics or entities of one device"),
            (len(device.tokens.union(tokens)) > MAX_TOKENS, f"over {MAX_TOKENS} names of one device"),
            (crowded, f"over {MAX_ENTITIES_OF_TOPIC} entities of one topic"),
            (topics > MAX_TOPICS, f"over {MAX_TOPICS} topics"),
        )
        return next((reason for holds, reason in objections if holds), None)

    def _is_crowded(self, topic: str, holder: Holder) -> bool:
        ear = self.ears.get(topic)
        return ear is not None and holder not in ear.readers and len(ear.readers) >= MAX_ENTITIES_OF_TOPIC

    def _install(self, device: Device, entity: Entity, tokens: tuple[str, ...], topic: str, said: Said) -> None:
        holder = (device.key, entity.key)
        old = device.entities.get(entity.key)
        self.devices[device.key] = device
        self._owners[holder] = topic
        for token in tokens:
            self._known_by[device.key.site, token] = device.key
        device.add(entity, tokens)
        for each in entity.read_topics:
            self._ear(each, said).readers[holder] = None
        for each in entity.witness_topics:
            self._ear(each, said).watchers.setdefault(device.key, set()).add(entity.key)
        if old is not None:
            self._unhear(holder, old.read_topics - entity.read_topics, old.witness_topics - entity.witness_topics, said)

    def _ear(self, topic: str, said: Said) -> Ear:
        ear = self.ears.get(topic)
        if ear is None:
            ear = self.ears[topic] = Ear()
            said.actions.append(Listen(topic))
        return ear

    def _remove(self, holder: Holder, said: Said) -> None:
        key, name = holder
        entity = self.devices[key].entities[name]
        self._unhear(holder, entity.read_topics, entity.witness_topics, said)
        self.devices[key].remove(name)
        del self._owners[holder]

    def _unhear(self, holder: Holder, read: frozenset[str], witness: frozenset[str], said: Said) -> None:
        key, name = holder
        for topic in read:
            self.ears[topic].readers.pop(holder, None)
        for topic in witness:
            watchers = self.ears[topic].watchers
            watchers[key].discard(name)
            if not watchers[key]:
                del watchers[key]
        for topic in sorted(read | witness):
            ear = self.ears.get(topic)
            if ear is not None and not ear.readers and not ear.watchers:
                del self.ears[topic]
                said.actions.append(Unlisten(topic))
