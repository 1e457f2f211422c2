"""Decoding threads that work in time with the wall."""

import platform
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import cast

import cv2
import msgspec
import pytest

from sensors.clock import Clock, ManualClock, SystemClock
from sensors.model import StreamRole
from tests.support.border_wall import key
from tests.support.single_picture import jpeg_unit
from tests.support.waiting import eventually
from videowall.capture.channel import Channel
from videowall.composing.slot import Slot
from videowall.decoding.beat import Beat
from videowall.decoding.effort import Effort
from videowall.decoding.pool import DecodePool, Pool
from videowall.decoding.shards.pool import ShardPool
from videowall.decoding.turns import Turns
from videowall.picture import Rect
from videowall.plan import Fit

pytestmark = pytest.mark.alone


class Work:
    """Stands for a channel: so many pictures wait in it."""

    def __init__(self, pictures: int = 1, *, goes_first: bool = False) -> None:
        self.key = key("cam-1")
        self.left = pictures
        self.goes_first = goes_first
        self.effort = Effort()
        self.by: list[str] = []
        self.at_s: list[float] = []
        self.quickly: list[bool] = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    def work(self) -> bool:
        self.goes_on.wait(10)
        self.by.append(threading.current_thread().name)
        self.at_s.append(SystemClock().monotonic_s())
        self.quickly.append(cv2.ipp.useIPP_NotExact())
        self.left -= 1
        return self.left > 0


class Heavy(Work):
    """A spot that always waits: each of its pictures takes longer, by its clock, than until the next one comes.

    It stays at the picture that it is `stuck` at, until it is let go.
    """

    def __init__(self, clock: ManualClock, stuck: int | None = None) -> None:
        super().__init__(10**9, goes_first=True)
        self.let_go = threading.Event()
        self._clock = clock
        self._stuck = stuck

    def work(self) -> bool:
        if len(self.by) == self._stuck:
            self.let_go.wait()
        self._clock.advance(HEAVY_S)
        return super().work()


HEAVY_S = 0.06


def as_channel(work: Work) -> Channel:
    return cast("Channel", work)


@contextmanager
def running(beat: Beat | None = None, workers: int = 2, clock: Clock | None = None) -> Iterator[DecodePool]:
    pool = DecodePool(workers, clock or SystemClock(), beat or Beat())
    pool.start()
    try:
        yield pool
    finally:
        pool.stop()


def test_what_is_scheduled_is_done_to_its_end_while_nobody_composes() -> None:
    works = [Work(3) for _ in range(5)]
    with running() as pool:
        for work in works:
            pool.schedule(as_channel(work))
        eventually(lambda: all(work.left == 0 for work in works))
        assert min(pool.busy_s) > 0
        assert pool.is_alive


def test_work_is_done_before_the_next_picture_is_due() -> None:
    beat, clock, work = Beat(), SystemClock(), Work()
    with running(beat) as pool:
        due_s = clock.monotonic_s() + 20
        beat.tell(due_s, 20)
        pool.schedule(as_channel(work))
        eventually(lambda: work.left == 0)
    assert work.at_s[0] < due_s


def test_one_thread_does_what_is_enough_for_one() -> None:
    with running() as pool:
        for _ in range(20):
            work = Work()
            pool.schedule(as_channel(work))
            eventually(partial(_is_done, work))
            assert work.by == ["decode-0"]


def test_others_help_when_one_would_take_too_long() -> None:
    with running() as pool:
        slow = [Work() for _ in range(30)]
        for work in slow:
            work.goes_on = _Delay()

        def both_have_worked() -> bool:
            for work in slow:
                work.left = 1
                pool.schedule(as_channel(work))
            eventually(lambda: all(work.left == 0 for work in slow))
            return {name for work in slow for name in work.by} == {"decode-0", "decode-1"}

        eventually(both_have_worked, within_s=30)


def test_others_help_on_for_as_long_as_more_comes_than_one_can_do() -> None:
    with running() as pool:
        endless = [Work(10**9) for _ in range(4)]
        for work in endless:
            work.goes_on = _Delay()
            pool.schedule(as_channel(work))
        for _ in range(3):
            done = [len(work.by) for work in endless]
            eventually(partial(_both_have_worked, endless, done))


def test_another_helps_as_soon_as_a_picture_takes_long_though_its_batch_goes_on() -> None:
    clock = ManualClock(datetime(2026, 11, 30, tzinfo=UTC))
    heavy, small = Heavy(clock, stuck=1), [Work() for _ in range(8)]
    pool = DecodePool(2, clock, Beat())
    for work in (heavy, *small):
        pool.schedule(as_channel(work))
    pool.start()
    try:
        eventually(lambda: all(_is_done(work) for work in small))
    finally:
        heavy.let_go.set()
        pool.stop()
    assert {name for work in small for name in work.by} == {"decode-1"}


def test_a_spot_too_heavy_for_the_only_thread_leaves_time_to_the_others() -> None:
    clock = ManualClock(datetime(2026, 11, 30, tzinfo=UTC))
    heavy, small = Heavy(clock), [Work(3) for _ in range(8)]
    with running(workers=1, clock=clock) as pool:
        for work in (heavy, *small):
            pool.schedule(as_channel(work))
        eventually(lambda: all(_is_done(work) for work in small))
        done = len(heavy.by)
        eventually(lambda: len(heavy.by) > done)


def test_a_spot_that_always_waits_and_the_others_take_equal_time_after_a_while() -> None:
    assert turns_of(spot_s=1 / 16, small_s=1 / 64, takes=14) == "SSabScabcSabca"


def test_a_spot_that_has_a_picture_now_and_then_goes_first_however_long_it_takes() -> None:
    assert turns_of(spot_s=1 / 16, small_s=1 / 64, takes=14, pause=1) == "SaSbScSaSbScSa"


either_pool = pytest.mark.parametrize(
    "make_pool",
    [partial(DecodePool, 1, SystemClock(), Beat()), partial(ShardPool, 1, 1500, SystemClock())],
    ids=["threads", "shards"],
)


@either_pool
def test_threads_that_scale_pictures_do_so_quickly(make_pool: Callable[[], Pool]) -> None:
    # Intel's routines are there on Intel's and AMD's processors alone.
    assert cv2.ipp.useIPP() or platform.machine() not in {"x86_64", "AMD64"}
    pool, work = make_pool(), Work(3)
    pool.schedule(as_channel(work))
    pool.start()
    try:
        eventually(lambda: work.left == 0, within_s=30)
    finally:
        pool.stop()
    assert work.quickly == [cv2.ipp.useIPP()] * 3


@either_pool
def test_a_spot_goes_before_all_that_waits(make_pool: Callable[[], Pool]) -> None:
    pool = make_pool()
    *small, spot = *(Work() for _ in range(5)), Work(3, goes_first=True)
    for work in (*small, spot):
        pool.schedule(as_channel(work))
    pool.start()
    try:
        eventually(lambda: all(_is_done(work) for work in small), within_s=30)
    finally:
        pool.stop()
    assert len(spot.at_s) == 3
    assert max(spot.at_s) < min(work.at_s[0] for work in small)


@either_pool
def test_what_one_cameras_picture_brings_down_is_its_own_error_and_no_thread_ends(
    make_pool: Callable[[], Pool], capsys: pytest.CaptureFixture[str]
) -> None:
    pool, clock = make_pool(), SystemClock()
    good, bad = (Channel(key(name), StreamRole.SUB, clock, pool.schedule) for name in ("cam-1", "cam-2"))
    for channel in (good, bad):
        channel.begin_session("mjpeg", b"")
    # What nobody thought of, at the place where a thin picture was: a tile that no picture can be scaled into.
    bad.show_on((Slot(Rect(0, 0, 0, 270), Fit.CROP),))
    good.show_on((Slot(Rect(0, 0, 480, 270), Fit.CROP),))
    pool.start()
    try:
        for number in range(1, 4):
            unit = msgspec.structs.replace(jpeg_unit(640, 360), arrival_s=clock.monotonic_s())
            bad.feed(unit)
            eventually(partial(_has_failed, bad, number), within_s=30)
            good.feed(unit)
            eventually(partial(_has_decoded, good, number), within_s=30)
        assert pool.is_alive
        assert (bad.decoded_total, good.decode_errors_total) == (0, 0)
        assert capsys.readouterr().out.count("a camera's picture cannot be worked on") == 1
        bad.show_on(())
        bad.feed(msgspec.structs.replace(jpeg_unit(640, 360), arrival_s=clock.monotonic_s()))
        eventually(partial(_has_decoded, bad, 1), within_s=30)
    finally:
        pool.stop()


def test_a_pool_ends_though_work_waits() -> None:
    with running() as pool:
        endless = Work(10**9)
        pool.schedule(as_channel(endless))
        eventually(lambda: len(endless.by) > 3)
    assert not pool.is_alive


def test_a_beat_knows_the_next_picture_and_none_when_nobody_composes() -> None:
    beat = Beat()
    assert beat.after(5.0) is None
    beat.tell(10.0, 0.5)
    assert [beat.after(at_s) for at_s in (9.0, 10.0, 10.6, 11.1)] == [10.0, 10.5, 11.0, None]


@pytest.mark.parametrize("heavy_s", [0.05, 0.1, 0.3])
def test_a_camera_too_heavy_for_its_thread_leaves_small_ones_beside_it_all_their_pictures(heavy_s: float) -> None:
    heavy, *small = cameras = [as_channel(Work()) for _ in range(5)]
    taken = pictures_of(dict.fromkeys(cameras, 0.003) | {heavy: heavy_s}, 20.0)
    assert [taken[camera] for camera in small] == pytest.approx([500] * 4, abs=25 * heavy_s + 1)
    assert taken[heavy] * heavy_s == pytest.approx(20.0 - 4 * 500 * 0.003, rel=0.1)


def test_where_all_are_too_many_a_heavy_camera_gets_no_fewer_than_in_turn() -> None:
    heavy, *small = cameras = [as_channel(Work()) for _ in range(21)]
    taken = pictures_of(dict.fromkeys(cameras, 0.004) | {heavy: 0.06}, 20.0)
    assert taken[heavy] == pytest.approx(min(taken[camera] for camera in small), abs=1)


def pictures_of(takes_s: dict[Channel, float], period_s: float) -> dict[Channel, int]:
    """How many pictures one thread decodes of cameras that send 25 a second and wait their turn."""
    turns, now_s, taken = Turns(), 0.0, dict.fromkeys(takes_s, 0)
    waiting = set[Channel]()
    while now_s < period_s:
        for camera in takes_s:
            if camera not in waiting and taken[camera] < int(25 * now_s):
                waiting.add(camera)
                turns.put(camera)
        next_ = turns.take()
        if next_ is None:
            now_s += 0.01
            continue
        now_s += takes_s[next_]
        waiting.discard(next_)
        taken[next_] += 1
        turns.spent(next_, takes_s[next_])
    return taken


def turns_of(spot_s: float, small_s: float, takes: int, pause: int = 0) -> str:
    """Who is taken by one thread of a spot and three others that always wait, the spot after a `pause` of takes."""
    turns, spot, said, due = Turns(), as_channel(Work(goes_first=True)), "", 0
    names = {as_channel(Work()): name for name in "abc"} | {spot: "S"}
    for channel in names:
        turns.put(channel)
    for number in range(takes):
        if number and number == due:
            turns.put(spot)
        taken = turns.take()
        assert taken is not None
        said += names[taken]
        turns.spent(taken, spot_s if taken is spot else small_s)
        if taken is spot:
            due = number + 1 + pause
        else:
            turns.put(taken)
    return said


def _is_done(work: Work) -> bool:
    return work.left == 0


def _has_failed(channel: Channel, times: int) -> bool:
    return channel.decode_errors_total == times


def _has_decoded(channel: Channel, pictures: int) -> bool:
    return channel.decoded_total == pictures


def _both_have_worked(works: list[Work], since: list[int]) -> bool:
    """Whether both threads have done some of it since it stood so."""
    names = {name for work, before in zip(works, since, strict=True) for name in work.by[before:]}
    return names == {"decode-0", "decode-1"}


class _Delay(threading.Event):
    """Takes as long as a picture of a large stream does."""

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        return super().wait(0.005)
