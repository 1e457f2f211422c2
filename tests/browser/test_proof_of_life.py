"""What the page takes as proof that the wall moves, by which clock, and what it does when it fails itself."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from sensors.access import Audience
from sensors.model import DeviceId, DeviceKey, Names, Priority, SiteId
from tests.support.moving_picture import MovingWall
from tests.support.wall_page import Enter, serving_wall, wait_for_more_frames, wait_until_live
from tests.support.wall_server import Keys
from videowall.board import Board, BoardAlarm

pytestmark = [pytest.mark.alone, pytest.mark.slow]
TELLS_AGAIN = """const ask = HTMLVideoElement.prototype.requestVideoFrameCallback;
let last = null;
HTMLVideoElement.prototype.requestVideoFrameCallback = function (tell) {
  let told = false;
  const once = (now, frame) => {
    if (told) return;
    told = true;
    last = frame;
    tell(now, frame);
  };
  setTimeout(() => last && once(performance.now(), last), 300);
  return ask.call(this, once);
};"""
"""A browser that tells of the picture it has shown last, again and again, while none comes."""
COUNTS_ONLY = """delete HTMLVideoElement.prototype.requestVideoFrameCallback;
const count = HTMLVideoElement.prototype.getVideoPlaybackQuality;
let last = null;
HTMLVideoElement.prototype.getVideoPlaybackQuality = function () {
  if (!window.hangs) last = count.call(this);
  return last;
};"""
"""A browser that tells of no picture, and whose decoder can hang while its clock goes on."""
CLOCK_THAT_IS_SET = """const now = Date.now;
window.setByMs = 0;
Date.now = () => now() + window.setByMs;"""
COMES_TO_THE_FRONT = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
  return document.getElementById("overlay").hidden;
}"""
FAILS = """() => new Promise((tell) => {
  const video = document.getElementById("video");
  Object.defineProperty(video, "buffered", { get() { throw new Error("broken"); } });
  const look = () => document.body.classList.contains("failed")
    ? tell([document.getElementById("reason").textContent, getComputedStyle(video).visibility])
    : setTimeout(look, 10);
  look();
})"""
"""Breaks the page, and tells what it says then; looked at within it, because it begins anew some seconds later."""
BOARD_GROWS_OLD = """async ({ ahead, heard = 0, late = 0, reboots = false, after }) => {
  const { Faces } = await import("/page/faces.js");
  const [now, socket] = [performance.now, window.WebSocket];
  let page = 5_000, told;
  performance.now = () => page;
  window.WebSocket = class { constructor() { told = this; } };
  try {
    const nothing = () => {};
    const faces = new Faces("", { hello: nothing, board: nothing });
    faces.open();
    const say = (message) => told.onmessage({ data: JSON.stringify(message) });
    const [day, runs] = [Date.UTC(2026, 0, 1) / 1000, 7_000];
    const hello = (since, begun) => say({ kind: "hello", at: day + since, monotonic_s: begun + since });
    page += late * 1000;
    hello(0, runs);
    const at = new Date((day + late + ahead - heard) * 1000).toISOString();
    say({ kind: "board", board: { at, alarms: [] }, heard_s: runs + late - heard });
    return after.map((since) => {
      page = 5_000 + (late + since) * 1000;
      if (since) hello(late + since, reboots ? 0 : runs);
      return faces.isBoardFresh;
    });
  } finally {
    performance.now = now;
    window.WebSocket = socket;
  }
}"""
"""What the page says of a board's freshness so many seconds `after` it came: its centre's clock is `ahead`, the wall
`heard` it so long before, and the page heard the wall's greeting so `late`. The wall goes on greeting."""
CALLED_LATE = "document.getElementById('mode').textContent"


@pytest.mark.parametrize("delay", ["steady", "least"])
def test_a_picture_that_is_told_of_again_is_no_new_one(page: Page, keys: Keys, wall: MovingWall, delay: str) -> None:
    page.add_init_script(TELLS_AGAIN)
    with serving_wall(wall, keys, places=1) as address:
        page.goto(f"http://{address}/?ticket={keys.token(Audience.TICKET)}&delay={delay}")
        page.wait_for_url(f"http://{address}/?delay={delay}")
        wait_until_live(page)
        wall.stall.set()
        expect(page.locator("#reason")).to_have_text("No connection to the wall")
        expect(page.locator("#age")).to_have_text(re.compile(r"^ · ([4-9]|\d\d) s$"))
        wall.stall.clear()
        expect(page.locator("#overlay")).to_be_hidden()


def test_a_browser_that_tells_of_no_picture_is_believed_by_its_count_not_by_its_clock(page: Page, enter: Enter) -> None:
    page.add_init_script(COUNTS_ONLY)
    enter()
    wait_until_live(page)
    page.keyboard.press("i")
    expect(page.locator("#figures")).to_contain_text(re.compile(r"rate(1\d|2\d)/s"))
    page.evaluate("window.hangs = true")
    expect(page.locator("#reason")).to_have_text("The picture does not move on")
    page.evaluate("window.hangs = false")
    expect(page.locator("#overlay")).to_be_hidden()


def test_a_page_that_comes_to_the_front_shows_nothing_old_not_even_at_once(
    page: Page, enter: Enter, wall: MovingWall
) -> None:
    enter()
    wait_until_live(page)
    page.evaluate(COMES_TO_THE_FRONT, True)
    wall.stall.set()
    expect(page.locator("#age")).to_have_text(re.compile(r"^ · ([3-9]|\d\d) s$"))
    assert page.evaluate(COMES_TO_THE_FRONT, False) is False
    wall.stall.clear()
    expect(page.locator("#overlay")).to_be_hidden()


@pytest.mark.parametrize("set_by_h", [-1, 1])
def test_setting_the_browsers_clock_makes_no_picture_late_and_no_alarm_young(
    page: Page, enter: Enter, wall: MovingWall, set_by_h: int
) -> None:
    page.add_init_script(CLOCK_THAT_IS_SET)
    enter()
    wait_until_live(page)
    page.keyboard.press("i")
    page.evaluate(f"window.setByMs = {set_by_h * 3_600_000}")
    wait_for_more_frames(page, 10)
    expect(page.locator("#figures")).to_contain_text(re.compile(r"behind\d{1,3} ms"))
    expect(page.locator("#mode")).to_have_text("")  # a viewer that was too slow is told so there for a while
    wall.showing.tell_board(_alarm(), time.monotonic())
    chip = page.locator("#alarm-bar .chip .age")
    expect(chip).to_be_visible()
    assert 300 <= 60 * int(str(chip.text_content()).removesuffix(" min")) < 900


def test_alarms_of_a_centre_whose_clock_is_ahead_are_not_called_fresh(
    page: Page, enter: Enter, wall: MovingWall
) -> None:
    wall.showing.tell_board(replace(_alarm(), at=datetime.now(UTC) + timedelta(minutes=10)), time.monotonic())
    enter()
    expect(page.locator("#alarm-bar .chip")).to_be_visible()
    expect(page.locator("#alarm-bar .old")).to_have_text("Alarms not renewed: the centre is silent")
    wall.showing.tell_board(_alarm(), time.monotonic())
    expect(page.locator("#alarm-bar .old")).to_have_count(0)


@pytest.mark.parametrize(
    ("story", "fresh"),
    [
        ({"ahead": 0, "after": [0, 20, 21]}, [True, True, False]),
        ({"ahead": 600, "after": [0, 21, 590, 610]}, [False] * 4),
        ({"ahead": -600, "after": [0, 21]}, [False] * 2),
        ({"ahead": 15, "after": [0, 20, 21, 34]}, [True, True, False, False]),
        ({"ahead": -15, "after": [0, 5, 6]}, [True, True, False]),
        ({"ahead": 15, "heard": 15, "after": [0, 5, 6]}, [True, True, False]),
        ({"ahead": 30, "heard": 30, "after": [0]}, [False]),
        ({"ahead": 0, "late": 10, "after": [0, 20, 21]}, [True, True, False]),
        ({"ahead": 15, "reboots": True, "after": [0, 20, 21]}, [True, True, False]),
    ],
    ids=["right", "far ahead", "far behind", "ahead", "behind", "a late page", "later", "a late hello", "a new wall"],
)
def test_a_board_is_as_old_for_a_page_as_for_its_wall(
    page: Page, enter: Enter, story: dict[str, object], fresh: list[bool]
) -> None:
    enter()
    assert page.evaluate(BOARD_GROWS_OLD, story) == fresh


def test_a_wall_whose_clock_is_set_back_is_not_called_late(page: Page, enter: Enter, wall: MovingWall) -> None:
    enter()
    wait_until_live(page)
    page.keyboard.press("i")
    wall.clock_off_s = -3600.0
    wait_for_more_frames(page, 60)
    expect(page.locator("#figures")).to_contain_text(re.compile(r"behind\d{1,3} ms"))
    expect(page.locator("#mode")).to_have_text("")  # a viewer that was too slow is told so there for a while
    wall.clock_off_s = 0.0


def test_a_page_that_fails_shows_nothing_says_so_and_begins_anew(page: Page, enter: Enter, errors: list[str]) -> None:
    page.add_init_script("Math.random = () => 0")
    enter()
    wait_until_live(page)
    assert page.evaluate(FAILS) == ["The page has failed: it begins anew", "hidden"]
    expect(page.locator("#overlay")).to_be_hidden()
    wait_until_live(page)
    assert set(errors) == {"broken"}


def test_a_page_out_of_the_browsers_memory_begins_anew(page: Page, enter: Enter) -> None:
    enter()
    wait_until_live(page)
    page.evaluate("document.body.dataset.old = 'yes'")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("body:not([data-old])")).to_have_count(1)
    expect(page.locator("#overlay")).to_be_hidden()


def _alarm() -> Board:
    """An alarm of ten minutes ago."""
    now = datetime.now(UTC)
    who = DeviceKey(SiteId("kordai"), DeviceId("fence-1"))
    at = now - timedelta(minutes=10)
    alarm = BoardAlarm("a1", who, Names(en="Kordai"), Names(en="Movement"), Priority.HIGH, at, False, ())
    return replace(Board(now), alarms=(alarm,), alarms_total=1)
