"""Home Assistant MQTT discovery: single-component and device configs, availability, expiry, removal, migration.

The hub is no Home Assistant: it listens to what equipment announces under `<prefix>/.../config`, and to the topics
named there. A device is known by its `identifiers` and `connections`, an entity by its `unique_id`, never by a topic
or an address. Times are those of reception, because the messages have none; a retained value is a snapshot.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from sensors.dialects.dialect import Filter, Heard, Listen, Memo, Send, Unlisten
from sensors.dialects.hass.announcements import Announcements, Holder, Outcome, Said, remembered_topic
from sensors.dialects.hass.clockwork import Clockwork
from sensors.dialects.hass.commands import PRESS
from sensors.dialects.hass.config import parse_place
from sensors.dialects.hass.devices import UNREAD, Device, Gauge
from sensors.dialects.hass.settling import News, Settling
from sensors.dialects.hass.templates import Fault, Spoken
from sensors.dialects.hass.waiting import Waiting, Word
from sensors.dialects.native import CommandPayload
from sensors.dialects.numbering import Arrivals
from sensors.model import (
    Birth,
    BirthSeen,
    DeviceKey,
    EventSeen,
    Quality,
    Reading,
    ReadingsSeen,
    SiteId,
    StateSeen,
    Value,
)

NAME = "home-assistant"
DEFAULT_SILENCE_S = 86_400.0
_REMEMBERED_BYTES = 1_024
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class HomeAssistant:
    """The dialect. `prefixes` are discovery prefixes, each with the site of what is announced under it.

    `announce`: say `online` on `<prefix>/status` as a Home Assistant does, so that equipment announces itself anew;
    not where there is one, whose word that is. `silence_s`: how long a device may be silent that says nothing of that.
    `remembered`: the births of an earlier run, `memos` what it wanted to be reminded of: configs, and messages that
    wait for one. So what the broker has queued is understood before the broker says again what was announced.
    """

    def __init__(
        self,
        prefixes: Mapping[str, SiteId],
        *,
        announce: bool = False,
        silence_s: float = DEFAULT_SILENCE_S,
        remembered: Mapping[DeviceKey, Birth] | None = None,
        memos: Mapping[str, bytes] | None = None,
    ) -> None:
        self._sites = {f"{prefix.strip('/')}/": site for prefix, site in prefixes.items()}
        self._announce = announce
        self._silence_s = silence_s
        self._announced = Announcements(remembered or {})
        self._settling = Settling()
        self._clock = Clockwork()
        self._waiting = Waiting(memos or {})
        self._arrivals = Arrivals()
        self._recalled: list[Outcome] = []
        self._forgotten: list[Memo] = []
        """What came of the memos, until the first connection."""
        for name, content in (memos or {}).items():
            self._recall(name, content)

    @property
    def name(self) -> str:
        """Provenance of its devices."""
        return NAME

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Config topics of both lengths."""
        return tuple(Filter(f"{prefix}{levels}/config") for prefix in self._sites for levels in ("+/+", "+/+/+"))

    def claims(self, topic: str) -> bool:
        """Configs, and what they announced; for a short while, also what may be announced yet. To be asked last."""
        return topic in self._announced.ears or self._waiting.open or self._prefix(topic) is not None

    def decode(self, topic: str, payload: bytes, *, retained: bool, received_at: datetime) -> Heard:
        """A config, or a message of an announced topic."""
        said = Said([], [])
        message = Word(topic, payload, retained, received_at, self._arrivals.number(topic, received_at))
        prefix = self._prefix(topic)
        if prefix is not None:
            self._take_config(prefix, message, said)
        elif topic in self._announced.ears:
            self._take_word(message, said)
        elif (memo := self._waiting.keep(message) if self._waiting.open else None) is not None:
            said.actions.append(memo)
        else:
            said.refuse(message, "no config announces this topic")
        return said.heard()

    def connected(self, now: datetime, opened_at: datetime) -> Heard:
        """Ask equipment to announce itself, where that is wanted."""
        del opened_at
        self._waiting.begin(now)
        for outcome in self._recalled:
            self._settling.add(outcome, now, live=False)
        ears = tuple(Listen(topic) for topic in self._announced.ears) if self._recalled else ()
        forgotten = tuple(self._forgotten)
        self._recalled.clear()
        self._forgotten.clear()
        return Heard(actions=(*ears, *forgotten, *self._status("online")))

    def tick(self, now: datetime) -> Heard:
        """Introduce who was announced, switch off what switches itself off, doubt what has not been said again."""
        said = Said([], [])
        waited = self._waiting.is_over(now)
        introduced, topics = self._settling.due(now, hurried=waited)
        for key, news in introduced:
            self._introduce(self._announced.devices[key], news, now, said)
        said.actions.extend(topics)
        if waited and self._settling.settled:
            self._give_up_waiting(said)
        for key, gauge in self._clock.due(now):
            if gauge.off_at is not None and gauge.off_at <= now:
                gauge.take(value=False, now=now, live=True)
                said.messages.append(ReadingsSeen(key, (_concluded(key, gauge, False, now, Quality.GOOD),)))
            if gauge.expires_at is not None and gauge.expires_at <= now:
                _doubt(key, (gauge,), now, said)
        return said.heard()

    def clock_set(self, by: timedelta) -> None:
        """What expires, switches itself off or waits does so when it would have."""
        for device in self._announced.devices.values():
            for gauges in device.gauges.values():
                for gauge in gauges.values():
                    gauge.clock_set(by)
        self._clock.clock_set(by)
        self._settling.clock_set(by)
        self._waiting.clock_set(by)

    def command(self, key: DeviceKey, command: CommandPayload) -> tuple[Send, ...] | str:
        """`set` with a value for each name, or `press` with the name of a `button`."""
        device = self._announced.devices.get(key)
        if device is None:
            return "nothing announces this device now"
        wanted: dict[str, Value] = dict(command.arguments)
        if command.name == PRESS:
            wanted = {str(wanted.get("button", "")): PRESS}
        elif command.name != "set" or not wanted:
            return "it takes set, with a value for each name, and press, with the name of a button"
        sends: list[Send] = []
        for name, value in wanted.items():
            known = device.commands.get(name)
            if known is None:
                return f"{name} is not among its commands, which are {', '.join(sorted(device.commands)) or 'none'}"
            payload = known.payload(value)
            if isinstance(payload, str):
                return f"{name} {payload}"
            sends.append(Send(known.topic, payload))
        return tuple(sends)

    def farewell(self, now: datetime) -> tuple[Send, ...]:
        """The other half of the announcement."""
        del now
        return self._status("offline")

    def will(self, opened_at: datetime) -> None:
        """None: equipment acts on `online` alone, and the hub's connection is shared."""
        del opened_at

    def _status(self, word: str) -> tuple[Send, ...]:
        return tuple(Send(f"{prefix}status", word.encode()) for prefix in self._sites) if self._announce else ()

    def _prefix(self, topic: str) -> str | None:
        if not topic.endswith("/config"):
            return None
        return next((prefix for prefix in self._sites if topic.startswith(prefix)), None)

    def _take_config(self, prefix: str, message: Word, said: Said) -> None:
        place = parse_place(message.topic.removeprefix(prefix))
        if place is None:
            said.refuse(message, "is no discovery topic: its ids are letters, digits, - and _")
            return
        outcome = self._announced.take(place, self._sites[prefix], message, said)
        said.actions[:] = self._settling.defer(said.actions)
        self._settling.add(outcome, message.received_at, live=not message.retained)
        for key in outcome.devices:
            if not self._announced.devices[key].entities:
                self._withdraw(self._announced.devices[key], message, said)
        self._clock.sweep(self._announced.entities_total)

    def _recall(self, name: str, content: bytes) -> None:
        topic = remembered_topic(name)
        if topic is None:
            return
        prefix = self._prefix(topic)
        place = parse_place(topic.removeprefix(prefix)) if prefix is not None else None
        outcome = Outcome()
        if prefix is not None and place is not None:
            config = Word(topic, content, retained=True, received_at=_LONG_AGO)
            outcome = self._announced.remember(place, self._sites[prefix], config, Said([], []))
        if outcome.entities:
            self._recalled.append(outcome)
        else:
            self._forgotten.append(Memo(name, None))

    def _withdraw(self, device: Device, message: Word, said: Said) -> None:
        """Nothing announces the device any more."""
        self._announced.drop(device.key)
        self._settling.drop(device.key)
        if device.birth_said is not None:
            said.messages.append(BirthSeen(device.key, None, message.received_at, message.retained))

    def _give_up_waiting(self, said: Said) -> None:
        """Everyone who was announced has heard what was kept: what is left is nobody's."""
        unclaimed, over = self._waiting.close()
        for early in unclaimed:
            said.refuse(early, "no config announces this topic")
            said.actions.append(Unlisten(early.topic))
        said.actions.extend(over)

    def _introduce(self, device: Device, news: News, now: datetime, said: Said) -> None:
        """Say who a device is now, if that has changed, and then what was said before it was known."""
        retained = not news.live
        birth = device.birth(self._silence_s)
        if birth != device.birth_said:
            device.birth_said = birth
            said.messages.append(BirthSeen(device.key, birth, now, retained))
        unread = device.unread
        if unread != device.unread_said:
            device.unread_said = unread
            reading = Reading(device.key, UNREAD, unread, "", Quality.GOOD, now, now, 0, historical=False)
            said.messages.append(ReadingsSeen(device.key, (reading,), snapshot=retained))
        for holder in news.holders:
            if holder[1] in device.entities:
                self._catch_up(holder, said)

    def _catch_up(self, holder: Holder, said: Said) -> None:
        """What was said before an entity was known: kept messages, then the last word of topics it shares."""
        key, name = holder
        device = self._announced.devices[key]
        for topic in sorted(device.entities[name].topics):
            for message in self._waiting.kept(topic):
                self._speak(message, (holder,), (key,), said)
            last = self._announced.ears[topic].last
            if last is not None:
                self._speak(last._replace(retained=True), (holder,), (key,), said)
        for gauge in device.gauges[name].values():
            self._clock.watch(key, gauge)

    def _take_word(self, message: Word, said: Said) -> None:
        ear = self._announced.ears[message.topic]
        ear.last = message if len(message.payload) <= _REMEMBERED_BYTES else None
        self._speak(message, tuple(ear.readers), tuple(ear.watchers), said)

    def _speak(self, message: Word, readers: Iterable[Holder], watchers: Iterable[DeviceKey], said: Said) -> None:
        """Let entities and devices hear a message; at most one complaint comes of it."""
        try:
            spoken = Spoken(message.payload.decode("utf-8"))
        except UnicodeDecodeError:
            said.refuse(message, "is not UTF-8")
            return
        complaints: list[tuple[DeviceKey, str]] = []
        for key in watchers:
            self._witness(self._announced.devices[key], message, spoken, said, complaints)
        readings: dict[DeviceKey, list[Reading]] = {}
        for holder in readers:
            self._measure(holder, message, spoken, readings.setdefault(holder[0], []), complaints)
            self._happen(holder, message, spoken, said, complaints)
        for key, measured in readings.items():
            if measured:
                self._vouch(self._announced.devices[key], message, said)
                said.messages.append(ReadingsSeen(key, tuple(measured), snapshot=message.retained))
        if complaints:
            said.refuse(message, complaints[0][1], complaints[0][0])

    def _witness(
        self, device: Device, message: Word, spoken: Spoken, said: Said, complaints: list[tuple[DeviceKey, str]]
    ) -> None:
        gone, wrong = device.witness(message.topic, spoken)
        if wrong:
            complaints.append((device.key, f"its availability {wrong}"))
        for entity in gone:
            _doubt(device.key, device.gauges[entity.key].values(), message.received_at, said)
        online = device.judge()
        if online is not None and online is not device.online:
            device.online = online
            at = message.received_at
            said.messages.append(StateSeen(device.key, online, at, at, message.retained))

    def _measure(
        self,
        holder: Holder,
        message: Word,
        spoken: Spoken,
        readings: list[Reading],
        complaints: list[tuple[DeviceKey, str]],
    ) -> None:
        key, name = holder
        for gauge in self._announced.devices[key].gauges[name].values():
            if gauge.channel.topic != message.topic:
                continue
            value = gauge.channel.value(spoken)
            if isinstance(value, Fault):
                complaints.append((key, f"{gauge.metric} {value.reason}"))
                continue
            if message.kept and gauge.numbering.begun:
                # Newer words were heard before it: it is stored, and changes nothing of now.
                readings.extend(() if value is None else (_measured(key, gauge, value, message, historical=True),))
                continue
            if value is not None:
                gauge.take(value, message.received_at, live=not message.retained)
                readings.append(_measured(key, gauge, value, message))
            gauge.rearm(message.received_at)
            self._clock.watch(key, gauge)

    def _happen(
        self, holder: Holder, message: Word, spoken: Spoken, said: Said, complaints: list[tuple[DeviceKey, str]]
    ) -> None:
        key, name = holder
        happenings = self._announced.devices[key].entities[name].happenings
        # A retained event is an old one.
        if happenings is None or happenings.topic != message.topic or message.retained:
            return
        kind = happenings.kind(spoken)
        if isinstance(kind, Fault):
            complaints.append((key, f"{name} {kind.reason}"))
        elif kind is not None:
            said.messages.append(_event(key, name, kind, message))

    def _vouch(self, device: Device, message: Word, said: Said) -> None:
        """A device that names no witness is there when it speaks."""
        if not (device.is_witnessed or device.online or message.retained):
            device.online = True
            at = message.received_at
            said.messages.append(StateSeen(device.key, online=True, since=at, received_at=at, retained=False))


def _measured(key: DeviceKey, gauge: Gauge, value: Value, word: Word, *, historical: bool = False) -> Reading:
    at = word.received_at
    number = word.number if word.kept else gauge.numbering.number(at, word.number)
    return Reading(key, gauge.metric, value, gauge.described.unit, Quality.GOOD, at, at, number, historical)


def _concluded(key: DeviceKey, gauge: Gauge, value: Value, at: datetime, quality: Quality) -> Reading:
    """What no message says, but time."""
    number = gauge.numbering.number(at)
    return Reading(key, gauge.metric, value, gauge.described.unit, quality, at, at, number, historical=False)


def _doubt(key: DeviceKey, gauges: Iterable[Gauge], at: datetime, said: Said) -> None:
    """Say of each value that was believed that it is not any more: the value it had, of bad quality."""
    doubted = [gauge for gauge in gauges if gauge.trusted and gauge.value is not None]
    for gauge in doubted:
        gauge.trusted, gauge.expires_at = False, None
    if doubted:
        bad = tuple(
            _concluded(key, gauge, gauge.value, at, Quality.BAD) for gauge in doubted if gauge.value is not None
        )
        said.messages.append(ReadingsSeen(key, bad))


def _event(key: DeviceKey, name: str, kind: str, message: Word) -> EventSeen:
    """An event has no id of its own: its moment, its number there and its words make one."""
    moment = f"{name} {message.received_at.isoformat()} {message.number} ".encode()
    mark = blake2b(moment + message.payload, digest_size=12).hexdigest()
    return EventSeen(key, mark, kind, name, message.received_at, message.received_at)
