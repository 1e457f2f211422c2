"""What happened at a post against what was said of it: one drawing a post. Pure."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from sensors.catalog import PictureState
from sensors.model import Language
from simulators.scoring import words
from simulators.scoring.drawing import GUTTER, PLOT, WIDTH, Drawing, Scale
from simulators.scoring.honesty import MarkedFault, Shown
from simulators.scoring.matching import Judged, Met, Outcome, due
from simulators.scoring.score import Scored
from simulators.scoring.table import POST_TIME
from simulators.truth import Happening

_ROW: Final = 24.0
_LANES: Final = 8
_LETTER: Final = 6.3
"""Pixels, about."""
_MOST_ROWS: Final = 60
_MOST_MARKS: Final = 1500
"""A row with more would be a solid bar, and a page too large to open."""


def sites_of(scored: Scored) -> list[str]:
    """Posts of which there is anything to draw."""
    score = scored.score
    return sorted(
        {happening.site for happening in scored.happenings}
        | {met.expected.site for met in score.expectations}
        | {judged.raised.site for judged in score.raised}
        | {fault.fault.site for fault in score.faults}
    )


def timeline_of(scored: Scored, site: str, language: Language) -> str:
    """The drawing of one post."""
    scale = Scale(scored.score.run.start, scored.score.ends)
    drawing = Drawing()
    drawing.y = 20.0
    _draw_happenings(drawing, scale, [each for each in scored.happenings if each.site == site], language)
    rows = _Rows(scored, site)
    for point in rows.points[:_MOST_ROWS]:
        _draw_point(drawing, scale, point, rows, language)
    for camera in rows.cameras[:_MOST_ROWS]:
        shown = scored.shown.get((site, camera), ())
        _draw_camera(drawing, scale, camera, shown, [each for each in rows.faults if each.fault.camera == camera])
    left = sum(max(0, len(names) - _MOST_ROWS) for names in (rows.points, rows.cameras))
    if left:
        drawing.name(words.MORE.in_language(language).format(left), drawing.y + 15, "muted")
        drawing.y += _ROW
    drawing.ground(list(scale.ticks()), drawing.y)
    return drawing.svg(f"{words.TIMELINE.in_language(language)}: {site}")


class _Rows:
    """What a post's rows hold: alarms by device and name, and cameras that were faulty or wrongly marked."""

    def __init__(self, scored: Scored, site: str) -> None:
        self.met: defaultdict[tuple[str, str], list[Met]] = defaultdict(list)
        self.judged: defaultdict[tuple[str, str], list[Judged]] = defaultdict(list)
        for met in scored.score.expectations:
            if met.expected.site == site:
                self.met[met.expected.device, met.expected.alarm].append(met)
        for judged in scored.score.raised:
            if judged.raised.site == site:
                self.judged[judged.raised.device, judged.raised.alarm].append(judged)
        self.points = sorted(self.met.keys() | self.judged.keys())
        self.faults = [fault for fault in scored.score.faults if fault.fault.site == site]
        faulty = {fault.fault.camera for fault in self.faults}
        self.cameras = sorted(faulty | {camera for (at, camera) in scored.shown if at == site})


def _draw_happenings(drawing: Drawing, scale: Scale, happenings: list[Happening], language: Language) -> None:
    """Each in the first lane that is free; when there is none, over the last."""
    free: list[float] = []
    top = drawing.y
    for happening in happenings[:_MOST_MARKS]:
        left, right = scale.x(happening.at), scale.x(happening.until or scale.until)
        width = max(right - left, 3.0)
        taken = max(width, _LETTER * len(happening.what) + 12)
        lane = next((number for number, until in enumerate(free) if until <= left), len(free))
        lane = min(lane, _LANES - 1)
        free[lane : lane + 1] = [left + taken]
        y = top + lane * _ROW
        seen = ", ".join((*happening.sensors, *happening.cameras))
        hint = f"{_span(happening.at, happening.until)} {happening.what}: {seen}"
        drawing.box(left, y + 3, width, _ROW - 6, "happening", hint)
        drawing.text(min(left + 4, WIDTH - taken), y + 16, happening.what, "inner")
    if happenings:
        drawing.name(words.HAPPENED.in_language(language), top + 16, "name strong")
    drawing.y = top + max(1, len(free)) * _ROW * bool(happenings) + 6


def _draw_point(drawing: Drawing, scale: Scale, point: tuple[str, str], rows: _Rows, language: Language) -> None:
    y = drawing.y
    drawing.name(f"{point[0]}  {point[1]}", y + 16)
    drawing.line(GUTTER, y + _ROW / 2, GUTTER + PLOT, y + _ROW / 2, "rule")
    for met in rows.met[point][:_MOST_MARKS]:
        expected = met.expected
        said = words.OUTCOMES[met.outcome].in_language(language)
        left, right = scale.x(expected.at), scale.x(due(expected))
        drawing.box(left, y + 9, scale.x(max(expected.until, expected.at)) - left, _ROW - 18, "cause")
        drawing.box(left, y + 4, max(3.0, right - left), _ROW - 8, f"due {met.outcome}", f"{said}: {expected.of}")
        if met.outcome is Outcome.MISSED:
            drawing.text(left, y + 16, "!", "mark missed", f"{said}: {expected.of}")
    for judged in rows.judged[point][:_MOST_MARKS]:
        at = judged.raised.at
        said = words.VERDICTS[judged.verdict].in_language(language)
        because = " ".join(part for part in (judged.of, judged.reason) if part)
        drawing.line(scale.x(at), y + _ROW / 2, scale.x(judged.ended_at or scale.until), y + _ROW / 2, "standing")
        drawing.mark(scale.x(at), y + 16, judged.verdict, f"{_moment(at)} {said} {because}")
    drawing.y += _ROW


def _draw_camera(
    drawing: Drawing, scale: Scale, camera: str, shown: tuple[Shown, ...], faults: list[MarkedFault]
) -> None:
    y = drawing.y
    drawing.name(f"{camera}  picture", y + 16)
    for marked in faults:
        fault = marked.fault
        left, right = scale.x(fault.at), scale.x(fault.until)
        drawing.box(left, y + 2, right - left, _ROW - 4, "faulty", f"{_span(fault.at, fault.until)} {fault.fault}")
        x = scale.x(fault.at + timedelta(seconds=fault.within_s))
        drawing.line(x, y + 2, x, y + _ROW - 2, "limit")
    for each in shown[:_MOST_MARKS]:
        kind = "live" if each.state is PictureState.LIVE else "marked"
        left, right = scale.x(each.span.since), scale.x(each.span.until)
        drawing.box(left, y + 9, right - left, _ROW - 18, kind, f"{_span(*each.span)} {each.state}")
    drawing.y += _ROW


def _span(since: datetime, until: datetime | None) -> str:
    return f"{_moment(since)}-{_moment(until)}" if until is not None else _moment(since)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(POST_TIME):%H:%M:%S}"
