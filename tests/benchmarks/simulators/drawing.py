"""What a second of a stream costs that is drawn anew because somebody, a group of five, is in view.

`drawn_sub_cpu`, `drawn_main_cpu`: processor seconds for each second of a sub-stream and of a main stream.
"""

import statistics
import time

import cv2

from sensors.model import StreamRole
from simulators.cameras.drawing.bodies import Body, Place
from simulators.cameras.drawing.film import FPS, FRAMES_PER_POSE, Appearance, Shot
from simulators.cameras.formats import FORMATS
from simulators.cameras.take import Darkroom, Moment, Take
from simulators.cameras.vocabulary import Lighting, Shape, Terrain, View
from tests.benchmarks.row import Row

RUNS = 5


def measure() -> list[Row]:
    """Every row."""
    cv2.setNumThreads(1)
    return [_row(role) for role in (StreamRole.SUB, StreamRole.MAIN)]


def _row(role: StreamRole) -> Row:
    format_ = FORMATS[role]
    shot = Shot(1, View.PERIMETER, Terrain.FOOTHILLS, 0, Lighting.DAY, format_.width, format_.height)
    darkroom, take, spent_s = Darkroom(), Take(), []
    darkroom.expose(shot, format_, take, ())
    for run in range(RUNS):
        moments = [Moment(number, _group(number)) for number in range(run * FPS, (run + 1) * FPS)]
        begun_s = time.process_time()
        darkroom.expose(shot, format_, take, moments)
        spent_s.append(time.process_time() - begun_s)
    return Row(f"drawn_{role}_cpu", statistics.median(spent_s), "CPU-s/s", None, "lower", RUNS)


def _group(number: int) -> tuple[Appearance, ...]:
    gone_m = 1.2 * (number - number % FRAMES_PER_POSE) / FPS
    return tuple((Body(Shape.PERSON), Place(gone_m - 2.5 * who, 22.0, 1.57, gone_m)) for who in range(5))
