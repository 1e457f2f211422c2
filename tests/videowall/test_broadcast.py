"""Fan-out from one thread to viewers on an event loop."""

import asyncio
import threading

from videowall.encoding.broadcast import MAX_PENDING_S, Broadcast, EncodedFrame


def frame(index: int, *, key: bool = False, size: int = 10) -> EncodedFrame:
    return EncodedFrame(
        data=bytes(size), key=key, index=index, duration_90k=3600, pts_90k=index * 3600, encoded_at=float(index)
    )


async def test_a_viewer_begins_with_a_key_frame_and_asks_for_one() -> None:
    broadcast = Broadcast()
    assert not broadcast.take_key_request()
    with broadcast.subscribe() as subscription:
        assert broadcast.take_key_request()
        broadcast.publish(frame(0))
        assert broadcast.take_key_request()
        broadcast.publish(frame(1, key=True))
        broadcast.publish(frame(2))
        assert [(await anext(subscription)).index for _ in range(2)] == [1, 2]
        assert subscription.skipped_total == 1


async def test_a_slow_viewer_resumes_at_a_key_frame_and_a_quick_one_misses_nothing() -> None:
    broadcast = Broadcast()
    slow, quick = broadcast.subscribe(), broadcast.subscribe()
    seen: list[int] = []
    last = int(MAX_PENDING_S * 25) + 20
    for index in range(last + 1):
        broadcast.publish(frame(index, key=index % 20 == 0))
        seen.append((await anext(quick)).index)
    assert seen == list(range(last + 1))
    assert quick.skipped_total == 0
    first = await anext(slow)
    assert first.key
    assert first.index > 0
    assert slow.skipped_total == first.index
    slow.close()
    quick.close()
    assert broadcast.viewers == 0


async def test_a_gap_is_told_with_the_frame_after_it_not_with_the_one_that_is_being_sent() -> None:
    broadcast = Broadcast()
    with broadcast.subscribe() as subscription:
        broadcast.publish(frame(0, key=True))
        assert (await anext(subscription)).index == 0
        for index in range(1, int(MAX_PENDING_S * 25) + 5):
            broadcast.publish(frame(index))
        assert (subscription.skipped_total > 0, subscription.skipped_before) == (True, 0)
        broadcast.publish(frame(60, key=True))
        assert (await anext(subscription)).index == 60
        assert subscription.skipped_before == subscription.skipped_total


async def test_frames_from_a_thread_wake_the_viewer_and_closing_ends_it() -> None:
    broadcast = Broadcast()
    subscription = broadcast.subscribe()

    def publish() -> None:
        for index in range(5):
            broadcast.publish(frame(index, key=True))

    async def collect() -> list[int]:
        found: list[int] = []
        async for item in subscription:
            found.append(item.index)
            if len(found) == 5:
                broadcast.close()
        return found

    thread = threading.Thread(target=publish, name="publisher")
    thread.start()
    assert await asyncio.wait_for(collect(), timeout=10) == list(range(5))
    thread.join()


async def test_pending_bytes_are_bounded() -> None:
    broadcast = Broadcast()
    subscription = broadcast.subscribe()
    for index in range(4):
        broadcast.publish(frame(index, key=index in {0, 3}, size=4_000_000))
    assert (await anext(subscription)).index == 3
    assert subscription.skipped_total == 3
