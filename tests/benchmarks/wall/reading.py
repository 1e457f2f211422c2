"""What a delivered wall shows, read from the stamps in its pictures."""

import statistics
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from sensors.stamp import COLUMNS, MAX_NUMBER, ROWS, Stamp, blocks
from tests.benchmarks.wall.clips import FRAMES, SCENES
from tests.benchmarks.wall.delivery import Delivered
from tests.benchmarks.wall.load import Departures
from videowall.picture import Rect, planes_of

_BLACK_BELOW, _WHITE_ABOVE = 96, 160


class Seen(NamedTuple):
    """A picture of the wall: when it arrived, and of every tile the frame of its film, or -1 where none can be read."""

    at_s: float
    frames: NDArray[np.int32]


class Figures(NamedTuple):
    """Of a stretch of time: pictures a second of the wall and of each tile, all delays, and longest gaps."""

    wall_fps: float
    tile_fps: tuple[float, ...]
    delays_ms: tuple[float, ...]
    gaps_s: tuple[float, ...]

    @property
    def min_fps(self) -> float:
        """Of the slowest tile."""
        return min(self.tile_fps)

    @property
    def p95_ms(self) -> float:
        """Of all tiles' pictures, as each was first delivered; infinite when none can be told."""
        return _share(self.delays_ms, 0.95)

    @property
    def p50_ms(self) -> float:
        """The same, half of them."""
        return _share(self.delays_ms, 0.5)


def read_wall(delivered: Sequence[Delivered], rects: Sequence[Rect], from_s: float, to_s: float) -> list[Seen]:
    """Decode what was delivered and read every tile's stamp in what arrived within a time."""
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    begin = max((place for place, frame in enumerate(delivered) if frame.key and frame.at_s <= from_s), default=0)
    reader = _Reader(rects)
    seen: list[Seen] = []
    for frame in delivered[begin:]:
        if frame.at_s > to_s:
            break
        pictures = context.decode(av.Packet(frame.data))
        if pictures and frame.at_s >= from_s:
            seen.append(Seen(frame.at_s, reader.read(planes_of(pictures[-1]).y)))
    return seen


def figure(seen: Sequence[Seen], departures: Departures) -> Figures:
    """Rates, delays and gaps; tile `n` shows camera `n`."""
    if len(seen) < 2:
        return Figures(0.0, (0.0,), (), (float("inf"),))
    span_s = seen[-1].at_s - seen[0].at_s
    tiles = np.array([picture.frames for picture in seen])
    delays: list[float] = []
    rates, gaps = [], []
    for camera in range(tiles.shape[1]):
        column = tiles[:, camera]
        changed = [place for place in range(1, len(seen)) if column[place] not in {-1, column[place - 1]}]
        rates.append(len(changed) / span_s)
        times = [seen[0].at_s, *(seen[place].at_s for place in changed), seen[-1].at_s]
        gaps.append(max(after - before for before, after in pairwise(times)))
        for place in changed:
            left = departures.get((camera, int(column[place])), [])
            at = bisect_right(left, seen[place].at_s) - 1
            if at >= 0:
                delays.append((seen[place].at_s - left[at]) * 1000)
    return Figures((len(seen) - 1) / span_s, tuple(rates), tuple(delays), tuple(gaps))


class _Reader:
    """Reads the stamps of all tiles of a picture at once."""

    def __init__(self, rects: Sequence[Rect]) -> None:
        drawn = blocks(Stamp(0, 0))
        rows, columns = [], []
        for rect in rects:
            for block in drawn:
                rows.append(rect.y + int((block.top + block.height / 2) * rect.height))
                columns.append(rect.x + int((block.left + block.width / 2) * rect.width))
        self._rows, self._columns = np.array(rows), np.array(columns)
        self._weights = 1 << np.arange(COLUMNS - 1, -1, -1)
        self._cameras = np.array([number % SCENES + 1 for number in range(len(rects))])

    def read(self, luma: NDArray[np.uint8]) -> NDArray[np.int32]:
        total = np.zeros(len(self._rows), np.int32)
        for down in (-1, 0):
            for along in (-1, 0):
                total += luma[self._rows + down, self._columns + along]
        total //= 4
        white = (total >= _WHITE_ABOVE).reshape(-1, ROWS, COLUMNS)
        unsure = ((total > _BLACK_BELOW) & (total < _WHITE_ABOVE)).reshape(-1, ROWS * COLUMNS).any(axis=1)
        camera, frame, check = ((white[:, row] * self._weights).sum(axis=1) for row in range(ROWS))
        good = ~unsure & (check == (~(camera ^ frame) & MAX_NUMBER)) & (camera == self._cameras) & (frame < FRAMES)
        return cast("NDArray[np.int32]", np.where(good, frame, -1).astype(np.int32))


def _share(values: Sequence[float], share: float) -> float:
    return (
        statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]
        if len(values) > 1
        else float("inf")
    )
