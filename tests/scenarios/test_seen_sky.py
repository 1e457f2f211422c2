"""What a camera on a fixed clock shows: every light and air of its post's world, as live cameras do."""

from datetime import datetime, timedelta

from simulators.cameras.vocabulary import Air, Lighting
from simulators.scenario.reading import read_scenario
from tests.scenarios.seen_sky import SeenSky

_SCENARIO = read_scenario("blinded-in-the-weather")
_SITE = _SCENARIO.sites[0]


def _starts() -> datetime:
    assert _SCENARIO.starts is not None
    return _SCENARIO.starts


def test_the_fixed_walls_cameras_see_dusk_infrared_rain_fog_and_snow() -> None:
    sky = SeenSky(_SCENARIO, _SITE, 0, _SITE.cameras[1], _starts())
    scenes = [sky.scene_at(_starts() + timedelta(seconds=second)) for second in range(int(_SCENARIO.lasts_s))]
    assert list(dict.fromkeys((scene.lighting, scene.air) for scene in scenes)) == [
        (Lighting.DUSK, Air.CLEAR),
        (Lighting.DUSK, Air.RAIN),
        (Lighting.DUSK, Air.FOG),
        (Lighting.INFRARED, Air.CLEAR),
        (Lighting.INFRARED, Air.SNOW),
    ]


def test_a_thermal_camera_is_known_by_its_heat_alone_and_another_by_each_light_of_a_span() -> None:
    ends = _starts() + timedelta(seconds=_SCENARIO.lasts_s)
    thermal, by_night = (SeenSky(_SCENARIO, _SITE, 0, camera, _starts()) for camera in _SITE.cameras)
    assert [scene.lighting for scene in thermal.usual(_starts(), ends)] == [Lighting.HEAT]
    assert [scene.lighting for scene in by_night.usual(_starts(), ends)] == [Lighting.DUSK, Lighting.INFRARED]
    assert {scene.air for scene in by_night.usual(_starts(), ends)} == {Air.CLEAR}
