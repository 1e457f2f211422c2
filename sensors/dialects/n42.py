"""Radiation portals that hand in files after ANSI N42.42: by MQTT on `<prefix>/<site>/<device>`, or by HTTP upload.

A file is one occupancy, or a measurement of the background: readings with their own times, and an event where the
portal raised an alarm. Files older than `FRESH_S` are history: stored, and no live alarm.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from sensors.catalog import EquipmentClass
from sensors.dialects.dialect import NOTHING, Filter, Heard, OneWay
from sensors.dialects.n42_file import MAX_MEASUREMENTS, Category, Measurement, N42File, Purpose, parse_file
from sensors.dialects.native import reject
from sensors.equipment import CATALOGUE
from sensors.identity import plain_id
from sensors.model import (
    Birth,
    BirthSeen,
    DeviceId,
    DeviceKey,
    EventSeen,
    Message,
    MetricName,
    Names,
    Quality,
    Reading,
    ReadingsSeen,
    SiteId,
    Value,
)
from sensors.units import convert

KIND = "radiation-portal"
ALARM = "radiation-alarm"
MAX_PORTALS = 1_000
FRESH_S = 300.0
_OF_ONE_FILE = MAX_MEASUREMENTS + 2
"""The most numbers that a file may need: all of it may be of one moment."""
_REMEMBERED_FILES = 16
"""Of one portal: those that may come again."""
_SILENCE_S = 86_400.0
"""A portal hands in a file when a vehicle passes: a night without one says nothing."""


class Handed(Struct, frozen=True):
    """A file that was read, and the SHA-256 of its bytes, by which it is found again where it is kept."""

    file: N42File
    sha256: str


def read_handed(raw: bytes) -> Handed | str:
    """A file as it was handed in, or the reason why it is none. Needs no dialect, and takes as long as it takes."""
    file = parse_file(raw)
    return file if isinstance(file, str) else Handed(file, hashlib.sha256(raw).hexdigest())


class N42(OneWay):
    """The dialect."""

    name = "n42"
    refusal = "a portal that hands in files takes no commands"

    def __init__(self, prefix: str = "n42") -> None:
        self._prefix = f"{prefix}/"
        self.filters = (Filter(f"{prefix}/+/+"),)
        self._portals: dict[DeviceKey, _Portal] = {}

    def claims(self, topic: str) -> bool:
        """Whether it is below the prefix."""
        return topic.startswith(self._prefix)

    def decode(self, topic: str, payload: bytes, *, retained: bool, received_at: datetime) -> Heard:
        """One file. An empty payload only clears what the broker kept."""
        levels = topic.removeprefix(self._prefix).split("/")
        ids = [plain_id(level) for level in levels]
        if len(ids) != 2 or ids[0] is None or ids[1] is None or not all(ids):
            return Heard((reject(topic, payload, f"a topic is {self._prefix}<site>/<device>", received_at),))
        key = DeviceKey(SiteId(ids[0]), DeviceId(ids[1]))
        if not payload:
            return NOTHING
        handed = read_handed(payload)
        if isinstance(handed, str):
            return Heard((reject(topic, payload, handed, received_at, key),))
        return Heard(self.tell(key, handed, received_at, retained=retained))

    def tell(
        self, key: DeviceKey, handed: Handed, received_at: datetime, *, retained: bool = False
    ) -> tuple[Message, ...]:
        """What a file amounts to: the portal's birth where it is news, its readings, its alarm."""
        portal = self._portals.get(key) or _Portal()
        if len(self._portals) < MAX_PORTALS:
            self._portals[key] = portal
        birth = _birth_of(handed.file)
        introduced = () if portal.birth == birth else (BirthSeen(key, birth, received_at, retained),)
        portal.birth = birth
        readings = tuple(_readings(key, handed.file, received_at, portal.first_number(handed, received_at)))
        happened = (_event(key, handed, received_at),) if handed.file.alarms else ()
        return (*introduced, ReadingsSeen(key, readings), *happened)


class _Portal:
    """What is known of one portal: who it said it is, and by which of its files its clock is told to be set back.

    What it says afterwards is new all the same, and has higher numbers than all before it; a file that comes again has
    those that it had.
    """

    __slots__ = ("_ended_at", "_first", "_handed", "birth")

    def __init__(self) -> None:
        self.birth: Birth | None = None
        self._ended_at: datetime | None = None
        self._first = 0
        self._handed: OrderedDict[str, int] = OrderedDict()

    def first_number(self, handed: Handed, received_at: datetime) -> int:
        """The number of a file's readings; the next ones of the same moment follow it."""
        if (known := self._handed.get(handed.sha256)) is not None:
            return known
        ended_at = _ended_at(handed.file) or received_at
        if not _is_history(ended_at, received_at):
            before, self._ended_at = self._ended_at, ended_at
            raised = (alarm.at for alarm in handed.file.alarms if alarm.at is not None)
            # What ends with the file before it is that file, written anew.
            if before is not None and before != ended_at and min([ended_at, *raised]) <= before:
                self._first += _OF_ONE_FILE
        self._handed[handed.sha256] = self._first
        if len(self._handed) > _REMEMBERED_FILES:
            self._handed.popitem(last=False)
        return self._first


def _birth_of(file: N42File) -> Birth:
    return Birth(
        kind=KIND,
        names=Names(en=f"{file.maker} {file.model}".strip()),
        equipment_class=EquipmentClass.RADIATION,
        metrics=CATALOGUE[KIND].metrics,
        silence_s=_SILENCE_S,
        maker=file.maker,
        model=file.model,
        firmware=file.version,
        serial=file.serial,
    )


def _readings(key: DeviceKey, file: N42File, received_at: datetime, first: int) -> Iterator[Reading]:
    """In order of time: each measurement when it ended, alarms when they were raised, and their end with the file's."""
    measured = [(_end(one), one) for one in file.measurements]
    ended_at = _ended_at(file)
    historical = ended_at is not None and _is_history(ended_at, received_at)
    sequences: dict[tuple[str, datetime], int] = {}

    def read(metric: str, value: Value, at: datetime | None) -> Reading:
        when = at or received_at
        sequence = sequences[metric, when] = sequences.get((metric, when), first - 1) + 1
        quality = Quality.GOOD if at else Quality.UNCERTAIN
        return Reading(key, MetricName(metric), value, "", quality, when, received_at, sequence, historical)

    for at, one in sorted(measured, key=lambda pair: pair[0] or received_at):
        for metric, value in _values(one):
            if value is not None:
                yield read(metric, value, at)
    raised = {alarm.category: alarm.at or ended_at for alarm in reversed(file.alarms)}
    for metric, category in (("gamma_alarm", Category.GAMMA), ("neutron_alarm", Category.NEUTRON)):
        at = raised.get(category)
        if category in raised:
            yield read(metric, True, at)
        yield read(metric, False, at if ended_at is None or (at and at > ended_at) else ended_at)


def _values(one: Measurement) -> Iterator[tuple[str, Value | None]]:
    background = one.purpose is Purpose.BACKGROUND
    yield "background" if background else "gamma", one.gamma_cps
    yield "neutron_background" if background else "neutron", one.neutron_cps
    yield "dose_rate", one.dose_rate_usv_h
    yield "exposure_rate", None if one.exposure_rate_mr_h is None else convert(one.exposure_rate_mr_h, "mR/h", "uR/h")
    yield "occupied", one.occupied
    yield "speed", None if one.speed_m_s is None else convert(one.speed_m_s, "m/s", "km/h")


def _event(key: DeviceKey, handed: Handed, received_at: datetime) -> EventSeen:
    """The alarm of a file. Its id is the document's own, so that the file handed in twice is one event."""
    file = handed.file
    at = next((alarm.at for alarm in file.alarms if alarm.at), None)
    started = next((one.started_at for one in file.measurements if one.purpose is Purpose.FOREGROUND), None)
    return EventSeen(key, file.uuid or handed.sha256, ALARM, _words(handed), at or started or received_at, received_at)


def _words(handed: Handed) -> str:
    file = handed.file
    words = [", ".join(dict.fromkeys(alarm.category.lower() for alarm in file.alarms))]
    words += dict.fromkeys(alarm.description for alarm in file.alarms if alarm.description)
    for name, purpose in (("greatest", Purpose.FOREGROUND), ("background", Purpose.BACKGROUND)):
        rates = [one.gamma_cps for one in file.measurements if one.purpose is purpose and one.gamma_cps is not None]
        if rates:
            words.append(f"{name} {max(rates):.0f} counts/s")
    if file.nuclides:
        words.append(" ".join(file.nuclides))
    return "; ".join([*words[:8], f"sha256 {handed.sha256}"])


def _ended_at(file: N42File) -> datetime | None:
    """When the last measurement ended; where no measurement says, when the last alarm was raised, if that is said."""
    ends = [at for one in file.measurements if (at := _end(one)) is not None]
    return max(ends or (alarm.at for alarm in file.alarms if alarm.at is not None), default=None)


def _is_history(ended_at: datetime, received_at: datetime) -> bool:
    return (received_at - ended_at).total_seconds() > FRESH_S


def _end(one: Measurement) -> datetime | None:
    """When a measurement ended, if its start is known; its start where the end is beyond all calendars."""
    if one.started_at is None:
        return None
    try:
        return one.started_at + timedelta(seconds=one.duration_s)
    except OverflowError:
        return one.started_at
