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

pytestmark = [pytest.mark.alone, pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

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


def _control(url: str) -> None:
    """Choose a layout and a spotlight on the page, as the officer whose ticket this is."""
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-US")
        page.goto(url)
        page.wait_for_url(url.partition("?")[0])
        expect(page.locator(".place")).to_have_count(13, timeout=30_000)
        page.mouse.move(300, 300)
        page.locator("#tools").get_by_text("Layout").click()
        page.locator("[data-layout='3x3']").click()
        expect(page.locator("#toast")).to_have_text("Done", timeout=15_000)
        expect(page.locator(".place")).to_have_count(9, timeout=15_000)
        expect(page.locator("[data-layout='3x3']")).to_have_attribute("aria-pressed", "true")
        _keep(page, "control")
        page.locator("[data-layout='1+12']").click()
        expect(page.locator(".place")).to_have_count(13, timeout=15_000)
        page.keyboard.press("Escape")
        page.locator('.place[data-camera="kordai/cam-1"]').last.click()
        page.locator("#camera-spot").click()
        _keep(page, "camera")
        expect(page.locator("#toast")).to_be_hidden(timeout=20_000)
        page.keyboard.press("Escape")
        page.keyboard.press("l")
        page.locator("#control").get_by_text("Clear the spotlight").click()
        expect(page.locator("#toast")).to_have_text("Done", timeout=15_000)


async def test_an_officer_controls_the_wall_from_its_page(system: System) -> None:
    await asyncio.to_thread(_control, await system.stage.entrance())
    entries = [entry for entry in (await system.client.log()).entries if entry.kind == "wall-changed" and entry.who]
    said = " ".join(entry.text for entry in entries)
    for words in ("layout 3x3", "layout 1+12", "spotlight kordai/cam-1", "spotlight cleared"):
        assert words in said, said


async def test_the_wall_plays_in_a_browser_and_strangers_meet_the_sign_in(system: System) -> None:
    made = system.stage.installation
    await asyncio.to_thread(partial(_watch, await system.stage.entrance(), f"{made.hub_url}/sign-in?wall=main"))
