"""The score of a run: its counts and times, by alarm and in all, and every single judgement behind them. Pure."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from simulators.scoring.honesty import CameraKey, Honesty, MarkedFault, Shown, judge
from simulators.scoring.matching import Judged, Matching, Met, Outcome, Verdict, match
from simulators.truth import Happening, Heard, Run, Truth


class Spread(Struct, frozen=True):
    """Of a set of times in seconds: half, and 19 of 20, are at most these, and none is over `max_s`."""

    p50_s: float
    p95_s: float
    max_s: float


class Tally(Struct, frozen=True):
    """What was expected and what came. Expected are those that were detected and those that were missed.

    `late` of the missed came after their time. `standing` could not come, because they stood already.
    """

    expected: int
    detected: int
    missed: int
    late: int
    standing: int
    false: int
    nuisance: int
    repeated: int
    explained: int
    latency: Spread | None


class AlarmTally(Struct, frozen=True):
    """The tally of one alarm of all devices."""

    alarm: str
    tally: Tally


class WallTally(Struct, frozen=True):
    """What walls showed. `honesty` is the share of faulty time that was marked so; None: no watched picture was faulty.

    `overdue_s`: for how long faulty pictures were shown as live when they might not be any more. `within`: how soon
    they were marked. `unmarked`: faults that never were; `unwatched`: those of cameras on no wall.
    """

    faults: int
    unmarked: int
    unwatched: int
    faulty_s: float
    marked_s: float
    honesty: float | None
    overdue_s: float
    within: Spread | None
    healthy_s: float
    wrongly_marked_s: float


class Score(Struct, frozen=True):
    """What `score.json` holds."""

    run: Run
    ends: datetime
    total: Tally
    alarms: tuple[AlarmTally, ...]
    wall: WallTally
    expectations: tuple[Met, ...]
    raised: tuple[Judged, ...]
    faults: tuple[MarkedFault, ...]

    @property
    def holds(self) -> bool:
        """Whether all came that was to come, nothing false did, and no faulty picture was live when it might not be."""
        return not (self.total.missed or self.total.false or self.wall.overdue_s)


class Scored(NamedTuple):
    """A score, with what else there is to draw."""

    score: Score
    happenings: tuple[Happening, ...]
    shown: dict[CameraKey, tuple[Shown, ...]]


def score_run(run: Run, truth: Iterable[Truth], heard: Iterable[Heard]) -> Scored:
    """Everything that can be said of a run. One that was cut off ends with the last that is known of it."""
    truth, heard = tuple(truth), tuple(heard)
    ends = run.until or max((record.at for record in (*truth, *heard)), default=run.start)
    matching = match(truth, heard)
    honesty = judge(truth, heard, ends)
    score = Score(
        run,
        ends,
        _tally(matching.met, matching.judged),
        _by_alarm(matching),
        _wall(honesty),
        matching.met,
        matching.judged,
        honesty.faults,
    )
    happenings = sorted((record for record in truth if isinstance(record, Happening)), key=lambda record: record.at)
    return Scored(score, tuple(happenings), honesty.shown)


def spread(values_s: Iterable[float]) -> Spread | None:
    """The nearest-rank percentiles; None of nothing."""
    ordered = sorted(values_s)
    if not ordered:
        return None
    return Spread(*(round(ordered[math.ceil(share * len(ordered)) - 1], 3) for share in (0.5, 0.95, 1.0)))


def _by_alarm(matching: Matching) -> tuple[AlarmTally, ...]:
    met: defaultdict[str, list[Met]] = defaultdict(list)
    judged: defaultdict[str, list[Judged]] = defaultdict(list)
    for each in matching.met:
        met[each.expected.alarm].append(each)
    for one in matching.judged:
        judged[one.raised.alarm].append(one)
    return tuple(AlarmTally(alarm, _tally(met[alarm], judged[alarm])) for alarm in sorted(met.keys() | judged.keys()))


def _tally(met: Sequence[Met], judged: Sequence[Judged]) -> Tally:
    outcomes = {outcome: sum(each.outcome is outcome for each in met) for outcome in Outcome}
    verdicts = {verdict: sum(each.verdict is verdict for each in judged) for verdict in Verdict}
    return Tally(
        expected=outcomes[Outcome.DETECTED] + outcomes[Outcome.MISSED],
        detected=outcomes[Outcome.DETECTED],
        missed=outcomes[Outcome.MISSED],
        late=verdicts[Verdict.LATE],
        standing=outcomes[Outcome.STANDING],
        false=verdicts[Verdict.FALSE],
        nuisance=verdicts[Verdict.NUISANCE],
        repeated=verdicts[Verdict.REPEATED],
        explained=verdicts[Verdict.EXPLAINED],
        latency=spread(each.latency_s for each in met if each.latency_s is not None),
    )


def _wall(honesty: Honesty) -> WallTally:
    faults = honesty.faults
    faulty_s = sum(fault.faulty_s for fault in faults)
    marked_s = sum(fault.marked_s for fault in faults)
    return WallTally(
        faults=len(faults),
        unmarked=sum(fault.after_s is None and fault.overdue_s > 0 for fault in faults),
        unwatched=honesty.unwatched,
        faulty_s=round(faulty_s, 3),
        marked_s=round(marked_s, 3),
        honesty=round(marked_s / faulty_s, 4) if faulty_s else None,
        overdue_s=round(sum(fault.overdue_s for fault in faults), 3),
        within=spread(fault.after_s for fault in faults if fault.after_s is not None),
        healthy_s=round(honesty.healthy_s, 3),
        wrongly_marked_s=round(honesty.wrongly_marked_s, 3),
    )
