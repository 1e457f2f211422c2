"""Words on the wall: real letters in every language, calm, and never over a camera's own stamp."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors import stamp
from sensors.catalog import PictureState
from sensors.model import DeviceId, DeviceKey, Language, Names, Priority, SiteId
from videowall.board import Board, BoardSite, BoardValue, SiteCondition
from videowall.captions import strings
from videowall.captions.attention import Attention, Edge
from videowall.captions.caption import draw_tile, mark_still
from videowall.captions.face import AlarmFace, Mark, Moment, TileFace, Tone, ValueText, tile_face, value_texts
from videowall.captions.overlay import Overlay
from videowall.captions.palette import rgb
from videowall.captions.sheet import Patch, Sheet
from videowall.composing.layout import GAP, arrange
from videowall.picture import Plane, Rect, allocate
from videowall.plan import Canvas, Feed

KAZAKH = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"
WHITE = rgb(0xFFFFFF)
KORDAI = SiteId("kordai")
FEED = Feed(DeviceKey(KORDAI, DeviceId("cam-1")), Names(kk="Кіру қақпасы", ru="Въезд"), Names(kk="Қордай"), ())
NOW = datetime(2026, 7, 14, 6, 3, 5, tzinfo=UTC)
VALUES = (BoardValue("γ", 1.234, "kcps"), BoardValue("wind", 9.0, "m/s", doubtful=True))
BOARD = Board(NOW, (BoardSite(KORDAI, Names(), SiteCondition.NORMAL, values=VALUES),))
CANVASES = (Canvas(), Canvas(1280, 720), Canvas(3840, 2160))
LARGE = Rect(962, 2, 476, 266)
LAYOUTS = ("1x1", "2x2", "4x3", "5x5", "8x8", "1+5", "1+7", "1+12", "2+8")


def moment(language: Language = Language.RU, *, fresh: bool = True) -> Moment:
    return Moment(NOW, ZoneInfo("Asia/Almaty"), language, Attention(BOARD), fresh)


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


def test_the_signs_of_the_wall_are_letters_of_its_font() -> None:
    missing = drawn("\ue123")
    assert all(not np.array_equal(drawn(sign), missing) for sign in "●▲△○γ°·…")


def test_every_word_of_the_wall_exists_in_every_language() -> None:
    words: list[Names] = []
    for known in vars(strings).values():
        if isinstance(known, Names):
            words.append(known)
        elif isinstance(known, dict):
            words.extend(each for each in known.values() if isinstance(each, Names))
    assert set(strings.STATES) == set(PictureState)
    assert set(strings.CONDITIONS) == set(SiteCondition)
    assert len(words) > 30
    for names in (*words, *strings.WEEKDAYS):
        assert names.en
        assert names.ru
        assert names.kk


def tiles() -> Iterator[tuple[Rect, float]]:
    for canvas in CANVASES:
        for layout in LAYOUTS:
            arrangement = arrange(layout, canvas)
            for tile in (arrangement.tiles[0], *arrangement.spots):
                yield tile, canvas.height / 1080


def covers(patch: Patch, x: float, y: float) -> bool:
    column, row = int(x) - patch.rect.x, int(y) - patch.rect.y
    inside = 0 <= column < patch.rect.width and 0 <= row < patch.rect.height
    return inside and (patch.keep is None or int(patch.keep.y[row, column]) < 255)


def patches_of(overlay: Overlay) -> Iterable[Patch]:
    return (*overlay.fixed, *overlay.over)


CROWDED = TileFace(
    PictureState.NO_PACKETS,
    "Кіру " * 20,
    "Қордай",
    "Пакеттер жоқ · 12 с",
    blank=False,
    clock="12:00:00",
    values=(ValueText("γ 1.2 kcps", doubtful=False), ValueText("жел 9 м/с ?", doubtful=True)),
    edge=Edge(Priority.CRITICAL, calm=False),
    marks=(Mark("ОҚУ-ЖАТТЫҒУ", Tone.EXERCISE), Mark("2/5 · " + "Оңтүстік " * 9, Tone.PAGE)),
)
ALARM = AlarmFace(
    Priority.CRITICAL, "Қозғалыс " * 9, "12:00:00 · 3 мин", "Көрші камераларды тексеріңіз. " * 12, "2", "расталған"
)
FACES = {
    "crowded": CROWDED,
    "spot": msgspec.structs.replace(CROWDED, alarm=ALARM),
    "live": msgspec.structs.replace(CROWDED, state=PictureState.LIVE, trouble=""),
    "faulty": msgspec.structs.replace(CROWDED, state=PictureState.BLURRED),
}


@pytest.mark.parametrize("face", FACES.values(), ids=FACES)
def test_nothing_of_ours_covers_a_stamp(face: TileFace) -> None:
    for tile, unit in tiles():
        overlay = draw_tile(tile, face, unit)
        for block in stamp.blocks(stamp.Stamp(5, 9)):
            left, top = tile.x + block.left * tile.width, tile.y + block.top * tile.height
            middle = left + 0.5 * block.width * tile.width, top + 0.5 * block.height * tile.height
            corner = left + 0.9 * block.width * tile.width, top + 0.3 * block.height * tile.height
            for point in (middle, corner):
                assert not any(covers(patch, *point) for patch in patches_of(overlay)), (tile, block)


@pytest.mark.parametrize("face", FACES.values(), ids=FACES)
def test_every_patch_is_even_and_lies_inside_its_tile_or_in_the_gap_that_is_its_own(face: TileFace) -> None:
    for tile, unit in tiles():
        for patch in patches_of(draw_tile(tile, face, unit)):
            assert all(number % 2 == 0 for number in patch.rect)
            assert tile.x - GAP <= patch.rect.x
            assert tile.y - GAP <= patch.rect.y
            assert patch.rect.right <= tile.right + GAP
            assert patch.rect.bottom <= tile.bottom + GAP


SMALL = (Rect(2, 2, 36, 18), Rect(2, 2, 12, 4), Rect(66, 38, 252, 4), Rect(2, 2, 28, 14), Rect(2, 2, 20, 300))


@settings(max_examples=30, deadline=None)
@given(words=st.text(st.characters(exclude_categories=["Cs"]), max_size=200), tile=st.sampled_from((*SMALL, LARGE)))
def test_any_words_in_a_tile_of_any_size_are_drawn_or_left_out(words: str, tile: Rect) -> None:
    alarm = msgspec.structs.replace(ALARM, reason=words, procedure=words)
    for face in (CROWDED, msgspec.structs.replace(CROWDED, alarm=alarm)):
        said = msgspec.structs.replace(face, label=words, site=words, trouble=words, marks=(Mark(words, Tone.PAGE),))
        for patch in draw_tile(tile, said, 1.0).over:
            assert patch.rect.x >= tile.x
            assert patch.rect.y >= tile.y
            assert patch.rect.right <= tile.right
            assert patch.rect.bottom <= tile.bottom


def test_what_is_there_with_every_picture_is_copied_not_blended() -> None:
    for tile, unit in tiles():
        assert draw_tile(tile, FACES["live"], unit).is_clear


def test_the_border_lies_where_no_picture_comes() -> None:
    for tile, unit in tiles():
        overlay = draw_tile(tile, FACES["live"], unit)
        window = overlay.window
        assert len(overlay.fixed) == 4
        for patch in overlay.fixed:
            across = patch.rect.right <= window.x or window.right <= patch.rect.x
            assert across or patch.rect.bottom <= window.y or window.bottom <= patch.rect.y


def test_a_border_that_somebody_has_taken_on_is_narrower_and_quieter() -> None:
    tile = Rect(2, 2, 476, 266)
    loud, calm = (
        draw_tile(tile, msgspec.structs.replace(CROWDED, edge=Edge(Priority.CRITICAL, calm=calm)), 1.0)
        for calm in (False, True)
    )
    assert calm.fixed[0].rect.height < loud.fixed[0].rect.height
    assert int(calm.fixed[0].cover.v[0, 0]) < int(loud.fixed[0].cover.v[0, 0])


def test_only_a_live_picture_is_without_words_and_old_ones_are_taken_off() -> None:
    live = tile_face(FEED, PictureState.LIVE, 0.1, moment(Language.KK))
    assert (live.label, live.site, live.trouble, live.blank) == ("Кіру қақпасы", "Қордай", "", False)
    stale = tile_face(FEED, PictureState.NO_PACKETS, 12.7, moment())
    assert stale.trouble == "Нет пакетов · 12 с"
    assert stale.dims
    assert not stale.blank
    old = tile_face(FEED, PictureState.NO_PACKETS, 31.0, moment(Language.EN))
    assert old.trouble == "No packets · 31 s"
    assert old.blank
    faulty = tile_face(FEED, PictureState.BLURRED, 31.0, moment(Language.EN))
    assert (faulty.trouble, faulty.blank, faulty.dims) == ("Blurred picture · 31 s", False, False)
    assert tile_face(FEED, PictureState.CONNECTING, None, moment()).trouble == "Подключение"


def test_a_tiles_clock_is_its_pictures() -> None:
    assert tile_face(FEED, PictureState.LIVE, 0.1, moment()).clock == "11:03:05"
    assert tile_face(FEED, PictureState.NO_PACKETS, 12.0, moment()).clock == "11:02:53"
    assert tile_face(FEED, PictureState.NO_PACKETS, 99.0, moment()).clock == ""


def test_values_are_short_doubtful_ones_are_marked_and_none_outlive_the_board() -> None:
    assert tile_face(FEED, PictureState.LIVE, 0.1, moment()).values == (
        ValueText("γ 1.2 kcps", doubtful=False),
        ValueText("wind 9 m/s ?", doubtful=True),
    )
    assert tile_face(FEED, PictureState.LIVE, 0.1, moment(fresh=False)).values == ()
    numbers = (0.0, 0.0123, -7.25, 99.96, 12345.6)
    assert [each.text for each in value_texts(tuple(BoardValue("", number, "") for number in numbers))] == [
        "0", "0.012", "-7.2", "100", "12346",
    ]  # fmt: skip


def test_a_still_of_a_camera_says_that_it_is_an_exercise() -> None:
    picture = allocate(640, 360)
    marked = mark_still(picture, (Mark("УЧЕНИЕ", Tone.EXERCISE),))
    assert np.count_nonzero(marked.y != picture.y) > 500
    assert np.array_equal(marked.y[:, 400:], picture.y[:, 400:])
    assert mark_still(picture, ()) is picture
    mark_still(allocate(16, 8), (Mark("УЧЕНИЕ", Tone.EXERCISE),))


def test_ages_are_told_in_one_unit() -> None:
    assert [strings.age(seconds, Language.RU) for seconds in (0, 119, 121, 7300)] == ["0 с", "119 с", "2 мин", "2 ч"]
