"""What a named broker can be relied on for, found out by trying: its settings are not visible from outside.

Everything happens below `shekara-doctor/<random>/`, but for one unretained message on a topic of the native dialect
that nobody listens to, and is cleared away afterwards. Each trial is bounded in time; all of them take some seconds.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from paho.mqtt.enums import MQTTProtocolVersion

from hub.brokers.mosquitto import SAVED_AFTER_CHANGES
from hub.doctor.finding import Finding, Level
from hub.doctor.guest import QUIET_S, Guest, Place
from sensors.dialects.native import MAX_PAYLOAD_BYTES
from sensors.errors import UnavailableError
from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.rtsp.authentication import Credentials
from sensors.topics import EVERYTHING, Leaf, topic

PREFIX = "shekara-doctor"
WAITING = 1_200
"""Messages that the broker must keep for a hub that is away; a common default is a thousand."""
UNACKNOWLEDGED = 200
"""Messages that the broker should deliver before the first is acknowledged; common defaults are 20 and 32."""
_WITHIN_S = 10.0
_CHANGES = 3 * SAVED_AFTER_CHANGES
_STORE_FILE = "mosquitto.db"
_PAYLOAD = b"doctor"
_MAKE = "For mosquitto: shekara mosquitto-config. For others: docs/broker.md"


def try_out(host: str, port: int, credentials: Credentials | None, store: Path | None = None) -> tuple[Finding, ...]:
    """All trials. A broker that hangs up in the middle of one is a finding too.

    `store` is the folder of a mosquitto on this machine, if it is to be seen whether it writes down what it confirms.
    """
    token = secrets.token_hex(6)
    place, version = _find_version(Place(host, port, credentials), token)
    trials = Trials(place, token)
    found = [version]
    for trial in (
        trials.keeps_what_is_retained,
        trials.lets_the_hub_hear_and_speak,
        trials.keeps_what_waits,
        trials.takes_the_largest_message,
        trials.shares_a_subscription,
        *(() if store is None else (partial(trials.writes_down, store),)),
    ):
        try:
            found.extend(trial())
        except UnavailableError as error:
            found.append(Finding("broker", Level.FAIL, f"{error.text}, while it was tried out", _MAKE))
    return tuple(found)


class Trials:
    """Each yields its findings."""

    def __init__(self, place: Place, token: str) -> None:
        self._place = place
        self._token = token
        self._prefix = f"{PREFIX}/{token}"

    def keeps_what_is_retained(self) -> Iterator[Finding]:
        """Births, states and plans are retained."""
        name = f"{self._prefix}/retained"
        with self._guest("speaker") as speaker, self._guest("listener") as listener:
            speaker.say(name, _PAYLOAD, retained=True)
            speaker.pump(lambda: speaker.confirmed_total > 0, _WITHIN_S)
            listener.ask_for_retained(name)
            kept = listener.pump(lambda: any(each.retained for each in listener.heard), _WITHIN_S)
            speaker.say(name, b"", retained=True)
            speaker.pump(lambda: speaker.confirmed_total > 1, _WITHIN_S)
        yield _judge(
            "broker retained",
            kept,
            "keeps what is retained",
            "does not keep retained messages: births and plans would be lost",
            f"Allow retained messages, and {PREFIX}/# for this check. {_MAKE}",
        )

    def lets_the_hub_hear_and_speak(self) -> Iterator[Finding]:
        """The access list: what the hub subscribes to, and what it publishes."""
        # Nobody listens to commands for this device, and hubs pass over what they themselves may have said.
        name = topic(DeviceKey(SiteId("doctor"), DeviceId(self._token)), Leaf.COMMAND)
        with self._guest("access") as guest:
            granted = guest.subscribe(EVERYTHING)
            guest.say(name, _PAYLOAD)
            heard = guest.pump(lambda: any(each.topic == name for each in guest.heard), _WITHIN_S)
        trouble = "does not grant the subscription" if not granted else "does not deliver what is published there"
        yield _judge(
            "broker access",
            granted and heard,
            f"lets the hub hear and speak at {EVERYTHING}",
            f"{EVERYTHING}: {trouble}",
            "Allow the user of [mqtt] in the secrets file to read and write it in the broker's access list",
        )

    def keeps_what_waits(self) -> Iterator[Finding]:
        """The session, its queue while the hub is away, and how much is delivered before it is acknowledged."""
        with self._guest("hub", keeping=True) as away:
            away.subscribe(f"{self._prefix}/queue/#")
        with self._guest("speaker") as speaker:
            for number in range(WAITING):
                speaker.say(f"{self._prefix}/queue/{number % 7}", _PAYLOAD)
            confirmed = speaker.pump(lambda: speaker.confirmed_total + speaker.refused_total >= WAITING, _WITHIN_S)
            refused = speaker.refused_total
        with self._guest("hub", keeping=True, fresh=False) as back:
            back.pump_until_quiet(_WITHIN_S)
            unacknowledged = len(back.heard)
            while not _accept(back):
                pass
            kept, present = len(back.heard), back.session_present
        with self._guest("hub"):
            pass  # which ends the session
        yield _judge(
            "broker session",
            present,
            "keeps the hub's session while it is away",
            "forgets the hub's session when it is away: what is published then is lost",
            f"Allow persistent sessions. {_MAKE}",
        )
        if present:
            said = "confirmed all of them" if confirmed and not refused else f"confirmed {WAITING - refused}"
            yield _judge(
                "broker queue",
                kept >= WAITING,
                f"keeps {WAITING} messages for a hub that is away",
                f"keeps {kept} of {WAITING} messages for a hub that is away, and has {said}: the rest is lost",
                f"Raise the queue's bound (mosquitto: max_queued_messages). {_MAKE}",
            )
            yield _judge(
                "broker in flight",
                unacknowledged >= UNACKNOWLEDGED,
                f"delivers {unacknowledged} messages before the first is acknowledged",
                f"delivers only {unacknowledged} messages before the first is acknowledged: the hub waits for its disk",
                f"Raise the bound (mosquitto: max_inflight_messages 1000). {_MAKE}",
                Level.WARN,
            )

    def takes_the_largest_message(self) -> Iterator[Finding]:
        """The largest payload of the native dialect."""
        name = f"{self._prefix}/large"
        with self._guest("large") as guest:
            guest.subscribe(name)
            guest.say(name, bytes(MAX_PAYLOAD_BYTES))
            whole = guest.pump(lambda: any(each.payload_bytes == MAX_PAYLOAD_BYTES for each in guest.heard), _WITHIN_S)
            confirmed = guest.confirmed_total > 0
        trouble = "confirms it and drops it" if confirmed else "hangs up on it" if guest.gone else "refuses it"
        yield _judge(
            "broker message size",
            whole,
            f"passes on messages of {MAX_PAYLOAD_BYTES} bytes",
            f"a message of {MAX_PAYLOAD_BYTES} bytes: {trouble}",
            f"Raise the bound (mosquitto: max_packet_size, message_size_limit 0). {_MAKE}",
        )

    def writes_down(self, store: Path) -> Iterator[Finding]:
        """Whether what is confirmed reaches the broker's file soon, or is lost when its machine loses power."""
        part, file = "broker store", store / _STORE_FILE
        try:
            before = _version_of(file)
        except OSError as error:
            mend = "Set [broker] store to the folder of persistence_location, and let the doctor's user look into it"
            yield Finding(part, Level.WARN, f"{file}: {error.strerror}: nobody knows what a kill would lose", mend)
            return
        with self._guest("store", keeping=True) as away:
            away.subscribe(f"{self._prefix}/store")
        with self._guest("speaker") as speaker:
            for _ in range(_CHANGES):
                speaker.say(f"{self._prefix}/store", _PAYLOAD)
            speaker.pump(lambda: speaker.confirmed_total >= _CHANGES, _WITHIN_S)
            # A broker may write between two turns of its loop: this one gives it some.
            written = speaker.pump(lambda: _version_of(file) != before, _WITHIN_S)
        with self._guest("store"):
            pass  # which ends the session
        yield _judge(
            part,
            written,
            f"writes down what it confirms after at most {_CHANGES} messages",
            f"has not written down {_CHANGES} messages that it confirmed: killed, it loses them, and the hub's session",
            f"mosquitto: persistence true, autosave_on_changes true, autosave_interval {SAVED_AFTER_CHANGES}. {_MAKE}",
            Level.WARN,
        )

    def shares_a_subscription(self) -> Iterator[Finding]:
        """What several hub processes in front of one broker need."""
        name = f"{self._prefix}/shared"
        with self._guest("shared") as guest:
            granted = self._place.speaks_5 and guest.subscribe(f"$share/{PREFIX}/{name}")
            guest.say(name, _PAYLOAD)
            heard = granted and guest.pump(lambda: bool(guest.heard), _WITHIN_S)
        yield _judge(
            "broker shared subscriptions",
            heard,
            "can share a subscription among several hubs",
            "does not share subscriptions: one hub process only",
            "Needed only for several hub processes; allow $share/ in the broker",
            Level.WARN,
        )

    @contextmanager
    def _guest(self, name: str, *, keeping: bool = False, fresh: bool = True) -> Iterator[Guest]:
        guest = Guest(self._place, f"{PREFIX}-{self._token}-{name}", keeping=keeping, fresh=fresh)
        try:
            guest.enter()
            yield guest
        finally:
            guest.leave()


def _version_of(file: Path) -> tuple[int, int] | None:
    """Changes whenever a file is written anew; None while there is none in a folder that can be looked into."""
    try:
        found = file.stat()
    except FileNotFoundError:
        file.parent.stat()
        return None
    return found.st_mtime_ns, found.st_ino


def _accept(guest: Guest) -> bool:
    """Acknowledge what was heard; whether nothing more came of that."""
    before = len(guest.heard)
    guest.accept()
    return not guest.pump(lambda: len(guest.heard) > before, QUIET_S)


def _find_version(place: Place, token: str) -> tuple[Place, Finding]:
    try:
        guest = Guest(place, f"{PREFIX}-{token}-version")
        guest.enter()
        guest.leave()
    except UnavailableError as error:
        older = place._replace(version=MQTTProtocolVersion.MQTTv311)
        text = f"speaks MQTT 3.1.1 only ({error.what}): the hub cannot bound what is delivered to it at once"
        return older, Finding("broker version", Level.WARN, text, "Use a broker that speaks MQTT 5. docs/broker.md")
    return place, Finding("broker version", Level.OK, "speaks MQTT 5")


def _judge(part: str, well: bool, good: str, bad: str, mend: str, level: Level = Level.FAIL) -> Finding:  # noqa: FBT001 - reads as a sentence
    return Finding(part, Level.OK, good) if well else Finding(part, level, bad, mend)
