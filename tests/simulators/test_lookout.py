"""What cameras see of their post's world: light, air, and the same people as the sensors beside them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from sensors.clock import ManualClock
from simulators.bodies import body_of
from simulators.cameras.drawing.film import Film, Shot
from simulators.cameras.drawing.projection import Lens
from simulators.cameras.drawing.scenes import scene_of as scene_of_view
from simulators.cameras.vocabulary import Air, Imager, Lighting, Shape, Terrain, View
from simulators.lookout import Lookout, air_of, lighting_of
from simulators.scenario.actions import Herd, Intrusion
from simulators.scenario.form import CameraEntry, Light, Site
from simulators.scenario.nature_actions import Enter
from simulators.scenario.reading import read_scenario
from simulators.world.actors import ActorKind
from simulators.world.ground import ground_of, scene_of
from simulators.world.weather import Weather
from simulators.world.world import World

_NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
_PASSES_S = 40.0
"""From the start of the way past a sensor until beside it, at a metre a second."""
_TALL_M = 1.77
_PLAIN_LEVELS, _PLAIN_PIXELS, _PLAIN_ROWS = 20, 600, 60
"""So much brighter or darker than what is behind, on so many pixels, from head to foot."""


@pytest.fixture(scope="module")
def site() -> Site:
    return read_scenario("border").sites[0]


def _entry(site: Site, view: View) -> CameraEntry:
    return next(camera for camera in site.cameras if camera.view is view)


def _lookout(site: Site, world: World, view: View = View.PERIMETER, speed: float = 1.0) -> Lookout:
    return Lookout(_entry(site, view), Light.DAY, lambda: world, ManualClock(_NOW), speed)


def _passing(site: Site, device: str, kind: ActorKind = ActorKind.PERSON) -> World:
    world = World(site, 1)
    world.act(Enter(at_s=0.0, site=site.id, kind=kind, past=device, speed_mps=1.0), _NOW)
    return world


def _weather(rain_mmph: float = 0.0, snow_mmph: float = 0.0, visibility_m: float = 20_000.0) -> Weather:
    return Weather(10.0, 50.0, 938.0, 3.0, 4.0, rain_mmph, visibility_m, snow_mmph)


@pytest.mark.parametrize(
    ("imager", "light", "sun_deg", "lighting"),
    [
        (Imager.COLOUR, Light.LOCAL, 40.0, Lighting.DAY),
        (Imager.COLOUR, Light.LOCAL, 4.0, Lighting.LOW_SUN),
        (Imager.COLOUR, Light.LOCAL, -3.0, Lighting.DUSK),
        (Imager.COLOUR, Light.LOCAL, -20.0, Lighting.LAMPS),
        (Imager.DAY_NIGHT, Light.LOCAL, -3.0, Lighting.DUSK),
        (Imager.DAY_NIGHT, Light.LOCAL, -20.0, Lighting.INFRARED),
        (Imager.THERMAL, Light.LOCAL, 40.0, Lighting.HEAT),
        (Imager.COLOUR, Light.NIGHT, 40.0, Lighting.LAMPS),
        (Imager.DAY_NIGHT, Light.DAY, -20.0, Lighting.DAY),
    ],
)
def test_a_camera_takes_pictures_by_the_light_there_is(
    imager: Imager, light: Light, sun_deg: float, lighting: Lighting
) -> None:
    assert lighting_of(imager, light, sun_deg) is lighting


def test_what_lies_in_the_air_does_not_come_and_go_by_the_second() -> None:
    assert air_of(_weather(), Air.CLEAR) is Air.CLEAR
    assert air_of(_weather(rain_mmph=0.2), Air.CLEAR) is Air.CLEAR
    assert air_of(_weather(rain_mmph=0.3), Air.CLEAR) is Air.RAIN
    assert air_of(_weather(rain_mmph=0.2), Air.RAIN) is Air.RAIN
    assert air_of(_weather(rain_mmph=0.1), Air.RAIN) is Air.CLEAR
    assert air_of(_weather(snow_mmph=1.0, rain_mmph=1.0), Air.CLEAR) is Air.SNOW
    assert air_of(_weather(visibility_m=900.0), Air.CLEAR) is Air.FOG
    assert air_of(_weather(visibility_m=1_500.0), Air.FOG) is Air.FOG
    assert air_of(_weather(visibility_m=2_000.0), Air.FOG) is Air.CLEAR


def test_who_passes_a_ground_sensor_is_drawn_beside_it(site: Site) -> None:
    world = _passing(site, "ground-2")
    lookout = _lookout(site, world)
    beside = _NOW + timedelta(seconds=_PASSES_S)
    assert world.sensed_by("ground-2", beside)
    ((body, place),) = lookout.appearances(_PASSES_S)
    assert body.shape is Shape.PERSON
    assert (place.x, place.z) == pytest.approx(scene_of(world.places["cam-2"], world.places["ground-2"].spot), abs=0.1)
    film = Film(Shot(2, View.PERIMETER, Terrain.PLAIN, 0, Lighting.DAY, 640, 360))
    alone = film.draw(20)[:360].astype(int)
    changed = np.abs(film.draw(20, lookout.appearances(_PASSES_S))[:360].astype(int) - alone) > 20
    rows, columns = np.nonzero(changed)
    scene = scene_of_view(View.PERIMETER, Terrain.PLAIN, 0)
    lens = Lens.of(640, 360, eye_height_m=scene.eye_height_m, horizon=scene.horizon)
    (column, foot), (_, head) = lens.point(place.x, 0.0, place.z), lens.point(place.x, _TALL_M, place.z)
    assert rows.min() == pytest.approx(head, abs=3)
    assert rows.max() == pytest.approx(foot, abs=3)
    assert column == pytest.approx((columns.min() + columns.max()) / 2, abs=0.5 * lens.scale(place.z))


@pytest.mark.parametrize("lighting", list(Lighting))
def test_who_raises_an_alarm_is_plain_to_see_in_a_small_stream_by_any_light(site: Site, lighting: Lighting) -> None:
    film = Film(Shot(2, View.PERIMETER, site.terrain, 0, lighting, 640, 360))
    alone = film.draw(20)[:360].astype(int)
    for action, at_s in (
        (Intrusion(site=site.id), 0.5),
        (Intrusion(site=site.id), 10.0),
        (Herd(site=site.id), 18.0),
        (Enter(site=site.id, kind=ActorKind.VEHICLE, past="ground-1"), 5.0),
    ):
        world = World(site, 1)
        world.act(action, _NOW)
        seen = film.draw(20, _lookout(site, world).appearances(at_s))[:360].astype(int)
        rows, _ = np.nonzero(np.abs(seen - alone) >= _PLAIN_LEVELS)
        assert len(rows) >= _PLAIN_PIXELS, action
        assert np.ptp(rows) >= _PLAIN_ROWS, action


def test_who_climbs_comes_up_on_the_fence_and_who_lingers_stays_on_the_ground(site: Site) -> None:
    world = World(site, 1)
    world.act(Intrusion(site=site.id), _NOW)
    heights_m = [place.up_m for half_s in range(8, 40) for _, place in _lookout(site, world).appearances(half_s / 2)]
    assert (min(heights_m), max(heights_m)) == pytest.approx((0.0, 1.6), abs=0.05)
    waiting = World(site, 1)
    beside_fence = ground_of(waiting.places["cam-2"], -4.4, 13.5)
    waiting.act(Enter(site=site.id, kind=ActorKind.PERSON, path=(beside_fence,), lingers_s=60.0), _NOW)
    assert {place.up_m for at_s in range(20) for _, place in _lookout(site, waiting).appearances(at_s)} == {0.0}


def test_a_camera_knows_ahead_who_comes_into_view_and_others_see_nobody(site: Site) -> None:
    world = _passing(site, "ground-2")
    perimeter, yard = _lookout(site, world), _lookout(site, world, View.YARD)
    seen = [perimeter.is_entered(second, second + 1.0) for second in range(100)]
    assert seen == [bool(perimeter.appearances(second) or perimeter.appearances(second + 1.0)) for second in range(100)]
    assert seen[int(_PASSES_S)]
    assert not seen[-1]
    assert not any(yard.is_entered(second, second + 1.0) for second in range(100))


def test_seconds_are_the_streams_when_the_world_goes_faster(site: Site) -> None:
    world = _passing(site, "ground-2")
    assert _lookout(site, world, speed=4.0).appearances(_PASSES_S / 4) == _lookout(site, world).appearances(_PASSES_S)


@pytest.mark.parametrize(
    ("kind", "shapes"),
    [
        (ActorKind.GROUP, {Shape.PERSON}),
        (ActorKind.HERD, {Shape.SHEEP, Shape.COW, Shape.HORSE}),
        (ActorKind.VEHICLE, {Shape.CAR, Shape.JEEP, Shape.TRUCK}),
        (ActorKind.TRAIN, {Shape.LOCOMOTIVE, Shape.WAGON}),
    ],
)
def test_bodies_look_like_what_they_are(kind: ActorKind, shapes: set[Shape]) -> None:
    assert {body_of(f"actor-{name}", kind, number).shape for name in range(12) for number in range(8)} == shapes


def test_a_herd_is_of_one_kind_and_a_train_has_one_locomotive() -> None:
    assert len({body_of("herd", ActorKind.HERD, number).shape for number in range(40)}) == 1
    train = [body_of("train", ActorKind.TRAIN, number).shape for number in range(5)]
    assert train == [Shape.LOCOMOTIVE, *(4 * [Shape.WAGON])]
