"""A post's gateway and its line in a rehearsal: nothing is sent, everything is told. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from sensors.catalog import GATEWAY
from sensors.dialects.native import Sample, encode_backlog, encode_birth, encode_data, encode_state
from sensors.model import DeviceId, DeviceKey, SiteId, Stream, Value
from sensors.topics import Leaf, topic
from simulators.births import births_of
from simulators.faults.passage import Lane, Passage
from simulators.faults.telemetry import Utterance
from simulators.messages import WILL_AFTER_S, Message
from simulators.outbox import Outbox
from simulators.premises import Notice, Premises
from simulators.rehearsed_company import RehearsedCompany
from simulators.scenario.actions import Action
from simulators.scenario.camera_actions import CameraAction
from simulators.scenario.form import CameraEntry, Site


class _Leaving(NamedTuple):
    """One message; `samples` are those it carries, so that they can be kept again."""

    leaf: Leaf
    device: DeviceId
    payload: bytes
    retained: bool = False
    samples: tuple[Sample, ...] = ()


class RehearsedGateway:
    """One site's, from `began` on. `tick` at times that go forward."""

    def __init__(
        self, site: Site, seed: int, began: datetime, streams_of: Callable[[CameraEntry], tuple[Stream, ...]]
    ) -> None:
        self.premises = Premises(site, seed, began)
        self._site = SiteId(site.id)
        self._began = began
        births, lane = births_of(site, streams_of), Lane()
        self._company = RehearsedCompany(self.premises, births, seed, lane)
        native = (device for device in births if not self._company.speaks_for(device))
        self._births = {device: encode_birth(births[device]) for device in native}
        self._passage = Passage(lane, Random(f"{seed}/{site.id}/line"))  # noqa: S311 - repeatable chance
        self._outbox = Outbox()
        self._stalled: list[_Leaving] = []
        self._connected = False
        self._will_due: datetime | None = None
        self._acknowledged = 0

    def perform(self, action: Action, now: datetime) -> None:
        """Make something happen, now."""
        self.premises.perform(action, now)
        if isinstance(action, CameraAction):
            self._company.note_fault(DeviceId(action.camera), action.fault)

    def tick(self, now: datetime) -> list[Message]:
        """What leaves at this moment, with the times at which it arrives."""
        leaving = [*self._change_line(now)]
        self._company.change(now)
        for notice in self.premises.notices(now):
            if self._connected and notice is Notice.BIRTHS:
                leaving += self._announcement(now)
            elif self._connected:
                leaving.append(self._gateway_state(now, online=False))
        for utterance in self.premises.utterances(now, self._accounts()):
            leaving += self._say(utterance)
        if self._connected and self.premises.link.at(now).stalled:
            self._stalled += leaving
            return self._company.tick(now)
        leaving, self._stalled = self._stalled + leaving, []
        return [*(self._message(one, now) for one in leaving), *self._company.tick(now)]

    def _change_line(self, now: datetime) -> Iterator[_Leaving]:
        """The will when the line has gone, and who is there and what was kept when it is back."""
        state = self.premises.link.at(now)
        torn = state.ending is not None or not self.premises.speaks(now)
        connected = not torn and not state.half_open
        if self._connected and not connected:
            self._take_back()
            powered = self.premises.feeds(GATEWAY, now)
            self._will_due = now if torn and powered else now + timedelta(seconds=WILL_AFTER_S)
        if self._will_due is not None and (connected or now >= self._will_due):
            yield self._gateway_state(now, online=False)
            self._will_due = None
        if connected and not self._connected:
            yield from self._announcement(now)
            if now > self._began:
                self.premises.wake(now)
            while (parcel := self._outbox.next_parcel()) is not None:
                yield self._carrying(parcel.device, encode_backlog(parcel.samples), parcel.samples)
        self._connected = connected

    def _carrying(self, device: DeviceId, payload: bytes, samples: tuple[Sample, ...]) -> _Leaving:
        self._acknowledged += _readings(samples)
        return _Leaving(Leaf.DATA, device, payload, samples=samples)

    def _take_back(self) -> None:
        """What a connection held up dies with it: samples are kept again, the rest is said anew on the next one."""
        for one in self._stalled:
            self._acknowledged -= _readings(one.samples)
            for sample in one.samples:
                self._outbox.keep(one.device, sample)
        self._stalled = []

    def _say(self, utterance: Utterance) -> Iterator[_Leaving]:
        device, sample, garbled = utterance
        if self._company.speaks_for(device):
            if garbled is None:
                self._company.take(device, sample)
        elif garbled is not None:
            if self._connected:
                yield _Leaving(Leaf.DATA, device, garbled)
        elif self._connected:
            payload = encode_data(sample.at, sample.seq, sample.values, sample.quality)
            yield self._carrying(device, payload, (sample,))
        else:
            self._outbox.keep(device, sample)

    def _announcement(self, now: datetime) -> Iterator[_Leaving]:
        online = encode_state(online=True, since=now)
        for device, birth in self._births.items():
            yield _Leaving(Leaf.BIRTH, device, birth, retained=True)
        for device in self._births:
            yield _Leaving(Leaf.STATE, device, online, retained=True)

    def _gateway_state(self, now: datetime, *, online: bool) -> _Leaving:
        return _Leaving(Leaf.STATE, DeviceId(GATEWAY), encode_state(online=online, since=now), retained=True)

    def _accounts(self) -> dict[str, Value | None]:
        return {
            "pending": len(self._outbox),
            "acknowledged_total": self._acknowledged,
            "dropped_total": self._outbox.dropped_total,
        }

    def _message(self, one: _Leaving, now: datetime) -> Message:
        passed_s = (now - self._began).total_seconds()
        due_s = self._passage.due_s(passed_s, len(one.payload), self.premises.link.at(now))
        name = topic(DeviceKey(self._site, one.device), one.leaf)
        return Message(now + timedelta(seconds=round(due_s - passed_s, 6)), name, one.payload, one.retained)


def _readings(samples: tuple[Sample, ...]) -> int:
    return sum(len(sample.values) for sample in samples)
