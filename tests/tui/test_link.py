"""Nothing is shown as present that is not: a hub that says nothing, one that has only begun, a wall that is gone."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import msgspec
import pytest

from hub.client import Connected
from hub.protocol import MetricsChanged, StatusChanged
from sensors.clock import ManualClock
from sensors.model import Language
from tests.support.console import ScriptedHub, open_console
from tests.support.waiting import eventually_async
from tests.tui import border
from tui.config import ConsoleSettings
from tui.feed import FeedItem
from tui.order import PICTURE_HOLDS, picture_state, site_summaries
from tui.store import SILENT_AFTER, Link, Store

ENGLISH = ConsoleSettings(language=Language.EN)
CAMERA = border.key("kordai", "cam-1")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(border.NOW)


def filled() -> Store:
    store = Store()
    store.connected(border.NOW)
    store.fold(border.snapshot(alarms=border.busy_alarms()), border.NOW)
    return store


def _link(store: Store) -> Link:
    """Asked anew each time: what was asserted of it before says nothing of now."""
    return store.link


def later(seconds: float) -> StatusChanged:
    return StatusChanged(msgspec.structs.replace(border.status(), at=border.NOW + timedelta(seconds=seconds)))


def test_what_was_known_before_is_not_present_until_the_snapshot_has_come() -> None:
    store = filled()
    store.disconnected(border.NOW, "gone")
    store.connected(border.NOW)
    assert _link(store) is Link.CONNECTING
    assert store.stale(border.key("kordai", "ups"))
    assert picture_state(store, CAMERA) is None
    store.fold(border.snapshot(), border.NOW)
    assert _link(store) is Link.UP
    assert not store.stale(border.key("kordai", "ups"))


@pytest.mark.parametrize("passed", [SILENT_AFTER, timedelta(hours=8), timedelta(hours=-1)], ids=str)
def test_an_open_connection_on_which_nothing_comes_is_not_taken_for_a_link(passed: timedelta) -> None:
    store = filled()
    store.mind_silence(border.NOW + SILENT_AFTER * 0.9)
    assert _link(store) is Link.UP
    store.mind_silence(border.NOW + passed)
    assert _link(store) is Link.SILENT
    assert store.link_since == border.NOW
    assert store.stale(border.key("kordai", "ups"))
    store.fold(later(9), border.NOW + passed)
    assert _link(store) is Link.UP


def test_a_picture_nobody_speaks_of_any_more_is_not_live_and_other_words_stay() -> None:
    store = filled()
    store.fold(later(PICTURE_HOLDS.total_seconds() - 1), border.NOW)
    assert picture_state(store, CAMERA) == "live"
    store.fold(later(PICTURE_HOLDS.total_seconds() + 1), border.NOW)
    assert picture_state(store, CAMERA) is None
    assert picture_state(store, border.key("konysbayev", "cam-2")) == "frozen"
    assert [summary.cameras_live for summary in site_summaries(store)] == [0, 0, 0]
    at = border.NOW + PICTURE_HOLDS
    said = msgspec.structs.replace(border.reading(CAMERA, "picture", "live"), received_at=at)
    store.fold(MetricsChanged((said,)), border.NOW)
    assert picture_state(store, CAMERA) == "live"


async def test_a_hub_that_falls_silent_is_said_on_the_whole_screen(clock: ManualClock) -> None:
    hub = ScriptedHub(border.snapshot(alarms=border.busy_alarms()), picture=border.bitmap())
    async with open_console(hub, clock, settings=ENGLISH, size=(80, 24)) as console:
        await console.see("connected", "data current")
        clock.advance(7)
        await console.see("THE HUB IS SILENT", "7 s", "data as of 14:03:22", "◌ devices", "◌ ▲ 1 critical")
        await console.open("cameras")
        await console.see("NOT LIVE: unknown")
        await console.open("alarms")
        await console.acknowledge()
        await console.see("Acknowledged: Kordai")
        assert hub.orders == [("acknowledge", "o-1", "")], "an order has a way of its own, and may get through"
        await console.see("connected", "data current")


async def test_cameras_of_a_wall_that_has_died_are_not_live(clock: ManualClock) -> None:
    hub = ScriptedHub(border.snapshot(), picture=border.bitmap())
    async with open_console(hub, clock, settings=ENGLISH, size=(80, 24)) as console:
        await console.see("cameras 4/4")
        clock.advance(60)
        hub.say(later(60))
        await console.see("cameras 0/4", "picture not live: Entry, Exit")
        await console.open("cameras")
        await console.see("NOT LIVE: unknown", "? Entry", "◌ 25 Hz")
        await console.miss("live      ")


async def test_without_a_link_nobody_says_that_there_is_no_alarm(clock: ManualClock) -> None:
    hub = ScriptedHub(border.snapshot())
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.see(" No unacknowledged alarms")
        hub.lose_link("connection refused")
        await console.see("◌ No unacknowledged alarms", "connection refused")


class FailingHub(ScriptedHub):
    """Whose feed fails once by a fault of the console's own."""

    async def live(self) -> AsyncGenerator[FeedItem, None]:
        if self.asked_for_live:
            async for item in super().live():
                yield item
        self.asked_for_live = True
        yield Connected()
        raise RuntimeError("a fault of ours")

    asked_for_live = False


async def test_a_feed_that_fails_is_said_and_begun_again(clock: ManualClock) -> None:
    hub = FailingHub(border.snapshot(alarms=border.busy_alarms()))
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await console.see("The console's feed has failed: a fault of ours")
        await eventually_async(lambda: console.app.shared.store.link is Link.UP, what="listening again")
        await console.see("1 critical")
