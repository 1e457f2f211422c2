"""Entities: what an announced entity measures, how its payloads are read, and what it can be told to do.

Platforms that are read: sensor, binary_sensor, switch, light, siren, cover, valve, lock, number, select, text,
device_tracker, alarm_control_panel, event. Those that take commands: see `commands`. All others (climate, fan,
camera, image, update, vacuum, ...) are named as not read, and cost nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sensors.dialects.hass.availability import Availability, availability_of
from sensors.dialects.hass.commands import Command, commands_of, limits_of
from sensors.dialects.hass.config import Component, Config, text_of, trusted_topic
from sensors.dialects.hass.readers import Reader, one_of, read_number, read_text, renamed, share_of, two_states
from sensors.dialects.hass.templates import MISSING, PLAIN, Fault, Spoken, Template, Unfit, compile_template
from sensors.equipment import kind_of
from sensors.identity import slug
from sensors.model import MetricType, Value
from sensors.units import ucum_of

_NON_NUMERIC = frozenset(("date", "enum", "timestamp"))
_UNIT_LETTERS = 20


class Channel(NamedTuple):
    """One metric of an entity: where it is said and how it is read. `suffix` tells the metrics of one entity apart."""

    suffix: str
    type: MetricType
    topic: str
    template: Template
    read: Reader
    unit: str = ""
    expire_after_s: float = 0.0
    off_delay_s: float = 0.0
    minimum: float | None = None
    maximum: float | None = None

    def value(self, spoken: Spoken) -> Value | Fault | None:
        """What the payload says of this metric."""
        said = self.template.apply(spoken)
        if isinstance(said, Fault):
            return said
        if said is MISSING or said is None:
            return None
        try:
            return self.read(said)
        except Unfit as error:
            return Fault(str(error))


class Happenings(NamedTuple):
    """Where an event entity says what happened, and what may happen."""

    topic: str
    template: Template
    types: frozenset[str]

    def kind(self, spoken: Spoken) -> str | Fault | None:
        """The declared type of what happened."""
        said = self.template.apply(spoken)
        if isinstance(said, Fault):
            return said
        if said is MISSING:
            return None
        return said if isinstance(said, str) and said in self.types else Fault("is no event type that was declared")


class Entity(NamedTuple):
    """An entity as it is heard. `unread` says why nothing of it is, where that is so."""

    platform: str
    id: str
    unique: str
    label: str
    device_class: str
    kind: str
    primary: bool
    channels: tuple[Channel, ...] = ()
    happenings: Happenings | None = None
    commands: tuple[Command, ...] = ()
    availability: Availability | None = None
    unread: str = ""

    @property
    def key(self) -> str:
        """What tells it from every other entity: Home Assistant's unique ids are unique within a platform."""
        return f"{self.platform} {self.unique}"

    @property
    def read_topics(self) -> frozenset[str]:
        """Where it is measured."""
        heard = [self.happenings.topic] if self.happenings else []
        return frozenset((*(channel.topic for channel in self.channels), *heard))

    @property
    def witness_topics(self) -> frozenset[str]:
        """Where it is said whether it is there."""
        return frozenset(witness.topic for witness in self.availability.witnesses) if self.availability else frozenset()

    @property
    def topics(self) -> frozenset[str]:
        """All that has to be listened to."""
        return self.read_topics | self.witness_topics


def build_entity(component: Component, config: Config, unique: str) -> Entity:
    """The entity that a config describes; one that cannot be read says why in `unread`."""
    device_class = text_of(config.device_class) if config.device_class is not None else ""
    name = text_of(config.name) if config.name is not None else ""
    entity = Entity(
        component.platform,
        component.id,
        unique,
        name,
        device_class,
        kind_of(device_class),
        primary=config.entity_category is None,
    )
    if text_of(config.encoding).lower() not in ("utf-8", "utf8"):
        return entity._replace(unread="its encoding is not read")
    availability = availability_of(config)
    if isinstance(availability, str):
        return entity._replace(unread=availability)
    heard = entity._replace(availability=availability, commands=commands_of(component.platform, config))
    build = _PLATFORMS.get(component.platform)
    if build is None:
        return entity._replace(unread="its platform is not read")
    said = build(config)
    if isinstance(said, str):
        return entity._replace(unread=said)
    return heard._replace(happenings=said) if isinstance(said, Happenings) else heard._replace(channels=said)


def _channel(config: Config, type_: MetricType, read: Reader, template: str | None = None) -> Channel | str:
    return _channel_at(config.state_topic, template or config.value_template, config, type_, read)


def _channel_at(
    topic: str | None, template: str | None, config: Config, type_: MetricType, read: Reader
) -> Channel | str:
    wrong = trusted_topic(topic)
    if topic is None or wrong is not None:
        return f"its topic {wrong}"
    compiled = compile_template(template) if template else PLAIN
    if compiled is None:
        return f"unsupported template {template}"
    return Channel("", type_, topic, compiled, read, expire_after_s=config.expire_after or 0.0)


def _read_sensor(config: Config) -> tuple[Channel, ...] | str:
    type_: MetricType = MetricType.TEXT
    read: Reader = read_text
    if config.options:
        read = one_of({text_of(option): text_of(option) for option in config.options})
    elif _is_numeric(config):
        type_ = MetricType.COUNTER if config.state_class == "total_increasing" else MetricType.NUMBER
        read = read_number
    channel = _channel(config, type_, read)
    return channel if isinstance(channel, str) else (channel._replace(unit=_unit(config)),)


def _is_numeric(config: Config) -> bool:
    """As Home Assistant decides it: by any option that only numbers have."""
    if config.device_class in _NON_NUMERIC:
        return False
    marks = (config.device_class, config.state_class, config.unit_of_measurement, config.suggested_display_precision)
    return any(mark is not None for mark in marks)


def _read_binary(config: Config) -> tuple[Channel, ...] | str:
    channel = _channel(config, MetricType.BOOLEAN, two_states(config.payload_on, config.payload_off))
    return channel if isinstance(channel, str) else (channel._replace(off_delay_s=config.off_delay or 0.0),)


def _read_switch(config: Config) -> tuple[Channel, ...] | str:
    if config.state_topic is None and config.command_topic is not None:
        return ()
    on = config.payload_on if config.state_on is None else config.state_on
    off = config.payload_off if config.state_off is None else config.state_off
    channel = _channel(config, MetricType.BOOLEAN, two_states(on, off), config.state_value_template)
    if isinstance(channel, str):
        return channel
    return (channel._replace(template=_STATE_KEY) if config.schema == "json" else channel,)


def _read_siren(config: Config) -> tuple[Channel, ...] | str:
    channels = _read_switch(config)
    if isinstance(channels, str) or config.state_value_template or config.value_template:
        return channels
    return tuple(channel._replace(template=_STATE_OR_TEXT) for channel in channels)


def _read_cover(config: Config) -> tuple[Channel, ...] | str:
    words = {
        text_of(config.state_open): "open",
        text_of(config.state_opening): "opening",
        text_of(config.state_closed): "closed",
        text_of(config.state_closing): "closing",
        text_of(config.state_stopped): "stopped",
    }
    share = share_of(config.position_closed, config.position_open)
    if config.reports_position:
        channel = _channel(config, MetricType.NUMBER, share)
        return channel if isinstance(channel, str) else (channel._replace(unit="%", minimum=0.0, maximum=100.0),)
    channels: list[Channel] = []
    if config.state_topic is not None:
        channel = _channel(config, MetricType.TEXT, one_of(words))
        if isinstance(channel, str):
            return channel
        channels.append(channel)
    if config.position_topic is not None:
        channel = _channel_at(config.position_topic, config.position_template, config, MetricType.NUMBER, share)
        if isinstance(channel, str):
            return channel
        channels.append(channel._replace(suffix="position", unit="%", minimum=0.0, maximum=100.0))
    return tuple(channels)


def _read_lock(config: Config) -> tuple[Channel, ...] | str:
    words = {
        text_of(config.state_locked): "locked",
        text_of(config.state_unlocked): "unlocked",
        text_of(config.state_locking): "locking",
        text_of(config.state_unlocking): "unlocking",
        text_of(config.state_jammed): "jammed",
    }
    return _alone(_channel(config, MetricType.TEXT, one_of(words)))


def _read_number(config: Config) -> tuple[Channel, ...] | str:
    if config.state_topic is None and config.command_topic is not None:
        return ()
    low, high = limits_of(config)
    channel = _channel(config, MetricType.NUMBER, read_number)
    return channel if isinstance(channel, str) else (channel._replace(unit=_unit(config), minimum=low, maximum=high),)


def _read_select(config: Config) -> tuple[Channel, ...] | str:
    return () if config.state_topic is None and config.command_topic is not None else _read_text(config)


def _read_text(config: Config) -> tuple[Channel, ...] | str:
    return _alone(_channel(config, MetricType.TEXT, read_text))


def _read_tracker(config: Config) -> tuple[Channel, ...] | str:
    words = {text_of(config.payload_home): "home", text_of(config.payload_not_home): "not_home"}
    return _alone(_channel(config, MetricType.TEXT, renamed(words)))


def _read_event(config: Config) -> Happenings | str:
    channel = _channel(config, MetricType.TEXT, read_text)
    if isinstance(channel, str):
        return channel
    template = channel.template if config.value_template else _EVENT_TYPE
    return Happenings(channel.topic, template, frozenset(text_of(each) for each in config.event_types))


def _read_nothing(config: Config) -> tuple[Channel, ...] | str:
    return () if config.command_topic is not None else "names no topic"


def _alone(channel: Channel | str) -> tuple[Channel, ...] | str:
    return channel if isinstance(channel, str) else (channel,)


def _unit(config: Config) -> str:
    """The UCUM code; a unit that nobody knows stays readable, as an annotation."""
    if config.unit_of_measurement is None:
        return ""
    said = text_of(config.unit_of_measurement)
    code = ucum_of(said)
    if code is not None:
        return code
    words = slug(said)[:_UNIT_LETTERS].strip("-")
    return f"{{{words}}}" if words else ""


def _state_or_text(spoken: Spoken) -> Any:
    try:
        said = spoken.json
    except Unfit:
        return spoken.text
    return said.get("state", MISSING) if isinstance(said, dict) else spoken.text


_STATE_OR_TEXT = Template("", _state_or_text)
_STATE_KEY = Template("", lambda spoken: _of_object(spoken, "state"))
_EVENT_TYPE = Template("", lambda spoken: _of_object(spoken, "event_type"))


def _of_object(spoken: Spoken, key: str) -> Any:
    said = spoken.json
    if not isinstance(said, dict):
        raise Unfit("is not a JSON object")
    return said.get(key, MISSING)


_PLATFORMS: Mapping[str, Callable[[Config], tuple[Channel, ...] | Happenings | str]] = {
    "alarm_control_panel": _read_text,
    "binary_sensor": _read_binary,
    "button": _read_nothing,
    "cover": _read_cover,
    "device_tracker": _read_tracker,
    "event": _read_event,
    "light": _read_switch,
    "lock": _read_lock,
    "number": _read_number,
    "select": _read_select,
    "sensor": _read_sensor,
    "siren": _read_siren,
    "switch": _read_switch,
    "text": _read_text,
    "valve": _read_cover,
}
