"""A real stream of a camera that turns, which FFmpeg watches all the time: pictures follow its mount, and come back."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from sensors.model import StreamRole
from simulators.cameras.look import AHEAD
from simulators.cameras.vocabulary import Fault
from tests.support.onvif_stand import LOOPBACK, TURNING, YARD, onvif_stand
from tests.support.rtsp_clients import opened
from tests.support.waiting import eventually_async

pytestmark = pytest.mark.alone

_ALIKE, _OTHER = 0.9, 0.7
_PAUSE_S = 1.0
_MOST_KEPT = 5_000
Luma = npt.NDArray[np.float32]


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
                small = cv2.resize(luma[luma.shape[0] // 6 :], (80, 40), interpolation=cv2.INTER_AREA)
                self._picture = np.asarray(small, np.float32)
                if frame.time is not None:  # of the first pictures FFmpeg does not know it
                    self.taken_s.append(frame.time)
                if self.is_over:
                    return

    def likeness(self, other: Luma) -> float:
        """How alike what is shown is to another picture, whatever their brightness; 1 when they are the same."""
        return float(np.corrcoef(self.picture.ravel(), other.ravel())[0, 1])


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


async def test_a_stream_shows_what_its_camera_has_turned_to_and_the_earlier_picture_after_the_way_back() -> None:
    async with onvif_stand(None) as stand:
        await stand.cameras.prepare_looks()
        async with _watching(stand.cameras.url(TURNING, StreamRole.SUB, LOOPBACK)) as viewer:
            ahead = viewer.picture
            stand.mount.go_to(YARD)
            await eventually_async(lambda: viewer.likeness(ahead) < _OTHER, what="another picture")
            assert stand.mount.look == YARD
            turned = viewer.picture
            stand.mount.go_to(AHEAD)
            await eventually_async(lambda: viewer.likeness(ahead) > _ALIKE, what="the earlier picture")
            assert viewer.likeness(turned) < _OTHER
            await stand.cameras.set_fault(TURNING, Fault.FROZEN)
            stand.mount.go_to(YARD)
            await eventually_async(lambda: stand.mount.look == YARD)
            assert viewer.likeness(ahead) > _ALIKE
            await stand.cameras.set_fault(TURNING, Fault.NONE)
            await eventually_async(lambda: viewer.likeness(turned) > _ALIKE, what="the picture of where it looks")
        assert all(0.0 < after - before < _PAUSE_S for before, after in pairwise(viewer.taken_s))
