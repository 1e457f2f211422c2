"""Whether walls said of a picture what it was: faulty ones marked so, and how soon, healthy ones left alone. Pure."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from sensors.catalog import PictureState
from simulators.scoring.matching import RECOVERY_S
from simulators.truth import Heard, Pictured, PictureFault, Truth

CameraKey = tuple[str, str]


class Span(NamedTuple):
    """From a moment to a later one."""

    since: datetime
    until: datetime

    @property
    def length_s(self) -> float:
        """Never negative."""
        return max(0.0, (self.until - self.since).total_seconds())


class Shown(NamedTuple):
    """What a wall said of a picture, for how long."""

    span: Span
    state: PictureState


class MarkedFault(Struct, frozen=True):
    """One fault of one camera's picture, and what became of it on walls.

    Of `faulty_s` it was marked for `marked_s`; `after_s`: from its beginning to the first mark, None: never.
    `overdue_s`: for how long it was shown as live when it might not be any more. `said`: what walls said, in order.
    """

    fault: PictureFault
    faulty_s: float
    marked_s: float
    overdue_s: float
    after_s: float | None
    said: tuple[PictureState, ...]


class Honesty(NamedTuple):
    """Every fault of every camera that is on a wall, and how long healthy pictures were shown, and wrongly marked.

    `shown`: what walls said of each camera, to the end of the run. `unwatched`: faults of cameras on no wall.
    """

    faults: tuple[MarkedFault, ...]
    healthy_s: float
    wrongly_marked_s: float
    shown: dict[CameraKey, tuple[Shown, ...]]
    unwatched: int


def judge(truth: Iterable[Truth], heard: Iterable[Heard], ends: datetime) -> Honesty:
    """Hold what walls said against what their pictures were, until the end of the run."""
    said: defaultdict[CameraKey, list[Pictured]] = defaultdict(list)
    for spoken in heard:
        if isinstance(spoken, Pictured):
            said[spoken.site, spoken.camera].append(spoken)
    faults: defaultdict[CameraKey, list[PictureFault]] = defaultdict(list)
    for record in truth:
        if isinstance(record, PictureFault) and record.at < ends:
            faults[record.site, record.camera].append(record)
    shown = {camera: _shown(spoken, ends) for camera, spoken in sorted(said.items())}
    marked: list[MarkedFault] = []
    healthy_s = wrongly_s = 0.0
    for camera, states in shown.items():
        marked += (_marked(fault, states, ends) for fault in faults[camera])
        for span in _healthy(states, faults[camera]):
            healthy_s += span.length_s
            wrongly_s += _length_s(states, span, live=False)
    return Honesty(
        tuple(sorted(marked, key=lambda each: (each.fault.at, each.fault.site, each.fault.camera))),
        healthy_s,
        wrongly_s,
        shown,
        sum(len(known) for camera, known in faults.items() if camera not in shown),
    )


def _shown(said: list[Pictured], ends: datetime) -> tuple[Shown, ...]:
    said.sort(key=lambda pictured: pictured.at)
    until = [pictured.at for pictured in said[1:]] + [max(ends, said[-1].at)]
    return tuple(
        Shown(Span(pictured.at, last), pictured.state)
        for pictured, last in zip(said, until, strict=True)
        if pictured.at < last
    )


def _marked(fault: PictureFault, states: Sequence[Shown], ends: datetime) -> MarkedFault:
    """Time before a wall first spoke of the camera is not counted."""
    whole = _clipped(Span(fault.at, min(fault.until, ends)), states)
    due = max(whole.since, fault.at + timedelta(seconds=fault.within_s))
    during = [shown for shown in states if shown.span.since < whole.until and shown.span.until > whole.since]
    first = next((shown for shown in during if shown.state is not PictureState.LIVE), None)
    return MarkedFault(
        fault,
        whole.length_s,
        _length_s(states, whole, live=False),
        _length_s(states, Span(due, whole.until), live=True),
        None if first is None else max(0.0, (first.span.since - fault.at).total_seconds()),
        tuple(_changes(shown.state for shown in during)),
    )


def _changes(states: Iterable[PictureState]) -> Iterator[PictureState]:
    before: PictureState | None = None
    for state in states:
        if state is not before:
            yield state
        before = state


def _healthy(states: Sequence[Shown], faults: list[PictureFault]) -> Iterator[Span]:
    """From the first live picture to the end, without faults and the time it takes to recover from them."""
    begins = next((shown.span.since for shown in states if shown.state is PictureState.LIVE), None)
    if begins is None:
        return
    since = begins
    for fault in sorted(faults, key=lambda fault: fault.at):
        if fault.at > since:
            yield Span(since, fault.at)
        since = max(since, fault.until + timedelta(seconds=RECOVERY_S))
    if since < states[-1].span.until:
        yield Span(since, states[-1].span.until)


def _length_s(states: Sequence[Shown], span: Span, *, live: bool) -> float:
    """For how many seconds of a span the picture was shown as live, or was not."""
    first = max(0, bisect_right(states, span.since, key=lambda shown: shown.span.since) - 1)
    total_s = 0.0
    for shown in states[first:]:
        if shown.span.since >= span.until:
            break
        if (shown.state is PictureState.LIVE) is live:
            total_s += Span(max(shown.span.since, span.since), min(shown.span.until, span.until)).length_s
    return total_s


def _clipped(span: Span, states: Sequence[Shown]) -> Span:
    return Span(max(span.since, states[0].span.since), span.until) if states else span
