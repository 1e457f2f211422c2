"""What one metric was over any length of time: from the local tiers or readings, or from InfluxDB, and it says which.

The coarsest tier that answers the step is asked. Nothing is filled in: a step without readings is not there, and
silences are listed. What is not kept here any more is asked of InfluxDB, when there is one; what nobody gives is told.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice, pairwise
from statistics import median
from typing import NamedTuple, Protocol

from msgspec import structs

from hub.config import StorageSettings
from hub.protocol import Aggregate, Gap, History, HistoryStep, HistorySteps, StateTime
from hub.storage.database import from_us, to_us
from hub.storage.rollup_points import StoredWindows
from hub.storage.tiers import Rollup, Sample, Tier, join_by, step_up, summarise
from hub.storage.windows import SeriesName
from sensors.clock import Clock
from sensors.errors import NotFoundError, ShekaraError
from sensors.model import DeviceKey

LOCAL = "local"
DISTANT = "influx"
MAX_READINGS = 100_000
"""Readings that one answer is made of, where no tier is fine enough."""
MAX_WINDOWS = 50_000
_NICE_STEPS_S = (1, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800)
_WANTED_STEPS = 300
_DAY = timedelta(days=1)


class Readings(Protocol):
    """`hub.storage.readings.ReadingsStore`, for reading."""

    def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """Readings with since <= captured_at < until, oldest first; NotFoundError when there never was one."""


class Rollups(Protocol):
    """`hub.storage.rollups.RollupStore`, for reading."""

    def read(self, series: SeriesName, tier: Tier, since_s: int, until_s: int, limit: int) -> list[Rollup]:
        """Windows with since_s <= start_s < until_s, oldest first."""

    def units(self, key: DeviceKey, metric: str) -> list[str]:
        """The units a metric was measured in, the newest last."""

    def last_before(self, series: SeriesName, tier: Tier, start_s: int) -> float | None:
        """The last number of the windows before."""


class Distant(Protocol):
    """An InfluxDB that holds what was forwarded to it. Every method may raise any ShekaraError."""

    def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """As `Readings.history`."""

    def rollups(
        self, key: DeviceKey, metric: str, tier: Tier, since: datetime, until: datetime, limit: int
    ) -> StoredWindows:
        """The tiers' windows that were forwarded, with since <= start < until, oldest first."""

    def windows(
        self, key: DeviceKey, metric: str, tier: Tier, since: datetime, until: datetime, limit: int
    ) -> list[Rollup]:
        """Windows that the server makes of the readings it has; none for switches and texts."""


class Question(NamedTuple):
    """What is asked: `step_s` 0 lets the hub choose one."""

    key: DeviceKey
    metric: str
    since: datetime
    until: datetime
    step_s: int
    aggregate: Aggregate
    limit: int


class _Found(NamedTuple):
    windows: list[Rollup]
    sources: list[str]
    unit: str
    width_s: int
    missing: list[str]
    truncated: bool
    before: float | None = None
    """The last number before the first window, where its source says it."""


class Historian:
    """Answers from any thread; each question is bounded."""

    def __init__(
        self,
        readings: Readings,
        rollups: Rollups,
        kept: StorageSettings,
        clock: Clock,
        distant: Distant | None = None,
    ) -> None:
        self._readings = readings
        self._rollups = rollups
        self._kept = kept
        self._clock = clock
        self._distant = distant

    def is_far(self, since: datetime) -> bool:
        """Whether InfluxDB may have to be asked for what was since then."""
        return self._distant is not None and since < self._begins(None)

    def readings(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """Stored readings with since <= captured_at < until, oldest first, at most `limit`.

        Raises:
            NotFoundError: nothing of that metric was ever stored.
        """
        begins = self._begins(None)
        if since >= begins or self._distant is None:
            return self._readings.history(key, metric, since, until, limit)
        try:
            distant = self._distant.history(key, metric, since, min(until, begins), limit)
        except NotFoundError:
            return self._readings.history(key, metric, since, until, limit)
        except ShekaraError as error:
            local = self._readings.history(key, metric, since, until, limit)
            return History(
                key, metric, local.unit, local.points, local.truncated, local.source, _not_had(begins, error)
            )
        left = limit - len(distant.points)
        if until <= begins or distant.truncated:
            return distant
        if not left:
            return structs.replace(distant, truncated=True)  # there may be more here
        local = self._readings.history(key, metric, max(since, begins), until, left)
        points = (*distant.points, *local.points)
        return History(key, metric, local.unit, points, local.truncated, f"{DISTANT}+{LOCAL}")

    def steps(self, asked: Question) -> HistorySteps:
        """One figure for each step of time that has any.

        Raises:
            NotFoundError: nothing of that metric was ever stored.
        """
        step_s = _step(asked)
        since_s = to_us(asked.since) // 1_000_000 // step_s * step_s
        until_s = -(-to_us(asked.until) // 1_000_000 // step_s) * step_s
        question = asked._replace(step_s=step_s, since=from_us(since_s * 1_000_000), until=from_us(until_s * 1_000_000))
        found = self._find(question)
        step_s = max(step_s, found.width_s)
        joined = list(islice(join_by(found.windows, step_s), asked.limit + 1))
        return HistorySteps(
            key=asked.key,
            metric=asked.metric,
            unit=found.unit,
            aggregate=asked.aggregate,
            step_s=step_s,
            since=question.since,
            until=question.until,
            steps=tuple(_steps(joined[: asked.limit], asked.aggregate, self._before(question, found))),
            gaps=tuple(find_gaps(found.windows, found.width_s, question.since, min(question.until, self._clock.now()))),
            truncated=found.truncated or len(joined) > asked.limit,
            source="+".join(found.sources),
            missing="; ".join(found.missing),
        )

    def _find(self, asked: Question) -> _Found:
        """The windows that answer best, and where they are from."""
        tier = next((tier for tier in reversed(Tier) if asked.step_s % tier == 0), None)
        begins = self._begins(tier)
        if asked.since >= begins:
            return self._find_local(asked, tier)
        missing = ""
        if self._distant is not None:
            # Whole steps from one place: a window is never counted in both.
            border = from_us(-(-to_us(begins) // (asked.step_s * 1_000_000)) * asked.step_s * 1_000_000)
            border = min(border, asked.until)
            try:
                distant = self._find_distant(self._distant, asked._replace(until=border), tier)
            except ShekaraError as error:
                missing = _not_had(begins, error)
            else:
                return self._join_local(distant, asked._replace(since=border), tier)
        coarser = next((each for each in Tier if each > (tier or 0) and asked.since >= self._begins(each)), tier)
        found = self._find_local(asked, coarser)
        if asked.since < self._begins(coarser):
            found.missing.append(missing or f"nothing before {self._begins(coarser):%Y-%m-%d %H:%M} UTC is kept here")
        elif missing:
            found.missing.append(missing)
        return found

    def _find_local(self, asked: Question, tier: Tier | None) -> _Found:
        units = self._rollups.units(asked.key, asked.metric)
        if tier is None or not units:
            history = self._readings.history(asked.key, asked.metric, asked.since, asked.until, MAX_READINGS)
            return _summarised(history, tier or asked.step_s, LOCAL)
        series = SeriesName(asked.key.site, asked.key.device, asked.metric, units[-1])
        since_s, until_s = to_us(asked.since) // 1_000_000, to_us(asked.until) // 1_000_000
        windows = self._rollups.read(series, tier, since_s, until_s, MAX_WINDOWS + 1)
        missing = [f"measured in {', '.join(units[:-1])} before"] if len(units) > 1 else []
        truncated = len(windows) > MAX_WINDOWS
        return _Found(windows[:MAX_WINDOWS], [f"{LOCAL}-{tier.label}"], series.unit, tier, missing, truncated)

    def _find_distant(self, distant: Distant, asked: Question, tier: Tier | None) -> _Found:
        """Windows as they were forwarded; those before the first of them from the readings, as far as these are there.

        The readings may be gone there too, and are many: the tiers are asked first.
        """
        if tier is None:
            return self._summarise_distant(distant, asked, tier)
        stored = distant.rollups(asked.key, asked.metric, tier, asked.since, asked.until, MAX_WINDOWS + 1)
        if not stored.windows:
            return self._summarise_distant(distant, asked, tier)
        truncated = len(stored.windows) > MAX_WINDOWS
        label = f"{DISTANT}-{tier.label}"
        found = _Found(stored.windows[:MAX_WINDOWS], [label], stored.unit, tier, [], truncated, stored.before)
        begins = from_us(stored.windows[0].start_s * 1_000_000)
        if begins <= asked.since:
            return found
        try:
            early = self._summarise_distant(distant, asked._replace(until=begins), tier)
        except NotFoundError:
            return found
        if not early.windows:
            return found
        return early._replace(
            windows=early.windows + found.windows,
            sources=early.sources + found.sources,
            unit=found.unit or early.unit,
            truncated=early.truncated or found.truncated,
        )

    def _summarise_distant(self, distant: Distant, asked: Question, tier: Tier | None) -> _Found:
        if tier is not None:
            windows = distant.windows(asked.key, asked.metric, tier, asked.since, asked.until, MAX_WINDOWS + 1)
            if windows:
                truncated = len(windows) > MAX_WINDOWS
                units = self._rollups.units(asked.key, asked.metric)
                unit = units[-1] if units else ""
                return _Found(windows[:MAX_WINDOWS], [DISTANT], unit, tier, [], truncated)
        history = distant.history(asked.key, asked.metric, asked.since, asked.until, MAX_READINGS)
        return _summarised(history, tier or asked.step_s, DISTANT)

    def _join_local(self, distant: _Found, asked: Question, tier: Tier | None) -> _Found:
        """What is known here, after what is known there."""
        if asked.since >= asked.until or distant.truncated:
            return distant
        try:
            local = self._find_local(asked, tier)
        except NotFoundError:
            return distant
        return _Found(
            distant.windows + local.windows,
            distant.sources + local.sources,
            local.unit,
            local.width_s,
            distant.missing + local.missing,
            local.truncated,
            distant.before,
        )

    def _before(self, asked: Question, found: _Found) -> float | None:
        """The number that the first step's counter starts from."""
        if found.before is not None or found.width_s not in set(Tier) or asked.aggregate is not Aggregate.INCREASE:
            return found.before
        series = SeriesName(asked.key.site, asked.key.device, asked.metric, found.unit)
        return self._rollups.last_before(series, Tier(found.width_s), to_us(asked.since) // 1_000_000)

    def _begins(self, tier: Tier | None) -> datetime:
        """Since when readings (None) or windows are kept here."""
        days = {
            None: self._kept.keep_raw_days,
            Tier.MINUTE: self._kept.keep_1min_days,
            Tier.QUARTER: self._kept.keep_15min_days,
            Tier.HOUR: self._kept.keep_1h_days,
        }[tier]
        return self._clock.now() - days * _DAY if days else from_us(0)


def find_gaps(windows: Sequence[Rollup], width_s: int, since: datetime, until: datetime) -> Iterator[Gap]:
    """Silences longer than this metric's own: a missing window, and twice the usual time between readings besides."""
    if not windows:
        if since < until:
            yield Gap(since, until)
        return
    spacing_s = [(after.start_s - before.start_s) / max(1, before.count) for before, after in pairwise(windows)]
    longest_s = width_s + 2 * (median(spacing_s) if spacing_s else width_s)
    since_s, until_s = to_us(since) / 1_000_000, to_us(until) / 1_000_000
    edges = [since_s - width_s, *(window.start_s for window in windows), until_s]
    for before_s, after_s in pairwise(edges):
        if after_s - before_s > longest_s:
            yield Gap(from_us(round((before_s + width_s) * 1_000_000)), from_us(round(after_s * 1_000_000)))


def _step(asked: Question) -> int:
    """The step that is used: minutes are whole, so that tiers can answer."""
    step_s = asked.step_s
    if not step_s:
        wanted_s = (asked.until - asked.since).total_seconds() / _WANTED_STEPS
        step_s = next((nice for nice in _NICE_STEPS_S if nice >= wanted_s), _NICE_STEPS_S[-1])
    return step_s if step_s < Tier.MINUTE else -(-step_s // Tier.MINUTE) * Tier.MINUTE


def _summarised(history: History, width_s: int, source: str) -> _Found:
    samples = (Sample(to_us(point.captured_at), point.value, point.quality) for point in history.points)
    windows = list(islice(summarise(samples, width_s), MAX_WINDOWS + 1))
    truncated = history.truncated or len(windows) > MAX_WINDOWS
    return _Found(windows[:MAX_WINDOWS], [source], history.unit, width_s, [], truncated)


def _steps(windows: Sequence[Rollup], aggregate: Aggregate, before: float | None) -> Iterator[HistoryStep]:
    for window in windows:
        yield HistoryStep(
            at=from_us(window.start_s * 1_000_000),
            count=window.count,
            value=_figure(window, aggregate, before),
            minimum=window.minimum,
            maximum=window.maximum,
            good_fraction=window.good_fraction,
            states=tuple(StateTime(share.state, share.duration_us / 1_000_000) for share in window.states),
        )
        before = window.last if window.numbers else before


def _figure(window: Rollup, aggregate: Aggregate, before: float | None) -> float | None:
    if aggregate is Aggregate.INCREASE:
        return window.increase + step_up(before, window.first) if window.numbers else None
    return {
        Aggregate.MEAN: window.mean,
        Aggregate.MIN: window.minimum,
        Aggregate.MAX: window.maximum,
        Aggregate.FIRST: window.first,
        Aggregate.LAST: window.last,
        Aggregate.COUNT: float(window.count),
        Aggregate.GOOD: window.good_fraction,
    }[aggregate]


def _not_had(begins: datetime, error: ShekaraError) -> str:
    return f"what was before {begins:%Y-%m-%d %H:%M} UTC is in InfluxDB, which does not give it: {error.what}"
