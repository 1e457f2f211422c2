"""What a wall says of cameras whose pictures will be faulty, as the messages it would send. Others are not on it.

It looks from half a minute before a fault to half a minute after it, and says what it said last in between and, for the
sake of time, from half a minute after a fault began until it ends. What a post's link does it feels by the steps of the
scenario, whatever truth says of it; light and air are those of its world.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from operator import attrgetter

from sensors.catalog import PictureState
from sensors.clock import ManualClock
from sensors.dialects.native import encode_data
from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.topics import Leaf, topic
from simulators.cameras.vocabulary import Fault
from simulators.messages import Message
from simulators.scenario.form import CameraEntry, Scenario, Site
from simulators.truth import PictureFault
from tests.scenarios.felt_link import FeltLink
from tests.scenarios.fixed_camera import FPS, FixedCamera
from tests.scenarios.seen_sky import SeenSky
from videowall.centre.report import REPEAT_S

_AROUND = timedelta(seconds=30)
_KNOWN = {fault.value: fault for fault in Fault}


def wall_messages(
    scenario: Scenario, faults: Iterable[PictureFault], starts: datetime, until: datetime
) -> list[Message]:
    """All of them, in order of time."""
    by_camera: defaultdict[tuple[str, str], list[PictureFault]] = defaultdict(list)
    for fault in faults:
        by_camera[fault.site, fault.camera].append(fault)
    found: list[Message] = []
    for variant, site in enumerate(scenario.sites):
        for camera in site.cameras:
            if known := by_camera[site.id, camera.id]:
                sky = SeenSky(scenario, site, variant, camera, starts)
                link = FeltLink(scenario, site, starts)
                found += _messages(site, camera, sky, known, link, (starts, until))
    return sorted(found, key=attrgetter("at"))


def _messages(
    site: Site,
    camera: CameraEntry,
    sky: SeenSky,
    faults: list[PictureFault],
    link: FeltLink,
    run: tuple[datetime, datetime],
) -> Iterator[Message]:
    key = DeviceKey(SiteId(site.id), DeviceId(camera.id))
    said: PictureState | None = None
    said_at = run[0]
    sequence = int(run[0].timestamp())
    for begins, ends in _watched(faults, run):
        clock, usual = ManualClock(begins), sky.usual(begins, ends)
        for at, state in _looks(FixedCamera(key, usual, clock), clock, sky, faults, link, ends):
            if state is not said or (at - said_at).total_seconds() >= REPEAT_S:
                said, said_at = state, at
                sequence += 1
                yield Message(at, topic(key, Leaf.DATA), encode_data(at, sequence, {"picture": state.value}))


def _watched(faults: list[PictureFault], run: tuple[datetime, datetime]) -> Iterator[tuple[datetime, datetime]]:
    """When it looks: spans that do not touch."""
    begins: datetime | None = None
    ends = run[0]
    for fault in sorted(faults, key=attrgetter("at")):
        since, until = max(run[0], fault.at - _AROUND), min(run[1], fault.until + _AROUND)
        if begins is not None and since > ends:
            yield begins, ends
            begins = None
        begins = since if begins is None else begins
        ends = max(ends, until)
    if begins is not None:
        yield begins, ends


def _looks(
    camera: FixedCamera, clock: ManualClock, sky: SeenSky, faults: list[PictureFault], link: FeltLink, ends: datetime
) -> Iterator[tuple[datetime, PictureState]]:
    """What may be said once a second."""
    now = clock.now()
    state = PictureState.CONNECTING
    while now < ends:
        scene = sky.scene_at(now)
        for _ in range(0 if _is_settled(faults, now) else FPS):
            cut_off = link.fault_at(now)
            state = camera.show(_fault_at(faults, now) if cut_off is Fault.NONE else cut_off, scene)
            clock.advance(1 / FPS)
        yield now, state
        now += timedelta(seconds=1)


def _is_settled(faults: list[PictureFault], now: datetime) -> bool:
    return any(fault.at + _AROUND <= now < fault.until for fault in faults) and not any(
        fault.at <= now < fault.at + _AROUND for fault in faults
    )


def _fault_at(faults: list[PictureFault], now: datetime) -> Fault:
    """The newest of the camera's own, and of its power."""
    standing = [fault for fault in faults if fault.at <= now < fault.until and fault.fault in _KNOWN]
    return _KNOWN[max(standing, key=attrgetter("at")).fault] if standing else Fault.NONE
