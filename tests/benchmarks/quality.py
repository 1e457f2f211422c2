"""How often the wall is right about a picture's faults, and what a look costs."""

import time
from itertools import cycle, islice

from tests.benchmarks.row import Row
from tests.support.faulty_pictures import SCENES, Scene, coded, seconds
from tests.support.frozen_scores import is_provable, judge, score
from tests.support.frozen_streams import Freeze, draw_cases
from tests.support.quality_scores import Sequence, judge_all, scores
from videowall.picture import Planes, allocate, prepare_opencv, scale
from videowall.quality.inspector import Inspector
from videowall.quality.probe import Probe

_AIM = 0.95
_LOOKS = 400
_SIZES = ((640, 360, 2000.0), (1920, 1080, None))
_PROBE_SIZES = ((640, 360, 40.0), (1920, 1080, None))
_STREAMS = 24
_TUNED_SEED, _HELD_OUT_SEED = 303, 404
_THRIFT_SEED = 505
_SHARES = (0.65, 0.32, 0.16, 0.1)
"""Of each group of pictures, as a wall that has too much to decode decodes them."""


def measure() -> list[Row]:
    """Every scene with every fault and every weather; then the cost of a look."""
    prepare_opencv()
    sequences = judge_all(SCENES)
    costs = [_probe_cost(*size) for size in _PROBE_SIZES]
    return [
        *_right(sequences),
        _false_alarms(sequences),
        *_frozen(),
        _thrift(),
        *(_cost(*size) for size in _SIZES),
        *costs,
    ]


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
    """Streams like those the rule was made on, and, `held_out`, of other seeds and scenes."""
    return [*_frozen_rows("", _TUNED_SEED, SCENES[::4]), *_frozen_rows("held_out_", _HELD_OUT_SEED, SCENES[2::4])]


def _frozen_rows(name: str, seed: int, scenes: tuple[Scene, ...]) -> list[Row]:
    verdicts = [judge(case) for case in draw_cases(seed, _STREAMS, scenes)]
    provable = score(verdict for verdict in verdicts if is_provable(verdict.case))
    hardly = score(verdict for verdict in verdicts if not is_provable(verdict.case))
    longest_s = max((verdict.after_s or 0.0 for verdict in verdicts if verdict.in_time), default=0.0)
    return [
        Row(f"frozen_{name}precision", provable.precision, "", 1.0, "higher", provable.streams),
        Row(f"frozen_{name}recall_in_10s", provable.recall, "", 1.0, "higher", provable.frozen),
        Row(f"frozen_{name}said_after_most", longest_s, "s", 10.0, "lower", provable.frozen),
        Row(f"frozen_{name}hardly_provable_precision", hardly.precision, "", 1.0, "higher", hardly.streams),
        Row(f"frozen_{name}hardly_provable_recall_in_10s", hardly.recall, "", None, "higher", hardly.frozen),
    ]


def _thrift() -> Row:
    """Live streams of which a wall suddenly decodes parts alone, and calls them frozen for it."""
    live = [case for case in draw_cases(_THRIFT_SEED, _STREAMS) if case.freeze is Freeze.NEVER]
    wrong = [judge(case, share).falsely for case in live for share in _SHARES]
    return Row("thrift_called_frozen", sum(wrong) / len(wrong), "", 0.0, "lower", len(wrong))


def _probe_cost(width: int, height: int, aim_us: float | None) -> Row:
    """Of a look at every decoded picture."""
    pictures = [_sized(planes, width, height) for planes in coded(seconds(SCENES[0], 8))]
    probe = Probe()
    began_s = time.process_time()
    for number, planes in enumerate(islice(cycle(pictures), _LOOKS * 10)):
        probe.look(planes, number / 25, key=number % 25 == 0)
    spent_us = (time.process_time() - began_s) / (_LOOKS * 10) * 1e6
    return Row(f"probe_{width}x{height}_cpu", spent_us, "µs", aim_us, "lower", _LOOKS * 10)


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
