"""A real Chromium, Debian's own, driven by Playwright; installed where that is allowed, else asked for by name."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "chromium")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--autoplay-policy=no-user-gesture-required",
)


def find_chromium() -> str:
    """The browser's path. Installs it when running as root; otherwise the test fails with the line that does."""
    found = shutil.which("chromium")
    if found is None and os.geteuid() == 0:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (("apt-get", "update"), INSTALL):
            subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
        found = shutil.which("chromium")
    if found is None:
        pytest.fail(f"the browser tests need Chromium; as root: apt-get update && {' '.join(INSTALL)}")
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless browser with an empty profile of its own, gone afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), headless=True, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
