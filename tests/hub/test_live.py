import asyncio

import pytest

from hub.live import LEAST_INTERVAL_S, MAX_METRICS_CHANGED_PER_S, MAX_WAITING, LiveFeed, Subscription
from hub.protocol import AlarmChanged, LogEntry, Logged, MetricsChanged, MetricView
from sensors.model import DeviceKey, Quality
from tests.hub.quiet_center import CAMERA, FENCE, START


def logged(number: int) -> Logged:
    return Logged(LogEntry(number, START, "note", "aigul", "text"))


def measured(key: DeviceKey, value: float) -> MetricsChanged:
    return MetricsChanged((MetricView(key, "tension", value, "N", Quality.GOOD, START, START),))


async def test_values_of_one_metric_are_merged_newest_wins_and_others_stay() -> None:
    feed, subscription = LiveFeed(), Subscription(asyncio.get_running_loop())
    feed.attach(subscription)
    for number in range(50):
        feed.publish(measured(FENCE, float(number)))
    feed.publish(measured(CAMERA, 7.0))
    message = await anext(subscription)
    assert isinstance(message, MetricsChanged)
    assert {(view.key, view.value) for view in message.metrics} == {(FENCE, 49.0), (CAMERA, 7.0)}


async def test_a_quiet_metric_is_shown_at_once_however_lately_another_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.live.METRIC_INTERVAL_S", 1000.0)
    feed, subscription = LiveFeed(), Subscription(asyncio.get_running_loop())
    feed.attach(subscription)
    feed.publish(measured(FENCE, 1.0))
    assert await anext(subscription) == measured(FENCE, 1.0)
    feed.publish(measured(FENCE, 2.0))
    feed.publish(measured(CAMERA, 7.0))
    assert await asyncio.wait_for(anext(subscription), 10) == measured(CAMERA, 7.0)


async def test_a_metric_that_changes_all_the_time_waits_its_turn_and_shows_its_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hub.live.METRIC_INTERVAL_S", 0.05)
    feed, subscription = LiveFeed(), Subscription(asyncio.get_running_loop())
    feed.attach(subscription)
    for value in (1.0, 2.0, 3.0):
        feed.publish(measured(FENCE, value))
        feed.publish(measured(FENCE, value + 0.5))
        assert await asyncio.wait_for(anext(subscription), 10) == measured(FENCE, value + 0.5)


async def test_the_more_watchers_there_are_the_less_often_each_is_told() -> None:
    feed = LiveFeed()
    watchers = [Subscription(asyncio.get_running_loop()) for _ in range(100)]
    feed.attach(watchers[0])
    assert watchers[0].interval_s == LEAST_INTERVAL_S
    for watcher in watchers[1:]:
        feed.attach(watcher)
    assert watchers[0].interval_s == len(watchers) / MAX_METRICS_CHANGED_PER_S
    for watcher in watchers[1:]:
        watcher.close()
    feed.publish(measured(FENCE, 1.0))
    assert watchers[0].interval_s == LEAST_INTERVAL_S


async def test_lines_of_the_log_are_never_merged_and_keep_their_order() -> None:
    feed, subscription = LiveFeed(), Subscription(asyncio.get_running_loop())
    feed.attach(subscription)
    for number in range(MAX_WAITING):
        feed.publish(logged(number))
    received = [await anext(subscription) for _ in range(MAX_WAITING)]
    assert [message.entry.number for message in received if isinstance(message, Logged)] == list(range(MAX_WAITING))


async def test_a_watcher_that_does_not_keep_up_is_cut_off_and_counted_and_others_go_on() -> None:
    feed = LiveFeed()
    slow, quick = (Subscription(asyncio.get_running_loop()) for _ in range(2))
    feed.attach(slow)
    feed.attach(quick)
    for number in range(MAX_WAITING + 1):
        feed.publish(logged(number))
        assert isinstance(await anext(quick), Logged)
    assert slow.overrun
    assert [message async for message in slow] == []
    feed.publish(logged(0))
    assert feed.dropped_total == 1
    assert isinstance(await anext(quick), Logged)
    assert not quick.overrun


async def test_closing_ends_the_iteration_of_a_watcher_that_waits() -> None:
    subscription = Subscription(asyncio.get_running_loop())
    feed = LiveFeed()
    feed.attach(subscription)
    waiting = asyncio.create_task(_collect(subscription))
    await asyncio.sleep(0)
    await asyncio.to_thread(feed.close)
    assert await waiting == []


async def _collect(subscription: Subscription) -> list[object]:
    return [message async for message in subscription if not isinstance(message, AlarmChanged)]
