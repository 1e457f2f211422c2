"""A plot of lines as SVG, readable on light and dark pages."""

from math import ceil
from typing import NamedTuple

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 48, 52
_COLOURS = ("#2f7fd1", "#d9822b", "#4d9e5c", "#a463b0")
_STEPS = 5


class Line(NamedTuple):
    """A name and its points, from left to right."""

    name: str
    points: tuple[tuple[float, float], ...]


def plot(title: str, axes: tuple[str, str], lines: list[Line]) -> str:
    """Both axes begin at nought."""
    most_x = max(x for line in lines for x, _ in line.points)
    most_y = ceil(max(y for line in lines for _, y in line.points) * 10) / 10
    across, down = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return round(_LEFT + across * x / most_x, 1), round(_TOP + down * (1 - y / most_y), 1)

    parts = [_text(_WIDTH / 2, 24, title, "middle", 15)]
    for step in range(_STEPS + 1):
        value = most_y * step / _STEPS
        y = place(0, value)[1]
        parts.append(
            f'<line x1="{_LEFT}" y1="{y}" x2="{_WIDTH - _RIGHT}" y2="{y}" stroke="#8a94a0" stroke-opacity="0.35"/>'
        )
        parts.append(_text(_LEFT - 8, y + 4, f"{value:.2g}", "end", 12))
    marks = sorted({x for line in lines for x, _ in line.points})
    parts += [_text(place(x, 0)[0], _HEIGHT - _BOTTOM + 18, f"{x:g}", "middle", 12) for x in marks]
    parts.append(_text(_WIDTH / 2, _HEIGHT - 12, axes[0], "middle", 13))
    turned = f'transform="rotate(-90 16 {_HEIGHT / 2})"'
    parts.append(_text(16, _HEIGHT / 2, axes[1], "middle", 13, turned))
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [place(x, y) for x, y in line.points]
        path = " ".join(f"{x},{y}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in points]
        legend_y = _TOP + 14 + 20 * number
        parts.append(f'<rect x="{_LEFT + 14}" y="{legend_y - 10}" width="14" height="10" fill="{colour}"/>')
        parts.append(_text(_LEFT + 36, legend_y, line.name, "start", 13))
    body = "\n".join(parts)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">'
    return f"{head}\n{body}\n</svg>\n"


def _text(x: float, y: float, text: str, anchor: str, size: int, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" fill="#7b8794" {more}>{text}</text>'
