"""Who is before a camera that has turned: in its picture, in the world and in the truth."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from sensors.clock import ManualClock
from simulators.cameras.drawing.projection import Lens
from simulators.cameras.drawing.scenes import scene_of as drawn_scene_of
from simulators.cameras.look import AHEAD, Look
from simulators.cameras.vocabulary import Terrain, View
from simulators.chronicle import Chronicle
from simulators.lookout import Lookout
from simulators.scenario.actions import Intrusion
from simulators.scenario.form import Light, Scenario, Site
from simulators.scenario.reading import read_scenario
from simulators.scenario.streams import presets_of
from simulators.truth import Happening, Truth
from simulators.world.actors import Actor, ActorKind
from simulators.world.ground import Place, Spot, ground_of
from simulators.world.senses import in_view
from simulators.world.world import World

_NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
_BESIDE_S = 23.0
"""From the start of the way until beside the ground sensor, at two metres a second."""
_AWAY = Look(pan_deg=-50.0, zoom=2.0)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario("border")


@pytest.fixture
def site(scenario: Scenario) -> Site:
    return scenario.sites[0]


def test_a_camera_that_is_sent_to_a_preset_has_in_view_what_that_is_called_after(site: Site) -> None:
    world = World(site, 1)
    presets = [(camera.id, preset) for camera in site.cameras for preset in presets_of(camera)]
    assert len(presets) == 6
    for camera, preset in presets:
        world.turn(camera, preset.look)
        assert world.covers_still(camera, preset.name)


def test_a_camera_that_has_turned_away_sees_nobody_where_it_looked_and_draws_nobody(site: Site) -> None:
    world, beside = World(site, 1), _NOW + timedelta(seconds=_BESIDE_S)
    path = ground_of(world.places["cam-2"], 4.4, 60.0), ground_of(world.places["cam-2"], 4.4, 3.0)
    world.enter(Actor("walker", ActorKind.PERSON, path, _NOW, speed_mps=2.0))
    entry = next(camera for camera in site.cameras if camera.id == "cam-2")
    lookout = Lookout(entry, Light.DAY, lambda: world, ManualClock(_NOW))
    for look, sees in ((AHEAD, True), (_AWAY, False), (AHEAD, True)):
        world.turn("cam-2", look)
        assert bool(world.seen_by("cam-2", beside)) == sees
        assert bool(world.passages("cam-2", _NOW, _NOW + timedelta(minutes=10))) == sees
        assert bool(lookout.appearances(_BESIDE_S)) == lookout.is_entered(_BESIDE_S, _BESIDE_S + 1.0) == sees
        assert world.sensed_by("ground-1", beside)


@pytest.mark.parametrize(("look", "cameras"), [(AHEAD, ("cam-2",)), (_AWAY, ())])
def test_the_truth_names_cameras_that_show_what_they_cover(
    scenario: Scenario, site: Site, look: Look, cameras: tuple[str, ...]
) -> None:
    world, written = World(site, 1), list[Truth]()
    world.turn("cam-2", look)
    action = Intrusion(site=site.id)
    world.act(action, _NOW)
    Chronicle(scenario, {site.id: world}, written.append).take(action, _NOW)
    assert [record.cameras for record in written if isinstance(record, Happening)] == [cameras]


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("look", [Look(-20.0, -10.0, 3.0), Look(8.0, -35.0), Look(30.0, 5.0, 1.5)])
def test_what_a_turned_camera_has_in_view_is_what_its_lens_throws_on_the_picture(view: View, look: Look) -> None:
    scene = drawn_scene_of(view, Terrain.PLAIN, 0)
    lens = Lens.of(1600, 900, eye_height_m=scene.eye_height_m, horizon=scene.horizon, look=look)
    camera = Place(Spot(0.0, 0.0), None, 0.0)
    for right_m, away_m in product(range(-80, 81, 3), range(3, 60, 3)):
        column, foot = lens.point(right_m, 0.0, away_m)
        _, waist = lens.point(right_m, 0.8, away_m)
        shown = 0.0 <= column <= 1600.0 and waist <= 900.0 and foot >= 0.0
        assert in_view(view, camera, Spot(right_m, away_m), look, margin_m=0.0) == shown
