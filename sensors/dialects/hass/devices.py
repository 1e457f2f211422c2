"""Devices: the entities of one physical thing, joined into one birth under names that last."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from datetime import datetime, timedelta

from msgspec import structs

from sensors.dialects.hass.availability import Availability
from sensors.dialects.hass.commands import Command
from sensors.dialects.hass.config import DeviceBlock, Scalar, text_of
from sensors.dialects.hass.entities import Channel, Entity
from sensors.dialects.hass.templates import Spoken
from sensors.dialects.numbering import Numbering
from sensors.equipment import SENSOR, complete, describe, kind_of
from sensors.identity import device_id, identity_mark, slug
from sensors.model import Birth, DeviceKey, Metric, MetricName, MetricType, Names, Value
from sensors.recognition import NOT_ANNOUNCED, Measured, recognise

MAX_METRICS = 255
"""One less than a birth may have: the last is for what could not be read."""
MAX_TOKENS = 16
UNREAD = MetricName("not-read")
_UNREAD_METRIC = Metric(UNREAD, MetricType.TEXT, Names(en="Not read", ru="Не читается", kk="Оқылмайды"))
_UNREAD_LETTERS = 256
_NAME_LETTERS = 63
_MAX_IDENTITIES = 8
_LINE_LETTERS = 200
_TELLING_LETTERS = 4
"""Shorter words of a device's identity may be anything in an entity's: a number, a letter."""
_NAME = re.compile(r"[a-z0-9_]{1,63}")
_WORD = re.compile(r"[a-z0-9]+")


class Gauge:
    """One metric of a device as it stands: its last value, and when that is no longer to be believed."""

    __slots__ = (
        "channel",
        "described",
        "expires_at",
        "metric",
        "numbering",
        "off_at",
        "trusted",
        "value",
        "watched_at",
    )

    def __init__(self, metric: MetricName, channel: Channel, described: Metric) -> None:
        self.metric = metric
        self.channel = channel
        self.described = described
        self.numbering = Numbering()
        self.value: Value | None = None
        self.trusted = False
        """Whether the value was said in this run, and nothing has put it in doubt since."""
        self.expires_at: datetime | None = None
        self.off_at: datetime | None = None
        self.watched_at: datetime | None = None
        """When the clock will look at it; kept by `Clockwork`."""

    def take(self, value: Value, now: datetime, *, live: bool) -> None:
        """A value was said; not live: it is the broker's memory of one."""
        self.value, self.trusted = value, live
        delay_s = self.channel.off_delay_s
        self.off_at = now + timedelta(seconds=delay_s) if live and delay_s and value is True else None

    def rearm(self, now: datetime) -> None:
        """Something was said on its topic: what is known holds for another while."""
        expire_s = self.channel.expire_after_s
        self.expires_at = now + timedelta(seconds=expire_s) if expire_s and self.trusted else None

    def clock_set(self, by: timedelta) -> None:
        """Times of before are so much later by now, or earlier."""
        self.expires_at = self.expires_at and self.expires_at + by
        self.off_at = self.off_at and self.off_at + by
        self.watched_at = self.watched_at and self.watched_at + by

    def succeed(self, old: "Gauge") -> None:
        """Go on from where an older form of the same metric stands."""
        self.value, self.trusted, self.numbering = old.value, old.trusted, old.numbering
        self.expires_at, self.off_at = old.expires_at, old.off_at

    def retire(self) -> None:
        """Nothing happens to it any more."""
        self.expires_at = self.off_at = None

    @property
    def next_at(self) -> datetime | None:
        """When something happens to it by itself."""
        times = [moment for moment in (self.expires_at, self.off_at) if moment is not None]
        return min(times) if times else None


class Device:
    """What is known of one device."""

    def __init__(self, key: DeviceKey, kind: str = "") -> None:
        self.key = key
        self._settled_kind = kind
        self.block = DeviceBlock()
        self.tokens: set[str] = set()
        self.entities: dict[str, Entity] = {}
        self.gauges: dict[str, dict[str, Gauge]] = {}
        self.online: bool | None = None
        """What was last said of it."""
        self.birth_said: Birth | None = None
        self.unread_said = ""
        self.commands: dict[str, Command] = {}
        self._names: dict[str, tuple[str, str]] = {}
        self._heard: dict[str, bool] = {}
        self._latest: dict[Availability, bool] = {}
        self._there: dict[Availability, bool | None] = {}
        self._vouched: Counter[Availability] = Counter()
        self._witnesses: Counter[str] = Counter()
        """How many entities go by an availability, and by a topic: to look at all of them for each is a square."""

    def describe(self, block: DeviceBlock) -> None:
        """Take on what an entity's config says of its device; what it leaves out stands."""
        said = {name: value for name, value in structs.asdict(block).items() if value is not None}
        self.block = structs.replace(self.block, **said)

    def has_room_for(self, entity: Entity) -> bool:
        """Whether the entity, or its new form, fits into the birth."""
        if len(self._names) + len(entity.channels) + len(entity.commands) <= MAX_METRICS > len(self.entities):
            return True
        others = sum(holder != entity.key for holder, _ in self._names.values())
        entities = len(self.entities.keys() - {entity.key})
        return max(others + len(entity.channels) + len(entity.commands), entities + 1) <= MAX_METRICS

    def add(self, entity: Entity, tokens: Iterable[str]) -> None:
        """Take an entity in, or its new form: a metric that stays what it was keeps its value."""
        key = entity.key
        old = {suffix: copy(gauge) for suffix, gauge in self.gauges.get(key, {}).items()}
        if key in self.entities:
            self.remove(key)
        self.tokens.update(tokens)
        self.entities[key] = entity
        if entity.availability is not None:
            self._vouched[entity.availability] += 1
        self._witnesses.update(entity.witness_topics)
        gauges: dict[str, Gauge] = {}
        for channel in entity.channels:
            metric = self._name(entity, channel.suffix, tokens)
            described = _described(metric, channel, entity)
            gauge = gauges[channel.suffix] = Gauge(metric, channel, described)
            before = old.get(channel.suffix)
            if before is not None and before.metric == metric and before.channel.type is channel.type:
                gauge.succeed(before)
        self.gauges[key] = gauges
        for command in entity.commands:
            read = gauges.get(command.suffix)
            self.commands[self._name(entity, command.suffix, tokens) if read is None else read.metric] = command

    def remove(self, key: str) -> None:
        """Forget an entity."""
        entity = self.entities.pop(key, None)
        for gauge in self.gauges.pop(key, {}).values():
            gauge.retire()
        for name in [name for name, (holder, _) in self._names.items() if holder == key]:
            del self._names[name]
            self.commands.pop(name, None)
        if entity is not None and entity.availability is not None:
            self._forget_witnesses(entity.availability, entity.witness_topics)

    def _forget_witnesses(self, availability: Availability, topics: Iterable[str]) -> None:
        """One entity less goes by them; what they said of the last one is nothing to anybody."""
        self._vouched[availability] -= 1
        if not self._vouched[availability]:
            del self._vouched[availability]
            self._there.pop(availability, None)
            self._latest.pop(availability, None)
        self._witnesses.subtract(topics)
        for topic in topics:
            if not self._witnesses[topic]:
                del self._witnesses[topic]
                self._heard.pop(topic, None)

    def birth(self, silence_s: float) -> Birth:
        """Everything it says of itself, in an order that does not depend on who came first."""
        block = self.block
        gauges = sorted((gauge.metric, gauge) for all_ in self.gauges.values() for gauge in all_.values())
        metrics = [gauge.described for _, gauge in gauges]
        if self.unread:
            metrics.append(_UNREAD_METRIC)
        expiries = [gauge.channel.expire_after_s for _, gauge in gauges]
        nameless = Birth(
            kind=self._kind(),
            names=Names(en=_line(block.name)),
            silence_s=max(expiries) if expiries and all(expiries) else silence_s,
            maker=_line(block.manufacturer),
            model=_line(block.model if block.model is not None else block.model_id),
            firmware=_line(block.sw_version),
            serial=_line(block.serial_number),
            identities=_identities(self.tokens),
        )
        return structs.replace(complete(nameless), metrics=tuple(metrics))

    @property
    def unread(self) -> str:
        """Which entities are not read, in words; empty when there are none."""
        words = sorted(f"{entity.platform} {entity.id}" for entity in self.entities.values() if entity.unread)
        return ", ".join(words)[:_UNREAD_LETTERS]

    def witness(self, topic: str, spoken: Spoken) -> tuple[list[Entity], str]:
        """Hear a witness: the entities that are there no more, and why it could not be read, if so."""
        gone: list[Entity] = []
        wrong = ""
        for availability in self._vouched:
            for witness in availability.witnesses:
                if witness.topic != topic:
                    continue
                there = witness.judge(spoken)
                if isinstance(there, str):
                    wrong = there
                elif there is not None:
                    self._heard[topic] = self._latest[availability] = there
            now = availability.weigh(self._heard, self._latest.get(availability))
            if now is False and self._there.get(availability) is not False:
                gone += [each for each in self.entities.values() if each.availability == availability]
            self._there[availability] = now
        return gone, wrong

    @property
    def is_witnessed(self) -> bool:
        """Whether any entity says how it is known to be there."""
        return bool(self._vouched)

    def judge(self) -> bool | None:
        """Whether the device is there: as long as one of its entities is; None while nobody has said."""
        said = [self._there.get(availability) for availability in self._vouched]
        if True in said:
            return True
        return False if said and None not in said else None

    def _kind(self) -> str:
        """By all of its entities together, else by the most telling: what watches before what measures, then by name.

        Where no entity tells, what its model is called, and else it itself. It stays what it was at the first birth:
        more entities do not make another device of it.
        """
        self._settled_kind = self._settled_kind or self._telling_kind()
        return self._settled_kind

    def _telling_kind(self) -> str:
        if whole := recognise(self._measured()):
            return whole
        telling = [
            (each.platform != "binary_sensor", each.unique, each.kind)
            for each in self.entities.values()
            if each.primary and each.kind != SENSOR
        ]
        if telling:
            return min(telling)[2]
        called = (kind_of(_line(words)) for words in (self.block.model, self.block.name))
        return next((kind for kind in called if kind not in NOT_ANNOUNCED), SENSOR)

    def _measured(self) -> Iterator[Measured]:
        for key, gauges in self.gauges.items():
            for suffix, gauge in gauges.items():
                yield Measured(gauge.metric, gauge.channel.type, "" if suffix else self.entities[key].device_class)

    def _name(self, entity: Entity, suffix: str, tokens: Iterable[str]) -> MetricName:
        """A name made of the entity's own id, less the words that name its device; told apart where two are alike."""
        of_device = {word for token in tokens for word in _WORD.findall(token.lower()) if len(word) >= _TELLING_LETTERS}
        words = [word for word in _WORD.findall(entity.unique.lower()) if word not in of_device]
        plain = "-".join([*(words or [slug(entity.id)]), suffix]).strip("-")
        fits = plain and plain != UNREAD and len(plain) <= _NAME_LETTERS and plain not in self._names
        metric = MetricName(plain if fits else device_id(plain, f"{entity.key} {suffix}"))
        self._names[metric] = (entity.key, suffix)
        return metric


def tokens_of(block: DeviceBlock | None) -> tuple[str, ...]:
    """Everything a device is known by, in an order of its own: identifiers first."""
    if block is None:
        return ()
    said = block.identifiers if isinstance(block.identifiers, list) else [block.identifiers]
    identifiers = sorted({f"id={text_of(each)}" for each in said if each is not None and text_of(each)})
    connections = sorted({f"{text_of(kind)}={text_of(value).lower()}" for kind, value in block.connections})
    return (*identifiers, *connections)


def _identities(tokens: Iterable[str]) -> tuple[str, ...]:
    """MAC addresses and URNs among the names of a device: what it is known by to other sources as well."""
    marks = {identity_mark(token.partition("=")[2]) for token in tokens}
    return tuple(sorted(mark for mark in marks if mark.startswith(("mac:", "urn:uuid:")))[:_MAX_IDENTITIES])


def _described(metric: MetricName, channel: Channel, entity: Entity) -> Metric:
    """The metric with what the catalogue knows of it, by its name, or else by its device class."""
    names = Names(en=_line(entity.label))
    known_as = metric
    if describe(entity.kind, metric) is None and not channel.suffix and _NAME.fullmatch(entity.device_class):
        known_as = MetricName(entity.device_class)
    own = Metric(known_as, channel.type, names, channel.unit, channel.minimum, channel.maximum)
    (known,) = complete(Birth(kind=entity.kind, names=names, metrics=(own,))).metrics
    return known if known_as == metric else structs.replace(known, name=metric)


def _line(said: Scalar) -> str:
    text = "" if said is None else text_of(said)
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_LINE_LETTERS].strip()
