"""A wall without cameras behind its real server, and what a test waits for on its page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from sensors.clock import SystemClock
from tests.support.moving_picture import MovingWall
from tests.support.waiting import eventually
from tests.support.wall_server import Keys, serving
from videowall.config import WallSettings
from videowall.outputs.server import build_app
from videowall.outputs.webrtc.peers import Peers

FRAMES = "document.getElementById('video').getVideoPlaybackQuality().totalVideoFrames"
Enter = Callable[..., None]
Open = Callable[..., Page]


@contextmanager
def serving_wall(wall: MovingWall, keys: Keys, port: int = 0, places: int | None = None) -> Iterator[str]:
    """Serve it, with so many places over WebRTC or without that; gives `host:port`."""
    settings = WallSettings(public_key_file=str(keys.public_file), sign_in_url="")
    peers = None if places is None else Peers(places, ("127.0.0.1",), SystemClock())
    with serving(build_app(wall, settings, SystemClock(), peers), port=port, peers=peers) as address:
        yield address


def wait_until(page: Page, expression: str) -> None:
    """Ask from outside: the page's own policy forbids the evaluation that Playwright's waiting needs inside."""
    eventually(lambda: page.evaluate(expression), within_s=60, what=expression)


def wait_until_live(page: Page) -> None:
    """A picture plays and nothing covers it."""
    wait_until(page, "document.getElementById('video').currentTime > 0")
    expect(page.locator("#overlay")).to_be_hidden()


def wait_for_more_frames(page: Page, count: int) -> None:
    """So many pictures more than now have been played."""
    wait_until(page, f"{FRAMES} >= {page.evaluate(FRAMES)} + {count}")
