"""One camera stream of the wall's client, with what came out of it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sensors.clock import SystemClock
from sensors.model import SiteId
from sensors.rtsp.authentication import Credentials
from videowall.capture.admission import Admission, Bounds
from videowall.capture.rtsp.address import Redirects
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.capture.rtsp.conversation import Transport
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.poller import Poller
from videowall.capture.rtsp.stream import CameraStream, Source


class Opened:
    """A stream that nobody runs yet."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        transport: Transport = Transport.TCP,
        redirects: Redirects = Redirects.SAME_HOST,
        films: Path | None = None,
        poller: Poller | None = None,
    ) -> None:
        self.units: list[AccessUnit] = []
        self.codecs: list[str] = []
        self.extradata: list[bytes] = []
        clock = SystemClock()
        self.stream = CameraStream(
            Source("camera", SiteId("kordai"), url, credentials, transport, redirects, films),
            clock,
            random.Random(1),  # noqa: S311 - jitter
            Admission(clock, Bounds(4, 100.0), Bounds(4, 100.0)),
            self.units.append,
            self._begin,
            poller,
        )

    def _begin(self, codec: str, extradata: bytes) -> None:
        self.codecs.append(codec)
        self.extradata.append(extradata)

    async def fails(self) -> StreamError:
        """Why one attempt ended."""
        with pytest.raises(StreamError) as caught:
            await asyncio.wait_for(self.stream.run_once(), timeout=60)
        return caught.value


@asynccontextmanager
async def running(stream: CameraStream) -> AsyncIterator[None]:
    """The stream kept open for the length of the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(stream.run())
        yield
        task.cancel()
