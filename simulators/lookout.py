"""What one camera sees of its post's world: by what light and through what air, and who is in view."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sensors.clock import Clock
from simulators.bodies import MARGIN_M, appearance_of
from simulators.cameras.drawing.film import Appearance
from simulators.cameras.vocabulary import Air, Imager, Lighting
from simulators.scenario.form import CameraEntry, Light
from simulators.world.actors import Figure
from simulators.world.senses import in_view
from simulators.world.weather import Weather
from simulators.world.world import World

_DAY_DEG, _SUNRISE_DEG, _DARK_DEG = 8.0, 0.0, -6.0
"""How high the sun stands: above the first it is day, below the last (civil twilight) night."""
_FOG_M = 1_000.0
_WET_MMPH = 0.3
_STAYS = 2.0
"""What began stays until there is half as much of it, or one sees twice as far; else it would come and go."""
_LOOKS = 3


class Lookout:
    """`speed` is how many seconds of the world a second of the stream has."""

    def __init__(
        self, camera: CameraEntry, light: Light, world: Callable[[], World], clock: Clock, speed: float = 1.0
    ) -> None:
        self._camera = camera
        self._light = light
        self._world = world
        self._clock = clock
        self._speed = speed
        self._air = Air.CLEAR

    def scene(self) -> tuple[Lighting, Air]:
        """By what light and through what air it sees now."""
        world, now = self._world(), self._clock.now()
        self._air = air_of(world.weather(now), self._air)
        return lighting_of(self._camera.imager, self._light, world.sun_elevation_deg(now)), self._air

    def is_entered(self, from_s: float, to_s: float) -> bool:
        """Whether anybody is in view between two moments, as far as is known now."""
        if not self._world().journeys():
            return False
        step_s = (to_s - from_s) / (_LOOKS - 1)
        return any(self._seen(self._at(from_s + look * step_s)) for look in range(_LOOKS))

    def appearances(self, in_s: float) -> tuple[Appearance, ...]:
        """Who is in view at a moment, and where."""
        at = self._at(in_s)
        world = self._world()
        place, climbers = world.places[self._camera.id], world.climbers(at)
        return tuple(
            appearance_of(figure, place, at, climbs=not figure.speed_mps and figure.actor in climbers)
            for figure in self._seen(at)
        )

    def _at(self, in_s: float) -> datetime:
        return self._clock.now() + timedelta(seconds=in_s * self._speed)

    def _seen(self, at: datetime) -> list[Figure]:
        """Everybody of whom any part is in the picture."""
        world = self._world()
        view, place, look = self._camera.view, world.places[self._camera.id], world.look_of(self._camera.id)
        return [
            figure for figure in world.figures(at) if in_view(view, place, figure.spot, look, MARGIN_M[figure.kind])
        ]


def lighting_of(imager: Imager, light: Light, sun_deg: float) -> Lighting:
    """By what a camera takes its pictures while the sun stands so high."""
    if imager is Imager.THERMAL:
        return Lighting.HEAT
    if light is Light.DAY or (light is Light.LOCAL and sun_deg >= _DAY_DEG):
        return Lighting.DAY
    if light is Light.LOCAL and sun_deg >= _DARK_DEG:
        return Lighting.LOW_SUN if sun_deg >= _SUNRISE_DEG else Lighting.DUSK
    return Lighting.INFRARED if imager is Imager.DAY_NIGHT else Lighting.LAMPS


def air_of(weather: Weather, before: Air) -> Air:
    """What lies between a camera and what it looks at, when it was `before`."""

    def enough(air: Air) -> float:
        return _STAYS if air is before else 1.0

    if weather.visibility_m < _FOG_M * enough(Air.FOG):
        return Air.FOG
    if weather.snow_mmph * enough(Air.SNOW) >= _WET_MMPH:
        return Air.SNOW
    if weather.rain_mmph * enough(Air.RAIN) >= _WET_MMPH:
        return Air.RAIN
    return Air.CLEAR
