"""By what light and through what air a camera sees on a fixed clock: its post's sky, and the scenario's weather."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sensors.clock import ManualClock
from simulators.cameras.vocabulary import Lighting
from simulators.lookout import Lookout, lighting_of
from simulators.scenario.form import CameraEntry, Scenario, Site
from simulators.scenario.nature_actions import WeatherTurn
from simulators.world.world import World
from tests.support.faulty_pictures import Scene

_STEP = timedelta(minutes=1)


class SeenSky:
    """One camera's, from the start of the run; `variant` is the number of its site. Times go forward.

    It looks as the live cameras do, so that nothing here decides what dusk is, or fog.
    """

    def __init__(self, scenario: Scenario, site: Site, variant: int, camera: CameraEntry, starts: datetime) -> None:
        self._scenario, self._site, self._variant, self._camera = scenario, site, variant, camera
        self._world = World(site, scenario.seed)
        self._clock = ManualClock(starts)
        self._lookout = Lookout(camera, scenario.light, lambda: self._world, self._clock)
        steps = sorted(scenario.steps, key=lambda step: step.at_s)
        self._turns = [
            (starts + timedelta(seconds=step.at_s), step)
            for step in steps
            if step.site == site.id and isinstance(step, WeatherTurn)
        ]

    def scene_at(self, now: datetime) -> Scene:
        """What the camera shows."""
        while self._turns and self._turns[0][0] <= now:
            at, turn = self._turns.pop(0)
            self._world.act(turn, at)
        self._clock.advance((now - self._clock.now()).total_seconds())
        lighting, air = self._lookout.scene()
        return self._scene(lighting)._replace(air=air)

    def usual(self, begins: datetime, ends: datetime) -> tuple[Scene, ...]:
        """What it shows in clear air by each light that there is in a span, in order of time."""
        lights = (self._lighting(at) for at in _moments(begins, ends))
        return tuple(self._scene(lighting) for lighting in dict.fromkeys(lights))

    def _lighting(self, at: datetime) -> Lighting:
        return lighting_of(self._camera.imager, self._scenario.light, self._world.sun_elevation_deg(at))

    def _scene(self, lighting: Lighting) -> Scene:
        return Scene(self._camera.view, self._site.terrain, self._variant, lighting)


def _moments(begins: datetime, ends: datetime) -> Iterator[datetime]:
    while begins < ends:
        yield begins
        begins += _STEP
