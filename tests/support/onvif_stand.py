"""Simulated cameras that speak ONVIF beside RTSP, in the test's own loop: one that turns, one that does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, Names, Position, SiteId, StreamRole
from sensors.rtsp.authentication import Credentials
from simulators.cameras.cache import default_directory
from simulators.cameras.camera import Camera
from simulators.cameras.drawing.film import Shot
from simulators.cameras.formats import FORMATS
from simulators.cameras.look import Look
from simulators.cameras.mount import Mount, Preset
from simulators.cameras.server import CameraServer
from simulators.cameras.vocabulary import Authentication, Codec, Lighting, Terrain, View
from simulators.cameras.workshop import Workshop
from simulators.onvif.server import OnvifServer
from simulators.onvif.station import Station
from simulators.onvif.subject import Address
from simulators.scenario.form import CameraEntry, OnvifEntry, Scenario, Site

LOOPBACK = "127.0.0.1"
PASSWORD = Credentials("viewer", "not a secret: tests")
WRONG = Credentials("viewer", "guessed")
TURNING = DeviceKey(SiteId("kordai"), DeviceId("cam-1"))
FIXED = DeviceKey(SiteId("kordai"), DeviceId("cam-2"))
GATE, YARD = Look(pan_deg=-20.0, tilt_deg=-5.0, zoom=2.0), Look(pan_deg=12.0)
PRESETS = (Preset("1", "Ворота", GATE), Preset("2", "yard", YARD))
NAMES = {TURNING: "Въезд & <Gate>", FIXED: "Perimeter"}
_SITE = Names(en="Kordai")
_LATER = {**FORMATS, StreamRole.MAIN: FORMATS[StreamRole.MAIN]._replace(codec=Codec.H265)}


class OnvifStand(NamedTuple):
    """What runs: the cameras, and their devices in the order of NAMES. The main stream of the fixed one is H.265."""

    cameras: CameraServer
    onvif: OnvifServer

    @property
    def address(self) -> Address:
        """Of the camera that turns."""
        return self.onvif.addresses[0]

    @property
    def mount(self) -> Mount:
        """Of the camera that turns."""
        return self.cameras.rigs[TURNING].mount


@asynccontextmanager
async def onvif_stand(
    credentials: Credentials | None = PASSWORD, *, announced: bool = False
) -> AsyncIterator[OnvifStand]:
    """The cameras until the block ends. Who has them `announced` is to be alone on the air."""
    cameras = (
        Camera(TURNING, _shot(21), Authentication.DIGEST, credentials, presets=PRESETS),
        Camera(FIXED, _shot(22), Authentication.DIGEST, credentials, formats=_LATER),
    )
    async with Workshop(default_directory()) as workshop:
        server = CameraServer(LOOPBACK, 0, cameras, workshop, SystemClock())
        await server.start()
        station = Station(_scenario(announced=announced), server)
        await station.start()
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(part) for part in (server.run(), station.run())]
            await asyncio.sleep(0)  # they begin, so that each also closes what it has opened
            yield OnvifStand(server, station.onvif)
            for part in running:
                part.cancel()


def _shot(number: int) -> Shot:
    return Shot(number, View.YARD, Terrain.PLAIN, 1, Lighting.DAY, 0, 0)


def _scenario(*, announced: bool) -> Scenario:
    cameras = tuple(CameraEntry(str(key.device), View.YARD, Names(en=name)) for key, name in NAMES.items())
    site = Site(str(TURNING.site), _SITE, Position(43.0, 74.7), cameras=cameras)
    return Scenario(_SITE, (site,), onvif=OnvifEntry(port=0, discovery=announced))
