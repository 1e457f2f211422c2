"""One camera dies, another freezes: each is called by its name, and the others do not notice."""

import statistics
import time
from bisect import bisect_left
from itertools import pairwise
from typing import NamedTuple

import pytest

from hub.client import HubClient
from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, SiteId
from tests.support.console import open_console
from tests.support.system import System
from tests.support.waiting import eventually_async

pytestmark = [pytest.mark.alone, pytest.mark.asyncio(loop_scope="module")]

KILLED = DeviceKey(SiteId("sypatai-batyr"), DeviceId("cam-2"))
FROZEN = DeviceKey(SiteId("konysbayev"), DeviceId("cam-3"))
HALF_A_FRAME_S = 0.02
DEAD = {PictureState.NO_PACKETS, PictureState.REFUSED}


class Rhythm(NamedTuple):
    """How a tile's new frames came: half of the intervals are not longer than `median_s`.

    19 of 20 take no more than `long` pictures of the wall, which a machine that misses some does not make longer.
    """

    median_s: float
    long: float


def _rhythm(system: System, camera: DeviceKey, since: float) -> Rhythm:
    times = system.new_frame_times(camera, since)
    intervals = [later - earlier for earlier, later in pairwise(times)]
    shown = sorted({one.at for one in list(system.witness.sightings) if one.at >= since})
    places = [bisect_left(shown, at) for at in times]
    pictures = [later - earlier for earlier, later in pairwise(places)]
    return Rhythm(statistics.median(intervals), statistics.quantiles(pictures, n=20)[-1])


async def test_a_dead_and_a_frozen_camera_are_named_and_harm_no_other(system: System) -> None:
    others = [key for key in system.camera_keys() if key not in (KILLED, FROZEN)]
    await system.clips_drawn()
    quiet_from = time.time()
    await eventually_async(
        lambda: all(len(system.new_frame_times(key, quiet_from)) >= 75 for key in others), within_s=60
    )
    before = {key: _rhythm(system, key, quiet_from) for key in others}

    broken_from = time.time()
    await system.command(KILLED.site, "camera-kill", camera=KILLED.device)
    await system.command(FROZEN.site, "camera-freeze", camera=FROZEN.device)
    try:
        await eventually_async(lambda: system.state_of(KILLED) in DEAD, what="the dead camera's state")
        await eventually_async(lambda: system.state_of(FROZEN) == PictureState.FROZEN, what="the frozen camera's state")
        await eventually_async(
            lambda: (
                {alarm.key for alarm in system.watch.alarms.values() if alarm.metric == "picture"} >= {KILLED, FROZEN}
            ),
            what="an alarm for each broken picture",
        )
        # Before the console is opened, whose work would hold up whoever looks at the wall from this very process.
        during = {key: _rhythm(system, key, broken_from) for key in others}
        for key in others:
            assert abs(during[key].median_s - before[key].median_s) <= HALF_A_FRAME_S, key
            assert during[key].long <= before[key].long + 1, key
        # Who is late for a moment, as on a busy machine, is not harmed; who stays so is.
        live = set[DeviceKey]()

        def were_all_live() -> bool:
            live.update(key for key in others if system.state_of(key) == PictureState.LIVE)
            return live >= set(others) and system.state_of(FROZEN) == PictureState.FROZEN

        await eventually_async(were_all_live, what="all others being live beside them")
        client = HubClient(system.stage.installation.hub_url, system.client.token)
        async with open_console(client, SystemClock()) as console:
            await console.open("cameras")
            await console.see("застыло")
        await client.close()
    finally:
        await system.command(KILLED.site, "camera-resume", camera=KILLED.device)
        await system.command(FROZEN.site, "camera-resume", camera=FROZEN.device)
    await eventually_async(
        lambda: {system.state_of(KILLED), system.state_of(FROZEN)} == {PictureState.LIVE},
        what="both cameras being live again",
    )
