"""When something holds: spans of time found by looking closely enough, and then precisely."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

_PRECISE = timedelta(milliseconds=20)


class Span(NamedTuple):
    """From `starts` to `ends`."""

    starts: datetime
    ends: datetime


def spans_of(
    holds: Callable[[datetime], bool], since: datetime, until: datetime, step: timedelta = timedelta(seconds=0.5)
) -> Iterator[Span]:
    """The spans in which `holds`, each edge good to 20 ms; what is shorter than `step` may be overlooked."""
    starts = since if holds(since) else None
    before = since
    while before < until:
        now = min(until, before + step)
        if holds(now) != (starts is not None):
            edge = _edge(holds, before, now)
            if starts is None:
                starts = edge
            else:
                yield Span(starts, edge)
                starts = None
        before = now
    if starts is not None:
        yield Span(starts, until)


def _edge(holds: Callable[[datetime], bool], before: datetime, after: datetime) -> datetime:
    held = holds(before)
    while after - before > _PRECISE:
        middle = before + (after - before) / 2
        if holds(middle) == held:
            before = middle
        else:
            after = middle
    return after


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time, in order and without overlaps."""
    whole: list[Span] = []
    for span in sorted(spans):
        if whole and span.starts <= whole[-1].ends:
            whole[-1] = Span(whole[-1].starts, max(whole[-1].ends, span.ends))
        else:
            whole.append(span)
    return tuple(whole)
