"""What a wall is given: so many cameras of a size, and where each shall lie. And the cameras themselves, running."""

import math
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec import Struct

from sensors.model import DeviceId, DeviceKey, Language, Names, Priority, SiteId, Stream, StreamRole
from tests.benchmarks.wall import clips
from tests.benchmarks.wall.clips import DEPARTURE, SIZES
from tests.support.brokers import free_port
from videowall.composing.layout import Arrangement, arrange, fit
from videowall.picture import Rect
from videowall.plan import FREE, Canvas, Feed, Place, Plan, Spotlight

BITRATE_KBPS = 6000
CANVAS = Canvas(1920, 1080, 25.0)
_SITES = 4
_SPOT_CELLS, _SPOT_GRID = 3, 7


class Load(Struct, frozen=True):
    """So many cameras; `spot`: the first of them is large, among the small others."""

    name: str
    cameras: int
    size: str
    spot: bool = False

    @property
    def places(self) -> tuple[Place, ...]:
        """The rectangles of a wall with a spot; a grid needs none."""
        if not self.spot:
            return ()
        cell, large = 1 / _SPOT_GRID, _SPOT_CELLS / _SPOT_GRID
        small = [
            Place(column * cell, row * cell, cell, cell)
            for row in range(_SPOT_GRID)
            for column in range(_SPOT_GRID)
            if not (column < _SPOT_CELLS and row < _SPOT_CELLS)
        ]
        return (Place(0, 0, large, large, spot=True), *small)

    @property
    def layout(self) -> str:
        """As plans name it."""
        side = math.ceil(math.sqrt(self.cameras))
        return FREE if self.spot else f"{side}x{side}"

    def rects(self) -> list[Rect]:
        """Where each camera's picture lies, the letterbox taken off."""
        laid: Arrangement = arrange(self.layout, CANVAS, self.places)
        size = SIZES[self.size]
        return [fit(rect, size.width, size.height) for rect in (*laid.spots, *laid.tiles)[: self.cameras]]

    def plan(self, url: str) -> Plan:
        """For a wall of ours; cameras are fetched below `url`."""
        feeds = [self._feed(number, url) for number in range(self.cameras)]
        spotlights: tuple[Spotlight, ...] = ()
        if self.spot:
            light = Spotlight(feeds.pop(0), datetime.now(UTC), Names(ru="Движение на периметре"), Priority.HIGH)
            spotlights = (light,)
        return Plan(
            1,
            "bench",
            Names(ru="Стена"),
            CANVAS,
            self.layout,
            tuple(feeds),
            Language.RU,
            places=self.places,
            spotlights=spotlights,
        )

    def _feed(self, number: int, url: str) -> Feed:
        size = SIZES[self.size]
        role = StreamRole.SUB if self.size == "sub" else StreamRole.MAIN
        return Feed(
            DeviceKey(SiteId(f"post-{number % _SITES}"), DeviceId(f"cam-{number}")),
            Names(ru=f"Камера {number + 1}", kk=f"Камера {number + 1}"),
            Names(ru="Кордай", kk="Қордай"),
            (Stream(role, f"{url}/{number}", "h264", size.width, size.height, clips.FPS),),
        )


class Cameras(NamedTuple):
    """The cameras of a load, running."""

    url: str
    process: "subprocess.Popen[str]"

    def break_(self, camera: int, fault: str) -> None:
        """Give a camera a fault, or `none`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{camera} {fault}\n")
        self.process.stdin.flush()


Departures = dict[tuple[int, int], list[float]]
"""By camera and frame of its film: when it left, monotonic, ascending."""


@contextmanager
def running(load: Load) -> Iterator[tuple[Cameras, Departures]]:
    """Cameras for the length of the block; their departures are filled in when it ends."""
    clips.prepare(SIZES[load.size])
    departures: Departures = defaultdict(list)
    with TemporaryDirectory() as scratch:
        path, port = Path(scratch) / "departures", free_port()
        given = {"port": port, "size": load.size, "cameras": load.cameras, "departures": path}
        command = [
            sys.executable,
            "-m",
            "tests.benchmarks.wall.replay",
            *(f"--{key}={value}" for key, value in given.items()),
        ]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Cameras(f"rtsp://127.0.0.1:{port}", process), departures
        finally:
            process.communicate("\n", timeout=20)
        for camera, frame, at_s in DEPARTURE.iter_unpack(path.read_bytes()):
            departures[camera, frame].append(at_s)
