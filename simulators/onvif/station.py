"""The ONVIF side of a scenario's cameras: their devices, and who announces them."""

import asyncio
from random import SystemRandom

from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, SiteId
from simulators.cameras.server import CameraServer
from simulators.onvif.announcer import Announcer
from simulators.onvif.devices import devices_of
from simulators.onvif.server import OnvifServer
from simulators.scenario.form import Scenario


class Station:
    """Speaks for those cameras of a scenario that speak ONVIF, until cancelled. `start` before `run`.

    Its clock is the machine's: connections are real, however fast the scenario runs.
    """

    def __init__(self, scenario: Scenario, cameras: CameraServer) -> None:
        self._clock = SystemClock()
        entry = scenario.onvif
        self._announces = entry is not None and entry.discovery
        devices = () if entry is None else devices_of(cameras, _names(scenario), self._clock)
        self.onvif = OnvifServer(scenario.rtsp_host, 0 if entry is None else entry.port, devices)
        self._announcer: Announcer | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """The device services, camera by camera; known after `start`."""
        return self.onvif.urls

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            UnavailableError: a port is taken.
            ConfigError: the cameras cannot be announced from their host.
        """
        await self.onvif.start()
        if self._announces and self.onvif.devices:
            addresses = self.onvif.addresses
            devices = zip(self.onvif.devices, addresses, strict=True)
            announcer = Announcer(devices, addresses[0].host, self._clock, SystemRandom())
            await announcer.start()
            self._announcer = announcer

    async def run(self) -> None:
        """Answer, and announce, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.onvif.run(), name="onvif-devices")
            if self._announcer is not None:
                group.create_task(self._announcer.run(), name="onvif-announcer")


def _names(scenario: Scenario) -> dict[DeviceKey, str]:
    """What cameras call themselves there."""
    return {
        DeviceKey(SiteId(site.id), DeviceId(camera.id)): f"{site.names.en} {camera.names.en}"
        for site in scenario.sites
        for camera in site.cameras
        if camera.onvif
    }
