"""Stills, geometry and the page's files, as a signed-in program gets them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import av
import httpx
import numpy as np
import pytest

from sensors.clock import ManualClock
from tests.support.moving_picture import MovingWall
from tests.support.wall_server import Keys, serving
from videowall.config import WallSettings
from videowall.outputs.server import build_app
from videowall.outputs.stills import KEPT_S, MAX_KEPT, Stills

pytestmark = pytest.mark.alone

START = datetime.now(UTC)


@pytest.fixture
def wall() -> MovingWall:
    return MovingWall()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def client(wall: MovingWall, clock: ManualClock, tmp_path: Path) -> Iterator[httpx.Client]:
    keys = Keys(tmp_path)
    app = build_app(wall, WallSettings(public_key_file=str(keys.public_file)), clock)
    with (
        serving(app) as address,
        httpx.Client(base_url=f"http://{address}", headers=keys.bearer(), timeout=30) as client,
    ):
        yield client


def _size(jpeg: bytes) -> tuple[int, int]:
    decoder = av.CodecContext.create("mjpeg", "r")
    (frame,) = decoder.decode(av.Packet(jpeg))
    picture = frame.to_ndarray(format="gray")
    assert picture.dtype == np.uint8
    return picture.shape[1], picture.shape[0]


def test_the_still_is_the_wall_and_may_be_asked_for_smaller(client: httpx.Client) -> None:
    answer = client.get("/wall/main.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert _size(answer.content) == (640, 360)
    assert _size(client.get("/wall/main.jpg?width=310").content) == (320, 180)


def test_many_askers_cost_one_still_until_it_is_old(client: httpx.Client, wall: MovingWall, clock: ManualClock) -> None:
    with ThreadPoolExecutor(8) as askers:
        answers = list(askers.map(lambda _: client.get("/wall/main.jpg"), range(24)))
    assert {answer.status_code for answer in answers} == {200}
    assert wall.stills_total == 1
    clock.advance(KEPT_S)
    client.get("/wall/main.jpg")
    assert wall.stills_total == 2


def test_an_unchanged_still_is_not_sent_twice(client: httpx.Client, wall: MovingWall, clock: ManualClock) -> None:
    tag = client.get("/wall/main.jpg").headers["etag"]
    again = client.get("/wall/main.jpg", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    wall.index += 1
    clock.advance(1)
    assert client.get("/wall/main.jpg", headers={"If-None-Match": tag}).status_code == 200


def test_one_camera_is_shown_in_the_width_asked_for(client: httpx.Client) -> None:
    assert _size(client.get("/wall/main/camera/kordai/cam-1.jpg?width=160").content) == (160, 90)
    assert _size(client.get("/wall/main/camera/kordai/cam-1.jpg").content) == (320, 180)


@pytest.mark.parametrize(
    "path",
    [
        "/wall/other.jpg",
        "/wall/other/tiles.json",
        "/wall/other/camera/kordai/cam-1.jpg",
        "/wall/main/camera/kordai/cam-9.jpg",
        "/wall/main/camera/KORDAI/..%2f.jpg",
        "/page/server.py",
        "/page/..%2fserver.py",
        "/page/%2e%2e/server.py",
        "/nothing",
    ],
)
def test_what_does_not_exist_is_a_clear_problem(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["kind"] == "not_found"
    assert answer.json()["detail"]


@pytest.mark.parametrize("width", ["0", "-5", "99999", "wide", "1e3"])
def test_an_impossible_width_is_a_clear_problem(client: httpx.Client, width: str) -> None:
    answer = client.get("/wall/main.jpg", params={"width": width})
    assert answer.status_code == 400
    assert answer.json()["kind"] == "wire"
    assert "width" in answer.json()["detail"]


def test_a_method_that_is_not_offered_is_a_clear_problem(client: httpx.Client) -> None:
    answer = client.post("/wall/main.jpg")
    assert (answer.status_code, answer.json()["kind"]) == (405, "wire")


def test_the_geometry_of_the_tiles_is_told(client: httpx.Client) -> None:
    assert client.get("/wall/main/tiles.json").json() == [
        {
            "site": "kordai",
            "device": "cam-1",
            "slot": 0,
            "x": 0,
            "y": 0,
            "width": 640,
            "height": 360,
            "state": "live",
            "stream_role": "sub",
            "spot": False,
            "latency": None,
        }
    ]


def test_the_page_needs_nothing_from_elsewhere_and_nothing_inline(client: httpx.Client) -> None:
    page = client.get("/")
    assert 'data-wall="main"' in page.text
    assert "{wall}" not in page.text
    assert "http" not in page.text.replace("http-equiv", "")
    assert "style=" not in page.text
    assert "<script>" not in page.text
    names = [part.partition('"')[0] for part in page.text.split('"/page/')[1:]]
    assert set(names) == {"icon.svg", "wall.css", "drawn.css", "panels.css", "main.js"}
    for name in names:
        file = client.get(f"/page/{name}")
        assert file.status_code == 200
        unchanged = client.get(f"/page/{name}", headers={"If-None-Match": file.headers["etag"]})
        assert unchanged.status_code == 304


async def test_what_is_kept_of_stills_is_bounded(clock: ManualClock) -> None:
    stills = Stills(clock)
    for number in range(3 * MAX_KEPT):
        await stills.get(str(number), lambda: b"jpeg")
    assert len(stills._kept) == MAX_KEPT
