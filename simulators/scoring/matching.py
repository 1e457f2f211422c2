"""Which alarm answers which expectation. Pure. The rules, in words: docs/scoring.md."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from typing import NamedTuple

from msgspec import Struct

from simulators.truth import Ended, Excused, Expected, Heard, PictureFault, Raised, Truth

RECOVERY_S = 30.0
"""For so long after a picture's fault its camera may still be spoken of."""
_NEVER = datetime.max.replace(tzinfo=UTC)

Point = tuple[str, str, str]
"""Site, device and alarm: what is matched is matched within one of them."""


class Outcome(StrEnum):
    """What became of an expectation. STANDING: its alarm stood all the time already, so that none could be raised."""

    DETECTED = "detected"
    MISSED = "missed"
    STANDING = "standing"


class Verdict(StrEnum):
    """What an alarm was. The first that fits, in this order."""

    DETECTED = "detected"
    LATE = "late"
    REPEATED = "repeated"
    NUISANCE = "nuisance"
    EXPLAINED = "explained"
    FALSE = "false"


class Met(Struct, frozen=True):
    """An expectation, and how it was met. `latency_s`: from its beginning to the alarm that answered it in time."""

    expected: Expected
    outcome: Outcome
    latency_s: float | None = None
    occurrence: str = ""


class Judged(Struct, frozen=True):
    """An alarm, and what it was. `of` is the happening that explains it; `ended_at` None: it stood to the end."""

    raised: Raised
    verdict: Verdict
    of: str = ""
    reason: str = ""
    ended_at: datetime | None = None


class Matching(NamedTuple):
    """All expectations and all alarms of a run, each in order of time."""

    met: tuple[Met, ...]
    judged: tuple[Judged, ...]


class _Point:
    """The records of one alarm of one device, in order of time."""

    def __init__(self) -> None:
        self.expected: list[Expected] = []
        self.excused: list[Excused] = []
        self.faults: list[PictureFault] = []
        self.raised: list[Raised] = []

    def sort(self) -> None:
        """Once all are there."""
        self.expected.sort(key=lambda expected: (expected.at, due(expected), expected.of))
        self.excused.sort(key=lambda excused: (excused.at, excused.until, excused.of))
        self.raised.sort(key=lambda raised: (raised.at, raised.occurrence))

    def answers(self) -> dict[int, int]:
        """By place of the alarm: the place of the expectation that it answers.

        Each alarm, in order of time, answers the one among the expectations it is in time for that is due first; no
        other way of matching answers more of them.
        """
        found: dict[int, int] = {}
        waiting: list[tuple[datetime, int]] = []
        begun = 0
        for number, raised in enumerate(self.raised):
            while begun < len(self.expected) and self.expected[begun].at <= raised.at:
                heappush(waiting, (due(self.expected[begun]), begun))
                begun += 1
            while waiting and waiting[0][0] < raised.at:
                heappop(waiting)
            if waiting:
                found[number] = heappop(waiting)[1]
        return found


class _Around:
    """Which of some spans, in order of their beginnings, hold a moment; moments are asked for in order of time."""

    def __init__(self, spans: Iterable[tuple[datetime, datetime]]) -> None:
        self._spans = list(spans)
        self._begun = 0
        self._open: list[int] = []

    def at(self, moment: datetime) -> list[int]:
        """Their places; both ends belong to a span."""
        while self._begun < len(self._spans) and self._spans[self._begun][0] <= moment:
            self._open.append(self._begun)
            self._begun += 1
        self._open = [place for place in self._open if self._spans[place][1] >= moment]
        return self._open


def match(truth: Iterable[Truth], heard: Iterable[Heard]) -> Matching:
    """Hold what was said against what was to be said."""
    points, ends = _gather(truth, heard)
    met: list[Met] = []
    judged: list[Judged] = []
    for point in points.values():
        answers = point.answers()
        verdicts = _judge(point, answers, ends)
        judged += verdicts
        answered = {place: point.raised[number] for number, place in answers.items()}
        standing = _Standing(verdicts)
        met += (_met(expected, answered.get(place), standing) for place, expected in enumerate(point.expected))
    return Matching(
        tuple(sorted(met, key=lambda each: (each.expected.at, each.expected.of, each.expected.alarm))),
        tuple(sorted(judged, key=lambda each: (each.raised.at, each.raised.occurrence))),
    )


def due(expected: Expected) -> datetime:
    """When an expected alarm must have been raised."""
    return expected.at + timedelta(seconds=expected.within_s)


def _gather(truth: Iterable[Truth], heard: Iterable[Heard]) -> tuple[dict[Point, _Point], dict[str, datetime]]:
    points: defaultdict[Point, _Point] = defaultdict(_Point)
    ends: dict[str, datetime] = {}
    faults: defaultdict[tuple[str, str], list[PictureFault]] = defaultdict(list)
    for record in (*truth, *heard):
        match record:
            case Expected():
                points[record.site, record.device, record.alarm].expected.append(record)
            case Excused():
                points[record.site, record.device, record.alarm].excused.append(record)
            case Raised():
                points[record.site, record.device, record.alarm].raised.append(record)
            case Ended():
                ends.setdefault(record.occurrence, record.at)
            case PictureFault():
                faults[record.site, record.camera].append(record)
            case _:
                pass
    for (site, device, _), point in points.items():
        point.faults = sorted(faults[site, device], key=lambda fault: (fault.at, fault.until, fault.of))
        point.sort()
    return points, ends


def _judge(point: _Point, answers: dict[int, int], ends: dict[str, datetime]) -> list[Judged]:
    unanswered = set(range(len(point.expected))) - set(answers.values())
    expectations = _Around((expected.at, max(expected.until, due(expected))) for expected in point.expected)
    excuses = _Around((excused.at, excused.until) for excused in point.excused)
    recovery = timedelta(seconds=RECOVERY_S)
    faults = _Around((fault.at, fault.until + recovery) for fault in point.faults)
    judged: list[Judged] = []
    for number, raised in enumerate(point.raised):
        around, excusing, faulty = (spans.at(raised.at) for spans in (expectations, excuses, faults))
        late = next((place for place in around if place in unanswered), None)
        verdict, of, reason = Verdict.FALSE, "", ""
        if number in answers:
            verdict, of = Verdict.DETECTED, point.expected[answers[number]].of
        elif late is not None:
            unanswered.remove(late)
            verdict, of = Verdict.LATE, point.expected[late].of
        elif around:
            verdict, of = Verdict.REPEATED, point.expected[around[-1]].of
        elif excusing:
            excused = point.excused[excusing[0]]
            verdict, of, reason = Verdict.NUISANCE, excused.of, excused.reason
        elif faulty:
            fault = point.faults[faulty[0]]
            verdict, of, reason = Verdict.EXPLAINED, fault.of, fault.fault
        judged.append(Judged(raised, verdict, of, reason, ends.get(raised.occurrence)))
    return judged


class _Standing:
    """Which alarm, of those that were raised before a moment and were not false, stood longest."""

    def __init__(self, judged: Iterable[Judged]) -> None:
        self._raised: list[datetime] = []
        self._longest: list[Judged] = []
        for each in judged:
            if each.verdict is not Verdict.FALSE:
                longest = self._longest[-1] if self._longest else each
                self._raised.append(each.raised.at)
                self._longest.append(each if _ends(each) > _ends(longest) else longest)

    def through(self, since: datetime, until: datetime) -> str:
        """The occurrence of one that stood all the time; empty when none did."""
        before = bisect_left(self._raised, since)
        longest = self._longest[before - 1] if before else None
        return longest.raised.occurrence if longest is not None and _ends(longest) >= until else ""


def _ends(judged: Judged) -> datetime:
    return judged.ended_at or _NEVER


def _met(expected: Expected, answer: Raised | None, standing: _Standing) -> Met:
    if answer is not None:
        return Met(expected, Outcome.DETECTED, (answer.at - expected.at).total_seconds(), answer.occurrence)
    stood = standing.through(expected.at, min(due(expected), max(expected.until, expected.at)))
    return Met(expected, Outcome.STANDING, occurrence=stood) if stood else Met(expected, Outcome.MISSED)
