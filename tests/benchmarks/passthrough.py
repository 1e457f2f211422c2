"""What the pass-through wall costs its node: sixteen cameras handed on to one display that reads everything.

`measure` gives the rows of it, for the benchmark `wall`. The display's own work is not counted; what it was sent is.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from websockets.asyncio.client import connect

from tests.benchmarks.row import Row
from tests.benchmarks.wall.clips import FPS, SUB, decoding_s
from tests.benchmarks.wall.load import Load, running
from tests.benchmarks.wall.run import pause
from tests.benchmarks.wall.walls import ours
from videowall.outputs.camera_streams import FRAGMENT, RECORD

CAMERAS = 16
AIM_CPU = 0.06
AIM_OF_DECODING = 0.45
"""The same aim as a share of what it takes here to decode those pictures, which took 0.334 ms each where it was set."""
LEAST_TILE_FPS = 24.0
_SETTLE_S = 12.0
"""Key pictures come every two seconds, and stills that were asked for keep the wall composing for ten."""
_WINDOW_S = 10.0


class Display:
    """One pass-through wall's sockets, read to the end. `pieces` counts fragments by tile."""

    def __init__(self, url: str, token: str) -> None:
        self.pieces: Counter[int] = Counter()
        self.received_bytes = 0
        self._url = url.replace("http://", "ws://").rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def run(self) -> None:
        """Read until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read("faces"))
            group.create_task(self._read("tiles"))

    async def _read(self, name: str) -> None:
        url = f"{self._url}/wall/bench/{name}"
        async with connect(url, additional_headers=self._headers, max_size=None, compression=None) as socket:
            async for message in socket:
                if isinstance(message, bytes):
                    self._count(message)

    def _count(self, message: bytes) -> None:
        self.received_bytes += len(message)
        place = 0
        while place < len(message):
            tile, kind, length = RECORD.unpack_from(message, place)
            place += RECORD.size + length
            self.pieces[tile] += kind == FRAGMENT


@contextmanager
def watching(display: Display) -> Iterator[None]:
    """A display that reads in a thread of its own."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(display.run())

    def read() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            return
        finally:
            loop.close()

    thread = threading.Thread(target=read, name="display")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


def measure(runs: int = 3) -> list[Row]:
    """CPU-seconds a second of the node, by itself and beside decoding; the least frame rate of a tile as delivered."""
    outcomes, shares = [], []
    for _ in range(runs):
        outcomes.append(_run_once())
        shares.append(outcomes[-1][0] / (CAMERAS * FPS * decoding_s(SUB)))
    return [
        Row("passthrough16_cpu", median(cpu for cpu, _, _ in outcomes), "CPU", AIM_CPU, "lower", runs),
        Row("passthrough16_vs_decoding", median(shares), "ratio", AIM_OF_DECODING, "lower", runs),
        Row("passthrough16_min_tile_fps", min(fps for _, fps, _ in outcomes), "Hz", LEAST_TILE_FPS, "higher", runs),
        Row("passthrough16_kbps", median(kbps for _, _, kbps in outcomes), "kbit/s", None, "lower", runs),
    ]


def _run_once() -> tuple[float, float, float]:
    load = Load("passthrough16", CAMERAS, "sub")
    with running(load) as (cameras, _), ours(load, cameras.url, viewers=0) as begun:
        assert begun.watch is not None
        display = Display(begun.watch.url, begun.watch.token)
        with watching(display):
            pause(_SETTLE_S)
            before, pieces, received = begun.spent(), Counter(display.pieces), display.received_bytes
            pause(_WINDOW_S)
            after = begun.spent()
            period_s = after.at_s - before.at_s
            fps = [(display.pieces[tile] - pieces[tile]) / period_s for tile in range(CAMERAS)]
            kbps = (display.received_bytes - received) * 8 / 1000 / period_s
    return (after.cpu_s - before.cpu_s) / period_s, min(fps), kbps
