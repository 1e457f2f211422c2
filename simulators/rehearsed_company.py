"""Those of a post who speak other dialects, in a rehearsal: each on a connection of its own through its line. Pure.

The host that edge nodes wait for is there. What a connection holds up when it breaks is lost: only speakers remember.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from random import Random

from sensors.catalog import GATEWAY
from sensors.dialects.dialect import Send
from sensors.dialects.native import Sample
from sensors.model import Birth, DeviceId, DeviceKey
from simulators.cameras.vocabulary import Fault
from simulators.faults.passage import Lane, Passage
from simulators.foreign.company import Company
from simulators.foreign.line import MAX_WAITING
from simulators.foreign.n42_document import Document
from simulators.foreign.speaker import Speaker
from simulators.messages import WILL_AFTER_S, Message
from simulators.premises import Premises


class RehearsedCompany:
    """One site's. `tick` at times that go forward, after everything of that moment was taken."""

    def __init__(self, premises: Premises, births: Mapping[DeviceId, Birth], seed: int, lane: Lane) -> None:
        site = premises.site
        self._premises = premises
        self._company = Company(site, births, premises.world, _keep_nothing, primary_host="", publish_files=True)
        self._lines = tuple(
            _Line(speaker, Passage(lane, Random(f"{seed}/{site.id}/{speaker.client}")))  # noqa: S311 - repeatable
            for speaker in self._company.speakers
        )
        self._of_speaker = {line.speaker: line for line in self._lines}

    def speaks_for(self, device: DeviceId) -> bool:
        """Whether a device says nothing natively."""
        return device in self._company.of_device

    def take(self, device: DeviceId, sample: Sample) -> None:
        """A sample of one of its devices."""
        speaker = self._company.of_device[device]
        self._of_speaker[speaker].say(speaker.take(device, sample))

    def note_fault(self, camera: DeviceId, fault: Fault) -> None:
        """A camera was broken, or mended."""
        self._company.note_fault(camera, fault)

    def change(self, now: datetime) -> None:
        """Lose connections, or open them, as the post's line has it; before what is said at that moment."""
        for line in self._lines:
            line.change(self._premises, now)

    def tick(self, now: datetime) -> list[Message]:
        """What leaves at this moment, with the times at which it arrives."""
        for camera, speaker in self._company.of_camera.items():
            self._of_speaker[speaker].say(speaker.see(camera, self._company.look(camera, now), now))
        return [message for line in self._lines for message in line.leave(self._premises, now)]


class _Line:
    """A speaker's connection."""

    def __init__(self, speaker: Speaker, passage: Passage) -> None:
        self.speaker = speaker
        self._passage = passage
        self._waiting: list[Send] = []
        self._connected = False
        self._will: Send | None = None
        self._last_words: list[Send] = []
        self._will_due: datetime | None = None

    def say(self, said: Iterable[Send]) -> None:
        """It wants to say so much; nobody hears it without a connection."""
        if self._connected:
            self._waiting += islice(said, MAX_WAITING - len(self._waiting))

    def change(self, premises: Premises, now: datetime) -> None:
        """Lose the connection, or open it, as the post's line has it."""
        state = premises.link.at(now)
        torn = state.ending is not None or not premises.speaks(now)
        connected = not torn and not state.half_open
        if self._connected and not connected:
            self._waiting = []
            self.speaker.lost()
            soon = torn and premises.feeds(GATEWAY, now)
            self._will_due = now if soon else now + timedelta(seconds=WILL_AFTER_S)
        if self._will_due is not None and (connected or now >= self._will_due):
            self._last_words += [self._will] if self._will is not None else []
            self._will_due = None
        if connected and not self._connected:
            self._will = self.speaker.will(now)
            self._waiting = [*self.speaker.connected(now)]
        self._connected = connected

    def leave(self, premises: Premises, now: datetime) -> list[Message]:
        """What comes out of it now; its will is the broker's to say."""
        leaving, self._last_words = self._last_words, []
        if not premises.link.at(now).stalled:
            leaving, self._waiting = leaving + self._waiting, []
        return [self._message(one, premises, now) for one in leaving]

    def _message(self, one: Send, premises: Premises, now: datetime) -> Message:
        passed_s = (now - premises.began).total_seconds()
        due_s = self._passage.due_s(passed_s, len(one.payload), premises.link.at(now))
        return Message(now + timedelta(seconds=round(due_s - passed_s, 6)), one.topic, one.payload, one.retained)


def _keep_nothing(key: DeviceKey, document: Document) -> None:
    """Files of a rehearsal go by MQTT alone."""
    del key, document
