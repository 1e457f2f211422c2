"""Fan-out from one thread to viewers on an event loop."""

import asyncio
import threading

from videowall.encoding.broadcast import KEY_WISHES_EVERY_S, MAX_PENDING_S, Broadcast, EncodedFrame


def frame(index: int, *, key: bool = False, size: int = 10) -> EncodedFrame:
    return EncodedFrame(
        data=bytes(size), key=key, index=index, duration_90k=3600, pts_90k=index * 3600, encoded_at=float(index)
    )


async def test_a_viewer_begins_with_a_key_frame_and_asks_for_one() -> None:
    broadcast = Broadcast()
    assert not broadcast.wants_key()
    with broadcast.subscribe() as subscription:
        assert broadcast.wants_key()
        broadcast.publish(frame(0))
        assert broadcast.wants_key()
        broadcast.publish(frame(1, key=True))
        broadcast.publish(frame(2))
        assert [(await anext(subscription)).index for _ in range(2)] == [1, 2]
        assert subscription.skipped_total == 1


class Reel:
    """A broadcast of 25 pictures a second by a clock of its own, each a key frame only where one is wished for."""

    def __init__(self) -> None:
        self.broadcast = Broadcast(lambda: self.index / 25)
        self.index = 0
        self.keys: list[int] = []

    def run(self, pictures: int) -> None:
        for _ in range(pictures):
            key = self.broadcast.wants_key()
            if key:
                self.keys.append(self.index)
            self.broadcast.publish(frame(self.index, key=key))
            self.index += 1


async def test_viewers_who_come_soon_after_one_another_share_a_key_frame() -> None:
    reel = Reel()
    shared = next(index for index in range(100) if index / 25 >= KEY_WISHES_EVERY_S)
    first = reel.broadcast.subscribe()
    reel.run(2)
    others = [reel.broadcast.subscribe()]
    reel.run(3)
    others.append(reel.broadcast.subscribe())
    reel.run(15)
    assert reel.keys == [0, shared]
    assert [(await anext(other)).index for other in others] == [shared, shared]
    assert (await anext(first)).index == 0


async def test_however_many_are_slow_key_frames_are_given_two_a_second() -> None:
    reel = Reel()
    viewers = [reel.broadcast.subscribe() for _ in range(8)]
    for number in range(20 * 25):
        reel.run(1)
        reel.broadcast.ask_for_key()
        viewers[number % 8].close()
        viewers[number % 8] = reel.broadcast.subscribe()
    assert len(reel.keys) <= 20 / KEY_WISHES_EVERY_S


async def test_who_watches_alone_begins_at_once_however_soon_after_the_last_viewer() -> None:
    reel = Reel()
    for _ in range(3):
        with reel.broadcast.subscribe():
            reel.run(2)
    assert reel.keys == [0, 2, 4]


async def test_a_key_frame_that_was_due_anyway_grants_all_wishes() -> None:
    reel = Reel()
    with reel.broadcast.subscribe():
        reel.run(1)
        reel.broadcast.ask_for_key()
        reel.broadcast.publish(frame(reel.index, key=True))
        reel.run(20)
        assert reel.keys == [0]


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
