"""A center that keeps what would go to the disk, and a technician's questions to it."""

from pathlib import Path

from msgspec.structs import replace

from hub.decisions.records import Changes, Remembered
from hub.decisions.state import Effects
from hub.inputs import Input
from hub.protocol import ConflictKind, DeviceView
from hub.requests import Approve, Settle
from hub.storage.operations import OperationsStore
from sensors.catalog import CAMERA as CAMERA_KIND
from sensors.model import Birth, DeviceKey, Names, Stream, StreamRole
from tests.hub.quiet_center import FENCE, FENCE_BIRTH, QuietCenter

OWN = replace(FENCE_BIRTH, maker="Example", model="F-1", serial="100")
OTHER = replace(OWN, serial="200")
THIRD = replace(OWN, serial="300")
PICTURE = Birth(
    CAMERA_KIND, Names(en="Entry"), streams=(Stream(StreamRole.MAIN, "rtsp://10.0.0.5/main"),), serial="7", maker="E"
)
ELSEWHERE = replace(PICTURE, streams=(Stream(StreamRole.MAIN, "rtsp://10.0.0.66/main"),))


class KeepingCenter(QuietCenter):
    """Keeps what would go to the disk."""

    def __init__(self, remembered: Remembered | None = None) -> None:
        super().__init__(remembered, approve_all=False)
        self.kept: list[Changes] = []

    def take(self, *batch: Input) -> Effects:
        effects = super().take(*batch)
        self.kept.append(effects.changes)
        return effects


def view(center: QuietCenter, key: DeviceKey = FENCE) -> DeviceView:
    held = center.state.registry.find(key)
    assert held is not None
    return held.view()


def conflicts(center: QuietCenter, key: DeviceKey = FENCE) -> list[ConflictKind]:
    return [conflict.kind for conflict in view(center, key).conflicts]


def mark(center: QuietCenter, key: DeviceKey = FENCE) -> str:
    (conflict,) = view(center, key).conflicts
    return conflict.mark


def settle(center: QuietCenter, *, accepted: bool, key: DeviceKey = FENCE) -> Effects:
    _, effects = center.ask(Settle(key, mark(center, key), "marat", "looked", accepted))
    return effects


def approved(birth: Birth = OWN, key: DeviceKey = FENCE) -> KeepingCenter:
    center = KeepingCenter()
    center.bear(key, birth)
    center.ask(Approve(key, "marat", ""))
    return center


def restarted(center: KeepingCenter, folder: Path) -> KeepingCenter:
    """The same registry, read back from the disk."""
    store = OperationsStore(folder)
    for batch in center.kept:
        store.commit(batch)
    remembered = store.recall()
    store.close()
    return KeepingCenter(remembered)
