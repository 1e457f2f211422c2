"""A wall that is sent somewhere, and receivers of other people's making that wait for it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sensors.clock import SystemClock
from sensors.rtsp.authentication import Credentials
from tests.support.moving_picture import MovingWall
from tests.support.waiting import eventually_async
from videowall.outputs.config import OutputsSettings
from videowall.outputs.targets.outputs import Outputs


@asynccontextmanager
async def publishing(
    wall: MovingWall, url: str, secrets: dict[str, Credentials] | None = None
) -> AsyncIterator[Outputs]:
    outputs = Outputs(OutputsSettings(urls=url), secrets or {}, wall.broadcast_of, wall.still_jpeg, SystemClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(outputs.run())
        yield outputs
        task.cancel()


@contextmanager
def listening(url: str, file: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """An FFmpeg that waits for a publisher and keeps what comes."""
    command = [
        "ffmpeg",
        "-nostdin",
        "-v",
        "error",
        "-y",
        "-analyzeduration",
        "500000",
        *options,
        "-i",
        url,
        "-c",
        "copy",
    ]
    into = ["-flush_packets", "1", "-f", "mpegts", str(file)]
    server = subprocess.Popen([*command, *into], stderr=subprocess.PIPE)
    try:
        yield server
    finally:
        server.kill()
        server.communicate(timeout=60)


async def sent(outputs: Outputs, frames: int) -> None:
    await eventually_async(lambda: outputs.reports[0].frames_total >= frames, within_s=30, what="frames being sent")


async def said(outputs: Outputs) -> None:
    await eventually_async(lambda: outputs.reports[0].problem, what="a problem being said")


def holds(file: Path, bytes_at_least: int) -> Callable[[], bool]:
    return lambda: file.exists() and file.stat().st_size >= bytes_at_least
