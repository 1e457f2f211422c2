"""From real streams to files: cameras in, the wall recorded in two sizes, a clip saved and said to the hub."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import paho.mqtt.client as paho
import pytest
from numpy.typing import NDArray
from paho.mqtt.enums import CallbackAPIVersion

from sensors.broker_settings import BrokerSettings
from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.dialects.native import decode
from sensors.model import EventSeen, Message, ReadingsSeen
from sensors.secrets import Secrets
from sensors.stamp import Stamp, read
from sensors.topics import EVERYTHING, wall_key
from tests.support.border_wall import feed, key, make_plan, stamp_in
from tests.support.brokers import running_broker
from tests.support.camera_stand import Stand
from tests.support.media_probe import probe, video
from tests.support.waiting import eventually, eventually_async
from videowall.clips.clips import Clips
from videowall.config import WallSettings
from videowall.encoding.broadcast import TileView
from videowall.node import WallNode
from videowall.outputs.config import OutputsSettings
from videowall.outputs.targets.outputs import Outputs
from videowall.picture import planes_of
from videowall.wall import Wall

pytestmark = pytest.mark.alone


@contextmanager
def listening_hub(port: int) -> Iterator[list[Message]]:
    """Everything that is said to the broker."""
    heard: list[Message] = []

    def hear(_: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        now = datetime.now(UTC)
        found = decode(message.topic, bytes(message.payload), retained=message.retain, received_at=now)
        if found is not None:
            heard.append(found)

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="hub")
    client.on_message = hear
    client.connect("127.0.0.1", port)
    client.subscribe(EVERYTHING, qos=1)
    client.loop_start()
    eventually(client.is_connected)
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def lumas(source: Path | io.BytesIO) -> list[NDArray[np.uint8]]:
    with av.open(str(source) if isinstance(source, Path) else source, "r") as container:
        return [planes_of(frame).y for frame in container.decode(video=0)]


def read_stamp(luma: NDArray[np.uint8]) -> Stamp | None:
    height, width = luma.shape
    return read(lambda x, y: float(luma[int(y * height), int(x * width)]))


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def values(heard: list[Message], metric: str) -> list[object]:
    seen = [message for message in heard if isinstance(message, ReadingsSeen)]
    return [reading.value for message in seen for reading in message.readings if reading.metric == metric]


def shrunk(tile: TileView) -> TileView:
    """The same tile on a wall of two thirds of the size."""
    x, y, width, height = (side * 2 // 3 for side in (tile.x, tile.y, tile.width, tile.height))
    return TileView(tile.site, tile.device, tile.slot, x, y, width, height, tile.state, tile.stream_role, tile.spot)


@pytest.mark.slow
async def test_what_cameras_show_is_recorded_in_two_sizes_and_a_clip_of_it_is_said_to_the_hub(
    border_stand: Stand, tmp_path: Path
) -> None:
    whole, thin = tmp_path / "whole", tmp_path / "thin"
    settings = OutputsSettings(urls=f"file:{whole}/wall.mp4, 720p=file:{thin}/wall.ts")
    clock = SystemClock()
    wall = Wall(WallSettings(references_dir=str(tmp_path / "views")), Secrets(), clock, settings)
    outputs = Outputs(settings, {}, wall.broadcast_of, wall.still_jpeg, clock)
    with running_broker(tmp_path) as port, listening_hub(port) as heard:
        node = WallNode(wall, BrokerSettings(port=port), None, clock, "http://wall/", lambda: outputs.reports)
        clips = Clips("main", wall.rings, clock, node.tell_clip)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in (wall.run(), outputs.run(), node.run())]
            wall.apply(make_plan((feed(border_stand, "cam-1"), feed(border_stand, "cam-2"))))
            await eventually_async(
                lambda: [tile.state for tile in wall.tiles()] == [PictureState.LIVE] * 2, within_s=30
            )
            live_at = [report.frames_total for report in outputs.reports]
            tiles = wall.tiles()
            await eventually_async(
                lambda: all(r.frames_total > before + 40 for r, before in zip(outputs.reports, live_at, strict=True)),
                within_s=30,
            )
            content, manifest = await clips.save(key("cam-1"), 3.0, "aliya")
            await eventually_async(lambda: 2 in values(heard, "outputs_sending"))
            await eventually_async(lambda: [m for m in heard if isinstance(m, EventSeen)])
            for task in tasks:
                task.cancel()
    event = next(message for message in heard if isinstance(message, EventSeen))
    assert (event.key, event.kind) == (wall_key("main"), "clip-saved")
    assert "aliya" in event.text
    assert manifest.sha256 in event.text
    for folder, size, seen_tiles in ((whole, 1080, tiles), (thin, 720, tuple(map(shrunk, tiles)))):
        # The plan changes the rate of the canvas, and so begins another file.
        file = files_in(folder)[-1]
        found = probe(file)
        assert (video(found)["height"], found["errors"]) == (size, "")
        # A picture that comes late is dimmed, and its stamp with it.
        stamps = [[stamp_in(luma, tile) for luma in lumas(file)] for tile in seen_tiles]
        assert [{stamp.camera for stamp in each if stamp is not None} for each in stamps] == [{1}, {2}]
    frames = [read_stamp(picture) for picture in lumas(io.BytesIO(content))]
    numbers = [stamp.frame for stamp in frames if stamp is not None and stamp.camera == 1]
    assert len(numbers) == len(frames) == manifest.pictures
    # The camera's film begins again at 0.
    assert all(after in {before + 1, 0} for before, after in pairwise(numbers))
