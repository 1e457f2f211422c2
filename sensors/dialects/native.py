"""The native dialect v1: JSON over MQTT, described for device makers in docs/wire-native-v1.md.

`decode` never raises: what cannot be understood comes back as one `Rejected` that says why. The `encode_*`
functions are the other direction, used by simulators, wall nodes and commands.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from sensors.model import (
    ID_PATTERN,
    AckSeen,
    Birth,
    BirthSeen,
    DeviceKey,
    EventSeen,
    Ident,
    Message,
    MetricName,
    Paragraph,
    Quality,
    Reading,
    ReadingsSeen,
    Rejected,
    StateSeen,
    Value,
)
from sensors.topics import Leaf, parse_topic

MAX_PAYLOAD_BYTES = 262_144
MAX_SAMPLES = 1_000
MAX_VALUES = 256
_HEAD_BYTES = 200
_MAX_INTEGER = 2**63
_REMEMBERED_NAMES = 16_384
_NAME = re.compile(ID_PATTERN)
# Python 3.11 looks an enumeration's member up by a function call; what every message passes has it by name.
_GOOD = Quality.GOOD
_DATA = Leaf.DATA
_OF_THE_CENTRE = frozenset({Leaf.COMMAND, Leaf.PLAN, Leaf.BOARD, Leaf.STORED})

Moment = Annotated[datetime, Meta(tz=True)]
_Said = bool | int | float | Annotated[str, Meta(max_length=256)] | None
"""A value, or none. Whole numbers are looked at apart, as names are, so that a refusal tells which one is too large."""


class Sample(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Values of one moment; `seq` grows by one per sample of a device and observer.

    Metrics' names are checked apart, by `_name`: their pattern here would cost more than all the rest of a sample.
    """

    at: Moment
    seq: Annotated[int, Meta(ge=0, lt=2**53)]
    values: Annotated[dict[str, _Said], Meta(max_length=MAX_VALUES)]
    quality: Annotated[dict[str, Quality], Meta(max_length=MAX_VALUES)] = {}
    observer: Ident = ""
    """Who says it, where that is not the device itself: of a camera's picture, the wall."""


class Backlog(Struct, frozen=True, forbid_unknown_fields=True):
    """Samples kept through an outage, oldest first."""

    historical: bool
    samples: Annotated[tuple[Sample, ...], Meta(max_length=MAX_SAMPLES)]


class StatePayload(Struct, frozen=True, forbid_unknown_fields=True):
    """Online or not, since when."""

    online: bool
    since: Moment


class EventPayload(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that happened."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    kind: Ident
    at: Moment
    text: Paragraph = ""


class CommandPayload(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the centre asks of a device."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Ident
    arguments: Annotated[dict[Ident, Value], Meta(max_length=16)] = {}


class AckPayload(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the device answers."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    done: bool
    text: Paragraph = ""


class _DataShape(Struct, frozen=True):
    historical: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_birth = msgspec.json.Decoder(Birth)
_sample = msgspec.json.Decoder(Sample)
_backlog = msgspec.json.Decoder(Backlog)
_shape = msgspec.json.Decoder(_DataShape)
_state = msgspec.json.Decoder(StatePayload)
_event = msgspec.json.Decoder(EventPayload)
_command = msgspec.json.Decoder(CommandPayload)
_ack = msgspec.json.Decoder(AckPayload)
_encode = msgspec.json.Encoder().encode


def decode(topic: str, payload: bytes, *, retained: bool, received_at: datetime) -> Message | None:
    """One message of a device; None for the centre's own topics (commands, plans, boards, receipts)."""
    parsed = parse_topic(topic)
    if isinstance(parsed, str):
        return reject(topic, payload, parsed, received_at)
    key, leaf = parsed
    if leaf in _OF_THE_CENTRE:
        return None
    if len(payload) > MAX_PAYLOAD_BYTES:
        return reject(topic, payload, f"payload is over {MAX_PAYLOAD_BYTES} bytes", received_at, key)
    try:
        if leaf is _DATA:
            return _readings(key, payload, received_at)
        return _decode_other(key, leaf, payload, received_at, retained=retained)
    except (msgspec.DecodeError, UnicodeDecodeError, OverflowError, RecursionError) as error:
        return reject(topic, payload, str(error), received_at, key)


def _decode_other(key: DeviceKey, leaf: Leaf, payload: bytes, received_at: datetime, *, retained: bool) -> Message:
    match leaf:
        case Leaf.BIRTH:
            birth = _birth.decode(payload) if payload else None
            return BirthSeen(key, birth, received_at, retained)
        case Leaf.STATE:
            state = _state.decode(payload)
            return StateSeen(key, state.online, _utc(state.since), received_at, retained)
        case Leaf.EVENT:
            event = _event.decode(payload)
            return EventSeen(key, event.id, event.kind, event.text, _utc(event.at), received_at)
        case _:
            ack = _ack.decode(payload)
            return AckSeen(key, ack.id, ack.done, ack.text, received_at)


def reject(topic: str, payload: bytes, reason: str, received_at: datetime, key: DeviceKey | None = None) -> Rejected:
    """A `Rejected` whose texts are bounded and printable."""
    head = payload[:_HEAD_BYTES].decode("utf-8", "replace")
    return Rejected(_printable(topic), _printable(reason), _printable(head), len(payload), received_at, key)


def encode_birth(birth: Birth) -> bytes:
    """Payload of a device's retained birth."""
    return _encode(birth)


def encode_state(*, online: bool, since: datetime) -> bytes:
    """Payload of a device's retained state, and of its will."""
    return _encode(StatePayload(online, since))


def encode_data(
    at: datetime,
    sequence: int,
    values: Mapping[str, Value | None],
    quality: Mapping[str, Quality] | None = None,
    *,
    observer: str = "",
) -> bytes:
    """Payload of one live sample; `observer`: who says it, where that is not the device itself."""
    return _encode(Sample(at, sequence, dict(values), dict(quality or {}), observer))


def encode_backlog(samples: Iterable[Sample]) -> bytes:
    """Payload of samples kept through an outage, at most `MAX_SAMPLES`."""
    return _encode(Backlog(historical=True, samples=tuple(samples)))


def encode_event(event_id: str, kind: str, at: datetime, text: str = "") -> bytes:
    """Payload of something that happened."""
    return _encode(EventPayload(event_id, kind, at, text))


def encode_command(command_id: str, name: str, arguments: Mapping[str, Value] | None = None) -> bytes:
    """Payload of what the centre asks of a device."""
    return _encode(CommandPayload(command_id, name, dict(arguments or {})))


def encode_ack(command_id: str, *, done: bool, text: str = "") -> bytes:
    """Payload of a device's answer."""
    return _encode(AckPayload(command_id, done, text))


def decode_command(payload: bytes) -> CommandPayload | str:
    """The device's side of a command, or the reason why it is none."""
    try:
        return _command.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _printable(str(error))


def _readings(key: DeviceKey, payload: bytes, received_at: datetime) -> ReadingsSeen:
    try:
        live = _sample.decode(payload)
        samples: tuple[Sample, ...] = (live,)
        historical = False
    except msgspec.ValidationError:
        # Nearly every message is one live sample: only what is none is looked at twice.
        if _shape.decode(payload).historical is msgspec.UNSET:
            raise
        backlog = _backlog.decode(payload)
        samples, historical = backlog.samples, backlog.historical
    readings: list[Reading] = []
    for sample in samples:
        _gather(readings, key, sample, received_at, historical=historical)
    return ReadingsSeen(key, tuple(readings))


def _gather(
    readings: list[Reading], key: DeviceKey, sample: Sample, received_at: datetime, *, historical: bool
) -> None:
    captured_at, sequence, said, observer = _utc(sample.at), sample.seq, sample.quality, sample.observer
    for name in said:
        _name(name)
    for name, value in sample.values.items():
        metric, kind = _name(name), type(value)
        if kind is float:
            if not isfinite(value):  # type: ignore[arg-type]  # its type was looked at
                continue
        elif kind is int:
            if not -_MAX_INTEGER < value < _MAX_INTEGER:  # type: ignore[operator]  # as above
                message = f"value of {name} does not fit 64 bits"
                raise msgspec.ValidationError(message)
        elif value is None:
            continue
        quality = said.get(name, _GOOD) if said else _GOOD
        readings.append(
            Reading(key, metric, value, "", quality, captured_at, received_at, sequence, historical, observer)  # type: ignore[arg-type]  # not None
        )


@lru_cache(_REMEMBERED_NAMES)
def _name(text: str) -> MetricName:
    """A metric's name. The few names that devices say again and again are looked at once."""
    if _NAME.match(text) is None:
        message = f"a metric's name is not lower-case letters, digits, - and _, 1 to 63: {text[:_HEAD_BYTES]}"
        raise msgspec.ValidationError(message)
    return MetricName(text)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _printable(text: str) -> str:
    head = text[:_HEAD_BYTES]
    if head.isprintable():
        return head
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in head)
