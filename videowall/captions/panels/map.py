"""The border with its sites, coloured and shaped by how they stand."""

import math
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from videowall.board import SiteCondition
from videowall.captions.palette import CANVAS, CONDITIONS, EMPTY, FAINT, QUIET, TEXT, Colour, mixed, rgb
from videowall.captions.panels.face import MapFace, MapPoint
from videowall.captions.panels.lines import begin, line
from videowall.captions.panels.lists import SIGNS
from videowall.captions.panels.outline import Degrees, Outline, read_outline
from videowall.captions.plate import Run, Type
from videowall.captions.sheet import REGULAR, STRONG, Patch, Point, Sheet
from videowall.picture import Rect

_LAND: Final = rgb(0x1B2129)
_WATER: Final = rgb(0x12283A)
_BORDER: Final = rgb(0x5E6B79)
_LEAST_SPAN: Final = 3.0
"""Of latitude: a single post is still shown with what is around it."""
_AROUND: Final = 1.35
_LIST_SHARE: Final = 0.34
_GRAVITY: Final = (SiteCondition.NORMAL, SiteCondition.DEGRADED, SiteCondition.UNREACHABLE, SiteCondition.ALARM)


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        return not (
            self.right <= other.left or other.right <= self.left or self.bottom <= other.top or other.bottom <= self.top
        )


def draw_map(rect: Rect, face: MapFace, unit: float, indent: int) -> tuple[Patch, ...]:
    """Map on the left, sites without a position beside it."""
    page = begin(rect, face.title, face.notice, unit, indent)
    room, letters = page.room, page.letters
    beside = round(room.width * _LIST_SHARE) & ~1 if face.unplaced else 0
    area = Rect(room.x, room.y, room.width - beside, room.height)
    patches = [*page.patches, _draw(area, face, letters)]
    if beside:
        patches.extend(_list(Rect(area.right, room.y, beside, room.height), face, letters))
    return tuple(patches)


def _list(room: Rect, face: MapFace, letters: Type) -> Iterable[Patch]:
    width = room.width - 2 * letters.margin
    heading = Sheet.shorten(face.heading, letters.size, width)
    yield line(room, room.y, letters, (Run(heading, FAINT, gap=letters.margin),))
    fits = room.height // letters.height - 1
    shown = face.unplaced if len(face.unplaced) <= fits else face.unplaced[: fits - 1]
    y = room.y
    for row in shown:
        y += letters.height
        name = Sheet.shorten(row.name, letters.size, width - 2 * letters.size)
        sign = Run(SIGNS[row.condition], CONDITIONS[row.condition], gap=letters.margin)
        yield line(room, y, letters, (sign, Run(name, TEXT, gap=letters.size // 2)))
    if len(shown) < len(face.unplaced):
        hidden = Run(f"+{len(face.unplaced) - len(shown)}", QUIET, gap=letters.margin)
        yield line(room, y + letters.height, letters, (hidden,))


def _draw(area: Rect, face: MapFace, letters: Type) -> Patch:
    outline = read_outline()
    project = _projection(face.points, outline, area)
    sheet = Sheet(area, EMPTY)
    for country in outline.countries:
        sheet.shape([project(corner) for corner in country], _LAND)
    for lake in outline.lakes:
        sheet.shape([project(corner) for corner in lake], _WATER)
    thick = max(1, letters.size // 8)
    for country in outline.countries:
        sheet.line([project(corner) for corner in country], _BORDER, thick, closed=True)
    radius = letters.size * 0.42
    taken = [_around(project((point.longitude, point.latitude)), radius) for point in face.points]
    small = max(8, round(letters.size * 0.72))
    foot = Sheet.shorten(face.source, small, area.width - 2 * letters.margin)
    taken.append(_Box(0, area.height - 2 * small, Sheet.width_of(foot, small) + 2 * letters.margin, area.height))
    for point in sorted(face.points, key=lambda point: _GRAVITY.index(point.condition)):
        colour = CONDITIONS[point.condition]
        colour = mixed(colour, EMPTY, 0.55) if face.notice else colour
        _mark(sheet, project((point.longitude, point.latitude)), point.condition, colour, radius)
    for point in sorted(face.points, key=lambda point: -_GRAVITY.index(point.condition)):
        calm = point.condition is SiteCondition.NORMAL
        place = project((point.longitude, point.latitude))
        _name(sheet, place, radius, point.name, letters.size, area, taken, QUIET if calm else TEXT, STRONG)
    for town in outline.towns:
        place = project(town.place)
        if 0 < place[0] < area.width and 0 < place[1] < area.height:
            sheet.disc(*place, max(1.5, radius / 4), FAINT)
            name = town.names.in_language(face.language)
            _name(sheet, place, radius / 4, name, small, area, taken, FAINT, REGULAR)
    sheet.panel(Rect(0, area.height - 2 * small, Sheet.width_of(foot, small) + 2 * letters.margin, 2 * small), EMPTY)
    sheet.text(letters.margin, area.height - round(small * 0.7), foot, FAINT, small)
    return sheet.finish()


def _mark(sheet: Sheet, place: Point, condition: SiteCondition, colour: Colour, radius: float) -> None:
    """The condition as a colour and as a shape."""
    x, y = place
    sheet.disc(x, y, radius * 1.45, CANVAS)
    if condition in {SiteCondition.ALARM, SiteCondition.DEGRADED}:
        high = radius * 1.15
        corners = [(x, y - high), (x + high, y + high * 0.85), (x - high, y + high * 0.85)]
        sheet.shape(corners, colour)
        if condition is SiteCondition.DEGRADED:
            sheet.disc(x, y + high * 0.2, radius * 0.42, CANVAS)
        return
    sheet.disc(x, y, radius, colour)
    if condition is SiteCondition.UNREACHABLE:
        sheet.disc(x, y, radius * 0.6, CANVAS)


def _name(
    sheet: Sheet,
    place: Point,
    radius: float,
    text: str,
    size: int,
    area: Rect,
    taken: list[_Box],
    colour: Colour,
    weight: int,
) -> None:
    """A name beside its place, on the first side where it lies over nothing; left out where there is none."""
    wide, away = Sheet.width_of(text, size, weight), radius * 1.6 + size * 0.25
    x, y = place
    for left, top in (
        (x + away, y - size * 0.6),
        (x - away - wide, y - size * 0.6),
        (x - wide / 2, y - away - size * 1.2),
        (x - wide / 2, y + away),
    ):
        box = _Box(left, top, left + wide, top + size * 1.2)
        inside = min(box.left, box.top) >= 0 and box.right <= area.width and box.bottom <= area.height
        if inside and not any(box.meets(other) for other in taken):
            taken.append(box)
            sheet.text(round(left), round(top + size * 0.95), text, colour, size, weight)
            return


def _around(place: Point, radius: float) -> _Box:
    x, y = place
    return _Box(x - radius, y - radius, x + radius, y + radius)


def _projection(points: tuple[MapPoint, ...], outline: Outline, area: Rect) -> Callable[[Degrees], Point]:
    """Degrees to pixels, the sites in the middle of the area; all of the outline where there are none.

    Equirectangular, true to scale in the middle: over a border of a few hundred kilometres nothing looks askew.
    """
    places = [(point.longitude, point.latitude) for point in points] or [
        corner for country in outline.countries for corner in country
    ]
    west, east = min(x for x, _ in places), max(x for x, _ in places)
    south, north = min(y for _, y in places), max(y for _, y in places)
    middle = ((west + east) / 2, (south + north) / 2)
    squeeze = max(0.1, math.cos(math.radians(middle[1])))
    tall = max((north - south) * _AROUND, _LEAST_SPAN)
    wide = max((east - west) * _AROUND * squeeze, 1e-6)
    scale = min(area.height / tall, area.width / wide)

    def project(place: Degrees) -> Point:
        x = area.width / 2 + (place[0] - middle[0]) * squeeze * scale
        y = area.height / 2 - (place[1] - middle[1]) * scale
        return min(max(x, -30_000.0), 30_000.0), min(max(y, -30_000.0), 30_000.0)

    return project
