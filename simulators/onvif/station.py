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
from simulators.scenario.streams import hosts_of


class Station:
    """Speaks for those cameras of a scenario that speak ONVIF, until cancelled. `start` before `run`.

    Each post is announced from its own address.

    Its clock is the machine's: connections are real, however fast the scenario runs.
    """

    def __init__(self, scenario: Scenario, cameras: CameraServer) -> None:
        self._clock = SystemClock()
        entry = scenario.onvif
        self._announces = entry is not None and entry.discovery
        devices = () if entry is None else devices_of(cameras, _names(scenario), self._clock)
        hosts = hosts_of(scenario)
        placed = [(device, hosts[device.subject.rig.camera.key.site]) for device in devices]
        self.onvif = OnvifServer(0 if entry is None else entry.port, placed)
        self._announcers: list[Announcer] = []

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
        if not self._announces:
            return
        placed = list(zip(self.onvif.devices, self.onvif.addresses, strict=True))
        for host in dict.fromkeys(address.host for _, address in placed):
            there = [(device, address) for device, address in placed if address.host == host]
            announcer = Announcer(there, host, self._clock, SystemRandom())
            self._announcers.append(announcer)
            await announcer.start()

    async def run(self) -> None:
        """Answer, and announce, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.onvif.run(), name="onvif-devices")
            for announcer in self._announcers:
                group.create_task(announcer.run(), name="onvif-announcer")


def _names(scenario: Scenario) -> dict[DeviceKey, str]:
    """What cameras call themselves there."""
    return {
        DeviceKey(SiteId(site.id), DeviceId(camera.id)): f"{site.names.en} {camera.names.en}"
        for site in scenario.sites
        for camera in site.cameras
        if camera.onvif
    }
