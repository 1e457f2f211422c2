"""Discovery configs: from the bytes of a config topic to the options of each entity, in full and checked."""

import re
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from sensors.dialects.hass.abbreviations import expand, ground

MAX_COMPONENTS = 256
"""In one device payload: as many as a device may have metrics."""
MAX_TOPIC_LETTERS = 500
_BASE = "~"
_DEVICE = "device"
_CONFIG = re.compile(r"(\w{1,64})/(?:([A-Za-z0-9_-]{1,200})/)?([A-Za-z0-9_-]{1,200})/config", re.ASCII)
_SHARED = ("command_topic", "state_topic", "payload_available", "payload_not_available", "qos", "encoding")
_AVAILABILITY = ("availability", "availability_topic", "availability_mode", "availability_template")
_OURS = ("$", "shekara/", "spBv1.0/")
"""Where no entity may send the hub: shared subscriptions and the broker's own topics, and dialects with rules of
their own, whose commands only their own devices take."""

Scalar = Annotated[str, Meta(max_length=255)] | int | float | bool | None
Path = Annotated[str, Meta(max_length=MAX_TOPIC_LETTERS)] | None
Formula = Annotated[str, Meta(max_length=2_000)] | None
Span = Annotated[int, Meta(ge=0, le=31_536_000)] | Annotated[float, Meta(ge=0, le=31_536_000)] | None


class Available(Struct, frozen=True):
    """One topic that says whether an entity is there."""

    topic: Annotated[str, Meta(max_length=MAX_TOPIC_LETTERS)]
    payload_available: Scalar = "online"
    payload_not_available: Scalar = "offline"
    value_template: Formula = None


class DeviceBlock(Struct, frozen=True):
    """The physical thing an entity belongs to."""

    identifiers: Scalar | Annotated[list[Scalar], Meta(max_length=16)] = None
    connections: Annotated[list[tuple[Scalar, Scalar]], Meta(max_length=16)] = []
    name: Scalar = None
    manufacturer: Scalar = None
    model: Scalar = None
    model_id: Scalar = None
    sw_version: Scalar = None
    hw_version: Scalar = None
    serial_number: Scalar = None


class Config(Struct, frozen=True):
    """Options of one entity that a hub has a use for; all others are passed over."""

    availability: Annotated[list[Available], Meta(max_length=16)] = []
    availability_mode: Literal["all", "any", "latest"] = "latest"
    availability_template: Formula = None
    availability_topic: Path = None
    command_off_template: Formula = None
    command_template: Formula = None
    command_topic: Path = None
    device: DeviceBlock | None = None
    device_class: Scalar = None
    encoding: Scalar = "utf-8"
    entity_category: Scalar = None
    event_types: Annotated[list[Scalar], Meta(max_length=64)] = []
    expire_after: Span = None
    max: float | None = None
    min: float | None = None
    name: Scalar = None
    object_id: Scalar = None
    off_delay: Span = None
    options: Annotated[list[Scalar], Meta(max_length=64)] = []
    payload_available: Scalar = "online"
    payload_close: Scalar = "CLOSE"
    payload_home: Scalar = "home"
    payload_lock: Scalar = "LOCK"
    payload_not_available: Scalar = "offline"
    payload_not_home: Scalar = "not_home"
    payload_off: Scalar = "OFF"
    payload_on: Scalar = "ON"
    payload_open: Scalar = "OPEN"
    payload_press: Scalar = "PRESS"
    payload_stop: Scalar = "STOP"
    payload_unlock: Scalar = "UNLOCK"
    position_closed: float = 0
    position_open: float = 100
    position_template: Formula = None
    position_topic: Path = None
    reports_position: bool = False
    schema: Scalar = None
    set_position_template: Formula = None
    set_position_topic: Path = None
    state_class: Scalar = None
    state_closed: Scalar = "closed"
    state_closing: Scalar = "closing"
    state_jammed: Scalar = "JAMMED"
    state_locked: Scalar = "LOCKED"
    state_locking: Scalar = "LOCKING"
    state_off: Scalar = None
    state_on: Scalar = None
    state_open: Scalar = "open"
    state_opening: Scalar = "opening"
    state_stopped: Scalar = "stopped"
    state_topic: Path = None
    state_unlocked: Scalar = "UNLOCKED"
    state_unlocking: Scalar = "UNLOCKING"
    state_value_template: Formula = None
    step: float = 1
    suggested_display_precision: int | None = None
    unique_id: Scalar = None
    unit_of_measurement: Scalar = None
    value_template: Formula = None


class Place(NamedTuple):
    """What a config topic says: the platform, or `device`, and the ids that discovery goes by."""

    platform: str
    node: str
    object: str

    @property
    def text(self) -> str:
        """As Home Assistant names it."""
        return " ".join(part for part in (self.platform, self.node, self.object) if part)


class Component(NamedTuple):
    """One entity of a config: what it is, what discovery calls it, and its options, or what is wrong with them."""

    platform: str
    id: str
    config: Config | str


class Announced(NamedTuple):
    """What one config topic announces now."""

    components: tuple[Component, ...]


class Migrating(NamedTuple):
    """The topic's entities are about to be announced by another topic."""


class Gone(NamedTuple):
    """The topic announces nothing any more."""


def parse_place(trimmed: str) -> Place | None:
    """The parts of a config topic without its prefix; None when it is none."""
    match = _CONFIG.fullmatch(trimmed)
    return Place(match[1], match[2] or "", match[3]) if match else None


def parse_config(place: Place, payload: bytes) -> Announced | Migrating | Gone | str:
    """What a config topic's message announces, or why it cannot be understood."""
    try:
        said = msgspec.json.decode(payload) if payload else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return str(error)
    if not isinstance(said, dict):
        return "a config is a JSON object"
    if not said:
        return Gone()
    options = expand(said)
    if (migrate := options.get("migrate_discovery")) is not None:
        return Migrating() if migrate is True else "migrate_discovery is true or absent"
    if place.platform != _DEVICE:
        return Announced((_component(place.platform, place.object, options),))
    return _parse_device(options)


def text_of(said: Scalar) -> str:
    """A scalar as Home Assistant writes it: `True`, `None`, `1.5`."""
    return said if isinstance(said, str) else str(said)


def trusted_topic(topic: str | None) -> str | None:
    """What is wrong with a topic that a stranger wants the hub to hear or to publish to; None for nothing."""
    if not topic:
        return "is empty"
    if any(letter in topic for letter in "+#\0"):
        return "holds a wildcard"
    if topic.startswith(_OURS):
        return "is not for entities"
    return None


def _parse_device(options: dict[str, Any]) -> Announced | str:
    components, device = options.get("components"), options.get("device")
    if not isinstance(components, dict) or not isinstance(device, dict):
        return "a device payload has device and components"
    origin = options.get("origin")
    if not isinstance(origin, dict) or "name" not in origin:
        return "a device payload has an origin with a name"
    if len(components) > MAX_COMPONENTS:
        return f"over {MAX_COMPONENTS} components"
    return Announced(
        tuple(
            found
            for id_, component in components.items()
            if (found := _of_device(str(id_), component, options)) is not None
        )
    )


def _of_device(id_: str, component: object, shared: dict[str, Any]) -> Component | None:
    """A component with what its device shares; None for one that is but a platform: it is removed."""
    options = expand(component) if isinstance(component, dict) else {}
    platform = options.pop("platform", None)
    if not isinstance(platform, str):
        return Component("", id_, "has no platform")
    if not options:
        return None
    if not (options.get("unique_id") or platform in ("tag", "device_automation")):
        return Component(platform, id_, "has no unique_id")
    own_availability = any(name in options for name in _AVAILABILITY)
    for name in _SHARED if own_availability else (*_SHARED, *_AVAILABILITY):
        if name in shared:
            options.setdefault(name, shared[name])
    options.setdefault(_BASE, shared.get(_BASE))
    options["device"] = shared["device"]
    return _component(platform, id_, options)


def _component(platform: str, id_: str, options: dict[str, Any]) -> Component:
    base = options.pop(_BASE, None)
    if isinstance(base, str):
        ground(options, base)
    try:
        return Component(platform, id_, msgspec.convert(options, Config))
    except msgspec.ValidationError as error:
        return Component(platform, id_, str(error))
