"""The alarms beside the picture: seen whatever else is looked at, all of them counted, and pressed where they are."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from sensors.model import DeviceId, DeviceKey, Names, Priority, SiteId
from tests.support.moving_picture import MovingWall
from tests.support.wall_page import Enter
from videowall.board import Board, BoardAlarm

pytestmark = [pytest.mark.alone, pytest.mark.slow]
SITE = SiteId("kordai")
BOXES = """parts => {
  const boxes = parts.map((part) => part.getBoundingClientRect());
  return [boxes.map(({ left }) => left), boxes.map(({ right }) => right)];
}"""
"""Where each of some elements begins and ends."""
FOCUSED = "document.activeElement.textContent"


def _alarm(occurrence: str, *cameras: str) -> BoardAlarm:
    """One that is some seconds old, so that what is said of it changes every second."""
    return BoardAlarm(
        occurrence,
        DeviceKey(SITE, DeviceId("fence-1")),
        Names(en="Kordai"),
        Names(en=f"Movement {occurrence}"),
        Priority.HIGH,
        datetime.now(UTC) - timedelta(seconds=7),
        False,
        tuple(DeviceKey(SITE, DeviceId(camera)) for camera in cameras),
    )


def _tell(wall: MovingWall, *alarms: BoardAlarm, total: int = 0, ago_s: float = 0) -> None:
    board = Board(datetime.now(UTC) - timedelta(seconds=ago_s), (), alarms, total or len(alarms))
    wall.showing.tell_board(board, time.monotonic())


def test_an_alarm_is_seen_and_pressed_while_one_camera_is_looked_at(page: Page, enter: Enter, wall: MovingWall) -> None:
    _tell(wall, _alarm("a", "cam-a"))
    enter()
    page.locator("#alarm-bar").click()
    page.get_by_role("button", name="cam-a").click()
    expect(page.locator("#camera")).to_be_visible()
    _tell(wall, _alarm("b", "cam-b"), _alarm("a", "cam-a"))
    expect(page.locator("#alarm-bar")).to_contain_text("Movement b")
    page.locator("#alarm-bar").click()
    expect(page.get_by_role("button", name="cam-b")).to_be_visible()
    page.locator("#camera .picture").click(position={"x": 9, "y": 9})
    expect(page.locator("#alarm-list")).to_be_hidden()
    expect(page.locator("#camera")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#camera")).to_be_hidden()


def test_a_press_during_which_the_alarm_grows_older_is_not_lost(page: Page, enter: Enter, wall: MovingWall) -> None:
    _tell(wall, _alarm("a", "cam-a"))
    enter()

    def press(selector: str, age: str) -> None:
        page.locator(selector).hover()
        before = str(page.locator(age).text_content())
        page.mouse.down()
        expect(page.locator(age)).not_to_have_text(before)
        page.mouse.up()

    press("#alarm-bar .chip .what", "#alarm-bar .age")
    expect(page.locator("#alarm-list")).to_be_visible()
    press("#alarm-list button", "#alarm-list .where")
    expect(page.locator("#camera")).to_be_visible()


def test_every_camera_of_an_alarm_can_be_pressed(page: Page, enter: Enter, wall: MovingWall) -> None:
    _tell(wall, _alarm("a", "cam-a", "cam-b", "cam-c"))
    enter()
    for camera in ("cam-a", "cam-b", "cam-c"):
        page.locator("#alarm-bar").click()
        page.get_by_role("button", name=camera).click()
        expect(page.locator("#camera")).to_be_visible()
        page.keyboard.press("Escape")


def test_the_keyboard_stays_with_its_alarm_when_another_comes_before_it(
    page: Page, enter: Enter, wall: MovingWall
) -> None:
    _tell(wall, _alarm("a", "cam-a"), _alarm("b", "cam-b"))
    enter()
    expect(page.locator("#alarm-bar")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "▶ cam-b"
    for alarms in (("c", "b", "a"), ("b", "a"), ("a", "b")):
        _tell(wall, *(_alarm(name, f"cam-{name}") for name in alarms))
        expect(page.locator("#alarm-list .what")).to_have_text([f"Movement {name}" for name in alarms])
        assert page.evaluate(FOCUSED) == "▶ cam-b"


def test_no_alarms_is_said_only_where_that_is_known(page: Page, enter: Enter, wall: MovingWall) -> None:
    enter()
    notice = page.locator("#alarm-list .none").first
    page.keyboard.press("a")
    expect(notice).to_have_text("No word from the centre yet")
    expect(page.locator("#alarm-bar .old")).to_have_text("No word from the centre yet")
    _tell(wall)
    expect(notice).to_have_text("No active alarms")
    expect(page.locator("#alarm-bar")).to_be_hidden()
    _tell(wall, ago_s=60)
    expect(notice).to_have_text("Alarms not renewed: the centre is silent")
    expect(page.locator("#alarm-bar")).to_be_visible()


def test_alarms_that_the_list_leaves_out_are_counted(page: Page, enter: Enter, wall: MovingWall) -> None:
    alarms = [_alarm(f"a{number}", f"cam-{number}") for number in range(5)]
    _tell(wall, *alarms, total=40)
    enter()
    for width, shown in ((1920, 3), (1280, 2), (360, 1)):
        page.set_viewport_size({"width": width, "height": 540})
        expect(page.locator("#alarm-bar .more")).to_have_text(f"{40 - shown} more")
        expect(page.locator("#alarm-bar .chip")).to_have_count(shown)
        expect(page.locator("#alarm-bar .what").first).to_have_text("Movement a0")
        assert page.locator("#alarm-bar .what").first.evaluate("what => what.scrollWidth <= what.clientWidth")
    page.keyboard.press("a")
    expect(page.locator("#alarm-list article")).to_have_count(5)
    expect(page.locator("#alarm-list .none").last).to_have_text("35 more")
    _tell(wall, *(replace(alarm, acknowledged=True) for alarm in alarms))
    expect(page.locator("#alarm-list article").first).to_have_class(re.compile("acknowledged"))
    expect(page.locator("#alarm-list .none").last).to_be_hidden()


def test_of_long_names_something_is_read_and_nothing_lies_over_another(
    page: Page, enter: Enter, wall: MovingWall
) -> None:
    what, where = Names(kk="Қоршаудан біреу өтіп барады, дереу тексеру қажет"), Names(kk="Сыпатай батыр бекеті " * 3)
    _tell(wall, *(replace(_alarm(name, "cam-a"), message=what, site_names=where) for name in "abc"))
    page.set_viewport_size({"width": 1280, "height": 720})
    enter("lang=kk")
    expect(page.locator("#alarm-bar .chip")).to_have_count(2)
    lefts, rights = page.locator("#alarm-bar .chip > *").evaluate_all(BOXES)
    assert all(right <= left for right, left in zip(rights, lefts[1:], strict=False))
    for part, least in (("what", 200), ("where", 90)):
        for words in page.locator(f"#alarm-bar .{part}").all():
            box = words.bounding_box()
            assert box is not None
            assert box["width"] > least


def test_a_camera_that_is_not_on_the_wall_is_said_to_be_that(page: Page, enter: Enter, wall: MovingWall) -> None:
    _tell(wall, _alarm("a", "cam-elsewhere"))
    enter()
    page.locator("#alarm-bar").click()
    page.get_by_role("button", name="cam-elsewhere").click()
    expect(page.locator("#camera-trouble")).to_contain_text("This camera is not on the wall")
