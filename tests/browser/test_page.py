"""The wall's page in a real Chromium: it plays, it stays honest when the wall does not, and it lets nobody in."""

import io
import re

import av
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from sensors.access import Audience
from tests.support.moving_picture import MovingWall
from tests.support.wall_page import Enter, serving_wall, wait_for_more_frames, wait_until, wait_until_live
from tests.support.wall_server import Keys

pytestmark = [pytest.mark.alone, pytest.mark.slow]
PIXELS = """() => {
  const video = document.getElementById("video");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [64, 36];
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 64, 36);
  return Array.from(context.getImageData(0, 0, 64, 36).data);
}"""
SLOW_TO_SHOW = """const [ask, create] = [HTMLVideoElement.prototype.requestVideoFrameCallback, URL.createObjectURL];
window.sources = 0;
Math.random = () => 0;
URL.createObjectURL = (source) => {
  window.sources += 1;
  return create(source);
};
let told = "";
HTMLVideoElement.prototype.requestVideoFrameCallback = function (tell) {
  return ask.call(this, (...frame) => {
    if (told !== this.src) setTimeout(tell, 700, ...frame);
    else tell(...frame);
    told = this.src;
  });
};"""
"""A browser that takes a while to tell of the first picture of each source, counts the sources, and comes back soon."""


def _brightness(page: Page) -> float:
    with av.open(io.BytesIO(page.screenshot()), "r") as file:
        return float(np.mean(next(file.decode(video=0)).to_ndarray(format="gray")))


def test_the_wall_plays_and_its_picture_changes(page: Page, enter: Enter, errors: list[str]) -> None:
    enter()
    wait_until_live(page)
    time_before = page.evaluate("document.getElementById('video').currentTime")
    pixels_before = np.array(page.evaluate(PIXELS))
    wait_for_more_frames(page, 20)
    assert page.evaluate("document.getElementById('video').currentTime") > time_before
    changed = np.abs(np.array(page.evaluate(PIXELS)) - pixels_before) > 40
    assert changed.mean() > 0.02
    assert errors == []


def test_the_page_asks_nothing_of_anybody_else(page: Page, enter: Enter, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    enter()
    wait_until_live(page)
    assert asked
    assert [url for url in asked if not url.startswith((f"http://{address}/", f"blob:http://{address}/"))] == []


def test_skipped_ticks_do_not_stop_the_picture(page: Page, enter: Enter, wall: MovingWall) -> None:
    enter()
    wait_until_live(page)
    wall.ticks_per_frame = 6
    wait_for_more_frames(page, 10)
    expect(page.locator("#overlay")).to_be_hidden()


def test_a_stalled_wall_is_covered_and_comes_back(page: Page, enter: Enter, wall: MovingWall) -> None:
    enter("lang=kk")
    wait_until_live(page)
    bright = _brightness(page)
    wall.stall.set()
    expect(page.locator("#reason")).to_have_text("Қабырғамен байланыс жоқ")
    expect(page.locator("#age")).to_have_text(re.compile(r"^ · ([4-9]|\d\d) с$"))
    assert _brightness(page) < bright / 2
    wall.stall.clear()
    expect(page.locator("#overlay")).to_be_hidden()
    wait_for_more_frames(page, 5)


def test_the_page_returns_by_itself_after_the_wall_was_restarted(page: Page, keys: Keys) -> None:
    first, second = MovingWall(), MovingWall()
    with first.running(), serving_wall(first, keys) as address:
        page.goto(f"http://{address}/?ticket={keys.token(Audience.TICKET)}")
        page.wait_for_url(f"http://{address}/")
        wait_until_live(page)
    expect(page.locator("#reason")).to_have_text("No connection to the wall")
    with second.running(), serving_wall(second, keys, int(address.rpartition(":")[2])):
        expect(page.locator("#overlay")).to_be_hidden()
        wait_for_more_frames(page, 5)


def test_a_slow_first_picture_after_a_long_outage_is_waited_for(page: Page, keys: Keys) -> None:
    """The new stream's first picture is not counted late from the last one of the old: one source for each wall."""
    page.clock.install()
    page.add_init_script(SLOW_TO_SHOW)
    first, second = MovingWall(), MovingWall()
    with first.running(), serving_wall(first, keys) as address:
        page.goto(f"http://{address}/?ticket={keys.token(Audience.TICKET)}")
        page.wait_for_url(f"http://{address}/")
        wait_until_live(page)
    expect(page.locator("#reason")).to_have_text("No connection to the wall")
    page.clock.fast_forward(20_000)
    with second.running(), serving_wall(second, keys, int(address.rpartition(":")[2])):
        expect(page.locator("#overlay")).to_be_hidden()
        wait_for_more_frames(page, 5)
        assert page.evaluate("window.sources") == 2


@pytest.mark.parametrize(("fps", "key_every"), [(25, 125), (40, 1)], ids=["few key pictures", "nothing else"])
def test_what_the_page_keeps_is_bounded_and_trimming_costs_no_picture(
    page: Page, keys: Keys, fps: int, key_every: int
) -> None:
    wall = MovingWall(fps, key_every)
    with wall.running(), serving_wall(wall, keys) as address:
        page.goto(f"http://{address}/?ticket={keys.token(Audience.TICKET)}")
        page.wait_for_url(f"http://{address}/")
        wait_until_live(page)
        first = page.evaluate("document.getElementById('video').buffered.start(0)")
        wait_until(page, f"document.getElementById('video').buffered.start(0) > {first} + 1")
        kept_s, behind_s = page.evaluate("""(v => [v.buffered.end(0) - v.buffered.start(0),
            v.buffered.end(0) - v.currentTime])(document.getElementById('video'))""")
        assert behind_s < kept_s < 12
        expect(page.locator("#overlay")).to_be_hidden()


def test_stills_change_and_are_called_stills(page: Page, enter: Enter, errors: list[str]) -> None:
    enter("stills=&lang=ru")
    expect(page.locator("#mode")).to_have_text("отдельные кадры")
    expect(page.locator("#overlay")).to_be_hidden()
    shown = page.locator("#still").get_attribute("src")
    assert shown is not None
    expect(page.locator("#still")).not_to_have_attribute("src", shown)
    wait_until(page, "document.getElementById('still').naturalWidth === 640")
    assert page.evaluate("document.getElementById('video').readyState") == 0
    assert errors == []


def test_stills_that_do_not_change_say_so(page: Page, keys: Keys) -> None:
    resting = MovingWall()
    with serving_wall(resting, keys) as address:
        page.goto(f"http://{address}/?stills&ticket={keys.token(Audience.TICKET)}")
        expect(page.locator("#mode")).to_contain_text("unchanged for")


def test_a_browser_that_cannot_play_gets_stills(page: Page, enter: Enter) -> None:
    page.add_init_script("MediaSource.isTypeSupported = () => false")
    enter()
    expect(page.locator("#mode")).to_have_text("stills")
    expect(page.locator("#overlay")).to_be_hidden()


@pytest.mark.parametrize("query", ["", "?ticket=abc", "?stills"])
def test_without_a_good_ticket_there_is_no_wall(page: Page, address: str, query: str) -> None:
    answer = page.goto(f"http://{address}/{query}")
    assert answer is not None
    assert answer.status == 401
    assert page.locator("video").count() == 0
    expect(page.locator("h1").nth(2)).to_have_text("Sign-in needed")


def test_another_sites_link_with_a_ticket_leads_in(page: Page, keys: Keys, address: str) -> None:
    link = f"http://{address}/?ticket={keys.token(Audience.TICKET)}"
    page.route(
        "http://hub.test/", lambda route: route.fulfill(body=f'<a href="{link}">wall</a>', content_type="text/html")
    )
    page.goto("http://hub.test/")
    page.get_by_text("wall").click()
    page.wait_for_url(f"http://{address}/")
    wait_until_live(page)


def test_the_picture_ends_with_the_sign_in(page: Page, enter: Enter) -> None:
    page.add_init_script("Math.random = () => 0.999")  # the reason stands for as long as it may
    enter(lifetime_s=25)
    wait_until_live(page)
    expect(page.locator("#reason")).to_have_text("The sign-in has ended", timeout=90_000)
    expect(page.locator("h1").nth(2)).to_have_text("Sign-in needed")


def test_keys_work_under_any_layout(page: Page, enter: Enter) -> None:
    enter()
    wait_until_live(page)
    press = "code => document.dispatchEvent(new KeyboardEvent('keydown', {code, key: 'ш'}))"
    page.evaluate(press, "KeyI")
    expect(page.locator("#figures")).to_contain_text("live")
    expect(page.locator("#figures")).to_contain_text("640×360")
    page.evaluate(press, "KeyI")
    expect(page.locator("#figures")).to_be_hidden()
    page.keyboard.press("f")
    wait_until(page, "document.fullscreenElement !== null")
    page.locator("#wall").dblclick()
    wait_until(page, "document.fullscreenElement === null")


def test_every_language_has_every_word(page: Page, enter: Enter) -> None:
    enter()
    words = page.evaluate("import('/page/words.js').then(m => ['en', 'ru', 'kk'].map(m.wordsIn))")
    assert words[0].keys() == words[1].keys() == words[2].keys()
    assert all(text for language in words for text in language.values())
