"""How soon alarms came, and how honest walls were, as drawings. Pure."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sensors.catalog import PictureState
from sensors.model import Language
from simulators.scoring import words
from simulators.scoring.drawing import GUTTER, PLOT, Drawing
from simulators.scoring.honesty import MarkedFault, Shown
from simulators.scoring.matching import Met
from simulators.scoring.score import Scored, spread

_ROW: Final = 26.0
_MOST: Final = 120
_MOST_DOTS: Final = 1500
_BAR: Final = PLOT - 240
"""Beside it there is room for words."""


def latencies_of(scored: Scored, language: Language) -> str:
    """A row an alarm: each latency a dot, half and 19 of 20 as lines, and the longest that was allowed; "" of none."""
    by_alarm: defaultdict[str, list[Met]] = defaultdict(list)
    for met in scored.score.expectations:
        if met.latency_s is not None:
            by_alarm[met.expected.alarm].append(met)
    if not by_alarm:
        return ""
    every = [met for known in by_alarm.values() for met in known]
    most_s = max(1.0, *(max(met.latency_s or 0.0, met.expected.within_s) for met in every)) * 1.05

    def x(seconds: float) -> float:
        return GUTTER + PLOT * seconds / most_s

    drawing = Drawing()
    drawing.y = 20.0
    for alarm, known in sorted(by_alarm.items())[:_MOST]:
        _draw_latencies(drawing, alarm, known, x)
    step_s = _step(most_s)
    marks = [(x(number * step_s), f"{number * step_s:g}") for number in range(int(most_s / step_s) + 1)]
    drawing.ground(marks, drawing.y)
    return drawing.svg(words.LATENCY.in_language(language))


def honesty_of(scored: Scored, language: Language) -> str:
    """A bar a fault, as long as the fault: what was marked, what was shown as live, and when it was due; "" of none."""
    faults = scored.score.faults
    if not faults:
        return ""
    drawing = Drawing()
    drawing.y = 4.0
    for marked in faults[:_MOST]:
        _draw_fault(drawing, marked, scored.shown.get((marked.fault.site, marked.fault.camera), ()), language)
    if len(faults) > _MOST:
        drawing.name(words.MORE.in_language(language).format(len(faults) - _MOST), drawing.y + 16, "muted")
        drawing.y += _ROW
    return drawing.svg(words.HONESTY.in_language(language))


def _draw_latencies(drawing: Drawing, alarm: str, known: list[Met], x: Callable[[float], float]) -> None:
    y = drawing.y
    drawing.name(f"{alarm}  ({len(known)})", y + 17)
    within_s = max(met.expected.within_s for met in known)
    drawing.box(GUTTER, y + 6, x(within_s) - GUTTER, _ROW - 12, "allowed")
    for met in known[:_MOST_DOTS]:
        latency_s = met.latency_s or 0.0
        hint = f"{met.expected.site}/{met.expected.device}: {latency_s:.1f} ({met.expected.of})"
        drawing.text(x(latency_s), y + 17, "●", "mark dot", hint)
    times = spread(met.latency_s for met in known if met.latency_s is not None)
    if times is not None:
        for value_s, kind in ((times.p50_s, "half"), (times.p95_s, "most")):
            drawing.line(x(value_s), y + 3, x(value_s), y + _ROW - 3, kind)
    drawing.y += _ROW


def _draw_fault(drawing: Drawing, marked: MarkedFault, shown: tuple[Shown, ...], language: Language) -> None:
    y, fault = drawing.y, marked.fault
    drawing.name(f"{fault.site}/{fault.camera}  {fault.fault}", y + 17)
    whole_s = max(1e-3, marked.faulty_s)
    began = fault.until - timedelta(seconds=marked.faulty_s) if marked.faulty_s else fault.at
    began = max(began, fault.at)
    for each in shown:
        since_s = max(0.0, (each.span.since - began).total_seconds())
        until_s = min(whole_s, (each.span.until - began).total_seconds())
        if until_s > since_s:
            kind = "untrue" if each.state is PictureState.LIVE else "marked"
            left = GUTTER + _BAR * since_s / whole_s
            drawing.box(left, y + 6, _BAR * (until_s - since_s) / whole_s, _ROW - 12, kind, f"{each.state}")
    if fault.within_s < whole_s:
        x = GUTTER + _BAR * fault.within_s / whole_s
        drawing.line(x, y + 2, x, y + _ROW - 2, "limit")
    after = words.NEVER.in_language(language) if marked.after_s is None else f"{marked.after_s:.1f}"
    unit = words.SECONDS.in_language(language)
    share = marked.marked_s / whole_s if marked.faulty_s else 0.0
    drawing.text(GUTTER + _BAR + 12, y + 17, f"{after} / {marked.faulty_s:.0f} {unit}, {share:.0%}", "name")
    drawing.y += _ROW


def _step(most_s: float) -> float:
    return next(
        (step for step in (0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800) if most_s / step <= 12), 3600
    )
