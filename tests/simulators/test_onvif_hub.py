"""The hub before simulated cameras: it finds them, reads their streams, and turns them, for officers and for alarms."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from hub.cues import Cues
from hub.discovery.checks import StreamChecks
from hub.discovery.finder import Finder
from hub.discovery.onvif import Interviewer, Told
from hub.discovery.settings import DiscoverySettings
from hub.discovery.turning import Turner
from hub.protocol import Approval, DeviceView, StreamCheck, StreamState
from sensors.clock import SystemClock
from sensors.dialects.native import encode_birth
from sensors.errors import NotFoundError, UnavailableError
from sensors.model import Condition, Limit, Names, Priority, StreamRole
from sensors.secrets import Secrets
from sensors.topics import Leaf
from simulators.cameras.vocabulary import Fault
from tests.hub.standing_hub import CAMERA, FENCE, FENCE_BIRTH, StandingHub, standing_hub
from tests.support.multicast import alone_on_the_air
from tests.support.onvif_stand import GATE, LOOPBACK, PASSWORD, TURNING, WRONG, YARD, OnvifStand, onvif_stand
from tests.support.waiting import eventually_async

INTERVIEWER = Interviewer(SystemClock())
SECRETS = Secrets(cameras={"kordai": PASSWORD})


@asynccontextmanager
async def searching(hub: StandingHub) -> AsyncIterator[Finder]:
    """A hub that looks for cameras at the post's network."""
    settings = DiscoverySettings(interfaces=LOOPBACK, ranges=f"{LOOPBACK}/32=kordai", every_s=60)
    chance = random.SystemRandom()
    finder = Finder(settings, hub.facade, SECRETS, SystemClock(), interviewer=INTERVIEWER, chance=chance)
    task = asyncio.create_task(finder.run())
    try:
        yield finder
    finally:
        task.cancel()
        await asyncio.wait({task})


async def found_in(hub: StandingHub) -> dict[str, DeviceView]:
    """By serial number, what discovery has brought."""
    return {each.serial: each for each in await hub.facade.devices() if each.provenance == ("onvif",)}


async def test_the_hub_finds_simulated_cameras_reads_their_streams_and_turns_one(tmp_path: Path) -> None:
    with alone_on_the_air():
        async with onvif_stand(announced=True) as stand, standing_hub(tmp_path, approve_all=False) as hub:
            async with searching(hub) as finder:
                await eventually_async(lambda: finder.proposed_total >= 2, within_s=30)
            found = await found_in(hub)
            turning = found["SIM-kordai-cam-1"]
            assert set(found) == {"SIM-kordai-cam-1", "SIM-kordai-cam-2"}
            assert (turning.approval, turning.key.site, turning.maker) == (Approval.DISCOVERED, "kordai", "Shekara")
            assert [each.url for each in turning.streams] == [
                stand.cameras.url(TURNING, role, LOOPBACK) for role in (StreamRole.MAIN, StreamRole.SUB)
            ]
            assert (turning.presets, found["SIM-kordai-cam-2"].presets) == (("Ворота", "yard"), ())
            # A stream that is still being drawn answers late.
            await stand.cameras.warm_up()
            await stand.cameras.prepare_mains()
            await StreamChecks(hub.facade, SECRETS, SystemClock(), on_loopback=True).run_once()
            for view in (await found_in(hub)).values():
                assert [check.state for check in view.checks] == [StreamState.OK] * 3
            await hub.facade.approve(turning.key, "aigul")
            hub.facade.turner = Turner(SECRETS, lambda: INTERVIEWER)
            await hub.facade.go_to_preset(turning.key, "Ворота", "aigul")
            await eventually_async(lambda: stand.mount.look == GATE)


async def test_the_hub_tells_apart_what_a_simulated_camera_refuses(tmp_path: Path) -> None:
    async with onvif_stand() as stand, standing_hub(tmp_path) as hub:
        url = stand.onvif.urls[0]
        for credentials, state in ((None, StreamState.WANTS_CREDENTIALS), (WRONG, StreamState.WRONG_CREDENTIALS)):
            assert await INTERVIEWER.ask(url, LOOPBACK, credentials) == Told(state)
        await introduce(hub, stand)
        hub.facade.turner = Turner(Secrets(cameras={"kordai": WRONG}), lambda: INTERVIEWER)
        with pytest.raises(UnavailableError, match="refuses the password"):
            await hub.facade.go_to_preset(CAMERA, "yard", "aigul")
        hub.facade.turner = Turner(SECRETS, lambda: INTERVIEWER)
        stand.mount.forget("2")
        with pytest.raises(NotFoundError, match="no such preset any more"):
            await hub.facade.go_to_preset(CAMERA, "yard", "aigul")
        await stand.cameras.set_fault(TURNING, Fault.KILLED)
        with pytest.raises(UnavailableError, match="does not answer"):
            await hub.facade.go_to_preset(CAMERA, "Ворота", "aigul")
        assert not stand.mount.is_moving


async def test_an_alarm_that_names_a_preset_turns_the_simulated_camera_that_covers_its_device(tmp_path: Path) -> None:
    limit = Limit("cut", Condition.EQUALS, True, Priority.CRITICAL, Names(en="The fence is cut"), preset="yard")
    metric = msgspec.structs.replace(FENCE_BIRTH.metrics[0], limits=(limit,))
    async with onvif_stand() as stand, standing_hub(tmp_path) as hub:
        hub.facade.turner = Turner(SECRETS, lambda: INTERVIEWER)
        await introduce(hub, stand)
        cues = Cues(hub.facade, hub.clock)
        hub.pipeline.take_cue = cues.take
        working = asyncio.create_task(cues.run())
        hub.hear(FENCE, Leaf.BIRTH, encode_birth(msgspec.structs.replace(FENCE_BIRTH, metrics=(metric,))))
        hub.measure(FENCE, alarm=True)
        await eventually_async(lambda: stand.mount.look == YARD, what="the camera turned")
        working.cancel()
        await asyncio.wait({working})


async def introduce(hub: StandingHub, stand: OnvifStand) -> None:
    """Let the hub's own camera be the simulated one that turns."""
    url = stand.onvif.urls[0]
    told = await INTERVIEWER.ask(url, LOOPBACK, PASSWORD)
    await hub.facade.note_checks(CAMERA, (StreamCheck(url, told.state, hub.clock.now()),), told.presets)
