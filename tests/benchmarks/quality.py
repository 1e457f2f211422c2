"""How often the wall is right about a picture's faults, and what a look costs."""

import time
from itertools import cycle, islice

import cv2

from tests.benchmarks.row import Row
from tests.support.faulty_pictures import SCENES, coded, seconds
from tests.support.quality_scores import Sequence, judge_all, scores
from tests.support.still_nights import frozen_after_s, nights
from videowall.picture import Planes, allocate, scale
from videowall.quality.inspector import Inspector

_AIM = 0.95
_LOOKS = 400
_SIZES = ((640, 360, 2000.0), (1920, 1080, None))


def measure() -> list[Row]:
    """Every scene with every fault and every weather; then the cost of a look."""
    cv2.setNumThreads(1)
    sequences = judge_all(SCENES)
    return [*_right(sequences), _false_alarms(sequences), *_frozen(), *(_cost(*size) for size in _SIZES)]


def _right(sequences: list[Sequence]) -> list[Row]:
    return [
        Row(f"{fault}_{name}", value, "", _AIM, "higher", score.sequences)
        for fault, score in scores(sequences).items()
        for name, value in (("precision", score.precision), ("recall", score.recall))
    ]


def _false_alarms(sequences: list[Sequence]) -> Row:
    weather = [sequence for sequence in sequences if sequence.label is None]
    wrong = sum(1 for sequence in weather if sequence.said)
    return Row("weather_called_fault", wrong / len(weather), "", 0.0, "lower", len(weather))


def _frozen() -> list[Row]:
    said = [(night.is_frozen, frozen_after_s(night)) for night in nights()]
    right = [after_s for frozen, after_s in said if frozen and after_s is not None]
    frozen_total, said_total = sum(frozen for frozen, _ in said), sum(after_s is not None for _, after_s in said)
    return [
        Row("frozen_precision", len(right) / max(1, said_total), "", _AIM, "higher", len(said)),
        Row("frozen_recall", len(right) / frozen_total, "", _AIM, "higher", frozen_total),
        Row("frozen_said_after_most", max(right, default=0.0), "s", 10.0, "lower", len(right)),
    ]


def _cost(width: int, height: int, aim_us: float | None) -> Row:
    pictures = [_sized(planes, width, height) for planes in coded(seconds(SCENES[0], 8))]
    inspector = Inspector()
    for second, planes in enumerate(pictures):
        inspector.look(planes, float(second))
    inspector.accept()
    began_s = time.process_time()
    for second, planes in enumerate(islice(cycle(pictures), _LOOKS), 100):
        inspector.look(planes, float(second))
    spent_us = (time.process_time() - began_s) / _LOOKS * 1e6
    return Row(f"look_{width}x{height}_cpu", spent_us, "µs", aim_us, "lower", _LOOKS)


def _sized(planes: Planes, width: int, height: int) -> Planes:
    target = allocate(width, height)
    scale(planes, target)
    return target
