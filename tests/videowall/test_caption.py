"""Words on the wall: real letters in every language, calm, and never over a camera's own stamp."""

from collections.abc import Iterable

import numpy as np
import pytest

from sensors import stamp
from sensors.catalog import PictureState
from sensors.model import DeviceId, DeviceKey, Language, Names, Priority, SiteId
from videowall import strings
from videowall.caption import draw_calm, draw_tile
from videowall.face import AlarmFace, CalmFace, TileFace, tile_face
from videowall.layout import arrange
from videowall.picture import Plane, Rect
from videowall.plan import Canvas, Feed
from videowall.sheet import Patch, Sheet, rgb

KAZAKH = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"
WHITE = rgb(0xFFFFFF)
FEED = Feed(
    DeviceKey(SiteId("kordai"), DeviceId("cam-1")), Names(kk="Кіру қақпасы", ru="Въезд"), Names(kk="Қордай"), ()
)


def drawn(text: str) -> Plane:
    sheet = Sheet(Rect(0, 0, 64, 48))
    sheet.text(8, 36, text, WHITE, 30)
    return sheet.finish().cover.y


@pytest.mark.parametrize("letter", KAZAKH)
def test_each_kazakh_letter_is_drawn_as_itself(letter: str) -> None:
    others = [other for other in KAZAKH + "?" if other != letter]
    mine = drawn(letter)
    assert np.count_nonzero(mine > 200) > 20
    assert all(not np.array_equal(mine, drawn(other)) for other in others)


def test_every_word_of_the_wall_exists_in_every_language() -> None:
    words = (*strings.STATES.values(), strings.NO_ALARMS, strings.CAMERAS_LIVE, strings.WAITING_FOR_PLAN, strings.SINCE)
    assert set(strings.STATES) == set(PictureState)
    for names in words:
        assert names.en
        assert names.ru
        assert names.kk


def tiles() -> Iterable[Rect]:
    for layout in ("1x1", "2x2", "4x3", "5x5", "8x8", "1+5", "1+7", "1+12", "2+8"):
        arrangement = arrange(layout, Canvas())
        yield arrangement.tiles[0]
        yield from arrangement.spots


def covers(patch: Patch, x: float, y: float) -> bool:
    column, row = int(x) - patch.rect.x, int(y) - patch.rect.y
    inside = 0 <= column < patch.rect.width and 0 <= row < patch.rect.height
    return inside and int(patch.keep.y[row, column]) < 255


@pytest.mark.parametrize("tile", list(tiles()), ids=str)
@pytest.mark.parametrize("alarmed", [False, True])
def test_nothing_of_ours_covers_a_stamp(tile: Rect, *, alarmed: bool) -> None:
    alarm = AlarmFace(
        Priority.CRITICAL, "Қозғалыс " * 9, "12:00:00 · 3 мин", "Көрші камераларды тексеріңіз. " * 12, "2"
    )
    face = TileFace(
        PictureState.NO_PACKETS,
        "Кіру " * 20,
        "Қордай",
        "Пакеттер жоқ · 12 с",
        False,
        "12:00:00",
        alarm if alarmed else None,
    )
    patches = draw_tile(tile, face)
    for block in stamp.blocks(stamp.Stamp(5, 9)):
        left, top = tile.x + block.left * tile.width, tile.y + block.top * tile.height
        corners = [
            (left + dx * block.width * tile.width, top + dy * block.height * tile.height)
            for dx in (0.1, 0.9)
            for dy in (0.1, 0.9)
        ]
        assert not any(covers(patch, x, y) for patch in patches for x, y in corners)


def test_every_patch_lies_inside_its_tile() -> None:
    for tile in tiles():
        face = TileFace(PictureState.FROZEN, "К" * 200, "Қ" * 200, "Бейне қатып қалды · 12 с", True)
        for patch in draw_tile(tile, face):
            assert tile.x <= patch.rect.x
            assert tile.y <= patch.rect.y
            assert patch.rect.right <= tile.right
            assert patch.rect.bottom <= tile.bottom


def test_the_quiet_spot_says_so() -> None:
    (spot,) = arrange("1+12", Canvas()).spots
    patches = draw_calm(spot, CalmFace("Орталық", "12:00:00", "01.01.2026", "Белсенді дабыл жоқ", "12 / 12"))
    assert len(patches) == 5
    for patch in patches:
        assert np.count_nonzero(patch.keep.y < 255) > 100
        assert all(number % 2 == 0 for number in patch.rect)


def test_only_a_live_picture_is_without_words_and_old_ones_are_taken_off() -> None:
    live = tile_face(FEED, PictureState.LIVE, 0.1, Language.KK, None)
    assert (live.label, live.site, live.trouble, live.blank) == ("Кіру қақпасы", "Қордай", "", False)
    stale = tile_face(FEED, PictureState.NO_PACKETS, 12.7, Language.RU, None)
    assert stale.trouble == "Нет пакетов · 12 с"
    assert not stale.blank
    old = tile_face(FEED, PictureState.NO_PACKETS, 31.0, Language.EN, None)
    assert old.trouble == "No packets · 31 s"
    assert old.blank
    faulty = tile_face(FEED, PictureState.BLURRED, 31.0, Language.EN, None)
    assert (faulty.trouble, faulty.blank) == ("Blurred picture · 31 s", False)
    assert tile_face(FEED, PictureState.CONNECTING, None, Language.RU, None).trouble == "Подключение"


def test_ages_are_told_in_one_unit() -> None:
    assert [strings.age(seconds, Language.RU) for seconds in (0, 119, 121, 7300)] == ["0 с", "119 с", "2 мин", "2 ч"]
