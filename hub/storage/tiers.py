"""What a time window of one metric is worth keeping: the three tiers, one window's summary, and summaries joined.

Pure. A summary depends on nothing but the readings, so a window that is summarised again after late data is exact.
Numbers of quality BAD, and those that no sum can hold, are counted and otherwise left out. The value of a window's mean
is `total / numbers`.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct, structs

from sensors.model import Quality, Value

MAX_STATES = 32
"""States told apart in one window, the longest ones; what is beyond shares `OTHER`."""
OTHER = "\N{HORIZONTAL ELLIPSIS}"
MOST = 1e200
"""A number beyond it measures nothing, and a few of them have a sum without end, which no longer window can hold."""
STATE_HOLDS_S = 3_600
"""A state lasts until the next reading, but never longer than this: after an hour's silence nobody knows."""


class Tier(IntEnum):
    """How long a window is, in seconds; windows begin at multiples of it since 1970, UTC."""

    MINUTE = 60
    QUARTER = 900
    HOUR = 3_600

    @property
    def label(self) -> str:
        """As settings, sources and exports call it."""
        return {Tier.MINUTE: "1min", Tier.QUARTER: "15min", Tier.HOUR: "1h"}[self]

    @property
    def finer(self) -> "Tier | None":
        """The tier that this one is made of; None for the finest, made of readings."""
        return {Tier.MINUTE: None, Tier.QUARTER: Tier.MINUTE, Tier.HOUR: Tier.QUARTER}[self]


class StateShare(Struct, frozen=True):
    """How long a boolean ("true", "false") or a text held within a window."""

    state: str
    duration_us: int


class Rollup(Struct, frozen=True):
    """One window of one metric.

    `count` and `good` are of all readings, the numeric fields of the `numbers` that are neither BAD nor beyond `MOST`,
    None without any. `increase` is of a counter, from the window's first number to its last, through resets; the step
    from the window before is the business of whoever joins them (`step_up`). A window of `count` 0 holds a state begun
    earlier.
    """

    start_s: int
    count: int
    good: int
    numbers: int = 0
    minimum: float | None = None
    maximum: float | None = None
    total: float = 0.0
    first: float | None = None
    last: float | None = None
    increase: float = 0.0
    states: Annotated[tuple[StateShare, ...], Meta(max_length=MAX_STATES + 1)] = ()

    @property
    def mean(self) -> float | None:
        """The mean of its numbers."""
        return self.total / self.numbers if self.numbers else None

    @property
    def good_fraction(self) -> float | None:
        """The share of readings of quality GOOD."""
        return self.good / self.count if self.count else None


def step_up(before: float | None, after: float | None) -> float:
    """What a counter has counted from one number to the next; a smaller one says that it began again at zero."""
    if before is None or after is None:
        return 0.0
    return after - before if after >= before else after


def join(parts: Sequence[Rollup], start_s: int) -> Rollup:
    """The summary of a longer window from those within it, in order of time: exact, for a mean is a sum and a count."""
    numeric = [part for part in parts if part.numbers]
    steps = sum(step_up(before.last, after.first) for before, after in pairwise(numeric))
    return Rollup(
        start_s=start_s,
        count=sum(part.count for part in parts),
        good=sum(part.good for part in parts),
        numbers=sum(part.numbers for part in numeric),
        minimum=min((part.minimum for part in numeric if part.minimum is not None), default=None),
        maximum=max((part.maximum for part in numeric if part.maximum is not None), default=None),
        total=sum(part.total for part in numeric),
        first=numeric[0].first if numeric else None,
        last=numeric[-1].last if numeric else None,
        increase=sum(part.increase for part in numeric) + steps,
        states=share_states((share.state, share.duration_us) for part in parts for share in part.states),
    )


def join_by(parts: Iterable[Rollup], step_s: int) -> Iterator[Rollup]:
    """Windows of `step_s` from shorter ones in order of time; windows without any are not made up."""
    group: list[Rollup] = []
    for part in parts:
        if group and part.start_s // step_s != group[0].start_s // step_s:
            yield join(group, group[0].start_s // step_s * step_s)
            group = []
        group.append(part)
    if group:
        yield join(group, group[0].start_s // step_s * step_s)


def share_states(held: Iterable[tuple[str, int]]) -> tuple[StateShare, ...]:
    """Durations by state, longest first, at most `MAX_STATES` told apart."""
    durations: dict[str, int] = {}
    for state, duration_us in held:
        durations[state] = durations.get(state, 0) + duration_us
    rest = durations.pop(OTHER, 0)
    ordered = sorted(durations.items(), key=lambda item: (-item[1], item[0]))
    rest += sum(duration_us for _, duration_us in ordered[MAX_STATES:])
    shares = [StateShare(*item) for item in ordered[:MAX_STATES] if item[1]]
    return (*shares, StateShare(OTHER, rest)) if rest else tuple(shares)


class Sample(NamedTuple):
    """One reading, as far as a window is concerned."""

    at_us: int
    value: Value
    quality: Quality


def summarise(samples: Iterable[Sample], step_s: int) -> Iterator[Rollup]:
    """Windows of any length straight from readings in order of time. What was before the first of them is not known."""
    window: Rollup | None = None
    states: list[tuple[str, int]] = []
    before: Sample | None = None
    for sample in samples:
        start_s = sample.at_us // 1_000_000 // step_s * step_s
        ends_us = sample.at_us if before is None else min(sample.at_us, before.at_us + STATE_HOLDS_S * 1_000_000)
        while window is not None and before is not None:
            until_us = min(ends_us, (window.start_s + step_s) * 1_000_000)
            if (state := _state_of(before)) is not None:
                states.append((state, max(0, until_us - max(before.at_us, window.start_s * 1_000_000))))
            if window.start_s == start_s:
                break
            yield structs.replace(window, states=share_states(states))
            states = []
            held = _state_of(before) is not None and ends_us > (window.start_s + step_s) * 1_000_000
            window = Rollup(window.start_s + step_s if held else start_s, 0, 0)
        window = _count_in(window or Rollup(start_s, 0, 0), sample)
        before = sample
    if window is not None:
        yield structs.replace(window, states=share_states(states))


def _count_in(window: Rollup, sample: Sample) -> Rollup:
    count, good = window.count + 1, window.good + (sample.quality is Quality.GOOD)
    value = sample.value
    if sample.quality is Quality.BAD or isinstance(value, (bool, str)) or not -MOST <= value <= MOST:
        return structs.replace(window, count=count, good=good)
    number = float(value)
    return Rollup(
        window.start_s,
        count,
        good,
        window.numbers + 1,
        number if window.minimum is None else min(window.minimum, number),
        number if window.maximum is None else max(window.maximum, number),
        window.total + number,
        number if window.first is None else window.first,
        number,
        window.increase + step_up(window.last, number),
    )


def _state_of(sample: Sample) -> str | None:
    if sample.quality is Quality.BAD or not isinstance(sample.value, (bool, str)):
        return None
    return sample.value if isinstance(sample.value, str) else str(sample.value).lower()
