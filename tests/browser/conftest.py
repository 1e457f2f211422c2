"""A browser, a page in it that collects its errors, and walls to look at: a film's, and one of real cameras."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sensors.access import Audience, Role
from tests.support.browser import open_browser
from tests.support.live_wall import ServedWall, served_wall
from tests.support.moving_picture import MovingWall
from tests.support.waiting import eventually
from tests.support.wall_page import Enter, Open, serving_wall
from tests.support.wall_server import Keys
from videowall.board import Board
from videowall.plan import Feed, Plan

# For all files together: it is Playwright's own, whichever of them says it last.
expect.set_options(timeout=60_000)


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


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedWall]:
    with served_wall(tmp_path_factory.mktemp("wall")) as served:
        yield served


@pytest.fixture
def open_page(browser: Browser, served: ServedWall, plan: Plan) -> Iterator[Open]:
    """Open the page of the wall that shows the module's `plan`; no error may show in its console in the end."""
    errors: list[str] = []
    served.show(plan)
    # A page asks at once for decoded pictures of what may not be handed on; before the first there is a 404, and the
    # browser's console calls that an error.
    masked = [tile.key for tile in plan.tiles if isinstance(tile, Feed) and tile.masks]
    eventually(lambda: all(served.wall.camera_bitmap(key) for key in masked), what="pictures of masked cameras")
    served.tell(Board(datetime.now(UTC)))
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 720})

    def open_one(query: str = "", role: Role = Role.VIEWER, address: str = "", token: str = "") -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        here = address or served.address
        token = token or served.keys.token(Audience.TICKET, role=role)
        page.goto(f"http://{here}/?ticket={token}{query and '&' + query}")
        page.wait_for_url(f"http://{here}/{query and '?' + query}")
        return page

    yield open_one
    context.close()
    assert errors == []
