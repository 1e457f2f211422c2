import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sensors.errors import LimitError, NotFoundError
from simulators.cameras.look import AHEAD, Look
from simulators.cameras.mount import MAX_PRESETS, Mount, Preset, travel_s
from tests.support.waiting import eventually_async

LEFT, RIGHT = Look(pan_deg=-6.0), Look(pan_deg=6.0)


@asynccontextmanager
async def turning() -> AsyncIterator[Mount]:
    mount = Mount((Preset("1", "left", LEFT), Preset("2", "right", RIGHT)))
    task = asyncio.create_task(mount.run())
    try:
        yield mount
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_the_newest_wish_counts_and_a_move_can_be_called_off() -> None:
    async with turning() as mount:
        mount.go_to(LEFT)
        mount.go_to(RIGHT)
        await eventually_async(lambda: not mount.is_moving)
        assert (mount.look, mount.moves_total) == (RIGHT, 1)
        mount.go_to(LEFT)
        mount.stop()
        assert not mount.is_moving
        mount.go_to(RIGHT)
        assert not mount.is_moving
        mount.go_to(AHEAD)
        await eventually_async(lambda: mount.look == AHEAD)
        assert mount.moves_total == 2


def test_presets_are_kept_by_token_and_bounded() -> None:
    mount = Mount((Preset("1", "left", LEFT),))
    assert mount.keep("again", "1") == Preset("1", "again", AHEAD)
    with pytest.raises(NotFoundError):
        mount.keep("other", "9")
    for _ in range(MAX_PRESETS - 1):
        mount.keep("")
    with pytest.raises(LimitError):
        mount.keep("one more")
    mount.forget("2")
    assert mount.keep("in its place").token == "2"
    with pytest.raises(NotFoundError):
        mount.forget("99")


def test_pan_tilt_and_zoom_go_on_at_the_same_time() -> None:
    far, tilted = Look(pan_deg=48.0), Look(pan_deg=48.0, tilt_deg=-8.0)
    assert travel_s(AHEAD, far) == pytest.approx(1.0)
    assert travel_s(AHEAD, tilted) == travel_s(AHEAD, far)
    assert travel_s(AHEAD, Look(zoom=4.0)) > travel_s(AHEAD, Look(zoom=2.0))
    assert travel_s(AHEAD, AHEAD) < 0.5
