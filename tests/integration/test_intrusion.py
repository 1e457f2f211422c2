"""Somebody crosses: the alarm, its camera on the spot tile, the officer's answer, and the log."""

import pytest

from hub.client import HubClient
from hub.protocol import AlarmState
from sensors.clock import SystemClock
from tests.support.console import open_console
from tests.support.system import System, tuple_of
from tests.support.waiting import eventually_async

pytestmark = pytest.mark.asyncio(loop_scope="session")

SPOT_WITHIN_S = 2.0


async def test_an_intrusion_brings_its_camera_to_the_spot_and_the_officer_answers(system: System) -> None:
    before = len(system.watch.raised)
    await system.command("kordai", "intrusion")
    await eventually_async(lambda: len(system.watch.raised) > before, within_s=15, what="the ground sensor's alarm")
    alarm = system.watch.raised[before]
    assert alarm.key.site == "kordai"
    assert alarm.cameras
    camera = alarm.cameras[0]

    def on_spot() -> float | None:
        place = (*tuple_of(camera), True)
        seen = system.witness.newest.get(place)
        return seen.at if seen and seen.at >= alarm.raised_at.timestamp() else None

    await eventually_async(on_spot, within_s=15, what=f"{camera} on the spot tile of the encoded wall")
    first_seen = next(
        one.at
        for one in system.witness.sightings
        if one.spot and (one.site, one.device) == tuple_of(camera) and one.at >= alarm.raised_at.timestamp()
    )
    assert first_seen - alarm.captured_at.timestamp() <= SPOT_WITHIN_S

    await eventually_async(
        lambda: any(other.key != alarm.key and other.key.site == "kordai" for other in system.watch.raised[before:]),
        within_s=20,
        what="the fence's alarm after the ground sensor's",
    )

    client = HubClient(system.stage.installation.hub_url, system.client.token)
    async with open_console(client, SystemClock()) as console:
        await console.open("alarms")
        shown = {other.occurrence for other in system.watch.alarms.values()}
        assert alarm.occurrence in shown
        await console.see("Кордай")
        for _ in range(len(shown) + 2):
            if not any(
                view.state in {AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED}
                for view in system.watch.alarms.values()
                if view.key.site == "kordai"
            ):
                break
            # A Russian layout is active: the key that says "a" says "ф".
            await console.press("home", "ф")
            await console.press("enter")
            await console.settle()
    await client.close()

    await eventually_async(
        lambda: all(
            view.state is AlarmState.ACKNOWLEDGED for view in system.watch.alarms.values() if view.key.site == "kordai"
        ),
        what="every alarm of the post being acknowledged",
    )
    entries = (await system.client.log()).entries
    answered = next(
        entry for entry in entries if entry.occurrence == alarm.occurrence and "acknowledge" in entry.kind.lower()
    )
    assert answered.who == "demo"
    assert answered.at >= alarm.raised_at
