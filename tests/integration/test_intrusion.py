"""Somebody crosses: the alarm, its camera on the spot tile, the officer's answer, and the log."""

import asyncio
from contextlib import suppress
from functools import partial
from itertools import pairwise

import pytest

from hub.client import HubClient
from hub.protocol import AlarmState, AlarmView
from sensors.clock import SystemClock
from tests.support.console import open_console
from tests.support.pressure import waited_s
from tests.support.system import System, tuple_of
from tests.support.waiting import eventually_async

pytestmark = [pytest.mark.alone, pytest.mark.asyncio(loop_scope="module")]

SPOT_WITHIN_S = 2.0


def _unanswered(system: System) -> int:
    wanting = {AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED}
    return sum(view.state in wanting for view in system.watch.alarms.values())


def _answered_since(system: System, waiting: int) -> bool:
    return _unanswered(system) < waiting


async def test_an_intrusion_brings_its_camera_to_the_spot_and_the_officer_answers(system: System) -> None:
    before, waited_before_s = len(system.watch.raised), waited_s()
    await system.command("kordai", "intrusion")

    def of_sensors() -> list[AlarmView]:
        """Not of a camera or a link that a busy machine keeps waiting."""
        return [alarm for alarm in system.watch.raised[before:] if alarm.metric == "person"]

    await eventually_async(of_sensors, what="the ground sensor's alarm")
    alarm = of_sensors()[0]
    assert alarm.key.site == "kordai"
    assert alarm.cameras
    camera = alarm.cameras[0]

    def on_spot() -> float | None:
        place = (*tuple_of(camera), True)
        seen = system.witness.newest.get(place)
        return seen.at if seen and seen.at >= alarm.raised_at.timestamp() else None

    await eventually_async(on_spot, what=f"{camera} on the spot tile of the encoded wall")
    first_seen = next(
        one.at
        for one in system.witness.sightings
        if one.spot and (one.site, one.device) == tuple_of(camera) and one.at >= alarm.raised_at.timestamp()
    )
    captured_at = alarm.captured_at.timestamp()
    shown = [one.at for one in system.witness.sightings if captured_at - 0.5 <= one.at <= first_seen]
    # While cameras, wall or witness stand still, no camera at all shows a new picture.
    stood_s = sum(gap for before, after in pairwise(shown) if (gap := after - before) > 0.3)
    assert first_seen - captured_at <= SPOT_WITHIN_S + stood_s + waited_s() - waited_before_s

    await eventually_async(
        lambda: any(other.metric == "climb" and other.key.site == "kordai" for other in system.watch.raised[before:]),
        what="the fence's alarm after the ground sensors'",
    )

    client = HubClient(system.stage.installation.hub_url, system.client.token)
    try:
        async with open_console(client, SystemClock()) as console, asyncio.timeout(90):
            await console.open("alarms")
            await console.see("Кордай", "не принята")
            while (waiting := _unanswered(system)) or "не принята" in console.screen:
                # A Russian layout is active: the key that says "u" says "г", and "a" says "ф". Pressed again, as people
                # do, where the console had not heard yet of an alarm that came just then.
                await console.press("г", "ф")
                with suppress(AssertionError):
                    await eventually_async(partial(_answered_since, system, waiting), within_s=3, what="an answer")
    finally:
        await client.close()

    entries = (await system.client.log()).entries
    answered = next(
        entry for entry in entries if entry.occurrence == alarm.occurrence and "acknowledge" in entry.kind.lower()
    )
    assert answered.who == "demo"
    assert answered.at >= alarm.raised_at
