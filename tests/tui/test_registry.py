import functools

import msgspec
import pytest

from hub.protocol import (
    Approval,
    Conflict,
    ConflictKind,
    Snapshot,
    StreamCheck,
    StreamState,
)
from sensors.catalog import CAMERA
from sensors.clock import ManualClock
from sensors.model import Language, Names, Stream, StreamRole
from tests.support.console import ScriptedHub, open_console
from tests.support.waiting import eventually_async
from tests.tui import border
from tui.config import ConsoleSettings

ENGLISH = ConsoleSettings(language=Language.EN)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(border.NOW)


def doubtful_border() -> Snapshot:
    """The border with one device of each sort that a technician has to do with."""
    changed = Conflict(ConflictKind.CHANGED, "birth:1", border.NOW, "serial 0042 → 0077")
    shared = Conflict(ConflictKind.SHARED, "shared:1", border.NOW, "mac:00408c010203", (border.key("kordai", "ups"),))
    of_kordai = functools.partial(border.device, "kordai")
    swapped = of_kordai("yy-swapped", "fence", Names(en="Swapped fence", ru="Чужой забор", kk="Бөтен қоршау"))
    old = of_kordai("zz-old", "fence", Names(en="Old fence", ru="Старый забор"), approval=Approval.RETIRED)
    found = of_kordai("xx-found", CAMERA, Names(en="Found", ru="Найдена"), approval=Approval.DISCOVERED)
    url = "rtsp://10.0.0.5/main"
    return border.snapshot(
        extra=(
            old,
            msgspec.structs.replace(swapped, conflicts=(shared, changed)),
            msgspec.structs.replace(
                found,
                streams=(Stream(StreamRole.MAIN, url),),
                checks=(StreamCheck(url, StreamState.WRONG_CREDENTIALS, border.NOW, "H264"),),
                same_as=(border.key("unassigned", "found-1a2b3c"),),
                identities=("mac:00408c010203",),
            ),
        )
    )


async def test_a_doubt_is_marked_explained_and_settled_by_name(clock: ManualClock) -> None:
    hub = ScriptedHub(doubtful_border())
    async with open_console(hub, clock, settings=ENGLISH, size=(120, 40)) as console:
        await console.open("devices")
        await console.see("? waiting", "wrong credentials", "unassigned/found-1a2b3c", "mac:00408c010203")
        await console.press("j")
        await console.see("≠ approved", "same identity twice: mac:00408c010203; kordai/ups")
        await console.press("c")
        await console.see("Accept that “Kordai · Swapped fence”", "0042 → 0077")
        await console.press("right", "enter")
        await eventually_async(lambda: hub.orders == [("accept", "kordai/yy-swapped", "birth:1", "")])


async def test_a_doubt_can_be_dismissed_and_what_has_none_says_so(clock: ManualClock) -> None:
    hub = ScriptedHub(doubtful_border())
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("devices")
        await console.press("d")
        await console.see("Nothing to settle")
        await console.press("j", "d")
        await console.see("raise this doubt no more?")
        await console.press("right", "enter")
        await eventually_async(lambda: hub.orders == [("dismiss", "kordai/yy-swapped", "shared:1", "")])


async def test_the_retired_are_on_a_shelf_of_their_own(clock: ManualClock) -> None:
    hub = ScriptedHub(doubtful_border())
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("devices")
        await console.see("Swapped fence", "without the retired")
        await console.miss("Old fence")
        await console.press("s")
        await console.see("Swapped fence", "in doubt")
        await console.miss("Found")
        for expected in ("Found", "Swapped fence", "No devices", "Old fence"):
            await console.press("s")
            await console.see(expected)
        await console.see("– retired")


async def test_a_device_is_retired_after_asking(clock: ManualClock) -> None:
    hub = ScriptedHub(doubtful_border())
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.open("devices")
        await console.press("j", "t")
        await console.see("Retire Kordai · Swapped fence", "Cancel")
        await console.press("right", "enter")
        await eventually_async(lambda: hub.orders == [("retire", "kordai/yy-swapped", "")])
        await console.miss("Swapped fence")
