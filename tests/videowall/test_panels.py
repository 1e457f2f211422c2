"""Panels as they are drawn: inside their tile, readable, nothing left out in silence; and the map's outline."""

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from sensors.model import Language, Names, Priority
from tests.support.board_of import KORDAI, NOW, alarm, board_of, sites
from videowall.board import BoardSite, SiteCondition
from videowall.captions.attention import Attention
from videowall.captions.face import Mark, Moment, Tone, ValueText, zone_of
from videowall.captions.overlay import Overlay
from videowall.captions.palette import CONDITIONS, EMPTY
from videowall.captions.panels.drawing import draw_panel
from videowall.captions.panels.face import (
    CalmFace,
    MapFace,
    MapPoint,
    MessageFace,
    PanelFace,
    QuietFace,
    SiteRow,
    SitesFace,
)
from videowall.captions.panels.making import make_panel
from videowall.captions.panels.outline import Degrees, read_outline
from videowall.captions.sheet import blend, fill
from videowall.composing.canvas import CanvasBuffer
from videowall.composing.layout import arrange
from videowall.picture import Planes, Rect
from videowall.plan import Canvas, Panel, PanelKind, Plan

BOARD = board_of(*(alarm(f"a{number}", Priority.HIGH, number) for number in range(1, 13)), total=40)
MARKS = (Mark("ОҚУ-ЖАТТЫҒУ", Tone.EXERCISE),)
TILE = Rect(2, 2, 956, 536)


def faces(language: Language) -> Iterator[PanelFace]:
    zone = zone_of(Plan(1, "main", Names(), Canvas(), "1x1", ()))
    moment = Moment(NOW, zone, language, Attention(BOARD), fresh=True)
    for kind in PanelKind:
        text = Names(ru="Смена в 20:00. " * 9)
        for notice, marks in (("", ()), ("Не обновлялось 9 мин", MARKS)):
            yield make_panel(Panel(kind, text), moment, notice, marks)
    yield CalmFace("Центр " * 30, "12:00:00", "01.01.2026", "Нет тревог", "12 / 12", marks=MARKS)
    yield QuietFace("12:00", "12 / 12", "Данных из центра ещё нет")


def rects() -> Iterator[tuple[Rect, float]]:
    hd, full, uhd = Canvas(1280, 720), Canvas(), Canvas(3840, 2160)
    for layout, canvas in (("8x8", hd), ("1x1", hd), ("2x2", full), ("1x4", full), ("4x1", full), ("8x8", uhd)):
        yield arrange(layout, canvas).tiles[-1], canvas.height / 1080


def painted(overlay: Overlay, canvas: Canvas | None = None) -> Planes:
    planes = CanvasBuffer(canvas or Canvas()).planes
    fill(planes, Rect(0, 0, planes.width, planes.height), EMPTY)
    for patch in overlay.over:
        blend(planes, patch)
    return planes


@pytest.mark.parametrize("language", list(Language))
def test_every_panel_lies_inside_its_tile_evenly_at_every_size(language: Language) -> None:
    for tile, unit in rects():
        for face in faces(language):
            for patch in draw_panel(tile, face, unit).over:
                assert all(number % 2 == 0 for number in patch.rect), (face, tile)
                assert patch.rect.x >= tile.x
                assert patch.rect.y >= tile.y
                assert patch.rect.right <= tile.right, (face, tile)
                assert patch.rect.bottom <= tile.bottom, (face, tile)


SMALL = (Rect(2, 2, 36, 18), Rect(2, 2, 12, 4), Rect(66, 38, 252, 4), Rect(2, 2, 28, 14), Rect(2, 2, 130, 236))


@pytest.mark.parametrize("tile", SMALL, ids=str)
def test_what_a_panel_is_too_small_for_is_left_out(tile: Rect) -> None:
    for unit in (1 / 6, 1.0):
        for face in faces(Language.RU):
            for patch in draw_panel(tile, face, unit).over:
                assert patch.rect.right <= tile.right
                assert patch.rect.bottom <= tile.bottom


def test_every_panel_says_something_that_stands_out() -> None:
    for face in faces(Language.KK):
        seen = painted(draw_panel(TILE, face, 1.0)).y[: TILE.bottom, : TILE.right]
        assert np.count_nonzero(seen.astype(int) > EMPTY.y + 40) > 300, face


def test_what_a_list_has_no_room_for_is_counted() -> None:
    rows = tuple(SiteRow(f"Бекет {number}", SiteCondition.NORMAL, "қалыпты", "4/4", ()) for number in range(40))
    few = SitesFace("Бекеттер", rows[:9], "тағы {}", "")
    many = SitesFace("Бекеттер", rows, "тағы {}", "")
    assert len(draw_panel(TILE, few, 1.0).over) == 1 + 9
    drawn = draw_panel(TILE, many, 1.0).over
    assert len(drawn) < 1 + 40
    assert not np.array_equal(drawn[-1].cover.y, drawn[-2].cover.y)
    assert drawn[-1].rect.bottom <= TILE.bottom


def test_a_doubtful_value_is_paler_than_a_sure_one() -> None:
    def light(*, doubtful: bool) -> int:
        row = SiteRow("Кордай", SiteCondition.NORMAL, "норма", "4/4", (ValueText("γ 1.2", doubtful),))
        return int(draw_panel(TILE, SitesFace("", (row,), "", ""), 1.0).over[-1].cover.y.astype(int).sum())

    assert light(doubtful=True) < light(doubtful=False) - 1000


def test_a_message_is_never_cut_where_smaller_letters_fit() -> None:
    short, long_ = (draw_panel(TILE, MessageFace("Связь на канале 3. " * count), 1.0) for count in (1, 12))
    assert max(patch.rect.height for patch in long_.over) < max(patch.rect.height for patch in short.over)


@pytest.mark.parametrize("condition", list(SiteCondition))
def test_a_site_on_the_map_has_the_colour_of_its_condition(condition: SiteCondition) -> None:
    points = (MapPoint("Кордай", condition, 74.713, 43.039),)
    face = MapFace(Language.RU, "Граница", points, "", (), "", "")
    planes = painted(draw_panel(TILE, face, 1.0))
    colour = CONDITIONS[condition]
    near = np.abs(planes.u.astype(int) - colour.u) + np.abs(planes.v.astype(int) - colour.v) < 12
    bright = np.abs(planes.y[::2, ::2].astype(int) - colour.y) < 20
    assert np.count_nonzero(near & bright) > 10


def test_sites_on_one_spot_and_sites_far_apart_are_both_shown() -> None:
    together = tuple(MapPoint(f"Пост {number}", SiteCondition.ALARM, 74.7, 43.0) for number in range(9))
    apart = (*together, MapPoint("Западный", SiteCondition.NORMAL, 47.0, 50.0))
    for points in (together, apart):
        face = MapFace(Language.RU, "Граница", points, "", (), "около 10 км", "")
        assert draw_panel(TILE, face, 1.0).over


def is_inside(place: Degrees, corners: tuple[Degrees, ...]) -> bool:
    x, y = place
    crossings = [
        (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay)
        for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True)
    ]
    return sum(crossings) % 2 == 1


def test_the_outline_has_the_countries_and_their_towns_where_they_are() -> None:
    kazakhstan, kyrgyzstan = read_outline().countries
    for town in read_outline().towns:
        country, other = (kyrgyzstan, kazakhstan) if town.names.en == "Bishkek" else (kazakhstan, kyrgyzstan)
        # The shore at Aktau is coarser than the town is far from it.
        assert town.names.en == "Aktau" or is_inside(town.place, country), town
        assert not is_inside(town.place, other), town
        assert town.names.ru
        assert town.names.kk
    assert len(set(kazakhstan) & set(kyrgyzstan)) > 20


def test_posts_of_the_demonstration_lie_near_the_drawn_border() -> None:
    kazakhstan = read_outline().countries[0]
    for site in sites():
        if site.latitude is not None and site.longitude is not None:
            assert distance_km((site.longitude, site.latitude), kazakhstan) < 30, site.site


def distance_km(place: Degrees, corners: tuple[Degrees, ...]) -> float:
    """To the nearest side, on a plane, which does for so few kilometres."""
    scale = np.array([111.3 * np.cos(np.radians(place[1])), 111.3])
    ends = np.array(corners) * scale
    here = np.array(place) * scale
    along = np.roll(ends, -1, axis=0) - ends
    lengths = np.maximum((along**2).sum(axis=1), 1e-9)
    shares = np.clip(((here - ends) * along).sum(axis=1) / lengths, 0, 1)[:, None]
    return float(np.sqrt(((ends + shares * along - here) ** 2).sum(axis=1)).min())


def test_a_site_without_a_name_is_called_by_its_id() -> None:
    zone = zone_of(Plan(1, "main", Names(), Canvas(), "1x1", ()))
    board = msgspec.structs.replace(BOARD, sites=(BoardSite(KORDAI, Names(), SiteCondition.NORMAL),))
    moment = Moment(NOW, zone, Language.EN, Attention(board), fresh=True)
    face = make_panel(Panel(PanelKind.SITES), moment, "", ())
    assert isinstance(face, SitesFace)
    assert face.rows[0].name == "kordai"
