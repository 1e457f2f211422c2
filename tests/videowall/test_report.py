"""What a wall says of a camera, beside what a real node is seen to say."""

import random
from typing import cast

from sensors.clock import SystemClock
from sensors.model import Names, SiteId, StreamRole
from tests.support.border_wall import key
from videowall.capture.admission import Admission
from videowall.capture.channel import Channel
from videowall.capture.rtsp.stream import CameraStream, Source
from videowall.centre.report import camera_values
from videowall.composing.scene import build_scene
from videowall.plan import Canvas, Feed, Plan


def test_a_stream_that_had_to_be_opened_again_says_how_often() -> None:
    clock = SystemClock()
    plan = Plan(1, "main", Names(), Canvas(), "1x1", (Feed(key("cam-1"), Names(), Names(), ()),))
    (tile,) = build_scene(plan, 0, None).tiles
    channel = Channel(key("cam-1"), StreamRole.MAIN, clock, lambda _: None)
    channel.stream = CameraStream(
        Source("camera", SiteId("kordai"), "rtsp://camera/main"),
        clock,
        random.Random(1),  # noqa: S311 - jitter
        cast("Admission", None),
        channel.feed,
        channel.begin_session,
    )
    said = []
    for _ in range(3):
        said.append(camera_values(tile, channel, 0.0, 0.0)["reconnections_total"])
        channel.stream.begin("h264")
    said.append(camera_values(tile, channel, 0.0, 0.0)["reconnections_total"])
    assert said == [0, 0, 1, 2]
