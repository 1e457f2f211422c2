"""What is not of now is never shown as live, whichever way a page hears of it, and whatever that way holds back."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace
from playwright.sync_api import Locator, Page, WebSocket, WebSocketRoute, expect

from sensors.model import Language
from tests.support.border_wall import CAMERAS, feed, make_plan, twelve_cameras
from tests.support.camera_stand import Stand
from tests.support.live_wall import ServedWall
from tests.support.waiting import eventually
from tests.support.wall_page import Open
from videowall.plan import Feed, Mask, Plan

pytestmark = [pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(180)]
MASK = Mask(((0.0, 0.0), (0.4, 0.0), (0.4, 0.4), (0.0, 0.4)))
NO_WORD_MS = 13_000
"""After so long without a word the page takes its wall for silent."""
AGAIN_MS = 30_000
"""After so long the page asks again for what was refused."""
SLOW_STILLS = """const ask = window.fetch;
window.fetch = async (address, ...how) => {
  const answer = await ask(address, ...how);
  if (String(address).includes(".jpg")) await new Promise((done) => setTimeout(done, 3_500));
  return answer;
};"""
"""A thin line, on which a still is old when it has come."""


class Link:
    """The way of one of a page's sockets, which stays open and may hold back what comes."""

    def __init__(self, page: Page, socket: str) -> None:
        self.is_silent = False
        self.late_s = 0.0
        page.route_web_socket(re.compile(f"/{socket}$"), self._join)
        page.reload()

    def _join(self, route: WebSocketRoute) -> None:
        route.connect_to_server().on_message(self._carry_to(route))

    def _carry_to(self, route: WebSocketRoute) -> Callable[[str | bytes], None]:
        kept: deque[tuple[float, str | bytes]] = deque()

        def carry(message: str | bytes) -> None:
            if self.is_silent:
                return
            kept.append((time.monotonic(), message))
            while kept and kept[0][0] <= time.monotonic() - self.late_s:
                route.send(kept.popleft()[1])

        return carry


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with Stand(twelve_cameras()[:2]) as stand:
        stand.warm_up()
        yield stand


@pytest.fixture
def plan(stand: Stand) -> Plan:
    masked = replace(feed(stand, CAMERAS[1]), masks=(MASK,))
    return replace(make_plan((feed(stand, CAMERAS[0]), masked), layout="1+5"), language=Language.EN)


def _tile(page: Page, camera: str) -> Locator:
    return page.locator(f'.place[data-camera="kordai/{camera}"]')


def _is_live(tile: Locator) -> None:
    expect(tile.locator(".mark")).to_have_text("●")
    expect(tile.locator(".trouble")).to_be_hidden()
    expect(tile).to_have_attribute("data-state", "live")


def _is_not_live(tile: Locator, why: str) -> None:
    expect(tile.locator(".trouble")).to_contain_text(why)
    expect(tile.locator(".mark")).to_have_text("▲")
    expect(tile).not_to_have_attribute("data-state", "live")
    expect(tile).to_have_class(re.compile(r"\bdim\b"))


def test_a_tile_without_pictures_looks_live_in_nothing_though_its_socket_is_open_and_the_wall_calls_it_live(
    open_page: Open,
) -> None:
    page = open_page("mode=passthrough")
    tiles = Link(page, "tiles")
    _is_live(_tile(page, CAMERAS[0]))
    tiles.is_silent = True
    _is_not_live(_tile(page, CAMERAS[0]), "The picture does not move on")
    tiles.is_silent = False
    _is_live(_tile(page, CAMERAS[0]))


def test_pictures_that_come_late_are_said_to_be_on_the_tile_and_in_the_cameras_own_view(open_page: Open) -> None:
    page = open_page("mode=passthrough")
    tiles, stream = Link(page, "tiles"), Link(page, r"stream\?role=main")
    _is_live(_tile(page, CAMERAS[0]))
    tiles.late_s = stream.late_s = 4.0
    _is_not_live(_tile(page, CAMERAS[0]), " s behind")
    stream.late_s = 0.0
    _tile(page, CAMERAS[0]).click()
    expect(page.locator("#camera-mark")).to_have_text("●")
    stream.late_s = 4.0
    expect(page.locator("#camera-trouble")).to_contain_text(" s behind")
    expect(page.locator("#camera-mark")).to_have_text("▲")
    expect(page.locator("#camera")).to_have_class("dim")


def test_stills_that_do_not_change_say_so_on_the_tile_and_in_the_cameras_own_view(open_page: Open) -> None:
    page = open_page("mode=passthrough")
    _is_live(_tile(page, CAMERAS[1]))
    page.route(re.compile(r"\.jpg"), lambda route: route.fulfill(status=304))
    _is_not_live(_tile(page, CAMERAS[1]), "unchanged for")
    page.unroute_all()
    _is_live(_tile(page, CAMERAS[1]))
    _tile(page, CAMERAS[1]).click()
    expect(page.locator("#camera-mark")).to_have_text("●")
    page.route(re.compile(r"\.jpg"), lambda route: route.fulfill(status=304))
    expect(page.locator("#camera-trouble")).to_contain_text("unchanged for")
    expect(page.locator("#camera")).to_have_class("dim")


def test_stills_that_are_long_on_their_way_are_not_called_live(open_page: Open) -> None:
    page = open_page("mode=passthrough")
    _is_live(_tile(page, CAMERAS[1]))
    page.add_init_script(SLOW_STILLS)
    page.reload()
    _is_not_live(_tile(page, CAMERAS[1]), " s behind")
    page.goto(page.url.replace("mode=passthrough", "mode=composed&stills"))
    expect(page.locator("#mode")).to_have_text(re.compile(r"^stills · \d s behind$"))


def test_a_tile_whose_mask_is_taken_off_again_goes_on_with_the_cameras_own_stream(
    open_page: Open, served: ServedWall, plan: Plan
) -> None:
    page = open_page("mode=passthrough")
    tile = _tile(page, CAMERAS[0])
    _is_live(tile)
    masked = tuple(replace(one, masks=(MASK,)) for one in plan.tiles if isinstance(one, Feed))
    served.show(replace(plan, tiles=masked, revision=2))
    expect(tile.locator(".note")).to_have_text("Stills: parts of this camera are masked")
    served.show(replace(plan, revision=3))
    expect(tile.locator(".note")).to_have_text("")
    eventually(lambda: tile.locator("video").evaluate("video => video.currentTime") > 0, what="the camera's own stream")
    _is_live(tile)


def test_a_masked_cameras_view_keeps_its_one_way_to_the_wall_open(open_page: Open) -> None:
    """It is reopened after eight seconds of silence, and what is said of the camera is not renewed meanwhile."""
    page = open_page()
    opened: list[WebSocket] = []
    heard: list[float] = []

    def follow(socket: WebSocket) -> None:
        if "/camera/" in socket.url:
            opened.append(socket)
            socket.on("framereceived", lambda _: heard.append(time.monotonic()))

    page.on("websocket", follow)
    _tile(page, CAMERAS[1]).click()
    expect(page.locator("#camera-mark")).to_have_text("●")

    def heard_for_long() -> bool:
        page.wait_for_timeout(100)
        return bool(heard) and heard[-1] - heard[0] > 12

    eventually(heard_for_long, within_s=60, what="words on the camera's socket")
    assert len(opened) == 1


def test_a_masked_camera_that_comes_back_to_the_wall_is_no_longer_said_to_be_missing(
    open_page: Open, served: ServedWall, plan: Plan
) -> None:
    page = open_page()
    page.clock.install()
    _tile(page, CAMERAS[1]).click()
    expect(page.locator("#camera-mark")).to_have_text("●")
    served.show(replace(plan, tiles=plan.tiles[:1], revision=2))
    expect(page.locator("#camera-trouble")).to_contain_text("This camera is not on the wall")
    served.show(replace(plan, revision=3))
    page.clock.fast_forward(AGAIN_MS)
    expect(page.locator("#camera-trouble")).to_be_hidden()
    expect(page.locator("#camera-mark")).to_have_text("●")


def test_stills_of_a_camera_are_not_called_live_by_a_wall_that_is_silent(open_page: Open) -> None:
    page = open_page()
    page.clock.install()
    faces = Link(page, "faces")
    _tile(page, CAMERAS[1]).click()
    expect(page.locator("#camera-mark")).to_have_text("●")
    faces.is_silent = True
    page.clock.fast_forward(NO_WORD_MS)
    expect(page.locator("#camera-trouble")).to_have_text("No connection to the wall")
    expect(page.locator("#camera-mark")).to_have_text("▲")


def test_a_silent_wall_is_not_said_to_be_quiet(open_page: Open, served: ServedWall, plan: Plan) -> None:
    page = open_page("mode=passthrough")
    page.clock.install()
    faces = Link(page, "faces")
    expect(page.locator(".place.resting .clock")).to_be_visible()
    faces.is_silent = True
    page.clock.fast_forward(NO_WORD_MS)
    expect(page.locator(".place.resting .trouble")).to_have_text("No connection to the wall")
    expect(page.locator(".place.resting .quiet")).to_be_hidden()
    _is_not_live(_tile(page, CAMERAS[0]), "No connection to the wall")
    faces.is_silent = False
    served.show(replace(plan, calm=True, revision=2))
    expect(page.locator("#dark .clock")).to_be_visible()
    expect(page.locator("#overlay")).to_be_hidden()
    faces.is_silent = True
    page.clock.fast_forward(NO_WORD_MS)
    expect(page.locator("#reason")).to_have_text("No connection to the wall")
