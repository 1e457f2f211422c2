"""The wall as the page draws and walks it, of a plan without one live camera: panels, the dark wall, the keyboard."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from sensors.model import DeviceId, DeviceKey, Language, Names, Priority, SiteId, Stream, StreamRole
from tests.support.border_wall import key, make_plan
from tests.support.live_wall import ServedWall
from tests.support.waiting import eventually
from tests.support.wall_page import Open
from videowall.board import Board, BoardAlarm, BoardSite, SiteCondition
from videowall.plan import Feed, Panel, PanelKind, Plan

pytestmark = [pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(180)]
NOBODY = "rtsp://127.0.0.1:9/main"
POSTS = 200
CHOSEN = "document.activeElement.dataset.camera"
COUNTS_TILES = """const Socket = window.WebSocket;
[window.tilesOpened, window.heard] = [0, []];
window.WebSocket = class extends Socket {
  constructor(address) {
    super(address);
    if (!address.endsWith("/tiles")) return;
    window.tilesOpened += 1;
    this.addEventListener("message", () => window.heard.push(performance.now() / 1000));
  }
};"""
"""Playwright itself does not tell of messages without content."""
HEARD_FOR_S = "window.heard.length ? window.heard.at(-1) - window.heard[0] : 0"
FITS = "panel => panel.scrollHeight <= panel.clientHeight"


def _feed(camera: str, name: str) -> Feed:
    return Feed(key(camera), Names(en=name), Names(en="Kordai"), (Stream(StreamRole.MAIN, NOBODY),))


@pytest.fixture
def plan() -> Plan:
    cameras = (_feed("cam-1", "Gate"), _feed("cam-2", "Yard"))
    panels = (Panel(PanelKind.ALARMS), Panel(PanelKind.SITES), Panel(PanelKind.CLOCK))
    return replace(make_plan((), layout="3x3"), tiles=(*cameras, *panels), language=Language.EN)


def _board(alarms: int, total: int) -> Board:
    """Many posts, of which only the last stands badly, and many alarms."""
    who, at = DeviceKey(SiteId("kordai"), DeviceId("fence-1")), datetime.now(UTC)
    sites = tuple(
        BoardSite(f"post-{number}", Names(en=f"Post {number}"), list(SiteCondition)[number == POSTS - 1 and 3])
        for number in range(POSTS)
    )
    many = (
        BoardAlarm(f"a{number}", who, Names(en="Kordai"), Names(en=f"Movement {number}"), Priority.HIGH, at, False)
        for number in range(alarms)
    )
    return Board(at, sites, tuple(many), total)


def test_what_a_panel_has_no_room_for_is_counted_and_the_gravest_comes_first(
    open_page: Open, served: ServedWall
) -> None:
    served.tell(_board(alarms=32, total=40))
    page = open_page("mode=passthrough")
    for panel, total in (("alarms", 40), ("sites", POSTS)):
        more = page.locator(f".panel.{panel} .more")
        expect(more).to_be_visible()
        rows = page.locator(f".panel.{panel} .row")
        assert rows.count() >= 3
        assert more.text_content() == f"{total - rows.count()} more"
        assert page.locator(f".panel.{panel}").evaluate(FITS)
    expect(page.locator(".panel.sites .row").first).to_contain_text(f"Post {POSTS - 1}")
    few = page.locator(".panel.alarms .row").count()
    page.set_viewport_size({"width": 640, "height": 360})
    eventually(lambda: page.locator(".panel.alarms .row").count() < few, what="fewer rows in a smaller panel")
    page.set_viewport_size({"width": 1280, "height": 720})
    eventually(lambda: page.locator(".panel.alarms .row").count() == few, what="all rows again")


def test_a_zone_that_the_browser_does_not_know_hides_no_alarm_and_fails_no_page(
    open_page: Open, served: ServedWall, plan: Plan
) -> None:
    served.show(replace(plan, time_zone="Asia/Nowhere"))
    served.tell(_board(alarms=1, total=1))
    page = open_page("mode=passthrough")
    expect(page.locator("#alarm-bar")).to_contain_text("Movement 0")
    expect(page.locator(".panel.clock")).not_to_be_empty()
    expect(page.locator("body.failed")).to_have_count(0)


def test_a_dark_walls_page_keeps_its_one_way_to_the_pictures_open(
    open_page: Open, served: ServedWall, plan: Plan
) -> None:
    """So that the picture of an alarm need not wait for that way. It is reopened after ten seconds of silence."""
    served.show(replace(plan, calm=True))
    page = open_page()
    page.add_init_script(COUNTS_TILES)
    page.goto(page.url + "?mode=passthrough")
    expect(page.locator("#dark .clock")).to_be_visible()
    eventually(lambda: page.evaluate(HEARD_FOR_S) > 14, within_s=60, what="words on the pictures' socket")
    assert page.evaluate("window.tilesOpened") == 1


def test_arrow_keys_go_on_after_the_layout_has_taken_the_chosen_place_away(
    open_page: Open, served: ServedWall, plan: Plan
) -> None:
    page = open_page()
    expect(page.locator(".place")).to_have_count(9)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(CHOSEN) == "kordai/cam-2"
    served.show(replace(plan, layout="1x1", revision=2))
    expect(page.locator(".place")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(CHOSEN) == "kordai/cam-1"


def test_a_place_is_called_by_the_camera_that_it_shows_now(open_page: Open, served: ServedWall, plan: Plan) -> None:
    page = open_page()
    expect(page.get_by_label("Gate, Kordai")).to_have_attribute("data-camera", "kordai/cam-1")
    served.show(replace(plan, tiles=(plan.tiles[1], plan.tiles[0]), revision=2))
    expect(page.locator('[data-camera="kordai/cam-2"]')).to_have_attribute("aria-label", "Yard, Kordai")
    expect(page.locator('[data-camera="kordai/cam-1"]')).to_have_attribute("aria-label", "Gate, Kordai")


def test_the_keyboard_does_not_go_to_what_an_open_camera_covers(open_page: Open) -> None:
    page = open_page()
    page.locator('[data-camera="kordai/cam-1"]').press("Enter")
    expect(page.locator("#camera-back")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.closest('#stage')") is None
    page.keyboard.press("Escape")
    expect(page.locator('[data-camera="kordai/cam-1"]')).to_be_focused()
