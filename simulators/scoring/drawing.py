"""SVG as text: a drawing that grows downwards, its shapes escaped, each with a hint for the pointer. Pure."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape
from typing import Final, NamedTuple

from simulators.scoring.matching import Verdict
from simulators.scoring.table import POST_TIME

WIDTH: Final = 1120
GUTTER: Final = 250
"""Where names are; the rest is time or share."""
PLOT: Final = WIDTH - GUTTER - 30
_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200)
_DAY_S: Final = 86_400
_MOST_TICKS: Final = 9
MARKS: Final[dict[Verdict, str]] = {
    Verdict.DETECTED: "●",
    Verdict.LATE: "◆",
    Verdict.REPEATED: "○",
    Verdict.NUISANCE: "▽",
    Verdict.EXPLAINED: "□",
    Verdict.FALSE: "✕",
}
"""Shapes say the same as colours do."""


class Scale(NamedTuple):
    """A span of time over the width of a plot."""

    since: datetime
    until: datetime

    def x(self, at: datetime) -> float:
        """Pixels from the drawing's left edge; what lies outside is put at the edge."""
        whole_s = max(1e-3, (self.until - self.since).total_seconds())
        share = (at - self.since).total_seconds() / whole_s
        return GUTTER + PLOT * min(1.0, max(0.0, share))

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Round moments of the posts' time, and their words."""
        whole_s = (self.until - self.since).total_seconds()
        step_s = next((step for step in _STEPS_S if whole_s / step <= _MOST_TICKS), _days(whole_s))
        form = "%Y-%m-%d" if step_s >= _DAY_S else "%H:%M" if step_s >= 60 else "%H:%M:%S"
        local = self.since.astimezone(POST_TIME)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        passed = int((local - midnight).total_seconds() // step_s) + 1
        at = midnight + timedelta(seconds=passed * step_s)
        while at < self.until:
            yield self.x(at), f"{at:{form}}"
            at += timedelta(seconds=step_s)


class Drawing:
    """Shapes in order; `y` is where the next row begins."""

    def __init__(self) -> None:
        self.y = 0.0
        self._shapes: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, kind: str, hint: str = "") -> None:
        """A rectangle, at least a pixel wide."""
        size = f'x="{x:.1f}" y="{y:.1f}" width="{max(1.0, width):.1f}" height="{height:.1f}"'
        self._shapes.append(f'<rect {size} class="{kind}">{_hint(hint)}</rect>')

    def line(self, x: float, y: float, to_x: float, to_y: float, kind: str) -> None:
        """A stroke."""
        self._shapes.append(f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" class="{kind}"/>')

    def text(self, x: float, y: float, words: str, kind: str = "", hint: str = "") -> None:
        """Words whose baseline begins at a point."""
        self._shapes.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}{_hint(hint)}</text>')

    def mark(self, x: float, y: float, verdict: Verdict, hint: str) -> None:
        """An alarm, in the middle of a point."""
        self.text(x, y, MARKS[verdict], f"mark {verdict}", hint)

    def name(self, words: str, y: float, kind: str = "name") -> None:
        """A row's name, in the gutter; one that is too long is cut, and whole in its hint."""
        most = 38
        self.text(0, y, words if len(words) <= most else words[: most - 1] + "…", kind, words)

    def ground(self, marks: list[tuple[float, str]], height: float) -> None:
        """Lines down the whole plot, with a word at the top of each; put below everything that was drawn."""
        shapes, self._shapes = self._shapes, []
        for x, words in marks:
            self.line(x, 14, x, height, "rule")
            self.text(x, 10, words, "tick")
        self._shapes += shapes

    def svg(self, label: str) -> str:
        """The whole of it."""
        height = max(1.0, self.y)
        head = f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label, quote=True)}">'
        return head + "".join(self._shapes) + "</svg>"


def _days(whole_s: float) -> int:
    return _DAY_S * math.ceil(whole_s / _DAY_S / _MOST_TICKS)


def _hint(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""
