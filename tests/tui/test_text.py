import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.protocol import Aggregate, HistoryStep, HistorySteps, StateTime
from sensors.errors import WireError
from sensors.model import Condition, Language, Metric, MetricType, Names, Priority, Quality
from tests.tui import border
from tui.bitmap import decode_bitmap, sample
from tui.columns import Column, Columns
from tui.config import GlyphLevel
from tui.figures import band, shown_age, shown_number, shown_value, span_of, tone_of
from tui.glyphs import Glyphs, Tone
from tui.lines import Piece, clean, fit, fit_pieces, width_of, wrap
from tui.series import MAX_POINTS, Series, Span
from tui.strings import Words
from tui.trend import Point, draw_trend

WORDS = Words(Language.EN)
NOW = border.NOW
HITS = border.posts()[0][1].metrics[0]


@given(st.text(max_size=60), st.integers(min_value=0, max_value=40), st.booleans())
def test_whatever_a_device_is_called_it_takes_the_cells_it_is_given(text: str, width: int, right: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    fitted = fit(text, width, right=right)
    assert width_of(fitted) == width
    assert fitted.isprintable()


@given(st.lists(st.text(max_size=20), max_size=5), st.integers(min_value=1, max_value=60))
def test_a_line_of_pieces_is_as_wide_as_the_screen(texts: list[str], width: int) -> None:
    pieces = fit_pieces(tuple(Piece(text) for text in texts), width)
    assert sum(width_of(piece.text) for piece in pieces) == width


def test_nothing_that_steers_a_terminal_reaches_it() -> None:
    assert clean("gate\x1b[2J\x07\nnorth") == "gate·[2J· north"
    assert "\x1b" not in fit("\x1b]52;c;aGk=\x07", 30)


def test_a_cut_is_marked() -> None:
    assert fit("Ground sensor", 8) == "Ground… "
    assert fit_pieces((Piece("abc"), Piece("def")), 3)[0].text == "ab…"


def test_wide_characters_take_two_cells() -> None:
    assert width_of("口岸") == 4
    assert fit("口岸", 3) == "口…"


def test_words_wrap() -> None:
    assert wrap("look at the linked camera", 11) == ["look at the", "linked", "camera"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (12, "12"),
        (-3.5, "-3.5"),
        (3.614, "3.61"),
        (0.00012, "0.00012"),
        (12345.6, "12 346"),
        (1000000, "1 000 000"),
    ],
)
def test_numbers_are_short(number: float, text: str) -> None:
    assert shown_number(number) == text


def test_values_are_in_words_and_units() -> None:
    assert shown_value(value=True, unit="", words=WORDS) == "yes"
    assert shown_value(12.5, "Cel", WORDS) == "12.5 °C"
    assert shown_value("open", "", WORDS) == "open"


@pytest.mark.parametrize(
    ("age_s", "text"), [(-3, "0 s"), (59.9, "59 s"), (60, "1 min"), (7300, "2 h"), (200_000, "2 d")]
)
def test_ages_are_whole(age_s: float, text: str) -> None:
    assert shown_age(age_s, WORDS) == text


def test_a_band_hatches_what_is_beyond_the_limit() -> None:
    text = "".join(piece.text for piece in band(HITS, 2, 20, GlyphLevel.UNICODE, Tone.NORMAL))
    assert text == "──●──▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒"
    assert "".join(piece.text for piece in band(HITS, 99, 8, GlyphLevel.ASCII, Tone.CRITICAL)) == "--#####o"


def test_a_value_without_numbers_has_no_band() -> None:
    metric = Metric(name="door", type=MetricType.TEXT)
    assert band(metric, "open", 20, GlyphLevel.UNICODE, Tone.NORMAL) == ()
    assert span_of(metric) is None


def test_a_value_is_as_loud_as_the_worst_limit_it_is_beyond() -> None:
    view = border.reading(border.key("kordai", "ground-1"), "hits", 9)
    assert tone_of(HITS, view, stale=False) is Tone.CRITICAL
    assert tone_of(HITS, view, stale=True) is Tone.STALE
    differs = border.limit("d", Condition.DIFFERS, "live", Priority.MEDIUM, Names(en="x"))
    picture = Metric(name="picture", type=MetricType.TEXT, limits=(differs,))
    assert tone_of(picture, border.reading(view.key, "picture", "frozen"), stale=False) is Tone.MEDIUM


@pytest.mark.parametrize("level", GlyphLevel)
def test_no_priority_is_told_by_colour_alone(level: GlyphLevel) -> None:
    glyphs = Glyphs(level)
    shapes = {glyphs.priority(each, acknowledged=taken).glyph for each in Priority for taken in (False, True)}
    assert len(shapes) == 8
    assert all(len(shape) == 1 for shape in shapes)
    assert all(glyphs.mark(Tone(each.value)).strip() for each in Priority)
    assert glyphs.mark(Tone.STALE).strip()
    assert not glyphs.mark(Tone.NORMAL)


def test_only_unacknowledged_alarms_blink() -> None:
    glyphs = Glyphs(GlyphLevel.UNICODE)
    blinking = {alarm.occurrence for alarm in border.busy_alarms() if glyphs.alarm(alarm).blinks}
    assert blinking == {"o-1", "o-3", "o-4"}


def test_columns_share_what_is_left_and_leave_out_what_does_not_fit() -> None:
    columns = Columns(Column("", 1), Column("", 4, grows=True), Column("", 6, from_width=30), Column("", 3, right=True))
    assert columns.widths(20) == (1, 14, 0, 3)
    assert columns.widths(40) == (1, 27, 6, 3)
    cells = ((Piece("x"),), (Piece("name"),), (Piece("more"),), (Piece("7"),))
    assert "".join(piece.text for piece in columns.line(cells, 20)) == "x name             7"


def test_a_trend_spans_its_points() -> None:
    rising = [Point(float(step), float(step)) for step in range(8)]
    chart = draw_trend(rising, 4, 2, GlyphLevel.UNICODE)
    assert chart is not None
    assert (chart.low, chart.high) == (0.0, 7.0)
    assert chart.lines == ("  ⣠⠞", "⣠⠞⠁ ")
    blocks = draw_trend(rising, 8, 1, GlyphLevel.BLOCK)
    assert blocks is not None
    assert blocks.lines == ("▁▂▃▄▅▆▇█",)
    plain = draw_trend(rising, 2, 2, GlyphLevel.ASCII)
    assert plain is not None
    assert plain.lines == (" *", "* ")


def test_there_is_no_trend_of_one_point_or_of_none_that_is_a_number() -> None:
    assert draw_trend([Point(0, 1)], 10, 2, GlyphLevel.UNICODE) is None
    assert draw_trend([Point(0, float("nan")), Point(1, float("inf"))], 10, 2, GlyphLevel.UNICODE) is None


def test_spans_are_drawn_from_least_to_most_and_silence_stays_empty() -> None:
    spans = [Point(0, 0, 3), Point(1, 1, 2), Point(9, 0, 3)]
    plain = draw_trend(spans, 10, 4, GlyphLevel.ASCII, held=False)
    assert plain is not None
    assert plain.lines == ("*        *", "**       *", "**       *", "*        *")
    assert (plain.low, plain.high) == (0, 3)
    dots = draw_trend(spans, 5, 1, GlyphLevel.UNICODE, held=False)
    assert dots is not None
    assert dots.lines == ("⡷   ⢸",)
    held = draw_trend(spans, 10, 4, GlyphLevel.ASCII)
    assert held is not None
    assert held.lines[1] == "**********"


def test_a_switch_is_drawn_by_how_long_it_was_on_and_a_counter_by_what_it_counted() -> None:
    def answer(aggregate: Aggregate, *steps: HistoryStep) -> HistorySteps:
        return HistorySteps(border.key("kordai", "ground-1"), "x", "", aggregate, 60, NOW, NOW, steps, source="influx")

    series = Series(Span.DAY)
    states = (StateTime("true", 15.0), StateTime("false", 45.0))
    series.begin_steps(answer(Aggregate.MEAN, HistoryStep(NOW, 2, states=states), HistoryStep(NOW, 1)))
    assert ([point.number for point in series.points], series.source) == ([0.25], "influx")
    series.begin_steps(answer(Aggregate.INCREASE, HistoryStep(NOW, 2, 7.0, 100.0, 107.0), HistoryStep(NOW, 1)))
    assert list(series.points) == [Point(NOW.timestamp(), 7.0)]
    series.begin_steps(answer(Aggregate.MEAN, HistoryStep(NOW, 1, states=(StateTime("open", 60.0),))))
    assert len(series.points) == 0
    assert not series.follow(border.reading(border.key("kordai", "ground-1"), "hits", 4)), "summaries end with the hub"
    assert [span.following for span in Span] == [Span.DAY, Span.WEEK, Span.MONTH, Span.HALF_HOUR]


def test_a_flat_line_is_drawn() -> None:
    assert draw_trend([Point(0, 5), Point(1, 5)], 4, 1, GlyphLevel.UNICODE) is not None


def test_a_series_joins_history_and_live_values_without_repeats() -> None:
    ground = border.key("kordai", "ground-1")
    series = Series()
    assert series.follow(border.reading(ground, "hits", 4))
    assert not series.follow(border.reading(ground, "hits", 4))
    series.begin(border.history(ground, "hits"))
    times = [point.at_s for point in series.points]
    assert times == sorted(set(times))
    assert len(times) <= MAX_POINTS
    assert series.points[-1].number == 4
    bad = border.reading(ground, "hits", 400, age_s=0)
    assert not series.follow(type(bad)(ground, "hits", 400, "", Quality.BAD, bad.captured_at, bad.received_at))


def test_a_bitmap_is_read_from_the_top_in_red_green_blue() -> None:
    bitmap = decode_bitmap(border.bitmap(5, 4))
    assert (bitmap.width, bitmap.height) == (5, 4)
    assert bitmap.rows[0][:3] == bytes((120, 150, 190))
    assert bitmap.rows[3][:3] == bytes((100, 110, 60))


def test_cells_hold_two_pixels() -> None:
    cells = sample(decode_bitmap(border.bitmap(4, 2)), 4, 1)
    assert cells == [[(0x7799BB, 0x666633)] * 4]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff\xe0 a JPEG" * 10,
        border.bitmap()[:-10],
        border.bitmap().replace(b"\x18\x00", b"\x20\x00", 1),
        border.bitmap()[:18] + (100_000).to_bytes(4, "little") + border.bitmap()[22:],
    ],
)
def test_what_is_not_such_a_bitmap_is_refused(content: bytes) -> None:
    with pytest.raises(WireError):
        decode_bitmap(content)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader_of_bitmaps(tail: bytes) -> None:
    try:
        decode_bitmap(border.bitmap(4, 4)[:54] + tail)
    except WireError:
        return
    assert len(tail) >= 48
