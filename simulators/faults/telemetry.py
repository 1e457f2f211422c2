"""The way from a device's samples to its publisher, with what can go wrong on it. Pure: time is an argument.

The same seed, actions and samples at the same times make the same utterances, live or rehearsed.
"""

import heapq
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from msgspec import structs

from sensors.dialects.native import Sample, encode_data
from sensors.model import DeviceId, Metric
from simulators.faults.fate import fate_of
from simulators.faults.garbling import garbled
from simulators.faults.spans import Span, Spans
from simulators.faults.values import Values, falsified
from simulators.scenario.telemetry_actions import (
    DataFlood,
    DataResume,
    TelemetryAction,
    TelemetryFault,
    ValueStuck,
)

MOST_HELD = 50_000
"""So many samples may be on their way; what comes on top is lost."""
_MOST_FLOOD_S = 2.0
"""A flood makes up for no more than this when it was not asked for a while."""
_Faults = tuple[Span[TelemetryFault], ...]


class Utterance(NamedTuple):
    """What leaves a device at last: a sample, or in its place bytes that nobody can read and nobody sends again."""

    device: DeviceId
    sample: Sample
    garbled: bytes | None = None


class _Held(NamedTuple):
    due: datetime
    number: int
    utterance: Utterance


class Telemetry:
    """One post's. `name` is the seed of its chance; `metrics` are what its devices declare."""

    def __init__(self, name: str, metrics: Mapping[DeviceId, tuple[Metric, ...]]) -> None:
        self._name = name
        self._metrics = metrics
        self._faults: Spans[TelemetryFault] = Spans()
        self._chance: dict[DeviceId, Random] = {}
        self._last: dict[DeviceId, Sample] = {}
        self._stuck: dict[DeviceId, Values] = {}
        self._added: dict[DeviceId, int] = {}
        self._flooded: dict[DeviceId, datetime] = {}
        self._swapped: dict[DeviceId, Utterance] = {}
        self._held: list[_Held] = []
        self._numbers = 0
        self.dropped_total = 0

    def act(self, action: TelemetryAction, now: datetime) -> None:
        """Take an action that is performed now."""
        if not isinstance(action, DataResume):
            self._faults.add(action, now, action.duration_s)
            return
        self._faults.keep([span for span in self._faults if action.device not in (None, span.fault.device)])
        self._held = [
            held._replace(due=min(held.due, now)) if action.device in (None, held.utterance.device) else held
            for held in self._held
        ]
        heapq.heapify(self._held)
        for device in [*self._swapped]:
            if action.device in (None, device):
                self._hold(self._swapped.pop(device), now)

    def say(self, device: DeviceId, sample: Sample, now: datetime) -> list[Utterance]:
        """What leaves when a device has measured this."""
        added = self._added.get(device, 0)
        if added:
            sample = structs.replace(sample, seq=sample.seq + added)
        faults = self._faults_of(device, now)
        told = self._falsify(device, sample, faults, now) if faults or device in self._stuck else sample
        self._last[device] = told
        return list(self._pass_on(device, told, faults, now))

    def late(self, now: datetime) -> list[Utterance]:
        """What leaves now without having been measured now: what was held back, and floods."""
        leaving: list[Utterance] = []
        while self._held and self._held[0].due <= now:
            leaving.append(heapq.heappop(self._held).utterance)
        for span in self._faults.at(now):
            if isinstance(span.fault, DataFlood):
                leaving += self._flood(span, now)
        return leaving

    def _faults_of(self, device: DeviceId, now: datetime) -> _Faults:
        return tuple(span for span in self._faults.at(now) if span.fault.device in (None, device))

    def _falsify(self, device: DeviceId, sample: Sample, faults: _Faults, now: datetime) -> Sample:
        if any(isinstance(span.fault, ValueStuck) for span in faults):
            before = self._last.get(device, sample).values
            self._stuck.setdefault(device, dict(before))
        else:
            self._stuck.pop(device, None)
        stuck = self._stuck.get(device, {})
        values = falsified(sample.values, faults, self._metrics.get(device, ()), stuck, now)
        return structs.replace(sample, values=values)

    def _pass_on(self, device: DeviceId, sample: Sample, faults: _Faults, now: datetime) -> Iterator[Utterance]:
        random = self._random(device)
        fate = fate_of(faults, random, now)
        if fate.is_lost:
            self.dropped_total += 1
            return
        sample = structs.replace(sample, at=sample.at + fate.skew) if fate.skew else sample
        wrong = garbled(encode_data(sample.at, sample.seq, sample.values), random) if fate.is_corrupt else None
        utterance = Utterance(device, sample, wrong)
        earlier = self._swapped.pop(device, None)
        if fate.waits and earlier is None:
            self._swapped[device] = utterance
            return
        for each in (*[utterance] * fate.copies, *([] if earlier is None else [earlier])):
            if fate.delay_s:
                self._hold(each, now + timedelta(seconds=fate.delay_s))
            else:
                yield each

    def _hold(self, utterance: Utterance, due: datetime) -> None:
        if len(self._held) >= MOST_HELD:
            self.dropped_total += 1
        else:
            self._numbers += 1
            heapq.heappush(self._held, _Held(due, self._numbers, utterance))

    def _flood(self, span: Span[TelemetryFault], now: datetime) -> Iterator[Utterance]:
        fault = span.fault
        if not isinstance(fault, DataFlood) or (last := self._last.get(DeviceId(fault.device))) is None:
            return
        device = DeviceId(fault.device)
        since = max(self._flooded.get(device, span.starts), span.starts, now - timedelta(seconds=_MOST_FLOOD_S))
        samples = int((now - since).total_seconds() * fault.per_s)
        if not samples:
            return
        step = timedelta(seconds=1.0 / fault.per_s)
        self._flooded[device] = since + samples * step
        self._added[device] = self._added.get(device, 0) + samples
        faults = self._faults_of(device, now)
        for number in range(1, samples + 1):
            yield from self._pass_on(
                device, structs.replace(last, at=since + number * step, seq=last.seq + number), faults, now
            )
        self._last[device] = structs.replace(last, seq=last.seq + samples)

    def _random(self, device: DeviceId) -> Random:
        random = self._chance.get(device)
        if random is None:
            random = self._chance[device] = Random(f"{self._name}/{device}/telemetry")  # noqa: S311 - repeatable chance
        return random
