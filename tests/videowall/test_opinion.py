"""Frozen and faulty pictures in streams that have only begun: what others know holds until they show better."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.model import StreamRole
from sensors.secrets import Secrets
from simulators.cameras.vocabulary import Fault
from tests.support.border_wall import feed, key, make_plan, were_live
from tests.support.camera_stand import Stand
from tests.support.faulty_pictures import SCENES, seconds
from tests.support.waiting import eventually_async
from videowall.capture.channel import Channel
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.capture.rtsp.stream import CameraStream
from videowall.config import WallSettings
from videowall.encoding.broadcast import TileView
from videowall.picture import Planes
from videowall.quality.hearsay import OWN_WORD_S, PROOF_S, Hearsay, Word
from videowall.quality.opinion import Opinion
from videowall.wall import Wall

FPS, KEY_EVERY = 10, 10
FROZEN, LIVE, COVERED, BLURRED = PictureState.FROZEN, PictureState.LIVE, PictureState.COVERED, PictureState.BLURRED


class Seen:
    """One stream of a camera whose sensor may be frozen."""

    def __init__(self, seed: int) -> None:
        self.opinion = Opinion()
        self._chance = np.random.default_rng(seed)
        (self._still,) = seconds(SCENES[0], 1)
        self._last = self._still

    def show(self, first_s: float, last_s: float, *, frozen: bool, others: Iterable["Seen"] = ()) -> set[PictureState]:
        """What is said in the course of so many seconds, after the first picture."""
        said = set()
        for number in range(round(first_s * FPS), round(last_s * FPS)):
            self._last = self._last if frozen else self._noisy()
            self.opinion.look(self._last, number / FPS, key=number % KEY_EVERY == 0)
            if others:
                self.opinion.confer((other.opinion for other in others), number / FPS)
            own = self.opinion.own_words()
            said.add(self.opinion.state(own[0].state if own else LIVE, number / FPS))
        return said

    def _noisy(self) -> Planes:
        luma = self._still.y + self._chance.integers(0, 6, self._still.y.shape, np.uint8)
        return self._still._replace(y=luma)

    def begin(self, now_s: float) -> None:
        """The connection was lost and is back."""
        self.opinion.begin(now_s)
        self.opinion.reset(now_s)


def frozen_since(seconds: float) -> Seen:
    seen = Seen(1)
    seen.show(0, 30, frozen=False)
    seen.show(30, 30 + seconds, frozen=True)
    return seen


class Stills:
    """Makes the same picture of every unit."""

    errors_total = errors_in_row = 0

    def decode(self, unit: AccessUnit) -> Planes | None:
        del unit
        return next(iter(seconds(SCENES[0], 1)))


def test_a_stream_shows_nothing_before_its_first_picture_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel(key("cam-1"), StreamRole.SUB, SystemClock(), lambda _: None, open_decoder=lambda *_: Stills())
    channel.stream = cast("CameraStream", SimpleNamespace(failure=None))
    showing: list[bool] = []
    look = channel.opinion.look

    def watched(planes: Planes, now_s: float, *, key: bool, skipped: bool, hidden: Planes | None) -> None:
        showing.append(channel.is_showing)
        look(planes, now_s, key=key, skipped=skipped, hidden=hidden)

    monkeypatch.setattr(channel.opinion, "look", watched)
    channel.begin_session("h264", b"")
    for number in range(2):
        channel.feed(AccessUnit(b"", key=True, gap=False, rtp_timestamp=number, arrival_s=SystemClock().monotonic_s()))
        channel.work()
    assert showing == [False, True]


def test_a_frozen_camera_is_never_live_in_a_stream_that_another_of_its_streams_can_tell_of() -> None:
    sub, main = frozen_since(12), Seen(2)
    assert main.show(42, 60, frozen=True, others=[sub]) == {FROZEN}
    # For as long as the stream says that has seen it begin, though this one has seen it for itself by now.
    assert main.opinion.own_words()
    assert main.opinion.trouble_s(60) == sub.opinion.trouble_s(60) >= 29


def test_a_stream_that_shows_life_is_live_though_another_of_the_camera_is_frozen() -> None:
    sub, main = frozen_since(12), Seen(2)
    assert main.show(42, 50, frozen=False, others=[sub]) == {FROZEN, LIVE}
    assert main.show(50, 60, frozen=False, others=[sub]) == {LIVE}


def test_a_frozen_camera_is_not_live_for_having_been_reconnected_until_it_shows_life() -> None:
    seen = frozen_since(12)
    seen.begin(42)
    seen.begin(43)
    assert seen.show(44, 60, frozen=True) == {FROZEN}
    seen.begin(60)
    assert seen.show(60, 68, frozen=False) == {FROZEN, LIVE}
    assert seen.show(68, 80, frozen=False) == {LIVE}
    seen.begin(80)
    assert seen.show(80, 90, frozen=False) == {LIVE}


def test_who_has_only_begun_too_knows_no_better_and_who_has_seen_the_camera_for_long_does() -> None:
    main, young, elder = Seen(1), Seen(2), Seen(3)
    young.show(-2, 0, frozen=False)
    elder.show(-OWN_WORD_S, 0, frozen=False)
    main.opinion.recall((Word(BLURRED, -60.0),))
    assert main.show(0, 2, frozen=False, others=[young]) == {BLURRED}
    assert main.show(2, 3, frozen=False, others=[young, elder]) == {LIVE}


def hearsay(*words: Word, began_s: float | None = 100.0) -> Hearsay:
    told = Hearsay()
    told.tell(words, began_s)
    return told


def believed(told: Hearsay, seen_s: float, *, shows_life: bool = False) -> list[PictureState]:
    return [word.state for word in told.believed(100.0, 100.0 + seen_s, shows_life=shows_life)]


def test_what_others_say_holds_until_one_can_see_for_oneself() -> None:
    told = hearsay(Word(FROZEN, 60.0), Word(COVERED, 60.0), Word(BLURRED, 60.0))
    assert believed(told, 1) == [FROZEN, COVERED, BLURRED]
    assert believed(told, 1, shows_life=True) == [COVERED, BLURRED]
    assert believed(told, OWN_WORD_S) == [FROZEN, COVERED]
    assert believed(told, PROOF_S) == [COVERED]
    # Whether a lens is covered is told by what was seen before: for as long as there is one who has.
    told.hush()
    assert believed(told, OWN_WORD_S - 1, shows_life=True) == [COVERED, BLURRED]
    assert believed(told, OWN_WORD_S, shows_life=True) == []


def test_who_sees_the_same_is_told_since_when() -> None:
    told = hearsay(Word(FROZEN, 60.0), Word(COVERED, 50.0))
    assert told.since_s(Word(FROZEN, 90.0), shows_life=False) == 60.0
    assert told.since_s(Word(FROZEN, 90.0), shows_life=True) == 90.0
    assert told.since_s(Word(COVERED, 90.0), shows_life=True) == 50.0
    assert told.since_s(Word(BLURRED, 90.0), shows_life=True) == 90.0
    told.hush()
    assert told.since_s(Word(COVERED, 90.0), shows_life=False) == 90.0


def test_what_began_while_one_looked_oneself_is_not_taken_from_others() -> None:
    assert believed(hearsay(Word(COVERED, 100.0 + OWN_WORD_S)), OWN_WORD_S + 5) == []
    assert believed(hearsay(Word(COVERED, 100.0 + OWN_WORD_S - 1)), OWN_WORD_S + 5) == [COVERED]
    assert believed(hearsay(Word(COVERED, 160.0), began_s=None), 1) == [COVERED]


def test_others_can_say_that_all_is_well_with_the_camera_and_not_that_a_stream_lives() -> None:
    told = Hearsay()
    told.recall((Word(FROZEN, 60.0), Word(COVERED, 60.0)))
    assert believed(told, 1) == [FROZEN, COVERED]
    told.tell((), 100.0)
    assert believed(told, 1) == [FROZEN]


@pytest.fixture
def stand(border_stand: Stand) -> Iterator[Stand]:
    yield border_stand
    border_stand.mend()


@pytest.mark.alone
async def test_a_frozen_camera_is_frozen_on_the_spot_and_on_its_page_from_the_first_picture(stand: Stand) -> None:
    wall = Wall(WallSettings(), Secrets(), SystemClock())
    feeds = tuple(feed(stand, camera) for camera in ("cam-1", "cam-2"))

    def tile(*, spot: bool) -> TileView:
        return next(tile for tile in wall.tiles() if tile.device == "cam-1" and tile.spot is spot)

    async def said_while(shown: Callable[[], bool], *, spot: bool) -> set[PictureState]:
        """What is said until it is shown, and for two seconds more."""
        said = set[PictureState]()

        def look() -> bool:
            said.add(tile(spot=spot).state)
            return shown()

        await eventually_async(look, within_s=60)
        for _ in range(20):
            await asyncio.sleep(0.1)
            look()
        return said

    async with asyncio.TaskGroup() as group:
        running = group.create_task(wall.run())
        wall.apply(make_plan(feeds))
        await eventually_async(were_live(wall.tiles, ("cam-1", "cam-2")), within_s=60)
        ((_, channel), _) = wall.cameras()
        assert channel is not None
        stand.set_fault("cam-1", Fault.FROZEN)
        now_s = SystemClock().monotonic_s
        await eventually_async(
            lambda: channel.state is FROZEN and channel.opinion.has_seen(OWN_WORD_S, now_s()), within_s=60
        )
        wall.apply(make_plan(feeds, spot=feeds[0]))
        on_spot = await said_while(lambda: tile(spot=True).stream_role is StreamRole.MAIN, spot=True)
        wall.apply(make_plan(feeds))
        ingest, hearsay = wall._ingest, channel.opinion._hearsay
        assert ingest is not None
        await eventually_async(lambda: ingest.channels(key("cam-1")) == (channel,), what="the main stream let go")
        # What the other stream said last is not said for ever: nobody is there to take it back.
        hearsay.tell([Word(COVERED, 0.0)], 0.0)
        await eventually_async(lambda: not hearsay.believed(0.0, OWN_WORD_S, shows_life=True))
        wall.apply(make_plan(feeds[1:]))
        await eventually_async(lambda: wall.camera_bitmap(key("cam-1")) is None)
        wall.apply(make_plan(feeds))
        on_page = await said_while(lambda: tile(spot=False).state is FROZEN, spot=False)
        running.cancel()
    # On a busy machine it may be late besides.
    assert FROZEN in on_spot & on_page
    assert LIVE not in on_spot | on_page
