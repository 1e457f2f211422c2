"""What each place of a scene says, from plan and board alone."""

from datetime import UTC, datetime, timedelta

import msgspec

from sensors.catalog import PictureState
from sensors.model import Language, Names, Priority
from tests.support.board_of import KORDAI, NOW, alarm, board_of, camera
from videowall.board import Board
from videowall.captions.attention import Attention
from videowall.captions.face import Tone
from videowall.captions.panels.face import AlarmsFace, CalmFace, MapFace, PanelFace, QuietFace, SitesFace
from videowall.composing.expression import express
from videowall.composing.scene import Scene, Tile, build_scene
from videowall.plan import Canvas, Feed, Page, Panel, PanelKind, Plan, Spotlight

FEEDS = tuple(Feed(camera(KORDAI, number), Names(ru=f"К{number}"), Names(ru="Кордай"), ()) for number in (1, 2, 3))
PLAN = Plan(1, "main", Names(ru="Центр"), Canvas(), "1+12", FEEDS)
LIGHT = Spotlight(FEEDS[0], NOW - timedelta(seconds=5), Names(ru="Движение"), Priority.HIGH, occurrence="a")


def scene_of(plan: Plan, board: Board | None = None, age_s: float = 0.0) -> Scene:
    def look(tile: Tile) -> tuple[PictureState, float | None]:
        return (PictureState.NO_PACKETS, 9.0) if tile.feed is FEEDS[2] else (PictureState.LIVE, 0.1)

    scene = build_scene(plan, 0, None)
    attention = Attention(board, 0.0) if board else Attention()
    express(scene, attention, NOW + timedelta(seconds=age_s), age_s, look)
    return scene


def panel(kind: PanelKind, board: Board | None = None, age_s: float = 0.0) -> PanelFace:
    plan = msgspec.structs.replace(PLAN, layout="1x1", tiles=(Panel(kind),))
    face = scene_of(plan, board, age_s).panels[0].face
    assert face is not None
    return face


def test_values_and_borders_are_on_every_tile_of_the_site_and_camera() -> None:
    scene = scene_of(PLAN, board_of(alarm("a", Priority.HIGH, 2)))
    assert [len(tile.face.values) for tile in scene.tiles] == [2, 2, 2]
    assert [tile.face.edge is not None for tile in scene.tiles] == [False, True, False]
    old = scene_of(PLAN, board_of(alarm("a", Priority.HIGH, 2)), age_s=21)
    assert [tile.face.values for tile in old.tiles] == [(), (), ()]
    edge = old.tiles[1].face.edge
    assert edge is not None
    assert edge.calm


def test_a_spot_bears_its_own_alarms_border_and_says_when_it_is_taken_on() -> None:
    plan = msgspec.structs.replace(PLAN, spotlights=(LIGHT,))
    spot = scene_of(plan, board_of(alarm("a", Priority.CRITICAL, 1, acknowledged=True))).tiles[0].face
    assert spot.alarm is not None
    assert spot.edge is not None
    assert (spot.edge.priority, spot.edge.calm, spot.alarm.acknowledged) == (Priority.HIGH, True, "принята")
    loud = scene_of(plan, board_of(alarm("a", Priority.CRITICAL, 1))).tiles[0].face
    assert loud.edge is not None
    assert not loud.edge.calm


def test_every_picture_says_that_it_is_an_exercise_and_the_first_alone_which_page_this_is() -> None:
    page = Page(2, 5, Names(ru="Юг"), paused=True)
    plan = msgspec.structs.replace(PLAN, layout="3x1", exercise=True, page=page, spotlights_waiting=4)
    first, *others = (tile.face.marks for tile in scene_of(plan).tiles)
    assert [(mark.tone, mark.text) for mark in first] == [
        (Tone.EXERCISE, "УЧЕНИЕ"),
        (Tone.PAGE, "2/5 · Юг · удержана"),
        (Tone.WAITING, "4 в очереди"),
    ]
    assert [[mark.tone for mark in marks] for marks in others] == [[Tone.EXERCISE]] * 2
    kazakh = scene_of(msgspec.structs.replace(plan, language=Language.KK))
    assert kazakh.tiles[1].face.marks[0].text == "ОҚУ-ЖАТТЫҒУ"


def test_all_is_calm_only_where_that_is_known() -> None:
    calm = scene_of(PLAN, board_of()).calm
    assert isinstance(calm, CalmFace)
    assert (calm.calm, calm.notice, calm.count) == ("Нет активных тревог", "", "В эфире камер: 2 из 3")
    unknown = scene_of(PLAN).calm
    assert isinstance(unknown, CalmFace)
    assert (unknown.calm, unknown.notice) == ("", "Данных из центра ещё нет")
    busy = scene_of(PLAN, board_of(alarm("a", Priority.LOW, 9))).calm
    assert isinstance(busy, CalmFace)
    assert busy.calm == "Тревоги: 1"


def test_a_calm_wall_sleeps_until_something_needs_eyes() -> None:
    plan = msgspec.structs.replace(PLAN, calm=True)
    assert scene_of(plan, board_of()).asleep
    assert scene_of(plan, board_of(alarm("a", Priority.LOW, 1, acknowledged=True))).asleep
    assert not scene_of(plan, board_of(alarm("a", Priority.LOW, 1))).asleep
    assert not scene_of(msgspec.structs.replace(plan, spotlights=(LIGHT,)), board_of()).asleep
    assert not scene_of(PLAN, board_of()).asleep
    # What was not taken on when the hub fell silent still is not.
    assert not scene_of(plan, board_of(alarm("a", Priority.LOW, 1)), age_s=99).asleep


def test_a_sleeping_wall_says_when_the_centre_is_silent() -> None:
    plan = msgspec.structs.replace(PLAN, calm=True)
    quiet = scene_of(plan, board_of()).quiet.face
    assert isinstance(quiet, QuietFace)
    assert (quiet.clock, quiet.notice) == ("11:03", "")
    silent = scene_of(plan, board_of(), age_s=30).quiet.face
    assert isinstance(silent, QuietFace)
    assert silent.notice == "Не обновлялось 30 с"


def test_panels_say_what_the_board_says_and_when_it_is_old() -> None:
    listed = board_of(alarm("a", Priority.HIGH, 1), alarm("b", Priority.LOW, 2, acknowledged=True), total=7)
    alarms = panel(PanelKind.ALARMS, listed)
    assert isinstance(alarms, AlarmsFace)
    assert [row.note for row in alarms.rows] == ["Кордай · 11:02:18 · 47 с", "Кордай · 11:02:18 · 47 с · принята"]
    assert (alarms.total, alarms.calm, alarms.notice) == (7, "", "")
    sites = panel(PanelKind.SITES, listed)
    assert isinstance(sites, SitesFace)
    assert [(row.name, row.word, row.cameras) for row in sites.rows] == [
        ("Кордай", "тревога", "4/4"),
        ("Сыпатай батыр", "неполадки", "3/4"),
        ("Передвижной пост № 4", "норма", ""),
    ]
    border = panel(PanelKind.MAP, listed)
    assert isinstance(border, MapFace)
    assert [point.name for point in border.points] == ["Сыпатай батыр", "Кордай"]
    assert [row.name for row in border.unplaced] == ["Передвижной пост № 4"]
    for kind in (PanelKind.ALARMS, PanelKind.SITES, PanelKind.MAP):
        old = panel(kind, listed, age_s=150)
        assert isinstance(old, AlarmsFace | SitesFace | MapFace)
        assert old.notice == "Не обновлялось 2 мин"


def test_a_site_that_is_nowhere_on_earth_has_no_position() -> None:
    lost = tuple(msgspec.structs.replace(board_of().sites[1], latitude=north) for north in (1e308, 90.5, -1e308))
    border = panel(PanelKind.MAP, msgspec.structs.replace(board_of(), sites=lost))
    assert isinstance(border, MapFace)
    assert (border.points, len(border.unplaced)) == ((), 3)


def test_a_time_at_the_end_of_all_calendars_is_no_time_of_day() -> None:
    late = msgspec.structs.replace(alarm("a", Priority.HIGH, 1), raised_at=datetime.max.replace(tzinfo=UTC))
    alarms = panel(PanelKind.ALARMS, board_of(late))
    assert isinstance(alarms, AlarmsFace)
    assert alarms.rows[0].note == "Кордай · --:--:-- · 0 с"


def test_no_alarms_is_said_only_of_a_fresh_board() -> None:
    fresh, old, unlisted = (
        panel(PanelKind.ALARMS, board, age_s)
        for board, age_s in ((board_of(), 0), (board_of(), 99), (board_of(total=2), 0))
    )
    assert isinstance(fresh, AlarmsFace)
    assert fresh.calm == "Нет активных тревог"
    for face in (old, unlisted):
        assert isinstance(face, AlarmsFace)
        assert face.calm == ""
