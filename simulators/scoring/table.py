"""A score as plain text, readable at 80 columns."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from sensors.model import Language, Names
from simulators.scoring import words
from simulators.scoring.score import Score, Spread, Tally, WallTally
from simulators.truth import Run

WIDTH = 80
POST_TIME = timezone(timedelta(hours=5))
"""One zone all over the country."""
_NAME, _COUNTS, _TIME = 24, (5, 6, 7, 5, 6, 6), 7
_LISTED = 20


def table_of(score: Score, language: Language) -> str:
    """The score as text; lists of what was missed and false are cut short."""
    return "\n".join(_lines(score, language)) + "\n"


def headline(run: Run, ends: datetime, language: Language) -> str:
    """Scenario, seed, span and pace of a run."""
    began, ended = run.start.astimezone(POST_TIME), ends.astimezone(POST_TIME)
    last = f"{ended:%H:%M:%S}" if began.date() == ended.date() else f"{ended:%Y-%m-%d %H:%M:%S}"
    parts = [
        run.scenario,
        f"{words.SEED.in_language(language)} {run.seed}",
        f"{began:%Y-%m-%d %H:%M:%S} - {last} UTC+5",
        pace(run.speed, language),
    ]
    return ", ".join(parts if run.until is not None else [*parts, words.CUT_OFF.in_language(language)])


def pace(speed: float, language: Language) -> str:
    """How fast time went."""
    if speed == 0:
        return words.FIXED_CLOCK.in_language(language)
    if speed == 1:
        return words.REAL_TIME.in_language(language)
    return words.SPEED.in_language(language).format(f"{speed:g}")


def wall_lines(wall: WallTally, language: Language) -> list[str]:
    """What is to be said of walls, a sentence each."""

    def say(text: Names, *values: object) -> str:
        return text.in_language(language).format(*values)

    lines = [say(words.NOTHING_FAULTY)]
    if wall.honesty is not None:
        lines = [say(words.MARKED, wall.honesty, wall.faulty_s)]
        if wall.within is not None:
            lines.append(say(words.WITHIN, wall.within.p50_s, wall.within.p95_s, wall.within.max_s))
        lines.append(say(words.OVERDUE, wall.overdue_s, wall.unmarked))
    lines.append(say(words.HEALTHY, wall.wrongly_marked_s, wall.healthy_s))
    if wall.unwatched:
        lines.append(say(words.UNWATCHED, wall.unwatched))
    return lines


def _lines(score: Score, language: Language) -> Iterator[str]:
    yield headline(score.run, score.ends, language)
    if score.run.sha256:
        yield f"{words.STREAM.in_language(language)} {score.run.sha256}"
    yield ""
    heads = [head.in_language(language) for head in words.SHORT]
    times = ["p50", "p95", words.LONGEST.in_language(language)]
    yield _row(words.ALARM.in_language(language), heads, times)
    yield "-" * WIDTH
    for entry in score.alarms:
        yield from _tally(entry.alarm, entry.tally)
    yield "-" * WIDTH
    yield from _tally(words.TOTAL.in_language(language), score.total)
    yield words.SHORT_LEGEND.in_language(language)
    yield ""
    yield f"{words.HONESTY.in_language(language)}:"
    yield from (f"  {line}" for line in wall_lines(score.wall, language))
    yield from _list(words.MISSED_LIST, list(_missed(score)), language)
    yield from _list(words.FALSE_LIST, list(_false(score)), language)


def _tally(name: str, tally: Tally) -> Iterator[str]:
    """A name that is too long has a line of its own."""
    if len(name) >= _NAME:
        yield name
        name = ""
    counts = (tally.expected, tally.detected, tally.missed, tally.late, tally.false, tally.nuisance)
    yield _row(name, [str(count) if count else "." for count in counts], _times(tally.latency))


def _row(name: str, counts: list[str], times: list[str]) -> str:
    cells = [f"{count:>{width}}" for count, width in zip(counts, _COUNTS, strict=True)]
    return f"{name:<{_NAME}}" + "".join(cells) + "".join(f"{time:>{_TIME}}" for time in times)


def _times(latency: Spread | None) -> list[str]:
    if latency is None:
        return ["."] * 3
    return [f"{value:.1f}" for value in (latency.p50_s, latency.p95_s, latency.max_s)]


def _missed(score: Score) -> Iterator[str]:
    for met in score.expectations:
        if met.outcome == "missed":
            expected = met.expected
            yield f"{_clock(expected.at)} {expected.site}/{expected.device} {expected.alarm} ({expected.of})"


def _false(score: Score) -> Iterator[str]:
    for judged in score.raised:
        if judged.verdict == "false":
            raised = judged.raised
            yield f"{_clock(raised.at)} {raised.site}/{raised.device} {raised.alarm}"


def _list(title: Names, entries: list[str], language: Language) -> Iterator[str]:
    if entries:
        yield ""
        yield f"{title.in_language(language)}:"
        yield from (f"  {entry}" for entry in entries[:_LISTED])
        if len(entries) > _LISTED:
            yield f"  {words.MORE.in_language(language).format(len(entries) - _LISTED)}"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(POST_TIME):%H:%M:%S}"
