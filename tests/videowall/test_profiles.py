"""The same wall in several sizes: each encoded once, only while it is watched, from one canvas."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from sensors.clock import SystemClock
from sensors.model import Names
from sensors.secrets import Secrets
from tests.support.waiting import eventually_async
from videowall.composing.canvas import CanvasBuffer
from videowall.config import WallSettings
from videowall.encoding.broadcast import Broadcast, EncodedFrame
from videowall.encoding.encoder import Encoder
from videowall.encoding.profile import MIDDLE_FPS, THIN_FPS, Profile, ProfileName, fit_profile
from videowall.encoding.rendition import Rendition
from videowall.picture import planes_of
from videowall.plan import Canvas, Panel, PanelKind, Plan
from videowall.wall import Wall

MIDDLE = Profile(ProfileName.MIDDLE, 1920, 1080, MIDDLE_FPS, 4000)
THIN = Profile(ProfileName.THIN, 1280, 720, THIN_FPS, 1000)


@pytest.mark.parametrize(
    ("profile", "canvas", "fitted", "ticks"),
    [
        (MIDDLE, Canvas(3840, 2160, 25), Canvas(1920, 1080, 25), 1),
        (MIDDLE, Canvas(3840, 2160, 60), Canvas(1920, 1080, 30), 2),
        (THIN, Canvas(1920, 1080, 25), Canvas(1280, 720, 12.5), 2),
        (THIN, Canvas(1920, 1080, 30), Canvas(1280, 720, 10), 3),
        (THIN, Canvas(1080, 1920, 10), Canvas(404, 720, 10), 1),
        (THIN, Canvas(640, 360, 25), Canvas(640, 360, 12.5), 2),
    ],
)
def test_a_profile_keeps_proportions_is_never_larger_and_divides_the_rate(
    profile: Profile, canvas: Canvas, fitted: Canvas, ticks: int
) -> None:
    assert fit_profile(profile, canvas) == (fitted, ticks)


async def frames_of(broadcast: Broadcast, count: int) -> list[EncodedFrame]:
    with broadcast.subscribe() as viewer:
        return [await asyncio.wait_for(anext(viewer), 60) for _ in range(count)]


def decode(frames: list[EncodedFrame]) -> NDArray[np.uint8]:
    """The luma of the last picture."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    pictures = [picture for frame in frames for picture in decoder.decode(av.Packet(frame.data))]
    return planes_of(pictures[-1]).y


@asynccontextmanager
async def running_wall(canvas: Canvas) -> AsyncIterator[Wall]:
    wall = Wall(WallSettings(), Secrets(), SystemClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(wall.run())
        message = Panel(PanelKind.MESSAGE, Names(ru="Проверка связи"))
        wall.apply(Plan(1, "main", wall.plan_title(), canvas, "2x2", (message,) * 4))
        yield wall
        task.cancel()


async def test_two_profiles_of_one_wall_show_the_same_picture_in_their_own_sizes() -> None:
    async with running_wall(Canvas(1920, 1080, 25)) as wall:
        await eventually_async(lambda: float(wall.composer.snapshot().y.std()) > 1, what="something being drawn")
        whole = decode(await frames_of(wall.broadcast_of(ProfileName.FULL), 3))
        thin_frames = await frames_of(wall.broadcast_of(ProfileName.THIN), 6)
        thin = decode(thin_frames)
        assert (whole.shape, thin.shape) == ((1080, 1920), (720, 1280))
        assert all((after.pts_90k - before.pts_90k) % 7200 == 0 for before, after in pairwise(thin_frames))
        assert abs(float(whole.mean()) - float(thin.mean())) < 3


async def test_a_profile_as_large_as_the_wall_is_the_wall_itself() -> None:
    async with running_wall(Canvas(1920, 1080, 25)) as wall:
        assert wall.broadcast_of(ProfileName.MIDDLE) is wall.broadcast
        assert wall.broadcast_of(ProfileName.THIN) is not wall.broadcast
        wall.apply(Plan(2, "main", wall.plan_title(), Canvas(3840, 2160, 5), "2x2", ()))
        await eventually_async(lambda: wall.broadcast_of(ProfileName.MIDDLE) is not wall.broadcast)


async def test_any_number_of_viewers_share_one_encoder_and_nobody_means_none() -> None:
    made: list[Canvas] = []

    def make(canvas: Canvas, kbps: int, key_frame_s: float) -> Encoder:
        made.append(canvas)
        return Encoder(canvas, kbps, key_frame_s)

    rendition = Rendition(THIN, SystemClock(), 2.0, make)
    rendition.start()
    whole = CanvasBuffer(Canvas(1920, 1080, 12.5))
    try:
        rendition.offer(whole, 0)
        assert (made, rendition.dropped_total) == ([], 0)
        with rendition.broadcast.subscribe() as first, rendition.broadcast.subscribe() as second:
            for index in range(1, 6):
                rendition.offer(whole, index)
                frames = await asyncio.wait_for(asyncio.gather(anext(first), anext(second)), 60)
                assert frames[0] is frames[1]
                await eventually_async(lambda: not rendition._full.is_set())
        assert made == [Canvas(1280, 720, 12.5)]
        await eventually_async(lambda: rendition._encoder is None)
    finally:
        rendition.stop()
    assert not rendition.is_alive


async def test_a_picture_that_finds_the_encoder_busy_is_dropped_and_counted() -> None:
    rendition = Rendition(THIN, SystemClock(), 2.0)
    whole = CanvasBuffer(Canvas(640, 360, 10))
    with rendition.broadcast.subscribe():
        rendition.offer(whole, 1)
        rendition.offer(whole, 2)
    assert rendition.dropped_total == 1
