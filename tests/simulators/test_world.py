from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sensors.errors import ConfigError
from sensors.model import Position
from simulators.models.traffic import RadiationPortal
from simulators.scenario.actions import Herd, Intrusion, Radiation
from simulators.scenario.form import Site
from simulators.scenario.nature_actions import Enter
from simulators.scenario.reading import read_scenario
from simulators.visits import visits_of
from simulators.world.actors import Actor, ActorKind, Cargo, Journey, Stop
from simulators.world.ground import Place, Spot, ground_of, heading_deg, position_of, scene_of, spot_of
from simulators.world.places import places_of
from simulators.world.spans import Span, merged, spans_of
from simulators.world.world import MAX_ACTORS, World

_NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def site() -> Site:
    return read_scenario("border").sites[0]


def _after(seconds: float) -> datetime:
    return _NOW + timedelta(seconds=seconds)


def _walker(*path: Spot, **more: float) -> Actor:
    return Actor("walker", ActorKind.PERSON, path, _NOW, speed_mps=more.get("speed_mps", 2.0))


def test_ground_and_degrees_agree() -> None:
    origin = Position(43.0, 74.7)
    place = Place(Spot(300.0, -200.0), None, 10.0)
    there = position_of(origin, place)
    assert there.bearing_deg == 10.0
    back = spot_of(origin, there)
    assert back.x_m == pytest.approx(300.0, abs=0.2)
    assert back.y_m == pytest.approx(-200.0, abs=0.2)


def test_ground_and_scene_agree() -> None:
    north = Place(Spot(10.0, 20.0), None, 0.0)
    assert ground_of(north, 3.0, 7.0) == pytest.approx((13.0, 27.0))
    east = Place(Spot(0.0, 0.0), None, 90.0)
    assert ground_of(east, 3.0, 7.0) == pytest.approx((7.0, -3.0))
    for bearing in (0.0, 45.0, 140.0, 205.0, 320.0):
        camera = Place(Spot(-5.0, 8.0), None, bearing)
        assert scene_of(camera, ground_of(camera, 4.4, 13.5)) == pytest.approx((4.4, 13.5))
        assert heading_deg(camera.spot, ground_of(camera, 0.0, 50.0)) == pytest.approx(bearing)


def test_a_line_is_as_near_as_its_nearest_point() -> None:
    fence = Place(Spot(0.0, 0.0), Spot(10.0, 0.0))
    assert fence.distance_m(Spot(5.0, 3.0)) == pytest.approx(3.0)
    assert fence.distance_m(Spot(-4.0, 3.0)) == pytest.approx(5.0)


def test_the_standard_post_stands_as_it_is_drawn(site: Site) -> None:
    places = places_of(site)
    perimeter, gate, lane = places["cam-2"], places["cam-1"], places["cam-3"]
    for sensor, spot in (("ground-1", (4.4, 13.5)), ("ground-2", (4.6, 22.0)), ("ground-3", (5.4, 34.0))):
        assert scene_of(perimeter, places[sensor].spot) == pytest.approx(spot, abs=0.1)
    for fence in ("fence-1", "fence-2"):
        far = places[fence].to
        assert far is not None
        assert scene_of(perimeter, places[fence].spot)[0] == pytest.approx(-4.6, abs=0.1)
        assert scene_of(perimeter, far)[0] == pytest.approx(-4.6, abs=0.1)
    assert scene_of(lane, places["portal-1"].spot) == pytest.approx((0.0, 26.5), abs=0.1)
    # who drives through the portal comes by the gate's right-hand lane
    assert scene_of(gate, ground_of(lane, 0.0, -60.0))[0] == pytest.approx(2.9, abs=0.3)


def test_a_walker_is_on_the_way_then_lingers_and_is_gone() -> None:
    journey = Journey(Actor("a", ActorKind.PERSON, (Spot(0, 0), Spot(0, 10)), _NOW, speed_mps=2.0, lingers_s=3.0))
    (halfway,) = journey.figures(_after(2.5))
    assert halfway.spot == pytest.approx((0.0, 5.0))
    assert (halfway.heading_deg, halfway.speed_mps) == (0.0, 2.0)
    (lingering,) = journey.figures(_after(7))
    assert (lingering.spot, lingering.speed_mps) == ((0.0, 10.0), 0.0)
    assert journey.figures(_after(8.1)) == ()
    assert journey.figures(_after(-0.1)) == ()


def test_a_stop_on_the_way_holds_everybody_up() -> None:
    journey = Journey(_walker(Spot(0, 0), Spot(0, 10)), (Stop(4.0, 6.0),))
    assert journey.figures(_after(5))[0].spot == pytest.approx((0.0, 4.0))
    assert journey.figures(_after(9))[0].spot == pytest.approx((0.0, 6.0))
    assert journey.ends == _after(11)


def test_a_group_comes_and_goes_one_by_one() -> None:
    group = Journey(Actor("g", ActorKind.GROUP, (Spot(0, 0), Spot(0, 50)), _NOW, speed_mps=1.0, count=4))
    assert [len(group.figures(_after(seconds))) for seconds in (0, 3, 20, 53, 60)] == [1, 2, 4, 2, 0]
    assert len({figure.spot for figure in group.figures(_after(20))}) == 4


def test_sensors_and_cameras_notice_the_same_person(site: Site) -> None:
    world = World(site, 1)
    start, end = ground_of(world.places["cam-2"], 4.4, 60.0), ground_of(world.places["cam-2"], 4.4, 3.0)
    world.enter(_walker(start, end))
    beside = _after((60.0 - 13.5) / 2.0)
    assert [figure.actor for figure in world.sensed_by("ground-1", beside)] == ["walker"]
    assert [figure.actor for figure in world.seen_by("cam-2", beside)] == ["walker"]
    assert world.seen_by("cam-1", beside) == ()
    assert world.sensed_by("ground-1", _after(0)) == ()
    (span,) = world.passages("cam-2", _NOW, _after(600))
    assert span.starts == _NOW
    for seconds in range(0, 30, 2):
        assert bool(world.seen_by("cam-2", _after(seconds))) == (span.starts <= _after(seconds) <= span.ends)


def test_an_intrusion_is_noticed_by_all_whose_reach_it_crosses_and_told_of_them(site: Site) -> None:
    world, intrusion = World(site, 1), Intrusion(site=site.id)
    world.act(intrusion, _NOW)
    moments = [_after(number / 5) for number in range(150)]
    noticed = {device.id for device in site.devices if any(world.sensed_by(device.id, now) for now in moments)}
    assert noticed == {"ground-1", "ground-2", "fence-1"}
    assert {camera.id for camera in site.cameras if any(world.seen_by(camera.id, now) for now in moments)} == {"cam-2"}
    assert {visit.device for visit in visits_of(intrusion, world, _NOW)} == noticed
    at_fence = [now for now in moments if world.at_work("fence-1", now)]
    assert (at_fence[0], at_fence[-1]) == (_after(4), _after(24))


def test_a_herd_and_a_load_are_on_the_ground_too(site: Site) -> None:
    world = World(site, 1)
    world.act(Herd(site=site.id, device="ground-2", duration_s=60), _NOW)
    world.act(Radiation(site=site.id, duration_s=60), _NOW)
    assert {figure.kind for figure in world.seen_by("cam-2", _after(30))} == {ActorKind.HERD}
    assert {figure.kind for figure in world.seen_by("cam-3", _after(30))} == {ActorKind.VEHICLE}
    assert world.loads_at("portal-1", _after(30)) == {Cargo.SOURCE}
    assert not world.figures(_after(90))


def test_actors_are_bounded_and_the_gone_are_forgotten(site: Site) -> None:
    world = World(site, 1)
    for number in range(MAX_ACTORS):
        world.enter(Actor(f"a-{number}", ActorKind.PERSON, (Spot(0, 0), Spot(0, 9)), _NOW))
    with pytest.raises(ConfigError, match="actors"):
        world.enter(Actor("one-more", ActorKind.PERSON, (Spot(0, 0),), _NOW))
    world.enter(Actor("a-3", ActorKind.PERSON, (Spot(0, 0),), _NOW))
    world.enter(Actor("later", ActorKind.PERSON, (Spot(0, 0),), _after(7200)))
    assert [journey.actor.id for journey in world.journeys()] == ["later"]


def test_spans_are_found_to_the_moment() -> None:
    found = tuple(spans_of(lambda now: _after(3.21) <= now < _after(7.77), _NOW, _after(20)))
    assert len(found) == 1
    assert abs((found[0].starts - _after(3.21)).total_seconds()) < 0.03
    assert abs((found[0].ends - _after(7.77)).total_seconds()) < 0.03
    assert tuple(spans_of(lambda now: True, _NOW, _after(2))) == (Span(_NOW, _after(2)),)  # noqa: ARG005


def test_spans_that_touch_become_one() -> None:
    spans = [
        Span(_after(5), _after(8)),
        Span(_after(0), _after(2)),
        Span(_after(2), _after(3)),
        Span(_after(7), _after(9)),
    ]
    assert merged(spans) == (Span(_after(0), _after(3)), Span(_after(5), _after(9)))


def test_truth_is_derived_from_the_bodies_that_walk(site: Site) -> None:
    world = World(site, 1)
    group = Enter(site=site.id, kind=ActorKind.GROUP, path=(Spot(0.0, 0.0), Spot(0.0, 60.0)))
    world.act(Enter(site=site.id, kind=ActorKind.PERSON, past="fence-1"), _NOW)
    foreseen = world.way_of(group, _after(1)).figures(_after(30))
    world.act(group, _after(1))
    walking = tuple(figure for figure in world.figures(_after(30)) if figure.kind is ActorKind.GROUP)
    assert len(walking) == 5
    assert foreseen == walking == world.way_of(group, _after(1)).figures(_after(30))


@pytest.mark.parametrize(("speed_mps", "due"), [(0.3, True), (1.6, True), (8.0, False), (30.0, False)])
def test_a_portal_owes_an_alarm_only_for_what_its_counts_can_catch(
    site: Site,
    speed_mps: float,
    due: bool,  # noqa: FBT001
) -> None:
    lorry = Enter(site=site.id, kind=ActorKind.VEHICLE, past="portal-1", speed_mps=speed_mps, cargo=Cargo.NEUTRON)
    for number in range(3):
        world = World(site, number)
        visits = {visit.alarm: visit for visit in visits_of(lorry, world, _NOW) if visit.device == "portal-1"}
        assert {visit.excused is None for visit in visits.values()} <= {due}
        world.act(lorry, _NOW)
        portal = RadiationPortal("portal-1", 1.0, world, Random(number))  # noqa: S311 - repeatable
        journey = world.way_of(lorry, _NOW)
        raised: dict[str, float] = {}
        for second in range(int((journey.ends - _NOW).total_seconds())):
            values = portal.sample(_after(second + 0.1 * number))
            for alarm in ("gamma_alarm", "neutron_alarm"):
                if values[alarm]:
                    raised.setdefault(alarm, second + 0.1 * number)
        if due:
            assert len(visits) == len(raised) == 2
        for alarm, visit in visits.items():
            if due:
                starts_s = (visit.starts - _NOW).total_seconds()
                assert starts_s <= raised[alarm.split(".")[0]] <= starts_s + visit.slack_s


def test_who_stays_for_a_day_is_looked_at_no_more_often_than_can_be_borne(site: Site) -> None:
    world = World(site, 1)
    spot = world.places["ground-1"].spot
    crowd = Enter(site=site.id, kind=ActorKind.PERSON, path=(spot,), lingers_s=86_400.0)
    visits = list(visits_of(crowd, world, _NOW))
    assert {"ground-1", "ground-2"} <= {visit.device for visit in visits}
    assert all((visit.starts, visit.ends) == (_NOW, _after(86_400)) for visit in visits)
