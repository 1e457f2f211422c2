"""A browser, a page in it that collects its errors, and a wall to look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from sensors.access import Audience
from tests.support.browser import open_browser
from tests.support.moving_picture import MovingWall
from tests.support.wall_page import Enter, serving_wall
from tests.support.wall_server import Keys


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, errors: list[str]) -> Iterator[Page]:
    context = browser.new_context(locale="en-US", viewport={"width": 960, "height": 540})
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    context.close()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def wall() -> Iterator[MovingWall]:
    wall = MovingWall()
    with wall.running():
        yield wall


@pytest.fixture
def address(wall: MovingWall, keys: Keys) -> Iterator[str]:
    with serving_wall(wall, keys) as address:
        yield address


@pytest.fixture
def enter(page: Page, keys: Keys, address: str) -> Enter:
    """Open the wall's page by ticket, as the hub's sign-in page leads there."""

    def enter(query: str = "", lifetime_s: float = 600) -> None:
        ticket = keys.token(Audience.TICKET, lifetime_s=lifetime_s)
        page.goto(f"http://{address}/?ticket={ticket}{query and '&' + query}")
        page.wait_for_url(f"http://{address}/{query and '?' + query}")

    return enter
