"""The whole of Shekara running for tests: real posts, broker, hub and wall, and a viewer of the encoded wall."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.client import HubClient
from sensors.model import DeviceId, DeviceKey, Language, SiteId, Value
from simulators.cameras.drawing.film import FPS, LOOP_FRAMES
from simulators.demo.installation import WALL, install
from simulators.demo.stage import Stage
from simulators.demo.watch import Watch
from simulators.demo.witness import Witness
from simulators.scenario.reading import read_scenario
from tests.support.waiting import eventually_async

_LAST_SECOND = LOOP_FRAMES - FPS


class System:
    """What tests ask of the running whole."""

    def __init__(self, stage: Stage, witness: Witness) -> None:
        self.stage = stage
        self.witness = witness

    @property
    def client(self) -> HubClient:
        return self.stage.client

    @property
    def watch(self) -> Watch:
        return self.stage.watch

    def camera_keys(self) -> list[DeviceKey]:
        return [
            DeviceKey(SiteId(site.id), DeviceId(camera.id))
            for site in self.stage.scenario.sites
            for camera in site.cameras
        ]

    async def command(self, site: str, name: str, **arguments: Value) -> None:
        """Make something happen at a post."""
        await self.client.send_command(DeviceKey(SiteId(site), DeviceId("gateway")), name, arguments)

    def state_of(self, camera: DeviceKey) -> str:
        """What the wall says of a camera's small tile."""
        return next(
            (
                tile.state
                for tile in self.witness.tiles
                if (tile.site, tile.device) == tuple_of(camera) and not tile.spot
            ),
            "",
        )

    def live_tiles(self) -> int:
        """How many cameras' stamps advanced on the encoded wall within the last second."""
        return len(self.witness.live(time.time() - 1.0))

    async def settle(self) -> None:
        """Wait until all devices are registered and all tiles live."""
        expected = self.stage.report
        await eventually_async(
            lambda: self.watch.registered(self.stage.expected) >= expected.devices_expected,
            within_s=40,
            what=f"registering {expected.devices_expected} devices",
        )
        await eventually_async(
            lambda: self.live_tiles() >= expected.tiles_expected,
            within_s=120,  # where no film has been drawn before, they are covered as frozen until they are
            what="all tiles being live",
        )

    async def clips_drawn(self) -> None:
        """Wait until every camera has shown its last second: what is still being drawn repeats what it has.

        How much processor the cameras take does not say it: on a busy machine they draw with little.
        """
        expected = {tuple_of(key) for key in self.camera_keys()}

        def whole() -> set[tuple[str, str]]:
            return {(one.site, one.device) for one in list(self.witness.sightings) if one.stamp.frame >= _LAST_SECOND}

        await eventually_async(lambda: whole() >= expected, within_s=90, what="every film being whole")

    def new_frame_times(self, camera: DeviceKey, since: float) -> list[float]:
        """When new frames of a camera's small tile arrived in the encoded wall after `since` (unix time)."""
        return [
            one.at
            for one in list(self.witness.sightings)
            if one.at >= since and not one.spot and (one.site, one.device) == tuple_of(camera)
        ]


def tuple_of(key: DeviceKey) -> tuple[str, str]:
    return key.site, key.device


@asynccontextmanager
async def running_system(folder: Path, language: Language = Language.RU) -> AsyncIterator[System]:
    """Everything started, until the block ends."""
    scenario = read_scenario("border")
    made = install(folder, tuple(SiteId(site.id) for site in scenario.sites), language)
    stage = Stage(made, scenario, "border")
    async with stage.standing():
        await stage.entrance()
        witness = Witness(made.wall_url, WALL, stage.client.token)
        watching = asyncio.create_task(witness.run(), name="witness")
        try:
            yield System(stage, witness)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
