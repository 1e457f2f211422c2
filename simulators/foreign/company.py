"""All of a post who speak other dialects: who they are, who speaks for whom, and what they are told. No I/O."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sensors.dialects.sparkplug.topics import NodeId
from sensors.model import Birth, DeviceId, DeviceKey, SiteId
from simulators.cameras.vocabulary import Fault
from simulators.foreign.frigate import FrigateBox
from simulators.foreign.home_assistant import HomeAssistantGateway
from simulators.foreign.n42 import Portal
from simulators.foreign.n42_document import Document
from simulators.foreign.onvif import OnvifCamera
from simulators.foreign.sight import Label, Look, Sighting
from simulators.foreign.sparkplug import EdgeNode
from simulators.foreign.speaker import Speaker, Spoken
from simulators.foreign.spectra import Load
from simulators.foreign.vocabulary import EDGE, FRIGATE_PREFIX, N42_PREFIX, Dialect, discovery_of, events_of, root_of
from simulators.scenario.form import Site
from simulators.world.actors import ActorKind, Cargo
from simulators.world.ground import scene_of
from simulators.world.world import World

_LOADS = {Cargo.NEUTRON: Load.NEUTRON, Cargo.SOURCE: Load.SOURCE, Cargo.NORM: Load.NORM}
"""What a portal's analysis finds first where several radiate."""
_LABELS = {
    ActorKind.PERSON: Label.PERSON,
    ActorKind.GROUP: Label.PERSON,
    ActorKind.HERD: Label.ANIMAL,
    ActorKind.VEHICLE: Label.VEHICLE,
    ActorKind.TRAIN: Label.TRAIN,
}


class Company:
    """The speakers of one post, none of them yet connected.

    `file` takes the files of its portals, which `publish` them unless they upload. An edge node waits for
    `primary_host`; for nobody where that is empty.
    """

    def __init__(
        self,
        site: Site,
        births: Mapping[DeviceId, Birth],
        world: World,
        file: Callable[[DeviceKey, Document], None],
        *,
        primary_host: str,
        publish_files: bool,
    ) -> None:
        self._site = site
        self._births = births
        self._world = world
        self._file = file
        self._faults: dict[DeviceId, Fault] = {}
        self.speakers = tuple(self._speakers(primary_host, publish_files=publish_files))
        self.of_device = {device: speaker for speaker in self.speakers for device in speaker.devices}
        self.of_camera = {camera: speaker for speaker in self.speakers for camera in speaker.cameras}

    def note_fault(self, camera: DeviceId, fault: Fault) -> None:
        """A camera was broken, or mended."""
        self._faults[camera] = fault

    def look(self, camera: DeviceId, now: datetime) -> Look:
        """What is before a camera, in its scene's metres; nothing reaches anybody without power."""
        place = self._world.places[camera]
        sightings = (
            Sighting(
                f"{figure.actor}/{figure.number}",
                _LABELS[figure.kind],
                *scene_of(place, figure.spot),
                speed_mps=figure.speed_mps,
            )
            for figure in self._world.seen_by(camera, now)
        )
        powered = self._world.supply(now).feeds("camera")
        return Look(tuple(sightings), self._faults.get(camera, Fault.NONE) if powered else Fault.KILLED)

    def _speakers(self, primary_host: str, *, publish_files: bool) -> Iterator[Speaker]:
        site = SiteId(self._site.id)
        if spoken := self._spoken(Dialect.HOME_ASSISTANT):
            yield HomeAssistantGateway(discovery_of(site), root_of(site), site, spoken, by_entity=False)
        if spoken := self._spoken(Dialect.SPARKPLUG):
            yield EdgeNode(NodeId(site, EDGE), spoken, primary_host)
        for portal in self._spoken(Dialect.N42):
            yield Portal(N42_PREFIX, portal, self._load_in(portal.device), self._file, publishes=publish_files)
        cameras = self._site.cameras
        for camera in cameras:
            if camera.dialect is Dialect.ONVIF_EVENTS:
                yield OnvifCamera(events_of(site, camera.id), site, DeviceId(camera.id), camera.view)
        views = {DeviceId(each.id): each.view for each in cameras if each.dialect is Dialect.FRIGATE}
        if views:
            yield FrigateBox(FRIGATE_PREFIX, site, views)

    def _spoken(self, dialect: Dialect) -> tuple[Spoken, ...]:
        site = SiteId(self._site.id)
        ids = ((DeviceId(each.id), each) for each in self._site.devices if each.dialect is dialect)
        return tuple(Spoken(site, id_, self._births[id_], entry.period_s) for id_, entry in ids)

    def _load_in(self, portal: DeviceId) -> Callable[[datetime], Load]:
        """What radiates within the reach of a portal, as the world has it."""

        def load_at(now: datetime) -> Load:
            there = self._world.loads_at(portal, now)
            return next((load for cargo, load in _LOADS.items() if cargo in there), Load.NONE)

        return load_at
