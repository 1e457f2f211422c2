"""Three posts, a hub and a wall, as they stand when nothing happens."""

import asyncio
import time
from collections import defaultdict

import cv2
import httpx
import numpy as np
import pytest

from hub.protocol import Approval, Liveness
from sensors.stamp import Stamp
from simulators.demo.witness import read_stamp
from tests.support.system import System, tuple_of
from tests.support.waiting import eventually_async

pytestmark = [pytest.mark.alone, pytest.mark.asyncio(loop_scope="module")]


async def test_every_device_of_every_post_is_registered_approved_and_online(system: System) -> None:
    views = [system.watch.devices[key] for key in sorted(system.stage.expected)]
    assert {view.approval for view in views} == {Approval.APPROVED}
    assert {view.liveness for view in views} == {Liveness.ONLINE}
    for site in system.stage.scenario.sites:
        kinds = {view.kind for view in views if view.key.site == site.id} - {"camera", "gateway"}
        sensors = [view for view in views if view.key.site == site.id and view.kind not in {"camera", "gateway"}]
        assert len(kinds) >= 10
        assert len(sensors) >= 15


async def test_twelve_cameras_advance_on_the_encoded_wall(system: System) -> None:
    since = time.time()
    wanted = {tuple_of(key) for key in system.camera_keys()}
    assert len(wanted) == 12
    await eventually_async(lambda: system.witness.live(since) == wanted, what="every tile showing a new frame")


async def test_each_tile_of_the_still_shows_its_own_camera(system: System) -> None:
    await system.clips_drawn()  # a film that is not whole repeats itself, and is covered as frozen
    shown = defaultdict[tuple[str, str], set[int]](set)
    headers = {"Authorization": f"Bearer {system.client.token}"}
    async with httpx.AsyncClient(headers=headers, timeout=30) as http:
        # A camera that a busy machine keeps waiting is dimmed, and its stamp with it: not all need be in one still.
        for _ in range(60):
            for place, stamp in await _stamps_of_still(system, http):
                if stamp is not None:
                    shown[place].add(stamp.camera)
            if len(shown) == 12:
                break
            await asyncio.sleep(0.5)
    assert [len(cameras) for cameras in shown.values()] == [1] * 12
    assert len(set[int]().union(*shown.values())) == 12


async def _stamps_of_still(system: System, http: httpx.AsyncClient) -> list[tuple[tuple[str, str], Stamp | None]]:
    still = await http.get(f"{system.stage.installation.wall_url}/wall/main.jpg")
    assert still.status_code == 200
    luma = cv2.imdecode(np.frombuffer(still.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert luma is not None
    return [
        (
            (tile.site, tile.device),
            read_stamp(luma[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width].astype(np.uint8)),
        )
        for tile in system.witness.tiles
        if not tile.spot
    ]


async def test_nothing_of_the_wall_is_shown_without_a_sign_in(system: System) -> None:
    async with httpx.AsyncClient(base_url=system.stage.installation.wall_url, timeout=60) as http:
        assert (await http.get("/wall/main.jpg")).status_code == 401
        assert (await http.get("/wall/main/tiles.json")).status_code == 401
    async with httpx.AsyncClient(base_url=system.stage.installation.hub_url, timeout=60) as http:
        assert (await http.get("/api/v1/devices")).status_code == 401


async def test_readings_reach_the_history_of_a_sensor(system: System) -> None:
    weather = next(view for view in system.watch.devices.values() if view.kind == "weather")
    metric = next(metric for metric in weather.metrics if metric.unit == "Cel")
    history = await system.client.history(weather.key, metric.name)
    assert history.points
    assert metric.minimum is not None
    assert metric.maximum is not None
    assert all(metric.minimum <= float(point.value) <= metric.maximum for point in history.points)
