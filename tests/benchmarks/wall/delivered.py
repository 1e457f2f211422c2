"""What leaves a wall: the last 30 s of a camera as a clip, and the bit rate of each profile, moving and still."""

import asyncio
import statistics
import time

import httpx
from websockets.asyncio.client import connect

from tests.benchmarks.row import Row
from tests.benchmarks.wall.load import BITRATE_KBPS, Load, running
from tests.benchmarks.wall.run import pause, wait_for_pictures
from tests.benchmarks.wall.walls import Watch, ours
from videowall.encoding.profile import ProfileName

_CAMERAS = 16
_CLIP_S = 30
_CLIPS = 5
_SETTLE_S, _WINDOW_S = 4.0, 8.0
_STILL_AFTER_S = 15.0
"""When frozen cameras have been called so, and their tiles dimmed."""
_ABOVE = 1.15
"""A wall's rate is kept over some seconds, not in each."""


def measure_saving() -> list[Row]:
    """Of one camera among sixteen: from the request to the last byte, and processor time beyond the wall's own."""
    load = Load("saving", _CAMERAS, "sub")
    with running(load) as (cameras, _), ours(load, cameras.url) as begun:
        assert begun.watch is not None
        wait_for_pictures(begun)
        pause(_CLIP_S + _SETTLE_S)
        before = begun.spent()
        pause(_WINDOW_S)
        calm = begun.spent()
        took_s, size = zip(*(_save(begun.watch, camera) for camera in range(_CLIPS)), strict=True)
        after = begun.spent()
    usual = (calm.cpu_s - before.cpu_s) / (calm.at_s - before.at_s)
    spent_s = (after.cpu_s - calm.cpu_s - usual * (after.at_s - calm.at_s)) / _CLIPS
    return [
        Row("clip_30s_saved_s", statistics.median(took_s), "s", None, "lower", _CLIPS),
        Row("clip_30s_cpu_s", max(0.0, spent_s), "cpu-s", None, "lower", _CLIPS),
        Row("clip_30s_mb", statistics.median(size) / 1e6, "MB", None, "lower", _CLIPS),
    ]


def measure_bit_rates() -> list[Row]:
    """Sixteen cameras that move, then the same with their pictures frozen."""
    load = Load("delivered", _CAMERAS, "sub")
    rows: list[Row] = []
    with running(load) as (cameras, _), ours(load, cameras.url) as begun:
        assert begun.watch is not None
        wait_for_pictures(begun)
        for kind in ("moving", "still"):
            for camera in range(_CAMERAS if kind == "still" else 0):
                cameras.break_(camera, "frozen")
            pause(_STILL_AFTER_S if kind == "still" else _SETTLE_S)
            for profile in ProfileName:
                kbps = asyncio.run(_receive_kbps(begun.watch, profile))
                aim = BITRATE_KBPS * _ABOVE if profile is ProfileName.FULL else None
                rows.append(Row(f"delivered_{profile}_{kind}_kbps", kbps, "kbit/s", aim, "lower", 1))
    return rows


def _save(watch: Watch, camera: int) -> tuple[float, int]:
    began_s = time.monotonic()
    url = f"{watch.url}wall/bench/camera/post-{camera % 4}/cam-{camera}/clip.mp4?seconds={_CLIP_S}"
    answer = httpx.get(url, headers={"Authorization": f"Bearer {watch.token}"}, timeout=60)
    if answer.status_code != httpx.codes.OK:
        message = f"no clip: {answer.status_code} {answer.text[:200]}"
        raise RuntimeError(message)
    return time.monotonic() - began_s, len(answer.content)


async def _receive_kbps(watch: Watch, profile: ProfileName) -> float:
    """Of what one viewer is sent, once its first two seconds have passed."""
    url = f"{watch.url.replace('http://', 'ws://')}wall/bench/stream?profile={profile}"
    headers = {"Authorization": f"Bearer {watch.token}"}
    received, from_s = 0, time.monotonic() + _SETTLE_S / 2
    async with connect(url, additional_headers=headers, max_size=None, compression=None) as viewer:
        async for message in viewer:
            now_s = time.monotonic()
            if now_s >= from_s:
                received += len(message)
            if now_s - from_s >= _WINDOW_S:
                return received * 8 / 1000 / (now_s - from_s)
    problem = f"the stream {profile} ended"
    raise RuntimeError(problem)
