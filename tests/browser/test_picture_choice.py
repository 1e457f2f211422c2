"""How a viewer has the composed wall: in which size, and how soon. Chosen with keys, remembered, refused in words."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.moving_picture import MovingWall
from tests.support.waiting import eventually
from tests.support.wall_page import Enter, wait_for_more_frames, wait_until, wait_until_live

pytestmark = [pytest.mark.alone, pytest.mark.slow]
WIDTH = "document.getElementById('video').videoWidth"


def test_a_smaller_size_is_chosen_by_keyboard_and_remembered(
    page: Page, enter: Enter, wall: MovingWall, errors: list[str]
) -> None:
    enter("profile=full&lang=ru")
    wait_until_live(page)
    page.keyboard.press("q")
    expect(page.locator("#choice")).to_be_visible()
    assert page.evaluate("document.activeElement.dataset.value") == "full"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Размер").locator("[aria-pressed=true]")).to_contain_text("слабого канала")
    wait_until(page, f"{WIDTH} === 320")
    page.locator("#stage").click(position={"x": 9, "y": 9})
    expect(page.locator("#choice")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "wall"
    wait_until_live(page)
    eventually(lambda: (wall.thin.viewers, wall.broadcast.viewers) == (1, 0))
    page.reload()
    wait_until_live(page)
    assert page.evaluate(WIDTH) == 320
    assert errors == []


def test_a_size_that_the_wall_does_not_offer_is_refused_in_words(page: Page, enter: Enter) -> None:
    enter("profile=4320p")
    expect(page.locator("#toast")).to_have_text("The wall does not offer 4320p: showing the whole wall")
    wait_until_live(page)
    wait_for_more_frames(page, 3)
    assert page.evaluate(WIDTH) == 640


def test_a_viewer_that_was_too_slow_is_told_so_on_the_picture(page: Page, enter: Enter, wall: MovingWall) -> None:
    enter()
    wait_until_live(page)
    wall.at_once = 35
    expect(page.locator("#mode")).to_contain_text("too slow for this picture")
    expect(page.locator("#overlay")).to_be_hidden()
    wait_for_more_frames(page, 3)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_figures_and_tools_lie_beside_one_another_on_a_small_screen_too(
    page: Page, enter: Enter, language: str
) -> None:
    page.set_viewport_size({"width": 800, "height": 480})
    enter(f"lang={language}")
    wait_until_live(page)
    page.keyboard.press("i")
    expect(page.locator("#figures div")).to_have_count(7)
    figures, tools = page.locator("#figures").bounding_box(), page.locator("#tools").bounding_box()
    assert figures is not None
    assert tools is not None
    assert figures["y"] + figures["height"] <= tools["y"]
    assert tools["y"] + tools["height"] <= 480
