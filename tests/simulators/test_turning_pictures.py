"""A real stream of a camera that turns, which FFmpeg watches all the time: pictures follow its mount, and come back."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import numpy as np
import pytest

from sensors.model import StreamRole
from simulators.cameras.look import AHEAD
from simulators.cameras.vocabulary import Fault
from tests.support.likeness import Luma, grey, likeness, small
from tests.support.onvif_stand import LOOPBACK, TURNING, YARD, onvif_stand
from tests.support.rtsp_clients import opened
from tests.support.waiting import eventually_async

pytestmark = pytest.mark.alone

_ALIKE, _OTHER = 0.9, 0.7
_PAUSE_S = 1.0
_MOST_KEPT = 5_000


class _Viewer:
    """What a stream shows now, without the stamp above, and when each picture was taken, in seconds of the stream."""

    def __init__(self) -> None:
        self.is_over = False
        self.taken_s: deque[float] = deque(maxlen=_MOST_KEPT)
        self._picture: Luma | None = None

    @property
    def has_begun(self) -> bool:
        return self._picture is not None

    @property
    def picture(self) -> Luma:
        assert self._picture is not None
        return self._picture

    def watch(self, url: str) -> None:
        with opened(url) as container:
            for frame in container.decode(video=0):
                luma = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
                self._picture = small(luma)
                if frame.time is not None:  # of the first pictures FFmpeg does not know it
                    self.taken_s.append(frame.time)
                if self.is_over:
                    return

    def likeness(self, other: Luma) -> float:
        return likeness(self.picture, other)


@asynccontextmanager
async def _watching(url: str) -> AsyncIterator[_Viewer]:
    viewer = _Viewer()
    watching = asyncio.create_task(asyncio.to_thread(viewer.watch, url))
    try:
        await eventually_async(lambda: viewer.has_begun, within_s=30, what="the first picture")
        yield viewer
    finally:
        viewer.is_over = True
        await watching


class _Heart:
    """Beats on the loop that serves the stream: while that stands still, nobody can send a picture."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def beat(self) -> None:
        while True:
            before_s = time.monotonic()
            await asyncio.sleep(0.02)
            self.longest_s = max(self.longest_s, time.monotonic() - before_s)


@asynccontextmanager
async def _heart() -> AsyncIterator[_Heart]:
    heart = _Heart()
    beating = asyncio.create_task(heart.beat())
    try:
        yield heart
    finally:
        beating.cancel()
        await asyncio.wait([beating])


async def test_a_stream_shows_what_its_camera_has_turned_to_and_the_earlier_picture_after_the_way_back() -> None:
    async with onvif_stand(None) as stand, _heart() as heart:
        await stand.cameras.prepare_looks()
        async with _watching(stand.cameras.url(TURNING, StreamRole.SUB, LOOPBACK)) as viewer:
            ahead = viewer.picture
            stand.mount.go_to(YARD)
            await eventually_async(lambda: viewer.likeness(ahead) < _OTHER, what="another picture")
            assert stand.mount.look == YARD
            turned = viewer.picture
            snapshot = await stand.cameras.rigs[TURNING].broadcasts[StreamRole.SUB].snapshot()
            assert likeness(small(grey(snapshot)), turned) > _ALIKE
            stand.mount.go_to(AHEAD)
            await eventually_async(lambda: viewer.likeness(ahead) > _ALIKE, what="the earlier picture")
            assert viewer.likeness(turned) < _OTHER
            await stand.cameras.set_fault(TURNING, Fault.FROZEN)
            stand.mount.go_to(YARD)
            await eventually_async(lambda: stand.mount.look == YARD)
            assert viewer.likeness(ahead) > _ALIKE
            await stand.cameras.set_fault(TURNING, Fault.NONE)
            await eventually_async(lambda: viewer.likeness(turned) > _ALIKE, what="the picture of where it looks")
        most_s = _PAUSE_S + heart.longest_s
        assert all(0.0 < after - before < most_s for before, after in pairwise(viewer.taken_s))
