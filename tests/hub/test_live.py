import asyncio

from hub.live import MAX_WAITING, LiveFeed, Subscription
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
