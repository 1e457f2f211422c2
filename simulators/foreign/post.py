"""A post's part that speaks other dialects: its speakers, each on a line of its own."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from sensors.clock import Clock
from sensors.dialects.native import Sample
from sensors.model import Birth, DeviceId
from simulators.cameras.vocabulary import Fault
from simulators.foreign.company import Company
from simulators.foreign.filing import Filing
from simulators.foreign.line import Line
from simulators.foreign.vocabulary import PRIMARY_HOST
from simulators.publish_connection import Broker
from simulators.scenario.form import Site
from simulators.world.world import World


class ForeignPost:
    """Belongs to one event loop."""

    def __init__(
        self, site: Site, births: Mapping[DeviceId, Birth], world: World, broker: Broker, clock: Clock, filing: Filing
    ) -> None:
        self._company = Company(
            site, births, world, filing.take, primary_host=PRIMARY_HOST, publish_files=filing.publish
        )
        self.lines = tuple(Line(speaker, broker, clock) for speaker in self._company.speakers)
        self._of_speaker = {line.speaker: line for line in self.lines}

    @property
    def dropped_total(self) -> int:
        """Samples and messages that were given up."""
        return sum(line.dropped_total + line.speaker.dropped_total for line in self.lines)

    def speaks_for(self, device: DeviceId) -> bool:
        """Whether a device says nothing natively."""
        return device in self._company.of_device

    def take(self, device: DeviceId, sample: Sample) -> None:
        """A sample of one of its devices."""
        self._of_speaker[self._company.of_device[device]].take(device, sample)

    def see(self, now: datetime) -> None:
        """Let every camera of which somebody says what it sees look once."""
        for camera, speaker in self._company.of_camera.items():
            self._of_speaker[speaker].see(camera, self._company.look(camera, now), now)

    def note_fault(self, camera: DeviceId, fault: Fault) -> None:
        """A camera was broken, or mended."""
        self._company.note_fault(camera, fault)

    def cut(self) -> None:
        """Lose every connection, until `restore`."""
        for line in self.lines:
            line.cut()

    def restore(self) -> None:
        """The lines are whole again."""
        for line in self.lines:
            line.restore()

    async def run(self) -> None:
        """Keep every line connected until cancelled."""
        async with asyncio.TaskGroup() as group:
            for line in self.lines:
                group.create_task(line.run(), name=f"line-{line.speaker.client}")
