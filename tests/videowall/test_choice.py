"""Which stream a tile gets."""

from sensors.model import Stream, StreamRole
from videowall.capture.choice import choose
from videowall.picture import Rect

MAIN = Stream(StreamRole.MAIN, "rtsp://camera/main", "h264", 1280, 720)
SUB = Stream(StreamRole.SUB, "rtsp://camera/sub", "h264", 640, 360)
BOTH = (MAIN, SUB)


def test_the_smallest_stream_at_least_as_large_as_the_tile() -> None:
    assert choose(BOTH, Rect(0, 0, 476, 266), None) is SUB
    assert choose(BOTH, Rect(0, 0, 956, 536), None) is MAIN
    assert choose(BOTH, Rect(0, 0, 1920, 1080), None) is MAIN


def test_hysteresis_keeps_what_runs() -> None:
    slightly_larger = Rect(0, 0, 680, 382)
    assert choose(BOTH, slightly_larger, None) is MAIN
    assert choose(BOTH, slightly_larger, StreamRole.SUB) is SUB
    barely_smaller = Rect(0, 0, 600, 338)
    assert choose(BOTH, barely_smaller, None) is SUB
    assert choose(BOTH, barely_smaller, StreamRole.MAIN) is MAIN
    assert choose(BOTH, Rect(0, 0, 476, 266), StreamRole.MAIN) is SUB


def test_unknown_sizes_are_assumed_and_other_roles_ignored() -> None:
    unknown = Stream(StreamRole.SUB, "rtsp://camera/sub")
    assert choose((MAIN, unknown), Rect(0, 0, 400, 224), None) is unknown
    assert choose((Stream(StreamRole.WALL, "http://wall/"),), Rect(0, 0, 400, 224), None) is None
    assert choose((), Rect(0, 0, 400, 224), None) is None
