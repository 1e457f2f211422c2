"""Values, ages, times and bands as text. Pure."""

import math
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from hub.protocol import MetricView
from sensors.model import Condition, Limit, Metric, Quality, Value
from tui.config import GlyphLevel
from tui.glyphs import Tone
from tui.lines import Piece, Pieces
from tui.strings import Words

_NUMERIC: Final = (Condition.ABOVE, Condition.BELOW)


def shown_number(number: float) -> str:
    """A number in at most four significant figures, whole ones whole, with spaces between thousands."""
    if not math.isfinite(number):
        return str(number)
    if isinstance(number, int) or number == int(number):
        return f"{int(number):,}".replace(",", " ") if abs(number) < 1e15 else f"{number:.4g}"
    size = abs(number)
    decimals = 0 if size >= 1000 else 1 if size >= 10 else 2
    if size < 0.01:
        return f"{number:.2g}"
    text = f"{number:,.{decimals}f}".replace(",", " ")
    return text.rstrip("0").rstrip(".") if decimals else text


def shown_value(value: Value, unit: str, words: Words) -> str:
    """A value with its unit, in the reader's language."""
    if isinstance(value, bool):
        return words("value.true" if value else "value.false")
    text = shown_number(value) if isinstance(value, (int, float)) else words.state(value)
    unit_text = words.unit(unit)
    return f"{text} {unit_text}" if unit_text else text


def shown_age(age_s: float, words: Words) -> str:
    """An age in its largest whole unit, so that it changes no oftener than it must."""
    age_s = max(0, int(age_s))
    for key, size_s in (("age.d", 86_400), ("age.h", 3600), ("age.min", 60)):
        if age_s >= size_s:
            return words(key, n=age_s // size_s)
    return words("age.s", n=age_s)


def shown_time(at: datetime, zone: ZoneInfo) -> str:
    """Time of day in the site's zone, to the second."""
    return f"{_local(at, zone):%H:%M:%S}"


def shown_minute(at: datetime, zone: ZoneInfo) -> str:
    """Day and time of day in the site's zone, to the minute."""
    return f"{_local(at, zone):%d.%m %H:%M}"


def shown_moment(at: datetime, zone: ZoneInfo) -> str:
    """Date and time in the site's zone."""
    return f"{_local(at, zone):%d.%m.%Y %H:%M:%S}"


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """A moment in the site's zone; in the first and the last hours of all, which a mad clock may name, as it is."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


def breached(limit: Limit, value: Value) -> bool:
    """Whether a value is at this moment beyond a limit; delays and deadband are the hub's business."""
    match limit.condition:
        case Condition.EQUALS:
            return value == limit.bound
        case Condition.DIFFERS:
            return value != limit.bound
    number, bound = _number(value), _number(limit.bound)
    if number is None or bound is None:
        return False
    return number > bound if limit.condition is Condition.ABOVE else number < bound


def tone_of(metric: Metric | None, view: MetricView, *, stale: bool) -> Tone:
    """How loudly a value is drawn: by the most urgent limit that it is beyond."""
    if stale:
        return Tone.STALE
    if view.quality is not Quality.GOOD:
        return Tone.FAULT
    beyond = [limit.priority for limit in metric.limits if breached(limit, view.value)] if metric else []
    return Tone(max(beyond, key=lambda priority: priority.rank).value) if beyond else Tone.NORMAL


def span_of(metric: Metric) -> tuple[float, float] | None:
    """The range a band is drawn over: the plausible one, else one around the limits, else none."""
    bounds = [number for limit in metric.limits if (number := _limit_number(limit)) is not None]
    low, high = metric.minimum, metric.maximum
    if low is not None and high is not None and bounds and high - low > 4 * max(1e-9, *map(abs, bounds)):
        high = None
    if high is None and bounds:
        high = max(bounds) + 0.5 * (abs(max(bounds)) or 1.0)
    if low is None and bounds:
        low = min(0.0, min(bounds) - 0.5 * abs(min(bounds)))
    if low is None or high is None or not low < high or not math.isfinite(high - low):
        return None
    return low, high


def band(metric: Metric, value: Value, width: int, level: GlyphLevel, tone: Tone) -> Pieces:
    """A value's place in its range: calm where it belongs, hatched beyond each limit, a mark where it is."""
    span, number = span_of(metric), _number(value)
    if span is None or number is None or width < 4:
        return ()
    calm, beyond, mark = ("-", "#", "o") if level is GlyphLevel.ASCII else ("─", "▒", "●")
    low, high = span
    cells = [calm] * width
    for limit in metric.limits:
        bound = _limit_number(limit)
        if bound is None:
            continue
        at = _cell(bound, low, high, width)
        reach = range(at, width) if limit.condition is Condition.ABOVE else range(at + 1)
        for cell in reach:
            cells[cell] = beyond
    here = _cell(number, low, high, width)
    return (
        Piece("".join(cells[:here]), Tone.MUTED),
        Piece(mark, Tone.STRONG if tone is Tone.NORMAL else tone),
        Piece("".join(cells[here + 1 :]), Tone.MUTED),
    )


def _cell(number: float, low: float, high: float, width: int) -> int:
    share = min(1.0, max(0.0, (number - low) / (high - low)))
    return min(width - 1, int(share * width))


def _limit_number(limit: Limit) -> float | None:
    return _number(limit.bound) if limit.condition in _NUMERIC else None


def _number(value: Value) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
