"""One timer for all streams."""

import asyncio
import time

from sensors.clock import SystemClock
from simulators.cameras.metronome import Metronome


async def test_everybody_is_woken_in_order_and_nobody_early() -> None:
    clock = SystemClock()
    metronome = Metronome(clock)
    begun_s = clock.monotonic_s()
    woken: list[int] = []

    async def wait(number: int, in_s: float) -> None:
        await metronome.wait(begun_s + in_s)
        assert clock.monotonic_s() >= begun_s + in_s
        woken.append(number)

    await asyncio.gather(wait(2, 0.04), wait(1, 0.01), wait(3, 0.08), wait(0, -1.0))
    assert woken == [0, 1, 2, 3]


async def test_who_no_longer_waits_holds_nobody_up() -> None:
    metronome = Metronome(SystemClock())
    gone = asyncio.create_task(metronome.wait(time.monotonic() + 0.01))
    stays = asyncio.create_task(metronome.wait(time.monotonic() + 0.02))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert gone.cancelled()
