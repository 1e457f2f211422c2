"""The page of a real wall of simulated cameras in a real Chromium: one camera, the alarms, the wall drawn by itself."""

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from sensors.access import Audience
from sensors.model import DeviceId, DeviceKey, Language, Names, Priority
from simulators.cameras.vocabulary import Fault
from tests.support.border_wall import CAMERAS, SITE, feed, key, make_plan, stamp_of, twelve_cameras
from tests.support.camera_stand import Stand
from tests.support.live_wall import ServedWall, served_wall
from tests.support.waiting import eventually
from tests.support.wall_page import Open
from videowall.board import Board, BoardAlarm
from videowall.plan import Mask, Plan

pytestmark = [pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(180)]
AGE_PAGE_ONCE = """Math.random = () => 0;
if (!sessionStorage.getItem("aged")) {
  sessionStorage.setItem("aged", "1");
  new MutationObserver(() => { if (document.body) document.body.dataset.version = "an-older-page"; })
    .observe(document, { childList: true, subtree: true });
}"""
"""The page that is loaded next takes itself for another version, and would renew itself at once."""
Luma = NDArray[np.uint8]
MASK = Mask(((0.0, 0.0), (0.4, 0.0), (0.4, 0.4), (0.0, 0.4)))


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with Stand(twelve_cameras()[:5]) as stand:
        stand.draw_all({})
        yield stand


@pytest.fixture
def plan(stand: Stand) -> Plan:
    feeds = tuple(feed(stand, camera) for camera in CAMERAS[:4])
    masked = replace(feeds[3], masks=(MASK,))
    return replace(make_plan((*feeds[:3], masked), layout="2x2"), language=Language.EN, revision=7)


def _luma(page: Page) -> Luma:
    with av.open(io.BytesIO(page.screenshot()), "r") as file:
        return next(file.decode(video=0)).to_ndarray(format="gray").astype(np.uint8)


def _inside(page: Page, selector: str) -> Luma:
    """What the screen shows of a picture of 16:9 that is fitted into an element."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    width = min(box["width"], box["height"] * 16 / 9)
    height = width * 9 / 16
    left, top = box["x"] + (box["width"] - width) / 2, box["y"] + (box["height"] - height) / 2
    return _luma(page)[round(top) : round(top + height), round(left) : round(left + width)]


def _sees(page: Page, selector: str, camera: int) -> None:
    """Wait until an element shows pictures of this camera that follow one another."""
    seen: set[int] = set()

    def moves() -> bool:
        stamp = stamp_of(_inside(page, selector))
        if stamp is not None:
            assert stamp.camera == camera
            seen.add(stamp.frame)
        return len(seen) >= 3

    eventually(moves, within_s=30, what=f"moving pictures of camera {camera}")


def _alarm(*, acknowledged: bool = False) -> Board:
    alarm = BoardAlarm(
        "a1",
        DeviceKey(SITE, DeviceId("fence-1")),
        Names(en="Kordai"),
        Names(en="Movement at the fence", ru="Движение у ограды"),
        Priority.HIGH,
        datetime.now(UTC) - timedelta(minutes=10, seconds=10),
        acknowledged,
        (key("cam-2"),),
    )
    return Board(datetime.now(UTC), (), (alarm,), 1)


def test_in_an_exercise_the_page_says_so_wherever_its_picture_does_not(
    open_page: Open, served: ServedWall, plan: Plan
) -> None:
    page = open_page()
    expect(page.locator(".place")).to_have_count(4)
    served.show(replace(plan, exercise=True, revision=8))
    expect(page).to_have_title(re.compile("^EXERCISE - "))
    expect(page.locator("#exercise")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#exercise")).to_have_text("EXERCISE")
    expect(page.locator("#camera-back")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#exercise")).to_be_hidden()
    drawn = open_page("mode=passthrough")
    expect(drawn.locator("#exercise")).to_have_text("EXERCISE")


def test_a_camera_is_opened_by_keyboard_and_plays_its_own_main_stream(open_page: Open, served: ServedWall) -> None:
    page = open_page()
    expect(page.locator(".place")).to_have_count(4)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#camera-note")).to_contain_text("main stream · H.264 · 1280×720")
    expect(page.locator("#camera-trouble")).to_be_hidden()
    _sees(page, "#camera .picture", 2)
    assert len(served.do(lambda: served.wall.passthrough.wanted)) == 1
    page.keyboard.press("Escape")
    expect(page.locator("#camera")).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.camera") == "kordai/cam-2"
    eventually(lambda: not served.do(lambda: served.wall.passthrough.wanted), what="the stream let go")


def test_a_masked_camera_is_shown_decoded_and_says_so(open_page: Open) -> None:
    page = open_page()
    page.locator('[data-camera="kordai/cam-4"]').click()
    expect(page.locator("#camera-note")).to_have_text("Stills: parts of this camera are masked")
    _sees(page, "#camera .picture", 4)
    assert page.evaluate("document.getElementById('camera-video').currentTime") == 0
    assert _inside(page, "#camera .picture")[100:120, 100:120].std() < 8


def test_a_camera_that_the_browser_cannot_play_is_shown_as_stills_and_that_is_said(
    open_page: Open, stand: Stand
) -> None:
    page = open_page()
    if page.evaluate("""MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.B0"')"""):
        pytest.skip("this browser plays H.265")
    stand.set_fault("cam-3", Fault.RECODED)
    try:
        page.locator('[data-camera="kordai/cam-3"]').click()
        expect(page.locator("#camera-note")).to_have_text("This browser cannot play H.265", timeout=40_000)
        _sees(page, "#camera .picture", 3)
    finally:
        stand.mend()


def test_a_dead_camera_is_never_shown_as_live(open_page: Open, stand: Stand) -> None:
    page = open_page("mode=passthrough")
    _sees(page, '[data-camera="kordai/cam-1"]', 1)
    stand.set_fault("cam-1", Fault.STALLED)
    try:
        expect(page.locator('[data-camera="kordai/cam-1"] .trouble')).to_be_visible()
        page.locator('[data-camera="kordai/cam-1"]').click()
        expect(page.locator("#camera-trouble")).to_be_visible()
    finally:
        stand.mend()


def test_the_wall_is_drawn_out_of_the_cameras_own_streams(open_page: Open, served: ServedWall, plan: Plan) -> None:
    page = open_page("mode=passthrough")
    for number, camera in enumerate(CAMERAS[:4], 1):
        _sees(page, f'[data-camera="kordai/{camera}"]', number)
    expect(page.locator('[data-camera="kordai/cam-4"] .note')).to_have_text("Stills: parts of this camera are masked")
    expect(page.locator('[data-camera="kordai/cam-1"] .caption')).to_contain_text("Камера cam-1")
    assert served.do(lambda: served.wall.viewers) == 0
    turned = replace(plan, tiles=(plan.tiles[2], *plan.tiles[:2]), revision=8)
    served.show(turned)
    expect(page.locator('[data-camera="kordai/cam-4"]')).to_have_count(0)
    for number, camera in enumerate(CAMERAS[:3], 1):
        _sees(page, f'[data-camera="kordai/{camera}"]', number)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_camera_that_is_mounted_lying_down_is_shown_upright(
    open_page: Open, served: ServedWall, plan: Plan, stand: Stand, rotation: int
) -> None:
    lying = replace(feed(stand, CAMERAS[0]), rotation=rotation)
    served.show(replace(plan, tiles=(lying, *plan.tiles[1:]), revision=8))
    page = open_page("mode=passthrough")

    def is_upright(selector: str) -> bool:
        box = page.locator(selector).bounding_box()
        assert box is not None
        shape = 16 / 9 if rotation == 180 else 9 / 16
        width = min(box["width"], box["height"] * shape)
        left, top = box["x"] + (box["width"] - width) / 2, box["y"] + (box["height"] - width / shape) / 2
        seen = _luma(page)[round(top) : round(top + width / shape), round(left) : round(left + width)]
        # As the camera took it: clockwise by `rotation` is what the page has turned it by.
        stamp = stamp_of(np.rot90(seen, rotation // 90))
        return stamp is not None and stamp.camera == 1

    tile = '[data-camera="kordai/cam-1"]'
    if rotation == 270:  # else the stamp lies under the caption
        eventually(lambda: is_upright(tile), within_s=30, what="an upright picture in the tile")
    page.locator(tile).click()
    eventually(lambda: is_upright("#camera .picture"), within_s=30, what="an upright picture over the page")


def test_a_tile_whose_player_fails_goes_on_at_the_next_key_picture(open_page: Open) -> None:
    page = open_page("mode=passthrough")
    _sees(page, '[data-camera="kordai/cam-2"]', 2)
    source = page.locator('[data-camera="kordai/cam-2"] video').get_attribute("src")
    page.locator('[data-camera="kordai/cam-2"] video').dispatch_event("error")
    expect(page.locator('[data-camera="kordai/cam-2"] video')).to_have_attribute("src", re.compile("blob:"))
    _sees(page, '[data-camera="kordai/cam-2"]', 2)
    assert page.locator('[data-camera="kordai/cam-2"] video').get_attribute("src") != source


def test_the_way_of_showing_is_remembered(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("p")
    expect(page.locator("body.passthrough")).to_have_count(1)
    page.reload()
    expect(page.locator("body.passthrough")).to_have_count(1)
    page.keyboard.press("p")
    expect(page.locator("body.composed")).to_have_count(1)


def test_alarms_show_in_a_bar_and_lead_to_their_cameras(open_page: Open, served: ServedWall) -> None:
    page = open_page()
    bar = page.locator("#alarm-bar")
    expect(page.locator(".place")).to_have_count(4)
    expect(bar).to_be_hidden()
    served.tell(_alarm())
    expect(bar).to_contain_text("Movement at the fence")
    expect(bar.locator(".age")).to_have_text("10 min")
    assert "high" in str(bar.locator(".chip").get_attribute("class"))
    page.keyboard.press("a")
    expect(page.locator("#alarm-list article")).to_contain_text("high, not acknowledged")
    served.tell(_alarm(acknowledged=True))
    expect(page.locator("#alarm-list article")).to_contain_text("high, acknowledged")
    page.locator("#alarm-list button").click()
    expect(page.locator("#alarm-list")).to_be_hidden()
    _sees(page, "#camera .picture", 2)
    served.tell(Board(datetime.now(UTC)))
    expect(bar).to_be_hidden()


def test_old_alarms_are_not_shown_as_if_they_were_of_now(open_page: Open, served: ServedWall) -> None:
    page = open_page()
    served.tell(replace(_alarm(), at=datetime.now(UTC) - timedelta(seconds=60)))
    expect(page.locator("#alarm-bar")).to_contain_text("the centre is silent")


def test_a_new_page_is_loaded_but_not_over_an_alarm(open_page: Open, served: ServedWall) -> None:
    served.tell(_alarm())
    page = open_page()
    old = page.locator("body").get_attribute("data-version")
    assert old
    page.add_init_script(AGE_PAGE_ONCE)
    page.reload()
    expect(page.locator("#alarm-bar")).to_be_visible()
    page.wait_for_timeout(4_000)
    expect(page.locator("body")).to_have_attribute("data-version", "an-older-page")
    served.tell(_alarm(acknowledged=True))
    expect(page.locator("body")).to_have_attribute("data-version", old)


def test_the_drawn_wall_returns_by_itself_after_the_wall_was_restarted(
    open_page: Open, plan: Plan, tmp_path: Path
) -> None:
    with served_wall(tmp_path) as first:
        first.show(plan)
        page = open_page("mode=passthrough", address=first.address, token=first.keys.token(Audience.TICKET))
        _sees(page, '[data-camera="kordai/cam-1"]', 1)
        port, keys = int(first.address.rpartition(":")[2]), first.keys
    expect(page.locator('[data-camera="kordai/cam-1"] .trouble')).to_be_visible()
    with served_wall(tmp_path, port, keys) as second:
        second.show(plan)
        expect(page.locator('[data-camera="kordai/cam-1"] .trouble')).to_be_hidden()
        _sees(page, '[data-camera="kordai/cam-1"]', 1)


def test_memory_stays_flat_while_cameras_are_opened_and_closed(open_page: Open) -> None:
    page = open_page("mode=passthrough")
    session = page.context.new_cdp_session(page)

    def heap() -> int:
        session.send("HeapProfiler.collectGarbage")
        return int(session.send("Runtime.getHeapUsage")["usedSize"])

    def visit() -> None:
        page.locator('[data-camera="kordai/cam-2"]').click()
        expect(page.locator("#camera-note")).to_contain_text("main stream")
        page.keyboard.press("Escape")
        expect(page.locator("#camera")).to_be_hidden()

    for _ in range(3):
        visit()
    before = heap()
    for _ in range(8):
        visit()
    assert heap() - before < 2_000_000
    counts = json.loads(page.evaluate("JSON.stringify([...document.querySelectorAll('video')].map((v) => v.src))"))
    assert len(counts) == 2 + 4
    kept = page.evaluate("[...document.querySelectorAll('.place video')].map(v => v.buffered.length)")
    assert max(kept) <= 4
