"""The real wall of real cameras, in a real browser, entered by the hub's ticket."""

import asyncio
import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_page import PIXELS
from tests.support.browser import open_browser
from tests.support.system import System
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

_TIME = "document.getElementById('video').currentTime"


def _watch(url: str, sign_in: str) -> None:
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(url)
        # The ticket's page moves on by itself, to an address without the ticket.
        page.wait_for_url(url.partition("?")[0])
        eventually(lambda: page.evaluate(_TIME) > 0, within_s=30, what="the video's time advancing")
        expect(page.locator("#overlay")).to_be_hidden(timeout=30_000)
        time_before, pixels_before = page.evaluate(_TIME), np.array(page.evaluate(PIXELS))
        eventually(lambda: page.evaluate(_TIME) > time_before + 1, within_s=30, what="another second of the wall")
        assert np.abs(np.array(page.evaluate(PIXELS)) - pixels_before).max() > 40
        _keep(page, "page")
        stranger = browser.new_page(viewport={"width": 1280, "height": 720})
        stranger.goto(sign_in)
        expect(stranger.locator("input[type=password]")).to_be_visible()
        _keep(stranger, "sign-in")


def _keep(page: Page, name: str) -> None:
    """A screenshot for people, where SHEKARA_SCREENSHOTS names a folder."""
    if folder := os.environ.get("SHEKARA_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


async def test_the_wall_plays_in_a_browser_and_strangers_meet_the_sign_in(system: System) -> None:
    made = system.stage.installation
    await asyncio.to_thread(partial(_watch, await system.stage.entrance(), f"{made.hub_url}/sign-in?wall=main"))
