"""The page with the least delay, over WebRTC: as honest as the other way, which it falls back to by itself."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from sensors.access import Audience
from tests.support.moving_picture import MovingWall
from tests.support.wall_page import Enter, serving_wall, wait_for_more_frames, wait_until, wait_until_live
from tests.support.wall_server import Keys

pytestmark = [pytest.mark.alone, pytest.mark.slow]
SOURCE = "document.getElementById('video').src"
IS_DIRECT = "document.getElementById('video').srcObject !== null"
UNREACHABLE = """const set = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
  return set.call(this, { type, sdp: sdp.replace(/a=candidate.*\\r\\n/g, "") });
};"""
"""A firewall between browser and wall: no address of the answer can be reached."""
COUNTS_WAITING = """const video = HTMLVideoElement.prototype;
const [ask, cancel] = [video.requestVideoFrameCallback, video.cancelVideoFrameCallback];
window.waiting = new Set();
video.requestVideoFrameCallback = function (tell) {
  const handle = ask.call(this, (...frame) => {
    window.waiting.delete(handle);
    tell(...frame);
  });
  window.waiting.add(handle);
  return handle;
};
video.cancelVideoFrameCallback = function (handle) {
  window.waiting.delete(handle);
  cancel.call(this, handle);
};
Math.random = () => 0;"""
"""Knows who waits to be told of the next picture."""
EnterAt = Callable[..., None]


@pytest.fixture
def enter_at(page: Page, keys: Keys) -> EnterAt:
    """Open the page of the wall at an address, asking for the least delay."""

    def enter_at(address: str, query: str = "") -> None:
        page.goto(f"http://{address}/?ticket={keys.token(Audience.TICKET)}&delay=least{query}")
        page.wait_for_url(f"http://{address}/?delay=least{query}")

    return enter_at


def test_the_least_delay_is_chosen_by_keyboard_remembered_and_left_again(
    page: Page, keys: Keys, wall: MovingWall, errors: list[str]
) -> None:
    with serving_wall(wall, keys, places=1) as address:
        page.goto(f"http://{address}/?ticket={keys.token(Audience.TICKET)}")
        page.wait_for_url(f"http://{address}/")
        wait_until_live(page)
        page.keyboard.press("i")
        page.keyboard.press("q")
        page.get_by_role("button", name="Least delay").press("Enter")
        wait_until(page, IS_DIRECT)
        wait_until_live(page)
        wait_for_more_frames(page, 10)
        expect(page.locator("#figures")).to_contain_text("WebRTC")
        expect(page.locator("#figures")).to_contain_text("640×360")
        expect(page.locator("#figures")).to_contain_text(re.compile(r"\d ms"))
        # The one place is given back by the page that goes, and taken by the one that comes.
        page.reload()
        wait_until(page, IS_DIRECT)
        wait_until_live(page)
        page.keyboard.press("q")
        page.get_by_role("button", name="Steady").press("Enter")
        wait_until(page, f"!({IS_DIRECT})")
        wait_until_live(page)
        wait_for_more_frames(page, 5)
    assert errors == []


def test_a_wall_that_hangs_is_covered_over_webrtc_too_and_comes_back(
    page: Page, keys: Keys, wall: MovingWall, enter_at: EnterAt
) -> None:
    with serving_wall(wall, keys, places=2) as address:
        enter_at(address, "&lang=kk")
        wait_until_live(page)
        wall.stall.set()
        expect(page.locator("#reason")).to_have_text("Қабырғамен байланыс жоқ")
        expect(page.locator("#age")).to_have_text(re.compile(r"^ · ([4-9]|\d\d) с$"))
        wall.stall.clear()
        expect(page.locator("#overlay")).to_be_hidden()
        wait_for_more_frames(page, 5)
        assert page.evaluate(IS_DIRECT)


def test_a_wall_that_hangs_for_long_leaves_nothing_behind_of_each_attempt(
    page: Page, keys: Keys, wall: MovingWall, enter_at: EnterAt
) -> None:
    page.add_init_script(COUNTS_WAITING)
    with serving_wall(wall, keys, places=2) as address:
        enter_at(address)
        wait_until_live(page)
        page.keyboard.press("i")
        wall.stall.set()
        expect(page.locator("#figures")).to_contain_text(re.compile("opened again[3-9]way"))
        assert page.evaluate("window.waiting.size") <= 1
        wall.stall.clear()
        expect(page.locator("#overlay")).to_be_hidden()


def test_the_page_returns_to_webrtc_after_the_wall_was_restarted(page: Page, keys: Keys, enter_at: EnterAt) -> None:
    page.add_init_script("Math.random = () => 0")
    first, second = MovingWall(), MovingWall()
    with first.running(), serving_wall(first, keys, places=1) as address:
        enter_at(address)
        wait_until_live(page)
    expect(page.locator("#reason")).to_have_text("No connection to the wall")
    with second.running(), serving_wall(second, keys, int(address.rpartition(":")[2]), places=1):
        expect(page.locator("#overlay")).to_be_hidden()
        wait_for_more_frames(page, 5)
        assert page.evaluate(IS_DIRECT)


def test_without_webrtc_the_wall_is_shown_steadily_and_that_is_said(
    page: Page, keys: Keys, wall: MovingWall, enter_at: EnterAt
) -> None:
    with serving_wall(wall, keys, places=None) as address:
        enter_at(address)
        said = "The least delay is not to be had: the wall does not offer it. Shown steadily instead."
        expect(page.locator("#toast")).to_have_text(said)
        wait_until_live(page)
        assert not page.evaluate(IS_DIRECT)
        page.keyboard.press("q")
        expect(page.locator("#choice-delay-note")).to_have_text(said)


@pytest.mark.parametrize(
    ("status", "why"), [(503, "the wall has no place left"), (502, "the wall answers with an error")]
)
def test_what_passes_is_waited_for_while_the_wall_is_shown_steadily_and_what_was_opened_again_is_counted(
    page: Page, keys: Keys, wall: MovingWall, enter_at: EnterAt, status: int, why: str
) -> None:
    page.add_init_script("Math.random = () => 0")
    page.route("**/whep?*", lambda route: route.fulfill(status=status))
    with serving_wall(wall, keys, places=1) as address:
        enter_at(address)
        said = f"The least delay is not to be had yet: {why}. Shown steadily meanwhile; it is tried again by itself."
        expect(page.locator("#toast")).to_have_text(said)
        wait_until_live(page)
        source = page.evaluate(SOURCE)
        page.keyboard.press("i")
        expect(page.locator("#figures")).to_contain_text(re.compile(r"opened again[1-9]\d*way ?steady"))
        expect(page.locator("#choice-delay-note")).to_have_text(said)
        assert page.evaluate(SOURCE) == source
        page.unroute("**/whep?*")
        wait_until(page, IS_DIRECT)
        wait_until_live(page)
        wait_for_more_frames(page, 5)
        expect(page.locator("#figures")).to_contain_text(re.compile(r"opened again[1-9]\d*way ?WebRTC"))
        expect(page.locator("#choice-delay-note")).to_be_empty()


def test_a_page_has_its_turn_when_another_gives_its_place_back(
    page: Page, keys: Keys, wall: MovingWall, enter_at: EnterAt
) -> None:
    page.add_init_script("Math.random = () => 0")
    with serving_wall(wall, keys, places=1) as address:
        before = page.context.new_page()
        before.goto(f"http://{address}/?ticket={keys.token(Audience.TICKET)}&delay=least")
        before.wait_for_url(f"http://{address}/?delay=least")
        wait_until(before, IS_DIRECT)
        enter_at(address)
        expect(page.locator("#toast")).to_contain_text("no place left")
        wait_until_live(page)
        before.goto("about:blank")
        wait_until(page, IS_DIRECT)
        wait_until_live(page)
        wait_for_more_frames(page, 5)


def test_an_address_that_cannot_be_reached_is_not_waited_for_forever(
    page: Page, keys: Keys, wall: MovingWall, enter_at: EnterAt
) -> None:
    page.clock.install()
    page.add_init_script(UNREACHABLE)
    with serving_wall(wall, keys, places=2) as address:
        enter_at(address, "&lang=ru")
        wait_until(page, IS_DIRECT)
        for _ in range(2):
            page.clock.fast_forward(12_000)
        expect(page.locator("#choice-delay-note")).to_contain_text("соединение не установилось")
        wait_until_live(page)


def test_a_browser_without_webrtc_says_so(page: Page, enter: Enter) -> None:
    page.add_init_script("delete window.RTCPeerConnection")
    enter("delay=least")
    expect(page.locator("#toast")).to_contain_text("this browser cannot")
    wait_until_live(page)
