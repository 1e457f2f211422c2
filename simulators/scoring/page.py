"""A score as one page of HTML: whole in itself, without scripts, and asking nobody for anything. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from sensors.model import Language, Names
from simulators.scoring import words
from simulators.scoring.drawing import MARKS
from simulators.scoring.matching import Outcome, Verdict
from simulators.scoring.plots import honesty_of, latencies_of
from simulators.scoring.score import Score, Scored, Tally
from simulators.scoring.style import STYLE
from simulators.scoring.table import POST_TIME, headline, wall_lines
from simulators.scoring.timeline import sites_of, timeline_of

_LISTED: Final = 200
_DRAWN: Final = 24
"""Posts with a timeline."""


def page_of(scored: Scored, language: Language) -> str:
    """The whole page."""
    return "\n".join(_page(scored, language))


def _page(scored: Scored, language: Language) -> Iterator[str]:
    score = scored.score

    def say(text: Names) -> str:
        return escape(text.in_language(language))

    yield f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>{say(words.TITLE)}: {escape(score.run.scenario)}</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{say(words.TITLE)}</h1>"
    yield f'<p class="muted">{escape(headline(score.run, score.ends, language))}</p>'
    if score.run.sha256:
        yield f'<p class="muted stream">{say(words.STREAM)} {escape(score.run.sha256)}</p>'
    yield f"<p>{say(words.HELD if score.holds else words.NOT_HELD)}</p>"
    yield from _figures(score, language)
    yield f"<h2>{say(words.ALARMS)}</h2>"
    yield from _table(score, language)
    yield f"<h2>{say(words.TIMELINE)}</h2>"
    yield f'<p class="legend">{say(words.TIMES_IN)}</p>{_key(language)}'
    sites = sites_of(scored)
    for site in sites[:_DRAWN]:
        yield f"<h3>{escape(site)}</h3>\n{_panel(timeline_of(scored, site, language))}"
    yield from _more(len(sites) - _DRAWN, language)
    if latencies := latencies_of(scored, language):
        yield f'<h2>{say(words.LATENCY)}</h2>\n<p class="legend">{say(words.LATENCY_NOTE)}</p>\n{_panel(latencies)}'
    yield f"<h2>{say(words.HONESTY)}</h2>"
    yield from (f"<p>{escape(line)}</p>" for line in wall_lines(score.wall, language))
    if honesty := honesty_of(scored, language):
        swatches = (
            _swatch("marked", say(words.SHARE_MARKED)),
            _swatch("untrue", say(words.SHARE_LIVE)),
            _swatch("limit", say(words.DUE)),
        )
        yield f'<p class="legend key">{"".join(swatches)}</p>\n{_panel(honesty)}'
    yield from _missed(score, language)
    yield from _false(score, language)
    yield "</body>\n</html>\n"


def _figures(score: Score, language: Language) -> Iterator[str]:
    total, wall = score.total, score.wall
    honesty = "-" if wall.honesty is None else f"{wall.honesty:.0%}"
    figures = (
        (str(total.expected), words.EXPECTED, ""),
        (str(total.detected), words.OUTCOMES[Outcome.DETECTED], ""),
        (str(total.missed), words.OUTCOMES[Outcome.MISSED], "bad" if total.missed else ""),
        (str(total.false), words.FALSE_LIST, "bad" if total.false else ""),
        (str(total.nuisance), words.VERDICTS[Verdict.NUISANCE], ""),
        (honesty, words.HONESTY, "fair" if wall.overdue_s else ""),
    )
    yield '<div class="figures">'
    for value, name, kind in figures:
        text = escape(name.in_language(language).lower())
        yield f'<div class="figure {kind}"><b>{value}</b><span>{text}</span></div>'
    yield "</div>"


def _table(score: Score, language: Language) -> Iterator[str]:
    heads = (
        words.ALARM,
        words.EXPECTED,
        words.OUTCOMES[Outcome.DETECTED],
        words.OUTCOMES[Outcome.MISSED],
        words.OUTCOMES[Outcome.STANDING],
        words.VERDICTS[Verdict.LATE],
        words.FALSE_LIST,
        words.VERDICTS[Verdict.NUISANCE],
        words.VERDICTS[Verdict.REPEATED],
        Names(en="p50"),
        Names(en="p95"),
        words.LONGEST,
    )
    cells = "".join(f"<th>{escape(head.in_language(language).lower())}</th>" for head in heads)
    yield f'<div class="scroll"><table>\n<tr>{cells}</tr>'
    for entry in score.alarms:
        yield _tally(entry.alarm, entry.tally)
    yield _tally(words.TOTAL.in_language(language), score.total, "total")
    yield "</table></div>"


def _tally(name: str, tally: Tally, kind: str = "") -> str:
    counts = (
        (tally.expected, False),
        (tally.detected, False),
        (tally.missed, True),
        (tally.standing, False),
        (tally.late, False),
        (tally.false, True),
        (tally.nuisance, False),
        (tally.repeated, False),
    )
    cells = [f"<td{' class=bad' if bad and count else ''}>{count or '·'}</td>" for count, bad in counts]
    times = tally.latency
    values = () if times is None else (times.p50_s, times.p95_s, times.max_s)
    cells += [f"<td>{value:.1f}</td>" for value in values] or ["<td>·</td>"] * 3
    return f'<tr class="{kind}"><td>{escape(name)}</td>{"".join(cells)}</tr>'


def _key(language: Language) -> str:
    marks = (
        f"<i>{mark} {escape(words.VERDICTS[verdict].in_language(language))}</i>" for verdict, mark in MARKS.items()
    )
    missed = f"<i>! {escape(words.OUTCOMES[Outcome.MISSED].in_language(language))}</i>"
    awaited = f"<i>▭ {escape(words.AWAITED.in_language(language))}</i>"
    return f'<p class="legend key">{"".join(marks)}{missed}{awaited}</p>'


def _missed(score: Score, language: Language) -> Iterator[str]:
    rows = [
        (met.expected.at, met.expected.site, met.expected.device, met.expected.alarm, met.expected.of)
        for met in score.expectations
        if met.outcome is Outcome.MISSED
    ]
    cells = [(f"{at.astimezone(POST_TIME):%H:%M:%S}", *rest) for at, *rest in rows]
    yield from _list(words.MISSED_LIST, cells, language)


def _false(score: Score, language: Language) -> Iterator[str]:
    cells = [
        (
            f"{each.raised.at.astimezone(POST_TIME):%H:%M:%S}",
            each.raised.site,
            each.raised.device,
            each.raised.alarm,
        )
        for each in score.raised
        if each.verdict is Verdict.FALSE
    ]
    yield from _list(words.FALSE_LIST, cells, language)


def _list(title: Names, rows: Sequence[tuple[str, ...]], language: Language) -> Iterator[str]:
    yield f"<h2>{escape(title.in_language(language))}</h2>"
    if not rows:
        yield f'<p class="muted">{escape(words.NONE.in_language(language))}</p>'
        return
    heads = (words.AT, words.SITE, words.DEVICE, words.ALARM, words.BECAUSE)[: len(rows[0])]
    yield '<div class="scroll"><table class="list">'
    yield f"<tr>{_cells('th', (head.in_language(language) for head in heads))}</tr>"
    for row in rows[:_LISTED]:
        yield f"<tr>{_cells('td', row)}</tr>"
    yield "</table></div>"
    yield from _more(len(rows) - _LISTED, language)


def _more(left: int, language: Language) -> Iterator[str]:
    if left > 0:
        yield f'<p class="muted">{escape(words.MORE.in_language(language).format(left))}</p>'


def _cells(tag: str, texts: Iterable[str]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


def _panel(drawing: str) -> str:
    return f'<div class="panel scroll">{drawing}</div>'


def _swatch(kind: str, text: str) -> str:
    return f'<i><span class="swatch {kind}"></span>{text}</i>'
