"""Plans: what officers lay out, what alarms bring, what time changes. Every plan can be drawn, whatever happens."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.alarms.engine import urgency
from hub.decisions.planner import Border, House, Planner, admits
from hub.decisions.records import WallChoice
from hub.protocol import (
    AlarmRule,
    AlarmState,
    AlarmView,
    Composition,
    Pinned,
    PresetView,
    Progress,
    Stop,
    TilePin,
    Tour,
)
from hub.protocol.walls import Blank, Pin
from sensors.model import DeviceId, DeviceKey, Language, Names, Priority, SiteId, Stream, StreamRole
from tests.hub.quiet_center import START
from videowall.composing.layout import arrange
from videowall.plan import MAX_PLAN_BYTES, Feed, Panel, PanelKind, Place, Plan, decode_plan, encode_plan, spots_of

HOUSE = House(Language.RU, "Asia/Almaty")
SITES = ("kordai", "konysbayev", "sypatai-batyr")
CLOCK = Panel(PanelKind.CLOCK)
ALL_LAYOUTS = [*(f"{columns}x{rows}" for columns in range(1, 9) for rows in range(1, 9)), "1+5", "1+7", "1+12", "2+8"]
FREE_PLACES = (Place(0, 0, 0.5, 0.5, spot=True), Place(0.5, 0, 0.5, 0.5), Place(0, 0.5, 1, 0.5))


def key(number: int) -> DeviceKey:
    return DeviceKey(SiteId(SITES[number % 3]), DeviceId(f"cam-{number:03}"))


def cameras(count: int) -> list[Feed]:
    feeds = [Feed(key(number), Names(), Names(), ()) for number in range(count)]
    return sorted(feeds, key=lambda feed: feed.key)


def alarm(
    number: int,
    priority: Priority = Priority.HIGH,
    state: AlarmState = AlarmState.UNACKNOWLEDGED,
    seen_by: tuple[int, ...] | None = None,
    age_s: float = 0.0,
) -> AlarmView:
    at = START + timedelta(seconds=1000 - age_s)
    return AlarmView(
        occurrence=f"{SITES[number % 3]}/fence-{number}/cut/high/1",
        key=DeviceKey(SiteId(SITES[number % 3]), DeviceId(f"fence-{number}")),
        metric="cut",
        limit="high",
        state=state,
        priority=priority,
        message=Names(en="Cut"),
        procedure=Names(),
        cause="",
        value=True,
        unit="",
        captured_at=at,
        raised_at=at,
        cameras=tuple(key(each) for each in ((number,) if seen_by is None else seen_by)),
    )


class Wall:
    """A planner at the end of a few verbs."""

    def __init__(self, choice: WallChoice | None = None, count: int = 30) -> None:
        self.choice = choice or WallChoice()
        self.cameras = cameras(count)
        self.presets: dict[str, PresetView] = {}
        self.planner = Planner("main", HOUSE, self.choice)
        self.now_s = 0.0

    def keep(self, name: str, composition: Composition) -> None:
        self.presets[name] = PresetView(name, Names(), composition, "aigul", START)

    def plan(self, *alarms: AlarmView, after_s: float = 0.0) -> Plan:
        self.now_s += after_s
        urgent = sorted(alarms, key=urgency, reverse=True)
        return self.planner.plan(Border(self.cameras, urgent, self.presets), self.choice, self.now_s)


def shown(plan: Plan) -> list[str]:
    return [tile.key.device if isinstance(tile, Feed) else "" for tile in plan.tiles]


def spots(plan: Plan) -> list[DeviceKey]:
    return [light.feed.key for light in plan.spotlights]


def test_pins_stay_where_they_are_and_the_rest_fill_in_order() -> None:
    tiles: tuple[Pin, ...] = (None, Pinned(key(7)), CLOCK, Blank(), None)
    plan = Wall(WallChoice(layout="3x2", tiles=tiles), 9).plan()
    rest = [feed.key.device for feed in cameras(9) if feed.key != key(7)]
    assert shown(plan) == [rest[0], "cam-007", "", "", rest[1], rest[2]]
    assert plan.tiles[2] == CLOCK
    assert plan.tiles[3] is None


def test_a_pinned_camera_that_is_gone_leaves_its_tile_empty_and_moves_no_other() -> None:
    wall = Wall(WallChoice(layout="2x1", tiles=(Pinned(key(999)),)), 3)
    assert shown(wall.plan()) == ["", wall.cameras[0].key.device]


def test_a_page_can_be_of_some_sites_only() -> None:
    plan = Wall(WallChoice(layout="3x3", sites=("kordai",)), 9).plan()
    assert {tile.key.site for tile in plan.tiles if isinstance(tile, Feed)} == {"kordai"}
    assert len(plan.tiles) == 3


def test_the_highest_priority_has_the_spot_then_the_newest() -> None:
    wall = Wall()
    old, new, grave = alarm(1, age_s=50), alarm(2, age_s=5), alarm(3, Priority.CRITICAL, age_s=90)
    plan = wall.plan(old, new, grave)
    assert spots(plan) == [key(3)]
    assert plan.spotlights_waiting == 2
    assert spots(Wall().plan(old, new)) == [key(2)]


def test_an_alarm_is_shown_for_its_least_time_unless_a_graver_one_comes() -> None:
    wall = Wall()
    first = alarm(1, age_s=50)
    assert spots(wall.plan(first)) == [key(1)]
    newer = alarm(2, age_s=5)
    assert spots(wall.plan(first, newer, after_s=5)) == [key(1)]
    grave = alarm(3, Priority.CRITICAL)
    assert spots(wall.plan(first, newer, grave, after_s=1)) == [key(3)]
    assert spots(wall.plan(first, newer, after_s=20)) == [key(2)]


def test_what_is_over_stays_for_its_least_time_and_then_the_former_page_returns() -> None:
    wall = Wall(WallChoice(layout="2x2"))
    before = wall.plan()
    taken = wall.plan(alarm(1))
    assert (taken.layout, spots(taken)) == ("1+5", [key(1)])
    assert taken.tiles == before.tiles
    assert spots(wall.plan(after_s=3)) == [key(1)]
    assert wall.planner.next_at_s == 10.0
    assert wall.plan(after_s=8) == before


def test_an_alarm_gives_its_spot_back_after_its_longest_time() -> None:
    wall = Wall(WallChoice(alarms=AlarmRule(most_s=60)))
    assert spots(wall.plan(alarm(1))) == [key(1)]
    assert spots(wall.plan(alarm(1), after_s=59)) == [key(1)]
    after = wall.plan(alarm(1), after_s=2)
    assert (spots(after), after.spotlights_waiting) == ([], 0)


@pytest.mark.parametrize(("tiles", "layout"), [("2x2", "1+5"), ("3x2", "1+7"), ("4x4", "1+12")])
def test_a_page_without_spots_becomes_the_smallest_layout_that_holds_it(tiles: str, layout: str) -> None:
    assert Wall(WallChoice(layout=tiles)).plan(alarm(1)).layout == layout


def test_a_wall_keeps_its_layout_or_takes_another_where_its_rule_says_so() -> None:
    kept = Wall(WallChoice(layout="4x4", alarms=AlarmRule(keeps_layout=True))).plan(alarm(1))
    assert (kept.layout, spots(kept), kept.spotlights_waiting) == ("4x4", [], 1)
    assert Wall(WallChoice(layout="4x4", alarms=AlarmRule(layout="2+8"))).plan(alarm(1)).layout == "2+8"


def test_an_acknowledged_alarm_changes_no_layout_and_gives_way_to_the_officers_choice() -> None:
    known = alarm(1, state=AlarmState.ACKNOWLEDGED)
    assert Wall(WallChoice(layout="2x2")).plan(known).layout == "2x2"
    assert spots(Wall().plan(known)) == [key(1)]
    chosen = WallChoice(spotlight=key(5), spotlight_since=START)
    assert spots(Wall(chosen).plan(known)) == [key(5)]
    assert spots(Wall(chosen).plan(known, alarm(2))) == [key(2)]
    assert Wall(replace(chosen, layout="2x2")).plan().layout == "1+5"


def test_two_spots_show_two_alarms_and_a_single_alarms_two_cameras_and_nobody_moves() -> None:
    wall = Wall(WallChoice(layout="2+8"))
    assert spots(wall.plan(alarm(1, seen_by=(1, 4)))) == [key(1), key(4)]
    assert spots(wall.plan(alarm(1, seen_by=(1, 4)), alarm(2, Priority.CRITICAL))) == [key(1), key(2)]
    assert spots(wall.plan(alarm(1, seen_by=(1, 4)), alarm(2, Priority.CRITICAL), alarm(3, Priority.CRITICAL))) == [
        key(3),
        key(2),
    ]


def test_a_wall_takes_alarms_of_its_sites_and_priority() -> None:
    rule = AlarmRule(sites=("kordai",), priority=Priority.HIGH)
    wall = Wall(WallChoice(alarms=rule))
    assert spots(wall.plan(alarm(1), alarm(0, Priority.MEDIUM))) == []
    assert spots(wall.plan(alarm(1), alarm(3))) == [key(3)]


def touring(*stops: Stop, **changes: object) -> Wall:
    wall = Wall(WallChoice(tour=Tour(stops), progress=Progress.PLAYING, layout="2x2"))
    wall.choice = replace(wall.choice, **changes)
    wall.keep("gates", Composition("1x1", tiles=(Pinned(key(8)),)))
    wall.keep("fences", Composition("2x1", tiles=(Pinned(key(9)), Pinned(key(10)))))
    return wall


def test_a_tour_turns_its_pages_by_their_times_and_makes_the_next_one_ready() -> None:
    wall = touring(Stop("gates", dwell_s=20), Stop("fences", dwell_s=10))
    first = wall.plan()
    assert first.page is not None
    assert (first.page.number, first.page.of, first.page.names.en, first.page.paused) == (1, 2, "gates", False)
    assert (shown(first), first.preload) == (["cam-008"], ())
    assert wall.planner.next_at_s == 15.0
    ready = wall.plan(after_s=15)
    assert [feed.key for feed in ready.preload] == [key(9), key(10)]
    assert shown(wall.plan(after_s=5)) == ["cam-009", "cam-010"]
    assert shown(wall.plan(after_s=9)) == ["cam-009", "cam-010"]
    assert shown(wall.plan(after_s=1)) == ["cam-008"]


def test_a_tour_goes_through_all_cameras_and_pins_lie_over_every_page() -> None:
    wall = touring(Stop(through=True, dwell_s=5))
    assert wall.choice.tour is not None
    wall.choice = replace(
        wall.choice, tour=replace(wall.choice.tour, pinned=(TilePin(0, CLOCK), TilePin(3, Pinned(key(0)))))
    )
    pages = [wall.plan(after_s=5) for _ in range(15)]
    assert {plan.page.of for plan in pages if plan.page} == {15}
    assert all(plan.tiles[0] == CLOCK for plan in pages)
    assert all(isinstance(plan.tiles[3], Feed) and plan.tiles[3].key == key(0) for plan in pages)
    turned = list(itertools.chain.from_iterable(shown(plan)[1:3] for plan in pages))
    assert sorted(name for name in turned if name) == sorted(
        feed.key.device for feed in wall.cameras if feed.key != key(0)
    )


def test_an_alarm_holds_a_tour_and_its_page_has_its_whole_time_again_afterwards() -> None:
    wall = touring(Stop("gates", dwell_s=20), Stop("fences", dwell_s=20))
    wall.plan()
    held = wall.plan(alarm(1), after_s=19)
    assert held.page is not None
    assert (held.page.number, held.page.paused, held.layout) == (1, True, "1+5")
    wall.plan(alarm(1), after_s=100)
    over = wall.plan(after_s=1)
    assert (over.layout, over.page and over.page.paused) == ("1x1", False)
    assert shown(wall.plan(after_s=19)) == ["cam-008"]
    assert shown(wall.plan(after_s=1)) == ["cam-009", "cam-010"]


def test_an_officer_holds_a_tour_and_ends_it() -> None:
    wall = touring(Stop("gates", dwell_s=5), Stop("fences", dwell_s=5), progress=Progress.HELD)
    assert shown(wall.plan()) == shown(wall.plan(after_s=100)) == ["cam-008"]
    assert wall.planner.next_at_s is None
    wall.choice = replace(wall.choice, progress=Progress.OFF)
    own = wall.plan()
    assert (own.page, own.layout) == (None, "2x2")


def test_a_tour_whose_presets_are_gone_shows_the_walls_own_page() -> None:
    wall = touring(Stop("nothing"))
    assert wall.plan().layout == "2x2"


def test_a_calm_wall_shows_no_acknowledged_alarm_and_its_tour_rests_while_it_sleeps() -> None:
    wall = touring(Stop("gates", dwell_s=5), Stop("fences", dwell_s=5), calm=True)
    asleep = wall.plan(alarm(1, state=AlarmState.ACKNOWLEDGED))
    assert (asleep.calm, asleep.spotlights) == (True, ())
    assert shown(wall.plan(after_s=100)) == ["cam-008"]
    assert spots(wall.plan(alarm(1))) == [key(1)]


def test_a_plan_that_no_broker_would_pass_on_is_cut() -> None:
    wall = Wall(WallChoice(layout="8x8"), 0)
    streams = tuple(Stream(StreamRole.MAIN, f"rtsp://{'x' * 480}/{number}") for number in range(8))
    names = Names("й" * 200, "й" * 200, "й" * 200)
    wall.cameras = [Feed(key(number), names, names, streams) for number in range(64)]
    plan = wall.plan()
    assert len(encode_plan(plan)) <= MAX_PLAN_BYTES
    assert plan.tiles


COMPOSITIONS = st.one_of(
    st.builds(
        Composition,
        layout=st.sampled_from(ALL_LAYOUTS),
        tiles=st.lists(
            st.sampled_from([None, CLOCK, Blank(), Pinned(key(1)), Pinned(key(2)), Pinned(key(400))]), max_size=4
        ).map(tuple),
        sites=st.sampled_from([(), ("kordai",), ("nowhere",)]),
    ),
    st.just(Composition("free", FREE_PLACES)),
)
RULES = st.builds(
    AlarmRule,
    sites=st.sampled_from([(), ("kordai",)]),
    priority=st.sampled_from(Priority),
    layout=st.sampled_from([None, "1+7", "2+8"]),
    keeps_layout=st.booleans(),
    most_s=st.sampled_from([0.0, 30.0]),
)
TOURS = st.builds(
    Tour,
    stops=st.lists(
        st.builds(
            Stop,
            preset=st.sampled_from([None, "one", "gone"]),
            dwell_s=st.floats(5, 30),
            through=st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    pinned=st.lists(st.builds(TilePin, st.integers(0, 63), st.sampled_from([CLOCK, Pinned(key(3))])), max_size=3).map(
        tuple
    ),
)
ALARMS = st.lists(
    st.builds(
        alarm,
        number=st.integers(0, 12),
        priority=st.sampled_from(Priority),
        state=st.sampled_from([AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED]),
        seen_by=st.lists(st.integers(0, 14), max_size=3, unique=True).map(tuple),
        age_s=st.floats(0, 500),
    ),
    max_size=8,
    unique_by=lambda view: view.occurrence,
)


@st.composite
def choices(draw: st.DrawFn) -> WallChoice:
    own = draw(COMPOSITIONS)
    chosen = draw(st.sampled_from([None, key(2), key(400)]))
    return WallChoice(
        layout=own.layout,
        places=own.places,
        tiles=own.tiles,
        sites=own.sites,
        spotlight=chosen,
        spotlight_since=START if chosen else None,
        calm=draw(st.booleans()),
        tour=draw(st.one_of(st.none(), TOURS)),
        progress=draw(st.sampled_from(Progress)),
        alarms=draw(RULES),
    )


def must_be_shown(wall: Wall, alarms: list[AlarmView]) -> list[AlarmView]:
    """Alarms that ask for a spot: seen by a camera that is there, acknowledged by nobody."""
    there = {feed.key for feed in wall.cameras}
    return [
        view
        for view in alarms
        if admits(wall.choice, view)
        and view.state is not AlarmState.ACKNOWLEDGED
        and any(each in there for each in view.cameras)
    ]


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(0, 15),
    preset=COMPOSITIONS,
    steps=st.lists(st.tuples(choices(), ALARMS, st.floats(0, 40)), min_size=1, max_size=5),
)
def test_whatever_happens_every_plan_can_be_drawn_and_shows_the_most_urgent(
    count: int, preset: Composition, steps: list[tuple[WallChoice, list[AlarmView], float]]
) -> None:
    wall = Wall(count=count)
    wall.keep("one", preset)
    for choice, alarms, pause_s in steps:
        wall.choice = choice
        plan = wall.plan(*alarms, after_s=pause_s)
        assert decode_plan(encode_plan(plan)) == plan
        arrangement = arrange(plan.layout, plan.canvas, plan.places)
        for rect in (*arrangement.spots, *arrangement.tiles):
            assert min(rect.x, rect.y) >= 0
            assert rect.right <= plan.canvas.width
            assert rect.bottom <= plan.canvas.height
            assert min(rect.width, rect.height) > 0
        assert len(plan.tiles) <= len(arrangement.tiles)
        assert len(plan.spotlights) <= len(arrangement.spots) == spots_of(plan.layout, plan.places)
        assert len(set(spots(plan))) == len(spots(plan))
        asking = must_be_shown(wall, alarms)
        if plan.spotlights and asking and not choice.alarms.most_s:
            gravest = max(view.priority.rank for view in asking)
            shown_ranks = [light.priority.rank for light in plan.spotlights if light.priority is not None]
            assert max(shown_ranks, default=-1) >= gravest
        if asking and not choice.alarms.keeps_layout and not choice.alarms.most_s:
            assert plan.spotlights
        if plan.page is not None:
            assert 1 <= plan.page.number <= plan.page.of
        drawn = {tile.key for tile in plan.tiles if isinstance(tile, Feed)} | set(spots(plan))
        assert not drawn & {feed.key for feed in plan.preload}
