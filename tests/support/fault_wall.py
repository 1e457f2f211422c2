"""A wall of faulty cameras beside healthy ones, watched as its viewers do: what it says of each, and what it shows."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.model import Language, Names, Stream, StreamRole
from sensors.secrets import Secrets
from sensors.stamp import Stamp, read
from tests.support.border_wall import key, were_live
from tests.support.camera_stand import Stand
from tests.support.fault_cases import CASES, SLOW_TO_RETURN, WITNESSES, Case, camera_of
from tests.support.waiting import eventually_async
from videowall.capture.rtsp.conversation import Transport
from videowall.config import WallSettings
from videowall.encoding.broadcast import CLOCK_RATE_HZ, EncodedFrame, TileView
from videowall.picture import Plane, planes_of
from videowall.plan import Canvas, Feed, Plan
from videowall.wall import Wall

_CANVAS = Canvas(1280, 720, 12.5)
_LAYOUT = "6x6"
_QUIET_S, _FAULTY_S, _OFF_WALL_S, _MENDED_S = 4.0, 22.0, 4.0, 40.0
_MENDED = "mended"


class Shown(NamedTuple):
    """One frame of the encoded wall: its own time in seconds, and what the wall said of each camera when it came."""

    frame: EncodedFrame
    tiles: tuple[TileView, ...]

    @property
    def at_s(self) -> float:
        return self.frame.pts_90k / CLOCK_RATE_HZ


class Sight(NamedTuple):
    """What a viewer saw of one camera: when, what was said, and the stamp in the decoded picture."""

    at_s: float
    state: PictureState
    stamp: Stamp | None


class Outcome(NamedTuple):
    """What became of one case. Times are of the wall's own frames, in seconds since the fault began.

    `first_s`: something but LIVE was said; `right_s`: something right; `last`: what was said in the end.
    `stuck_s`: the longest time in which a picture did not change and was called live.
    `back_s`: live again after the fault had ended, in time since then.
    """

    case: Case
    first_s: float | None
    right_s: float | None
    said: tuple[PictureState, ...]
    last: PictureState
    stuck_s: float
    back_s: float | None


class Rhythm(NamedTuple):
    """The intervals between a witness's new pictures, in wall frames: half and 19 of 20 are not longer than these."""

    usual: int
    long: int
    longest_s: float


class Watched(NamedTuple):
    """One wall's run: each case's outcome, and the rhythm of each witness before the faults and during them.

    `strangers`: stamps of another camera than the tile's own.
    """

    transport: Transport
    outcomes: tuple[Outcome, ...]
    before: dict[str, Rhythm]
    during: dict[str, Rhythm]
    strangers: int

    @property
    def slack_s(self) -> float:
        """How late this machine made even healthy pictures."""
        return max(rhythm.longest_s for rhythm in self.during.values())


async def watch(stand: Stand, transport: Transport, folder: Path) -> Watched:
    """Run every case once over one transport."""
    viewer = _Viewer(stand, transport, folder / transport)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(viewer.run())
        await viewer.settle()
        await viewer.suffer()
        await viewer.mended()
        running.cancel()
    return await asyncio.to_thread(viewer.judge)


class _Viewer:
    """One wall and whoever looks at it."""

    def __init__(self, stand: Stand, transport: Transport, folder: Path) -> None:
        self._stand = stand
        self._transport = transport
        self._cases = [case for case in CASES if transport in case.over]
        settings = WallSettings(
            name=str(transport), transport=transport, references_dir=str(folder), site_openings_per_s=30.0
        )
        self._wall = Wall(settings, Secrets(), SystemClock())
        self._shown: list[Shown] = []
        self._marks_s: dict[str, float] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._wall.run())
            self.show()
            with self._wall.broadcast.subscribe() as viewer:
                async for frame in viewer:
                    self._shown.append(Shown(frame, self._wall.tiles()))

    async def settle(self) -> None:
        """Every camera is live, and what it shows is how it shall look."""
        await eventually_async(self._were_live(self._cameras()), within_s=60, what="every camera live")
        for camera in self._cameras():
            await self._wall.accept_view(key(camera))

    async def suffer(self) -> None:
        """Have all faults at once, for a while, and then none."""
        await asyncio.sleep(_QUIET_S)
        for case in self._cases:
            self._mark(camera_of(case))
            await asyncio.to_thread(self._stand.set_fault, camera_of(case), case.fault, case.amount)
        self.show(without_afresh=True)
        await asyncio.sleep(_OFF_WALL_S)
        self.show()
        await asyncio.sleep(_FAULTY_S - _OFF_WALL_S)
        self._mark(_MENDED)
        await asyncio.to_thread(self._stand.mend)

    async def mended(self) -> None:
        """Every camera is live again, but those that are asked rarely, or has had its time."""
        slow = {camera_of(case) for case in self._cases if case.said & SLOW_TO_RETURN}
        with contextlib.suppress(AssertionError):
            await eventually_async(self._were_live(set(self._cameras()) - slow), within_s=_MENDED_S)

    def show(self, *, without_afresh: bool = False) -> None:
        gone = {camera_of(case) for case in self._cases if case.afresh and without_afresh}
        tiles = tuple(None if camera in gone else self._feed(camera) for camera in self._cameras())
        plan = Plan(1, "main", Names(), _CANVAS, _LAYOUT, tiles, Language.RU)
        self._wall.apply(plan)

    def _mark(self, what: str) -> None:
        """This camera's fault begins now, or all end."""
        self._marks_s[what] = self._shown[-1].at_s

    def judge(self) -> Watched:
        """Decode what was watched, and say what became of it."""
        sights = self._sights()
        mended_s = self._marks_s[_MENDED]
        broken_s = min(self._marks_s.values())
        return Watched(
            self._transport,
            tuple(
                _outcome(case, sights[camera_of(case)], self._marks_s[camera_of(case)], mended_s)
                for case in self._cases
            ),
            {camera: _rhythm(_between(sights[camera], broken_s - _QUIET_S, broken_s)) for camera in WITNESSES},
            {camera: _rhythm(_between(sights[camera], broken_s, mended_s)) for camera in WITNESSES},
            sum(
                sight.stamp is not None and f"cam-{sight.stamp.camera}" != camera
                for camera, seen in sights.items()
                for sight in seen
            ),
        )

    def _cameras(self) -> tuple[str, ...]:
        return (*WITNESSES, *(camera_of(case) for case in self._cases))

    def _feed(self, camera: str) -> Feed:
        url = self._stand.url(camera, StreamRole.SUB)
        stream = Stream(StreamRole.SUB, url, "h264", 640, 360, 12)
        return Feed(key(camera), Names(en=camera), Names(en="Kordai"), (stream,))

    def _were_live(self, cameras: Iterable[str]) -> Callable[[], bool]:
        """Whether viewers have seen each live since now."""
        return were_live(lambda: self._shown[-1].tiles if self._shown else (), cameras)

    def _sights(self) -> dict[str, list[Sight]]:
        found: dict[str, list[Sight]] = {camera: [] for camera in self._cameras()}
        for shown, luma in _decoded(self._shown):
            for tile in shown.tiles:
                found[str(tile.device)].append(Sight(shown.at_s, tile.state, _stamp(luma, tile)))
        return found


def _decoded(shown: list[Shown]) -> Iterator[tuple[Shown, Plane]]:
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    for each in shown:
        for picture in decoder.decode(av.Packet(each.frame.data)):
            yield each, planes_of(picture).y


def _stamp(luma: NDArray[np.uint8], tile: TileView) -> Stamp | None:
    """The same as `border_wall.stamp_in`, by the middle of each block alone, because there are so many."""
    return read(lambda x, y: float(luma[tile.y + int(y * tile.height), tile.x + int(x * tile.width)]))


def _between(sights: list[Sight], from_s: float, to_s: float) -> list[Sight]:
    return [sight for sight in sights if from_s <= sight.at_s < to_s]


def _rhythm(sights: list[Sight]) -> Rhythm:
    changes = list(_changes(sights))
    # Counted in pictures: one that the wall itself left out is nothing that a camera missed.
    intervals = sorted(later - earlier for (earlier, _), (later, _) in pairwise(changes))
    longest_s = max(later_s - earlier_s for (_, earlier_s), (_, later_s) in pairwise(changes))
    return Rhythm(intervals[len(intervals) // 2], intervals[len(intervals) * 19 // 20], longest_s)


def _changes(sights: list[Sight]) -> Iterator[tuple[int, float]]:
    """Which of the wall's pictures showed a new one, and when."""
    before: Stamp | None = None
    for place, sight in enumerate(sights):
        if sight.stamp is not None and sight.stamp != before:
            before = sight.stamp
            yield place, sight.at_s


def _outcome(case: Case, sights: list[Sight], broken_s: float, mended_s: float) -> Outcome:
    faulty, mended = _between(sights, broken_s, mended_s), _between(sights, mended_s, float("inf"))
    said = [sight.state for sight in faulty]
    first = next((sight.at_s for sight in faulty if sight.state is not PictureState.LIVE), None)
    # A camera that goes, and is to come back, is right from when it is back.
    from_s = first if first is not None and case.said == {PictureState.LIVE} else broken_s
    right = next((sight.at_s for sight in faulty if sight.state in case.said and sight.at_s >= from_s), None)
    back = next((sight.at_s for sight in mended if sight.state is PictureState.LIVE), None)
    return Outcome(
        case=case,
        first_s=None if first is None else first - broken_s,
        right_s=None if right is None else right - broken_s,
        said=tuple(state for place, state in enumerate(said) if place == 0 or state is not said[place - 1]),
        last=said[-1],
        stuck_s=_stuck_s(faulty),
        back_s=None if back is None else back - mended_s,
    )


def _stuck_s(sights: list[Sight]) -> float:
    """The longest time in which the picture stayed what it was, and was called live all the while."""
    longest_s, since_s, before = 0.0, None, None
    for sight in sights:
        if sight.state is not PictureState.LIVE or since_s is None or sight.stamp != before:
            since_s = sight.at_s if sight.state is PictureState.LIVE else None
        else:
            longest_s = max(longest_s, sight.at_s - since_s)
        before = sight.stamp
    return longest_s
