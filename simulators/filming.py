"""The cameras of a scenario, each filming the world of its post."""

from collections.abc import Callable, Mapping

from sensors.clock import Clock
from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.settings import Settings
from simulators.cameras.camera import Camera
from simulators.cameras.drawing.film import Shot
from simulators.cameras.vocabulary import Lighting
from simulators.lookout import Lookout
from simulators.post import Post
from simulators.scenario.form import Scenario, Site
from simulators.scenario.streams import camera_numbers, formats_of, presets_of
from simulators.world.world import World


def cameras_of(
    scenario: Scenario, settings: Settings, clock: Clock, speed: float, posts: Mapping[str, Post]
) -> list[Camera]:
    """All cameras. Each sees the world of its post, which may be added to `posts` later, but before it films."""

    def world_of(site: Site) -> Callable[[], World]:
        return lambda: posts[site.id].premises.world

    numbers = camera_numbers(scenario)
    cameras: list[Camera] = []
    for variant, site in enumerate(scenario.sites):
        for entry in site.cameras:
            key = DeviceKey(SiteId(site.id), DeviceId(entry.id))
            shot = Shot(numbers[key], entry.view, site.terrain, variant, Lighting.DAY, 0, 0)
            secret = settings.secrets.camera(key)
            sight = Lookout(entry, scenario.light, world_of(site), clock, speed)
            forms, presets = formats_of(entry), presets_of(entry)
            cameras.append(Camera(key, shot, entry.authentication, secret, forms, entry.audio, presets, sight))
    return cameras
